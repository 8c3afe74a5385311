//! One record of a CSV file: fields out of text, stray quotes included.

/// What became of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// `stray`: a quote stood where none belongs and was taken as a character.
    Whole { fields: Vec<String>, stray: bool },
    /// A quoted field goes on in the next line.
    Open,
}

/// Splits one record. A field is quoted if its first character that is no blank is a quote.
pub fn split(text: &str, delimiter: char) -> Split {
    let mut fields = Vec::new();
    let mut stray = false;
    let mut rest = text.chars().peekable();
    loop {
        let mut field = String::new();
        while rest.peek() == Some(&' ') {
            rest.next();
        }
        if rest.peek() == Some(&'"') {
            rest.next();
            match quoted(&mut rest, delimiter, &mut field) {
                None => return Split::Open,
                Some(found) => stray |= found,
            }
        } else {
            while let Some(c) = rest.next_if(|c| *c != delimiter) {
                stray |= c == '"';
                field.push(c);
            }
        }
        fields.push(field);
        if rest.next().is_none() {
            return Split::Whole { fields, stray };
        }
    }
}

/// Reads up to the delimiter after the closing quote; `None` if the text ends inside. Says whether a quote was stray.
fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, delimiter: char, field: &mut String) -> Option<bool> {
    let mut stray = false;
    loop {
        match rest.next()? {
            '"' if rest.peek() == Some(&'"') => {
                rest.next();
                field.push('"');
            }
            '"' => {
                while rest.next_if(|c| *c == ' ').is_some() {}
                match rest.peek() {
                    None => return Some(stray),
                    Some(c) if *c == delimiter => return Some(stray),
                    // `"Bob" Smith`: the quote did not close, it is part of the name.
                    Some(_) => {
                        stray = true;
                        field.push('"');
                    }
                }
            }
            c => field.push(c),
        }
    }
}

/// Splits at every delimiter and takes quotes as characters: for a line whose quotes make no sense.
pub fn split_plain(text: &str, delimiter: char) -> Vec<String> {
    text.split(delimiter).map(|field| field.trim_matches('"').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(fields: &[&str], stray: bool) -> Split {
        Split::Whole { fields: fields.iter().map(|field| (*field).to_owned()).collect(), stray }
    }

    #[test]
    fn records_split_by_table() {
        for (text, wanted) in [
            ("a,b,c", whole(&["a", "b", "c"], false)),
            ("", whole(&[""], false)),
            ("a,", whole(&["a", ""], false)),
            ("\"p1,p2\",x", whole(&["p1,p2", "x"], false)),
            ("\"say \"\"hi\"\"\" ,x", whole(&["say \"hi\"", "x"], false)),
            ("Robert \"Bob Jr,x", whole(&["Robert \"Bob Jr", "x"], true)),
            ("\"Bob\" Smith\",x", whole(&["Bob\"Smith", "x"], true)),
            ("\"Bob,x", Split::Open),
        ] {
            assert_eq!(split(text, ','), wanted, "{text}");
        }
        assert_eq!(split("a\tb", '\t'), whole(&["a", "b"], false));
    }
}
