//! One word of a line, apart from the punctuation around it.

/// A word between two spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Brackets and quotation marks before it.
    pub lead: &'a str,
    pub core: &'a str,
    /// Stops, brackets and quotation marks after it.
    pub trail: &'a str,
}

impl<'a> Token<'a> {
    pub(super) fn of(word: &'a str) -> Self {
        let rest = word.trim_start_matches(['(', '[', '"', '“', '\'', '¿', '¡', '*', '_']);
        let (lead, _) = word.split_at(word.len() - rest.len());
        let core = rest.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '”', '\'', '*', '_']);
        Self { lead, core, trail: &rest[core.len()..] }
    }
}
