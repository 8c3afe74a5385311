//! Column names, compared without what people vary: case, blanks, underscores, a letter or two.

/// Letters, digits and dots in lower case: `SIS ID`, `sis_id` and `SisId` are one column.
pub fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

/// Two long names that differ by at most two letters and by no digit: `agentSourcedId` and `agentSourcedIds`.
pub fn alike(one: &str, other: &str) -> bool {
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    other.len() >= 8
        && one.len().abs_diff(other.len()) <= 2
        && digits(one) == digits(other)
        && distance(one, other) <= 2
}

/// Letters to insert, delete or change.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, c) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (column, d) in other.iter().enumerate() {
            let change = corner + usize::from(c != *d);
            corner = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_table() {
        for (one, other, wanted) in [
            ("agentsourcedid", "agentsourcedids", true),
            ("agentsuorcedids", "agentsourcedids", true),
            ("givenname", "familyname", false),
            ("contact1email", "contact2email", false),
            ("role", "rolle", false),
        ] {
            assert_eq!(alike(one, other), wanted, "{one} {other}");
        }
        assert_eq!(fold("SIS_ID "), "sisid");
    }
}
