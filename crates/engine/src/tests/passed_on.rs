//! A number that passes on: what was agreed for it stays within a family and is void for strangers, and a STOP stays (LAW-16).

use std::collections::BTreeSet;

use proptest::prelude::*;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind as Kind, ConsentState, Program};
use schoolbell_domain::ids::{ConsentEventId, ImportId};
use schoolbell_store::read::consent::{broken_link, ledger, states};
use schoolbell_store::testing::{on_both, sqlite};
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::write::roster::{PersonRow, PointRow, RelationshipRow, RosterRow};

use super::town::{Town, guardian, point, relationship};
use crate::CommandError;
use crate::roster::settle;

/// A mobile that nobody of the town has.
const NUMBER: &str = "+13725559000";
/// The parents of the second family, and a child of theirs.
const MOTHER: i64 = 1_015;
const FATHER: i64 = 1_016;
const CHILD: i64 = 1_010;
/// The mother again, whom the school's system has under a new key.
const RENAMED: i64 = 7_000;
/// A parent of the fifth family.
const STRANGER: i64 = 1_045;

/// A town, and who ever had the number.
struct Numbers {
    town: Town,
    had: BTreeSet<i64>,
}

impl Numbers {
    async fn of(db: schoolbell_store::Db) -> Result<Self, CommandError> {
        let town = Town::build(db, 6).await?;
        town.change(async |tx| {
            PersonRow::upsert(tx, &[guardian(RENAMED)]).await?;
            RelationshipRow::upsert(tx, &[relationship((RENAMED, CHILD), 1, false)]).await.map(drop)
        })
        .await?;
        Ok(Self { town, had: BTreeSet::new() })
    }

    /// Gives the number to these people and to nobody else, as the next import would.
    async fn given_to(&mut self, people: &[i64]) -> Result<(), CommandError> {
        self.town.clock.move_by(3_600);
        let first_seen = self.town.engine.now().as_millisecond();
        self.had.extend(people);
        let rows: Vec<PointRow> = self
            .had
            .iter()
            .map(|who| PointRow {
                active: people.contains(who),
                first_seen,
                ..point((80_000 + who, *who, 1), 4, NUMBER.to_owned())
            })
            .collect();
        self.town.change(async |tx| PointRow::upsert(tx, &rows).await.map(drop)).await?;
        self.town.clock.move_by(60);
        let engine = &self.town.engine;
        self.town.change(async |tx| settle(engine, tx, ImportId::from_raw(1)).await).await
    }

    async fn says(&self, kind: Kind, program: Program) -> Result<(), CommandError> {
        self.town.clock.move_by(60);
        let event = ConsentEvent {
            id: ConsentEventId::from_raw(self.town.engine.next_id()),
            kind,
            at: self.town.engine.now(),
            actor: "family".to_owned(),
            evidence: "{}".to_owned(),
        };
        let new = NewConsentEvent { number: NUMBER.to_owned(), program, event };
        self.town.change(async |tx| record(tx, &[new]).await).await
    }

    async fn state(&self, program: Program) -> Result<ConsentState, CommandError> {
        let found = states(&mut self.town.engine.db.read().await?, program, &[NUMBER]).await?;
        Ok(found.get(NUMBER).copied().unwrap_or(ConsentState::Unknown))
    }

    /// How many entries of a kind the ledgers hold; the chain must hold too.
    async fn entries(&self, kind: Kind) -> Result<usize, CommandError> {
        let entries = ledger(&mut self.town.engine.db.read().await?, NUMBER).await?;
        assert_eq!(broken_link(NUMBER, &entries), None);
        Ok(entries.iter().filter(|entry| entry.link.event.kind == kind).count())
    }
}

#[tokio::test]
async fn law_16_a_yes_stays_in_the_family_that_gave_it_and_is_void_for_strangers() {
    /// Who has the number after the mother said YES, and whether the YES still counts.
    const TABLE: [(&str, &[i64], bool); 8] = [
        ("the same again", &[MOTHER], true),
        ("nobody any more", &[], true),
        ("the other parent too", &[MOTHER, FATHER], true),
        ("the other parent instead", &[FATHER], true),
        ("her own child", &[CHILD], true),
        ("herself under a new key, tied to the same child", &[RENAMED], true),
        ("a stranger beside her", &[MOTHER, STRANGER], true),
        ("a stranger instead", &[STRANGER], false),
    ];
    on_both(async |db| -> Result<(), CommandError> {
        let mut numbers = Numbers::of(db).await?;
        for (case, people, stands) in TABLE {
            numbers.given_to(&[MOTHER]).await?;
            numbers.says(Kind::OptedIn, Program::Alerts).await?;
            numbers.says(Kind::OptedIn, Program::Texting).await?;
            numbers.given_to(people).await?;
            let alerts = numbers.state(Program::Alerts).await?;
            assert_eq!(alerts == ConsentState::OptedIn, stands, "{case}: {alerts:?}");
            let texting = numbers.state(Program::Texting).await?;
            assert_eq!(texting == ConsentState::OptedIn, stands, "{case}: {texting:?}");
        }
        // The stranger gave the number to the school: it may be called, and its ledger says from when on (LAW-2).
        assert_eq!(numbers.state(Program::Voice).await?, ConsentState::Provided);
        assert_eq!(numbers.entries(Kind::Reassigned).await?, 3, "alerts, texting and calls, once each");
        // The next imports find nothing more to void, and the new owner's own YES stands.
        numbers.given_to(&[STRANGER]).await?;
        numbers.says(Kind::OptedIn, Program::Alerts).await?;
        numbers.given_to(&[STRANGER]).await?;
        assert_eq!(numbers.state(Program::Alerts).await?, ConsentState::OptedIn);
        assert_eq!(numbers.entries(Kind::Reassigned).await?, 3);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn law_16_a_stop_stays_with_the_number_whoever_has_it_and_an_invitation_goes_with_the_family() {
    on_both(async |db| -> Result<(), CommandError> {
        let mut numbers = Numbers::of(db).await?;
        numbers.given_to(&[MOTHER]).await?;
        numbers.says(Kind::Invited, Program::Alerts).await?;
        numbers.given_to(&[STRANGER]).await?;
        let state = numbers.state(Program::Alerts).await?;
        assert_eq!(state, ConsentState::Unknown, "a YES of the stranger in a teacher's thread answers no invitation");
        for program in [Program::Alerts, Program::Texting, Program::Voice] {
            numbers.says(Kind::Stopped, program).await?;
        }
        for people in [&[MOTHER][..], &[STRANGER], &[], &[FATHER, STRANGER]] {
            numbers.given_to(people).await?;
            for program in [Program::Alerts, Program::Texting, Program::Voice] {
                assert_eq!(numbers.state(program).await?, ConsentState::Revoked, "{people:?} {program:?}");
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// One thing that happens to the number.
#[derive(Debug, Clone)]
enum Step {
    Import(Vec<i64>),
    Yes,
    Stop,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let people = prop::sample::subsequence(vec![MOTHER, FATHER, CHILD, RENAMED, STRANGER], 0..3);
    let step = prop_oneof![3 => people.prop_map(Step::Import), 2 => Just(Step::Yes), 1 => Just(Step::Stop)];
    prop::collection::vec(step, 1..9)
}

/// Which family somebody is of.
const fn is_stranger(person: i64) -> bool {
    person == STRANGER
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A second reading that shares nothing with the query: families as sets, the last word, who had the number when it came.
    #[test]
    fn law_16_a28_no_yes_passes_to_strangers_and_no_import_undoes_a_stop(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let file = sqlite().await?;
            let mut numbers = Numbers::of(file.db.clone()).await?;
            let (mut had, mut yes_of, mut stopped) = (BTreeSet::new(), None::<BTreeSet<bool>>, false);
            for step in &steps {
                match step {
                    Step::Import(people) => {
                        numbers.given_to(people).await?;
                        let now: BTreeSet<bool> = people.iter().copied().map(is_stranger).collect();
                        let passed = |of: &BTreeSet<bool>| !of.is_empty() && !now.is_empty() && of.is_disjoint(&now);
                        if yes_of.as_ref().is_some_and(passed) {
                            yes_of = None;
                        }
                        had.extend(now);
                    }
                    Step::Yes => {
                        numbers.says(Kind::OptedIn, Program::Alerts).await?;
                        yes_of.get_or_insert_with(|| had.clone());
                        stopped = false;
                    }
                    Step::Stop => {
                        numbers.says(Kind::Stopped, Program::Alerts).await?;
                        yes_of = None;
                        stopped = true;
                    }
                }
                let state = numbers.state(Program::Alerts).await?;
                assert_eq!(state == ConsentState::OptedIn, yes_of.is_some(), "{step:?} of {steps:?}");
                assert_eq!(state == ConsentState::Revoked, stopped, "{step:?} of {steps:?}");
            }
            Ok::<_, CommandError>(())
        })
        .unwrap();
    }
}
