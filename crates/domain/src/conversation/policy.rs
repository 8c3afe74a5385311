//! What a district asks of staff who text (B18, B19): kept with its settings.

use serde::{Deserialize, Serialize};

use super::record_request::Terms;

/// What happens when a text is not okay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMark {
    /// It is not sent.
    Stop,
    /// It is sent once its writer gives a reason, which stays beside it.
    #[default]
    AskReason,
}

/// The district's choices; what an older program wrote takes the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextingPolicy {
    /// What the guard marked.
    pub on_mark: OnMark,
    /// "Yes" to the stranger question.
    pub on_stranger: OnMark,
    /// Words of the district's own that are not okay either.
    pub own_words: Vec<String>,
    /// Who hears at once, by e-mail, of words that need a human; empty: the inbox alone.
    pub urgent_contact: String,
    /// The local crisis line, shown to staff beside such words.
    pub crisis_line: String,
    /// Guardians who opted in get a copy of a text to the student.
    pub guardian_copy: bool,
    /// Until when requests of families for the record are answered.
    pub requests: Terms,
}

/// The question that the composer asks each time (B18).
pub const STRANGER_QUESTION: &str =
    "If someone from the community were to read my text, would they know who I was referring to?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b18_a_policy_of_an_older_program_asks_for_a_reason() {
        let policy: TextingPolicy = serde_json::from_str("{\"crisis_line\":\"988\"}").unwrap();
        assert_eq!((policy.on_mark, policy.on_stranger), (OnMark::AskReason, OnMark::AskReason));
        assert_eq!(policy.crisis_line, "988");
        assert!(STRANGER_QUESTION.ends_with("who I was referring to?"));
    }
}
