//! Three kinds of "no", never mixed: bad input (theirs), a refusal (a rule), a fault (ours).

use schoolbell_store::StoreError;

pub type CommandResult<T> = Result<T, CommandError>;

/// One thing wrong in what a person gave: the field, and a sentence that says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub field: String,
    pub message: String,
}

/// Why a command did nothing. Whatever it had begun is rolled back.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Their side: every problem found, in the order of the form.
    #[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    BadInput(Vec<Problem>),
    /// A rule says no; `rule` is its number or page (`A46`, `permission`).
    #[error("{sentence}")]
    Refused { rule: &'static str, sentence: String },
    #[error("`{0}` was not found")]
    NotFound(String),
    #[error(transparent)]
    Fault(#[from] StoreError),
}

impl CommandError {
    pub fn bad(field: &str, message: impl Into<String>) -> Self {
        Self::BadInput(vec![Problem { field: field.to_owned(), message: message.into() }])
    }

    pub fn refused(rule: &'static str, sentence: impl Into<String>) -> Self {
        Self::Refused { rule, sentence: sentence.into() }
    }

    pub fn not_allowed() -> Self {
        Self::refused("permission", "your role does not allow this here; ask your district administrator")
    }
}
