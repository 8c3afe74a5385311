//! Fields as in a header, in groups parted by empty lines: the form of delivery reports (RFC 3464, 2.1) and of complaint
//! reports (RFC 5965, 3).

/// One group: names in lower case, values unfolded.
pub(super) type Group = Vec<(String, String)>;

/// The groups of a report's machine part, in order; an empty one is left out.
pub(super) fn groups(text: &str) -> Vec<Group> {
    let mut groups = vec![Group::new()];
    for line in text.lines() {
        let last = groups.last_mut();
        if line.trim().is_empty() {
            groups.push(Group::new());
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = last.and_then(|group| group.last_mut()) {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let (Some(group), Some((name, value))) = (last, line.split_once(':')) {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The first value of a field.
pub(super) fn value<'a>(group: &'a [(String, String)], name: &str) -> Option<&'a str> {
    group.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// The value after its type: of `rfc822; ana@example.org` the address, of `smtp; 550 …` the answer.
pub(super) fn after_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

/// An address without angle brackets and the quotes around all of it, in lower case; `None` if it is none.
pub(super) fn address(text: &str) -> Option<String> {
    let inner = match (text.find('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => &text[open + 1..close],
        _ => text,
    };
    let inner = inner.trim().trim_matches(|c: char| matches!(c, '"' | '\'' | ':' | ',' | ';' | '(' | ')'));
    let (local, domain) = inner.rsplit_once('@')?;
    let whole =
        !local.is_empty() && domain.contains('.') && !domain.ends_with('.') && !inner.contains(char::is_whitespace);
    let plain = domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    (whole && plain).then(|| inner.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_parted_by_empty_lines_and_folded_values_joined() {
        let text = "Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822;\r\n ana@example.org\r\nStatus: 5.1.1\r\n";
        let groups = groups(text);
        assert_eq!(groups.len(), 2);
        assert_eq!(value(&groups[1], "final-recipient").map(after_type), Some("ana@example.org"));
        assert_eq!(value(&groups[1], "action"), None);
    }

    #[test]
    fn an_address_is_found_in_its_usual_dress() {
        for text in ["Ana@Example.org", "<ana@example.org>:", "Ana Ruiz <ana@example.org>", "\"ana@example.org\":"] {
            assert_eq!(address(text).as_deref(), Some("ana@example.org"), "{text}");
        }
        for text in ["", "ana", "@example.org", "ana@localhost", "ana@exa mple.org", "10:30@noon."] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
