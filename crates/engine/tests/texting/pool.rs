//! The shared pool of numbers: whatever staff and families do, one pair of numbers is one open thread, and a thread keeps its
//! number as long as it is open (B16, B21).

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use schoolbell_domain::ids::PersonId;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::texting::record_sms_number::{NewNumber, Shared, record_sms_number};
use schoolbell_store::read::threads::{ThreadLine, of_student};
use schoolbell_store::testing::sqlite;

use crate::world::{MARTA, MATEO, POOL, ROBERT, SARAH, World};

/// Phones that families share and hand on.
const PHONES: [&str; 3] = ["+13725550181", "+13725550182", "+13725550183"];
const CONTACTS: [(PersonId, PersonId); 4] = [(SARAH, ROBERT), (SARAH, SARAH), (MATEO, MARTA), (MATEO, MATEO)];

#[derive(Debug, Clone, Copy)]
enum Step {
    /// This contact has this phone from now on.
    Phone(usize, usize),
    /// This member of the staff texts this contact.
    Text(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_usize, 0..3_usize).prop_map(|(contact, phone)| Step::Phone(contact, phone)),
        (0..3_usize, 0..4_usize).prop_map(|(staff, contact)| Step::Text(staff, contact)),
        (0..3_usize, 0..4_usize).prop_map(|(staff, contact)| Step::Text(staff, contact)),
    ]
}

async fn open_threads(world: &World) -> Vec<ThreadLine> {
    let mut reads = world.engine.reader().read().await.unwrap();
    let mut all = of_student(&mut reads, SARAH).await.unwrap();
    all.extend(of_student(&mut reads, MATEO).await.unwrap());
    all.into_iter().filter(|thread| thread.closed_at.is_none()).collect()
}

async fn text(world: &World, staff: usize, contact: usize) -> Result<(), TestCaseError> {
    let actor = [&world.bell, &world.ortiz, &world.principal][staff];
    let before = open_threads(world).await;
    match world.text(actor, CONTACTS[contact], "May I call you today?").await {
        Ok(sent) => {
            let known = before
                .iter()
                .find(|thread| Some(thread.user) == actor.user && (thread.student, thread.person) == CONTACTS[contact]);
            if let Some(known) = known {
                prop_assert_eq!(known.id, sent.thread, "the thread is kept");
            }
        }
        Err(CommandError::Refused { rule: "B21", .. }) => {
            // Refused only where each number of the pool has an open thread with that phone.
            let mut reads = world.engine.reader().read().await.unwrap();
            let (student, person) = CONTACTS[contact];
            let found =
                schoolbell_store::read::sms_contacts::lookup_student(&mut reads, student).await.unwrap().unwrap();
            let their = found.contact(person).map(|one| one.number.clone()).unwrap_or_default();
            let taken: HashSet<_> =
                before.iter().filter(|thread| thread.their_number == their).map(|thread| &thread.our_number).collect();
            prop_assert_eq!(taken.len(), POOL.len());
        }
        Err(CommandError::Refused { rule: "B3" | "B16", .. }) => {}
        Err(other) => return Err(TestCaseError::fail(other.to_string())),
    }
    Ok(())
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let file = sqlite().await.unwrap();
    let world = World::build(file.db.clone()).await;
    let mut numbers: HashMap<_, String> = HashMap::new();
    for step in steps {
        match step {
            Step::Phone(contact, phone) => {
                let (student, person) = CONTACTS[contact];
                let new = NewNumber {
                    student,
                    person,
                    number: PHONES[phone],
                    opted_in_by: schoolbell_domain::conversation::enabled::Whose::Guardian,
                    evidence: "texting form, signed 2027-01-11",
                    shared: Shared::Confirmed,
                };
                match record_sms_number(&world.engine, &world.bell, &new).await {
                    Ok(()) | Err(CommandError::BadInput(_)) => {}
                    Err(other) => return Err(TestCaseError::fail(other.to_string())),
                }
            }
            Step::Text(staff, contact) => text(&world, staff, contact).await?,
        }
        let open = open_threads(&world).await;
        let mut pairs = HashSet::new();
        for thread in &open {
            prop_assert!(
                pairs.insert((&thread.our_number, &thread.their_number)),
                "two threads on one pair of numbers"
            );
            prop_assert!(POOL.contains(&thread.our_number.as_str()));
            let first = numbers.entry(thread.id).or_insert_with(|| thread.our_number.clone());
            prop_assert_eq!(&*first, &thread.our_number, "a thread keeps its number");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn b16_one_pair_of_numbers_is_one_thread_whatever_staff_and_families_do(
        steps in prop::collection::vec(step(), 4..28),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps))?;
    }
}
