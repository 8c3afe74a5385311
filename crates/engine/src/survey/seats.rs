//! Who may answer: each page of a plan lays its seats out, whoever gets the message or not.

use std::collections::{BTreeMap, HashMap};

use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::plan::{Decision, PlanRow};
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::survey::Seat;
use schoolbell_store::StoreResult;
use schoolbell_store::read::{absences, reached};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::surveys::NewSeat;

/// The seats of these rows. Whole households stand in a page, so a family's seat is complete.
pub(crate) async fn of_rows(reads: &mut impl Reads, kind: Seat, rows: &[PlanRow]) -> StoreResult<Vec<NewSeat>> {
    let may_speak = |row: &&PlanRow| row.decision != Decision::Suppress(SuppressReason::CustodyRestricted);
    let rows: Vec<&PlanRow> = rows.iter().filter(may_speak).collect();
    let mut people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    people.sort_unstable();
    people.dedup();
    let households: HashMap<PersonId, i64> = match kind {
        Seat::Family => reached::households(reads, &people).await?.into_iter().collect(),
        Seat::Child | Seat::Guardian => HashMap::new(),
    };
    let mut seats: BTreeMap<i64, NewSeat> = BTreeMap::new();
    for row in rows {
        for seat in seats_of(kind, row, &households) {
            let new = seats.entry(seat.seat).or_insert_with(|| NewSeat {
                seat: seat.seat,
                school: Some(row.school),
                grade: String::new(),
                language: row.language.clone(),
                speakers: Vec::new(),
                about: Vec::new(),
            });
            add(&mut new.speakers, seat.speaker.into_iter());
            add(&mut new.about, seat.about.iter().copied());
        }
    }
    let students: Vec<PersonId> = seats.values().filter_map(|seat| seat.about.first().copied()).collect();
    let grades: HashMap<PersonId, String> = absences::grades(reads, &students).await?.into_iter().collect();
    let mut seats: Vec<NewSeat> = seats.into_values().collect();
    for seat in &mut seats {
        seat.grade = seat.about.first().and_then(|student| grades.get(student)).cloned().unwrap_or_default();
    }
    Ok(seats)
}

fn add(people: &mut Vec<PersonId>, more: impl Iterator<Item = PersonId>) {
    people.extend(more);
    people.sort_unstable();
    people.dedup();
}

struct RowSeat<'a> {
    seat: i64,
    speaker: Option<PersonId>,
    about: &'a [PersonId],
}

/// The seats that one row of the plan speaks for. Staff who are asked themselves have a seat of their own; a home phone
/// speaks for no single guardian.
fn seats_of<'a>(kind: Seat, row: &'a PlanRow, households: &HashMap<PersonId, i64>) -> Vec<RowSeat<'a>> {
    let children = row.children.as_slice();
    let one = |seat| vec![RowSeat { seat, speaker: Some(row.person), about: children }];
    if children.is_empty() {
        return one(row.person.raw());
    }
    match kind {
        Seat::Family => one(households.get(&row.person).copied().unwrap_or(row.person.raw())),
        Seat::Guardian if children.contains(&row.person) => Vec::new(),
        Seat::Guardian => one(row.person.raw()),
        Seat::Child => children
            .chunks(1)
            .filter_map(|child| Some(RowSeat { seat: child.first()?.raw(), speaker: Some(row.person), about: child }))
            .collect(),
    }
}
