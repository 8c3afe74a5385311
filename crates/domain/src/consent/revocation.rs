//! How far a revocation reaches: what a STOP closes, and what the law asks for on a date (LAW-9, LAW-11, LAW-12).
//!
//! Rule page: `docs/src/rules/consent.md`.

use jiff::civil::Date;

use super::{ConsentEventKind, Program};
use crate::category::{Category, LawBasis};
use crate::channel::Channel;

/// How much one revocation closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationScope {
    /// The program in which it was said.
    Program,
    /// Every text and every call that is no emergency.
    AllNonEmergency,
}

impl RevocationScope {
    /// What we do on every date: the careful reading, so that nobody has to say STOP twice.
    pub const OURS: Self = Self::AllNonEmergency;
}

/// A policy record: what the law asks for from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationRecord {
    pub id: &'static str,
    pub effective_from: Date,
    pub scope: RevocationScope,
    pub source: &'static str,
}

/// By date; each holds until the next begins.
pub const RECORDS: [RevocationRecord; 2] = [
    RevocationRecord {
        id: "LAW-11/2025",
        effective_from: Date::constant(2025, 4, 11),
        scope: RevocationScope::Program,
        source: "47 CFR 64.1200(a)(10) in force; revoke-all waived until 2027-01-31 (FCC order of 2026-01-06)",
    },
    RevocationRecord {
        id: "LAW-11/2027",
        effective_from: Date::constant(2027, 1, 31),
        scope: RevocationScope::AllNonEmergency,
        source: "end of the waiver of 2026-01-06, under reconsideration",
    },
];

/// The least that the law asks for on a date; before the first record, that of the first.
pub fn revocation_scope_on(date: Date) -> RevocationRecord {
    RECORDS.into_iter().rev().find(|record| record.effective_from <= date).unwrap_or(RECORDS[0])
}

/// The programs that an event closes when it is heard in `heard_in`; empty for what closes nothing.
///
/// A STOP or a revocation reaches as far as the scope. What a family unticks in the portal is that program alone
/// (A28). A number that changed hands is closed everywhere (LAW-16).
pub const fn closes(kind: ConsentEventKind, heard_in: Program, scope: RevocationScope) -> &'static [Program] {
    match (kind, scope) {
        (ConsentEventKind::Provided | ConsentEventKind::Invited | ConsentEventKind::OptedIn, _) => &[],
        (ConsentEventKind::Reassigned, _)
        | (
            ConsentEventKind::Stopped | ConsentEventKind::RevokedByStaff | ConsentEventKind::StoppedAtCarrier,
            RevocationScope::AllNonEmergency,
        ) => &Program::ALL,
        (ConsentEventKind::RemovedInPortal, _)
        | (
            ConsentEventKind::Stopped | ConsentEventKind::RevokedByStaff | ConsentEventKind::StoppedAtCarrier,
            RevocationScope::Program,
        ) => match heard_in {
            Program::Alerts => &[Program::Alerts],
            Program::Texting => &[Program::Texting],
            Program::Voice => &[Program::Voice],
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

    #[test]
    fn law_11_the_law_asks_for_one_program_until_the_waiver_ends_and_we_close_all_from_the_first_day() {
        let on = |text: &str| revocation_scope_on(text.parse().unwrap()).scope;
        assert_eq!(on("2026-11-22"), RevocationScope::Program);
        assert_eq!(on("2027-01-30"), RevocationScope::Program);
        assert_eq!(on("2027-01-31"), RevocationScope::AllNonEmergency);
        assert_eq!(on("2020-01-01"), RevocationScope::Program);
        assert_eq!(RevocationScope::OURS, RevocationScope::AllNonEmergency);
        assert!(RECORDS.is_sorted_by_key(|record| record.effective_from));
    }

    #[test]
    fn a_stop_in_either_program_closes_both_and_the_calls_and_the_portal_closes_one() {
        for program in Program::ALL {
            let all = closes(ConsentEventKind::Stopped, program, RevocationScope::OURS);
            assert_eq!(all, Program::ALL);
            assert_eq!(closes(ConsentEventKind::Stopped, program, RevocationScope::Program), [program]);
            assert_eq!(closes(ConsentEventKind::RemovedInPortal, program, RevocationScope::OURS), [program]);
            assert_eq!(closes(ConsentEventKind::Reassigned, program, RevocationScope::Program), Program::ALL);
            for kind in [ConsentEventKind::Provided, ConsentEventKind::Invited, ConsentEventKind::OptedIn] {
                assert!(closes(kind, program, RevocationScope::OURS).is_empty());
            }
        }
    }

    #[test]
    fn law_12_emergency_calls_end_only_by_a_revocation_that_answered_one() {
        assert!(!ends_emergency_calls(None));
        assert!(!ends_emergency_calls(Some((Category::General, Channel::Voice))));
        assert!(!ends_emergency_calls(Some((Category::SchoolsOut, Channel::Sms))));
        assert!(ends_emergency_calls(Some((Category::SchoolsOut, Channel::Voice))));
    }
}
