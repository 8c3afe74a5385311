//! What a relay says that it can do, from its answer to `EHLO` (RFC 5321, 4.1.1.1).

/// The extensions that we use.
#[expect(clippy::struct_excessive_bools, reason = "each extension is there or not, and none depends on another")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub pipelining: bool,
    pub starttls: bool,
    pub smtputf8: bool,
    pub eight_bit: bool,
    pub auth_plain: bool,
    pub auth_login: bool,
    /// The biggest mail in bytes that it takes; `None` if it knows the extension and names no limit, or does not know it.
    pub max_size: Option<usize>,
    /// It takes `SIZE=` behind `MAIL FROM`.
    pub size: bool,
}

impl Capabilities {
    /// From the lines of the answer, without their codes.
    pub(super) fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        for line in lines {
            // Some old servers write `AUTH=PLAIN LOGIN`.
            let line = line.trim().to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("PIPELINING") => found.pipelining = true,
                Some("STARTTLS") => found.starttls = true,
                Some("SMTPUTF8") => found.smtputf8 = true,
                Some("8BITMIME") => found.eight_bit = true,
                Some("SIZE") => {
                    found.size = true;
                    found.max_size = words.next().and_then(|text| text.parse().ok()).filter(|bytes| *bytes > 0);
                }
                Some("AUTH") => {
                    for mechanism in words {
                        found.auth_plain |= mechanism == "PLAIN";
                        found.auth_login |= mechanism == "LOGIN";
                    }
                }
                Some(_) | None => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_read_in_any_case_and_spelling() {
        let lines =
            ["mail.example.org", "PIPELINING", "size 1048576", "8bitmime", "SMTPUTF8", "STARTTLS", "AUTH=LOGIN plain"];
        let expected = Capabilities {
            pipelining: true,
            starttls: true,
            smtputf8: true,
            eight_bit: true,
            auth_plain: true,
            auth_login: true,
            max_size: Some(1_048_576),
            size: true,
        };
        assert_eq!(Capabilities::parse(lines), expected);
        assert_eq!(
            Capabilities::parse(["SIZE 0", "AUTHENTIC"]),
            Capabilities { size: true, ..Capabilities::default() }
        );
    }
}
