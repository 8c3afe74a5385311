//! What the law lets us do with a number: a ledger of events, folded to a state (A23-A29, LAW-9 to LAW-13).
//!
//! Rule page: `docs/src/rules/consent.md`.

mod chain;
mod revocation;

pub use chain::{Link, seal, verify};
pub use revocation::{
    PolicyAuthor, RevocationRecord, RevocationScope, closes, ends_emergency_calls, revocation_scope_on,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ConsentEventId;

/// The two text programs and the calls; each has its own consent (`architecture.md` §7.6). Calls for an emergency need
/// none (LAW-1), so that program says only whether somebody ended them (LAW-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    Alerts,
    Texting,
    /// Calls that are no emergency.
    Voice,
    EmergencyCalls,
}

impl Program {
    pub const ALL: [Self; 4] = [Self::Alerts, Self::Texting, Self::Voice, Self::EmergencyCalls];
    /// What a general revocation closes: emergencies still ring (LAW-12).
    pub const GENERAL: [Self; 3] = [Self::Alerts, Self::Texting, Self::Voice];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Texting => "texting",
            Self::Voice => "voice",
            Self::EmergencyCalls => "emergency_calls",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|program| program.word() == word)
    }
}

/// What happened to the consent of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentEventKind {
    /// The family gave the number to the school (LAW-2).
    Provided,
    /// The one invitation went out (A24).
    Invited,
    /// YES, START and the like (A25, A26).
    OptedIn,
    /// STOP by text, key-press or word (LAW-9).
    Stopped,
    /// Removed in the portal (A28).
    RemovedInPortal,
    /// A written or spoken revocation that staff entered.
    RevokedByStaff,
    /// The carrier says that the number opted out there (LAW-23).
    StoppedAtCarrier,
    /// The number belongs to somebody else now (LAW-16).
    Reassigned,
}

impl ConsentEventKind {
    pub const ALL: [Self; 8] = [
        Self::Provided,
        Self::Invited,
        Self::OptedIn,
        Self::Stopped,
        Self::RemovedInPortal,
        Self::RevokedByStaff,
        Self::StoppedAtCarrier,
        Self::Reassigned,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Provided => "provided",
            Self::Invited => "invited",
            Self::OptedIn => "opted_in",
            Self::Stopped => "stopped",
            Self::RemovedInPortal => "removed_in_portal",
            Self::RevokedByStaff => "revoked_by_staff",
            Self::StoppedAtCarrier => "stopped_at_carrier",
            Self::Reassigned => "reassigned",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// An entry of the ledger of one number and program, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentEvent {
    pub id: ConsentEventId,
    pub kind: ConsentEventKind,
    pub at: Timestamp,
    pub actor: String,
    /// JSON: raw text, message id, gateway, form, whatever proves it.
    pub evidence: String,
}

/// The state that the ledger of one number and program folds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Nothing on the ledger.
    Unknown,
    /// Given to the school; no YES yet.
    Provided,
    Invited,
    OptedIn,
    Revoked,
}

impl ConsentState {
    pub const ALL: [Self; 5] = [Self::Unknown, Self::Provided, Self::Invited, Self::OptedIn, Self::Revoked];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Provided => "provided",
            Self::Invited => "invited",
            Self::OptedIn => "opted_in",
            Self::Revoked => "revoked",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// The next state. A revocation is undone by a fresh YES alone, never by an import or an invitation (A28).
    #[must_use]
    #[expect(clippy::match_same_arms, reason = "a table: one line for each rule")]
    pub const fn after(self, event: ConsentEventKind) -> Self {
        match (self, event) {
            (_, ConsentEventKind::OptedIn) => Self::OptedIn,
            (
                _,
                ConsentEventKind::Stopped
                | ConsentEventKind::RemovedInPortal
                | ConsentEventKind::RevokedByStaff
                | ConsentEventKind::StoppedAtCarrier,
            ) => Self::Revoked,
            // Somebody else's phone now: what the last owner agreed to is void, and what he refused as well.
            (_, ConsentEventKind::Reassigned) => Self::Unknown,
            (Self::Revoked | Self::OptedIn | Self::Invited, ConsentEventKind::Provided) => self,
            (Self::Unknown | Self::Provided, ConsentEventKind::Provided) => Self::Provided,
            (Self::Revoked | Self::OptedIn, ConsentEventKind::Invited) => self,
            (Self::Unknown | Self::Provided | Self::Invited, ConsentEventKind::Invited) => Self::Invited,
        }
    }
}

/// The state of a number from its ledger, oldest event first.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a ConsentEvent>) -> ConsentState {
    events.into_iter().fold(ConsentState::Unknown, |state, event| state.after(event.kind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_kind() -> impl Strategy<Value = ConsentEventKind> {
        prop::sample::select(&ConsentEventKind::ALL[..])
    }

    fn folded(kinds: &[ConsentEventKind]) -> ConsentState {
        kinds.iter().fold(ConsentState::Unknown, |state, kind| state.after(*kind))
    }

    #[test]
    fn a25_to_a28_the_ledger_of_a_number_folds_by_table() {
        use ConsentEventKind::{
            Invited, OptedIn, Provided, Reassigned, RemovedInPortal, RevokedByStaff, Stopped, StoppedAtCarrier,
        };
        let table: &[(&[ConsentEventKind], ConsentState)] = &[
            (&[], ConsentState::Unknown),
            (&[Provided], ConsentState::Provided),
            (&[Provided, Invited], ConsentState::Invited),
            (&[Provided, Invited, Provided], ConsentState::Invited),
            (&[Provided, Invited, OptedIn], ConsentState::OptedIn),
            (&[OptedIn, Provided, Invited], ConsentState::OptedIn),
            (&[OptedIn, Stopped], ConsentState::Revoked),
            (&[OptedIn, RemovedInPortal], ConsentState::Revoked),
            (&[OptedIn, RevokedByStaff], ConsentState::Revoked),
            (&[OptedIn, StoppedAtCarrier], ConsentState::Revoked),
            (&[Stopped, Provided, Invited], ConsentState::Revoked),
            (&[Stopped, OptedIn], ConsentState::OptedIn),
            (&[OptedIn, Reassigned], ConsentState::Unknown),
            (&[Stopped, Reassigned, Provided], ConsentState::Provided),
        ];
        for (kinds, state) in table {
            assert_eq!(folded(kinds), *state, "{kinds:?}");
        }
    }

    proptest! {
        #[test]
        fn a28_a_revocation_survives_any_import_and_invitation(
            before in prop::collection::vec(any_kind(), 0..8),
            imports in prop::collection::vec(prop::sample::select(vec![ConsentEventKind::Provided, ConsentEventKind::Invited]), 0..8),
        ) {
            let stopped = folded(&before).after(ConsentEventKind::Stopped);
            prop_assert_eq!(imports.iter().fold(stopped, |state, kind| state.after(*kind)), ConsentState::Revoked);
        }

        #[test]
        fn a23_only_a_yes_after_the_last_revocation_opens(kinds in prop::collection::vec(any_kind(), 0..12)) {
            let closing = |kind: &ConsentEventKind| match kind {
                ConsentEventKind::Stopped
                | ConsentEventKind::RemovedInPortal
                | ConsentEventKind::RevokedByStaff
                | ConsentEventKind::StoppedAtCarrier
                | ConsentEventKind::Reassigned => true,
                ConsentEventKind::Provided | ConsentEventKind::Invited | ConsentEventKind::OptedIn => false,
            };
            let since = kinds.iter().rposition(closing).map_or(0, |at| at + 1);
            let yes = kinds[since..].contains(&ConsentEventKind::OptedIn);
            prop_assert_eq!(folded(&kinds) == ConsentState::OptedIn, yes);
        }

        #[test]
        fn the_same_event_twice_is_the_same_as_once(kinds in prop::collection::vec(any_kind(), 0..6), kind in any_kind()) {
            let once = folded(&kinds).after(kind);
            prop_assert_eq!(once.after(kind), once);
        }
    }
}
