//! How far a revocation reaches: what a STOP closes, and what the law asks for on a date (LAW-9, LAW-11, LAW-12).
//!
//! Rule page: `docs/src/rules/consent.md`.

use jiff::civil::Date;

use super::{ConsentEventKind, Program};
use crate::category::{Category, LawBasis};
use crate::channel::Channel;

/// How much one revocation closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevocationScope {
    /// The program in which it was said.
    Program,
    /// Every text and every call that is no emergency.
    AllNonEmergency,
}

impl RevocationScope {
    /// The word in a policy record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::AllNonEmergency => "all",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Program, Self::AllNonEmergency].into_iter().find(|scope| scope.word() == word)
    }
}

/// Who laid a policy down. Where they differ, the one that closes more holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyAuthor {
    /// What the law asks for at the least.
    Law,
    /// What this district does beyond it.
    District,
}

impl PolicyAuthor {
    pub const ALL: [Self; 2] = [Self::Law, Self::District];

    /// The word in a policy record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::District => "district",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|author| author.word() == word)
    }
}

/// A policy record: what its author asks for from a date on, until the same author's next record begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationRecord {
    pub author: PolicyAuthor,
    pub effective_from: Date,
    pub scope: RevocationScope,
    /// Where it stands: a rule, an order, a decision with its date.
    pub source: String,
}

/// How far a revocation reaches on a date: the widest of what law and district ask for then (LAW-11).
///
/// The date is that of the district's zone. With no record in force it closes everything: the careful side.
pub fn revocation_scope_on(records: &[RevocationRecord], date: Date) -> RevocationScope {
    let in_force = PolicyAuthor::ALL.into_iter().filter_map(|author| {
        let begun = records.iter().filter(|record| record.author == author && record.effective_from <= date);
        begun.max_by_key(|record| record.effective_from).map(|record| record.scope)
    });
    in_force.max().unwrap_or(RevocationScope::AllNonEmergency)
}

/// The programs that an event closes when it is heard in `heard_in`; empty for what closes nothing.
///
/// A STOP or a revocation reaches as far as the scope. What a family unticks in the portal is that program alone
/// (A28). A number that changed hands is closed everywhere (LAW-16). Emergency calls end only by a revocation that
/// answered one (LAW-12); see [`ends_emergency_calls`].
pub const fn closes(kind: ConsentEventKind, heard_in: Program, scope: RevocationScope) -> &'static [Program] {
    match (kind, scope) {
        (ConsentEventKind::Provided | ConsentEventKind::Invited | ConsentEventKind::OptedIn, _) => &[],
        (ConsentEventKind::Reassigned, _) => &Program::ALL,
        (
            ConsentEventKind::Stopped | ConsentEventKind::RevokedByStaff | ConsentEventKind::StoppedAtCarrier,
            RevocationScope::AllNonEmergency,
        ) if !matches!(heard_in, Program::EmergencyCalls) => &Program::GENERAL,
        (ConsentEventKind::RemovedInPortal, _)
        | (
            ConsentEventKind::Stopped | ConsentEventKind::RevokedByStaff | ConsentEventKind::StoppedAtCarrier,
            RevocationScope::Program | RevocationScope::AllNonEmergency,
        ) => match heard_in {
            Program::Alerts => &[Program::Alerts],
            Program::Texting => &[Program::Texting],
            Program::Voice => &[Program::Voice],
            // Said in answer to an emergency call: whoever does not even want those wants nothing (LAW-12).
            Program::EmergencyCalls => &Program::ALL,
        },
    }
}

/// Whether a revocation ends emergency calls too: only one that answered an emergency call itself (LAW-12). A STOP to
/// a text never does, whatever the text was about; `answered` is the category and channel of what it answered.
pub fn ends_emergency_calls(answered: Option<(Category, Channel)>) -> bool {
    answered.is_some_and(|(category, channel)| {
        channel == Channel::Voice && category.rule().law_basis == LawBasis::Emergency
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(author: PolicyAuthor, from: &str, scope: RevocationScope) -> RevocationRecord {
        RevocationRecord { author, effective_from: from.parse().unwrap(), scope, source: String::new() }
    }

    #[test]
    fn law_11_the_widest_record_in_force_holds_on_both_sides_of_its_date() {
        use PolicyAuthor::{District, Law};
        use RevocationScope::{AllNonEmergency, Program};
        let law = [record(Law, "2025-04-11", Program), record(Law, "2027-01-31", AllNonEmergency)];
        let on = |records: &[RevocationRecord], date: &str| revocation_scope_on(records, date.parse().unwrap());
        assert_eq!(on(&law, "2027-01-30"), Program);
        assert_eq!(on(&law, "2027-01-31"), AllNonEmergency);
        let ours = [law.to_vec(), vec![record(District, "2025-04-11", AllNonEmergency)]].concat();
        assert_eq!(on(&ours, "2026-11-22"), AllNonEmergency);
        // A later record takes the wider one back, in whatever order they stand.
        let back = [vec![record(Law, "2028-01-01", Program)], law.to_vec()].concat();
        assert_eq!(on(&back, "2027-12-31"), AllNonEmergency);
        assert_eq!(on(&back, "2028-01-01"), Program);
        assert_eq!(on(&[], "2026-11-22"), AllNonEmergency);
        assert_eq!(on(&law, "2020-01-01"), AllNonEmergency);
    }

    #[test]
    fn a_stop_in_either_program_closes_both_and_the_calls_and_the_portal_closes_one() {
        let every = RevocationScope::AllNonEmergency;
        for program in Program::GENERAL {
            assert_eq!(closes(ConsentEventKind::Stopped, program, every), Program::GENERAL);
            assert_eq!(closes(ConsentEventKind::Stopped, program, RevocationScope::Program), [program]);
            assert_eq!(closes(ConsentEventKind::RemovedInPortal, program, every), [program]);
            assert_eq!(closes(ConsentEventKind::Reassigned, program, RevocationScope::Program), Program::ALL);
            for kind in [ConsentEventKind::Provided, ConsentEventKind::Invited, ConsentEventKind::OptedIn] {
                assert!(closes(kind, program, every).is_empty());
            }
        }
    }

    #[test]
    fn law_12_emergency_calls_end_only_by_a_revocation_that_answered_one() {
        assert!(!ends_emergency_calls(None));
        assert!(!ends_emergency_calls(Some((Category::General, Channel::Voice))));
        assert!(!ends_emergency_calls(Some((Category::SchoolsOut, Channel::Sms))));
        assert!(ends_emergency_calls(Some((Category::SchoolsOut, Channel::Voice))));
        for scope in [RevocationScope::Program, RevocationScope::AllNonEmergency] {
            assert_eq!(closes(ConsentEventKind::Stopped, Program::EmergencyCalls, scope), Program::ALL);
            assert!(!closes(ConsentEventKind::Stopped, Program::Voice, scope).contains(&Program::EmergencyCalls));
        }
    }
}
