//! Why the law lets a message go to an address, or does not (A23, LAW-1, LAW-2, LAW-5, LAW-12).
//!
//! Rule page: `docs/src/rules/consent.md`.

use super::plan::Basis;
use super::reason::SuppressReason;
use crate::category::{Category, LawBasis};
use crate::channel::Channel;
use crate::consent::ConsentState;
use crate::people::Slot;

/// Calls without consent to one residential line in 30 days (LAW-5).
///
/// Source: 47 CFR 64.1200(a)(3), 88 FR 3668.
pub const EXEMPT_CALLS_IN_30_DAYS: u32 = 3;

/// What the ledger says of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// Program alerts.
    pub text: ConsentState,
    /// Calls; `None` if the ledger has nothing on this number.
    pub voice: Option<ConsentState>,
    /// Calls for an emergency: whether somebody ended them in answer to one (LAW-12).
    pub emergency_calls: ConsentState,
    /// Exempt calls of the last 30 days.
    pub recent_exempt_calls: u32,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            text: ConsentState::Unknown,
            voice: None,
            emergency_calls: ConsentState::Unknown,
            recent_exempt_calls: 0,
        }
    }
}

/// The basis of a message of this category to this address over this channel, or why there is none.
///
/// Texts: a YES on the number, in an emergency too (A23). Mail: the address was given to the school. The
/// app: notifications were turned on in it.
///
/// Calls: an emergency needs no consent and outlives a STOP (LAW-1), unless that answered an emergency call (LAW-12).
/// Otherwise a STOP ends them; a number that
/// the ledger calls provided may be called (LAW-2); a home line without an entry gets three in 30 days (LAW-5); a
/// mobile or work phone without an entry is on the record because the family gave it (LAW-2), unless the ledger says
/// that it changed hands.
pub fn basis(category: Category, slot: Slot, channel: Channel, ledger: Ledger) -> Result<Basis, SuppressReason> {
    match channel {
        Channel::Sms => text_basis(ledger.text),
        Channel::Email => Ok(Basis::Provided),
        Channel::Push => Ok(Basis::App),
        Channel::Voice => call_basis(category, slot, ledger),
    }
}

const fn text_basis(state: ConsentState) -> Result<Basis, SuppressReason> {
    match state {
        ConsentState::OptedIn => Ok(Basis::OptedIn),
        ConsentState::Revoked => Err(SuppressReason::Revoked),
        ConsentState::Unknown | ConsentState::Provided | ConsentState::Invited => Err(SuppressReason::NoConsent),
    }
}

fn call_basis(category: Category, slot: Slot, ledger: Ledger) -> Result<Basis, SuppressReason> {
    match category.rule().law_basis {
        LawBasis::Emergency => {
            return match ledger.emergency_calls {
                ConsentState::Revoked => Err(SuppressReason::Revoked),
                ConsentState::Unknown | ConsentState::Provided | ConsentState::Invited | ConsentState::OptedIn => {
                    Ok(Basis::Emergency)
                }
            };
        }
        LawBasis::NumberProvided => {}
    }
    match (ledger.voice, is_home_line(slot)) {
        (Some(ConsentState::Revoked), _) => Err(SuppressReason::Revoked),
        (Some(ConsentState::Provided | ConsentState::Invited | ConsentState::OptedIn), _) | (None, false) => {
            Ok(Basis::Provided)
        }
        (None | Some(ConsentState::Unknown), true) => {
            if ledger.recent_exempt_calls < EXEMPT_CALLS_IN_30_DAYS {
                Ok(Basis::Exempt)
            } else {
                Err(SuppressReason::CallLimit)
            }
        }
        (Some(ConsentState::Unknown), false) => Err(SuppressReason::NoConsent),
    }
}

const fn is_home_line(slot: Slot) -> bool {
    match slot {
        Slot::HomePrimary | Slot::HomeSecondary | Slot::Home => true,
        Slot::Mobile | Slot::Work | Slot::Email => false,
    }
}
