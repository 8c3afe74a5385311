//! No delivery without its basis at its time: ledgers of events that happen one after another, plans at any moment
//! between them, and a second reading of the ledgers that shares nothing with the fold.

use std::collections::HashMap;

use proptest::prelude::*;
use schoolbell_domain::category::{Category, LawBasis};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind as Kind, ConsentState, Program, RevocationScope, closes};
use schoolbell_domain::delivery::plan::{Basis, Decision, plan};
use schoolbell_domain::people::{Address, ContactRole, Slot};

use super::town::{LINCOLN, Town, ask, at};

/// One thing that happened: to which of three numbers, what, and where it was said.
type Happened = (usize, Kind, Program);

const NUMBERS: [&str; 3] = ["01", "02", "03"];

fn happened() -> impl Strategy<Value = Vec<Happened>> {
    let one = (0..NUMBERS.len(), prop::sample::select(&Kind::ALL[..]), prop::sample::select(&Program::ALL[..]));
    prop::collection::vec(one, 0..14)
}

/// What each event writes into which program's ledger: an opening into its own, a closing as far as it reaches.
fn entries(happened: &[Happened], scope: RevocationScope) -> Vec<(usize, Program, Kind)> {
    let mut entries = Vec::new();
    for (number, kind, program) in happened {
        match closes(*kind, *program, scope) {
            [] => entries.push((*number, *program, *kind)),
            closed => entries.extend(closed.iter().map(|program| (*number, *program, *kind))),
        }
    }
    entries
}

/// The family of the test: a home line, two mobiles.
fn town() -> Town {
    let mut town = Town::default();
    let (child, mother, father) = (town.student(LINCOLN), town.guardian(), town.guardian());
    town.tie(mother, child, ContactRole::Main);
    town.tie(father, child, ContactRole::Secondary);
    town.point(child, LINCOLN, Slot::HomePrimary, NUMBERS[0]);
    town.point(mother, LINCOLN, Slot::Mobile, NUMBERS[1]);
    town.point(father, LINCOLN, Slot::Mobile, NUMBERS[2]);
    town
}

/// The last word on a number in a program that opened or closed it; imports and invitations say nothing.
fn last_word(entries: &[(usize, Program, Kind)], number: usize, program: Program) -> Option<Kind> {
    let own = entries.iter().rev().filter(|(of, at, _)| (*of, *at) == (number, program)).map(|(_, _, kind)| *kind);
    own.into_iter().find(|kind| !matches!(kind, Kind::Provided | Kind::Invited))
}

const fn is_revocation(kind: Kind) -> bool {
    match kind {
        Kind::Stopped | Kind::RemovedInPortal | Kind::RevokedByStaff | Kind::StoppedAtCarrier => true,
        Kind::Provided | Kind::Invited | Kind::OptedIn | Kind::Reassigned => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a23_law_2_law_12_no_delivery_without_its_basis_at_its_time(
        happened in happened(),
        upto in any::<prop::sample::Index>(),
        category in prop::sample::select(&Category::ALL[..]),
        all in any::<bool>(),
    ) {
        let scope = if all { RevocationScope::AllNonEmergency } else { RevocationScope::Program };
        let entries = entries(&happened[..upto.index(happened.len() + 1)], scope);
        let mut states: HashMap<(usize, Program), ConsentState> = HashMap::new();
        for (number, program, kind) in &entries {
            let state = states.entry((*number, *program)).or_insert(ConsentState::Unknown);
            *state = state.after(*kind);
        }
        let mut town = town();
        for ((number, program), state) in states {
            let address = at(NUMBERS[number]);
            match program {
                Program::Alerts => drop(town.page.text_consent.insert(address, state)),
                Program::Voice => drop(town.page.voice_consent.insert(address, state)),
                Program::EmergencyCalls => drop(town.page.emergency_consent.insert(address, state)),
                Program::Texting => {}
            }
        }
        for row in plan(&ask(category), &town.page) {
            let Decision::Send { basis, .. } = row.decision else { continue };
            let number = |address: &Address| NUMBERS.iter().position(|number| at(number) == *address);
            let number = row.address.as_ref().and_then(number).expect("a number of the family");
            let last = |program| last_word(&entries, number, program);
            let emergency = category.rule().law_basis == LawBasis::Emergency;
            match row.channel {
                Channel::Sms => {
                    prop_assert_eq!(basis, Basis::OptedIn);
                    prop_assert_eq!(last(Program::Alerts), Some(Kind::OptedIn));
                }
                Channel::Voice if emergency => {
                    prop_assert_eq!(basis, Basis::Emergency);
                    prop_assert!(!last(Program::EmergencyCalls).is_some_and(is_revocation));
                }
                Channel::Voice => {
                    prop_assert!(matches!(basis, Basis::Provided | Basis::Exempt));
                    prop_assert!(!last(Program::Voice).is_some_and(is_revocation));
                }
                Channel::Email => prop_assert_eq!(basis, Basis::Provided),
                Channel::Push => prop_assert_eq!(basis, Basis::App),
            }
        }
    }
}
