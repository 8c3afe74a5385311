//! What each school has on record of a family: to read and to confirm, never to change here (A10, A18-A22).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::people::Slot;
use schoolbell_store::read::contact_reviews::{last_reviews, open_tasks_of};
use schoolbell_store::read::district::schools;
use schoolbell_store::read::people_pages::{PointLine, last_import, points, school_phones};
use schoolbell_store::write::contact_reviews as writes;
use serde_json::json;

use super::audit::tell;
use crate::Engine;
use crate::error::{CommandError, CommandResult};
use crate::family::{Family, actor};

/// "Is this still right?" is asked again after so long.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Nobody needs a longer wish.
const LONGEST_WISH: usize = 1_000;

/// What one school has of the account's people.
#[derive(Debug, Clone)]
pub struct SchoolRecord {
    pub school: SchoolId,
    pub name: String,
    /// Whom to call.
    pub phone: Option<String>,
    /// The children there.
    pub children: Vec<PersonId>,
    /// Home phones of the children, then the guardians' own points.
    pub points: Vec<PointLine>,
    /// The last answer is older than a year, or there is none.
    pub due: bool,
    /// What the family asked for and nobody has done yet.
    pub wish: Option<String>,
}

/// The records of all schools of the children.
#[derive(Debug, Clone)]
pub struct Records {
    pub schools: Vec<SchoolRecord>,
    /// Places that differ between two schools (A20).
    pub differing: Vec<Slot>,
    pub last_import: Option<Timestamp>,
}

/// The answer to "is this still right?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Right,
    /// Something changed: what the registrar should look at, in the family's words.
    Changed(String),
}

/// What the schools have. A child's current school alone counts (A21).
pub async fn records(engine: &Engine, family: &Family) -> CommandResult<Records> {
    let mut reads = engine.db.read().await?;
    let mut all: Vec<PointLine> = Vec::new();
    for person in family.circle.people() {
        all.extend(points(&mut reads, person).await?);
    }
    let reviews = last_reviews(&mut reads, &family.circle.guardians).await?;
    let tasks = open_tasks_of(&mut reads, &family.circle.guardians).await?;
    let phones = school_phones(&mut reads).await?;
    let now = engine.now();
    let mine: BTreeSet<SchoolId> = family.people.values().filter_map(|person| person.school).collect();
    let mut found = Vec::new();
    for row in schools(&mut reads).await?.into_iter().filter(|row| mine.contains(&row.id)) {
        let own = all.iter().filter(|point| point.school == row.id && is_shown(family, point));
        let answered = |guardian: &PersonId| {
            reviews.get(&(*guardian, row.id)).is_some_and(|at| now.duration_since(*at) < ASK_AGAIN)
        };
        let wish = tasks.iter().find(|task| task.school == row.id && task.kind == "contact_change");
        let wish = wish.and_then(|task| serde_json::from_str::<serde_json::Value>(&task.detail).ok());
        found.push(SchoolRecord {
            phone: phones.iter().find(|(id, _)| *id == row.id).map(|(_, phone)| phone.clone()),
            children: family.children().iter().filter(|child| child.school == Some(row.id)).map(|one| one.id).collect(),
            points: own.cloned().collect(),
            due: !family.circle.guardians.iter().any(answered),
            wish: wish.and_then(|detail| detail.get("wish").and_then(|wish| wish.as_str().map(str::to_owned))),
            school: row.id,
            name: row.name,
        });
    }
    let differing = differing(family, &found);
    Ok(Records { schools: found, differing, last_import: last_import(&mut reads).await? })
}

/// Answers for one school. A change becomes a task of that school's registrar; the record itself stays.
pub async fn answer_review(engine: &Engine, family: &Family, school: SchoolId, answer: Answer) -> CommandResult<()> {
    let known = family.people.values().any(|person| person.school == Some(school));
    let guardian = family.circle.guardians.first().copied().filter(|_| known);
    let guardian = guardian.ok_or_else(|| CommandError::NotFound(school.to_string()))?;
    let (word, wish) = match &answer {
        Answer::Right => ("right", None),
        Answer::Changed(wish) if wish.trim().is_empty() => {
            return Err(CommandError::bad("wish", "write what changed, so that the registrar knows"));
        }
        Answer::Changed(wish) => ("changed", Some(wish.trim().chars().take(LONGEST_WISH).collect::<String>())),
    };
    let now = engine.now();
    engine
        .db
        .write("answer a contact review", async |tx| {
            for guardian in &family.circle.guardians {
                writes::review(tx, (*guardian, school), word, now).await?;
            }
            if let Some(wish) = &wish {
                let detail = json!({ "wish": wish.replace('\0', "") }).to_string();
                writes::ask(tx, engine.next_id(), (guardian, school), (&detail, now)).await?;
            }
            let told = json!({ "school": school.to_string(), "answer": word });
            tell(engine, tx, &actor(), ("contact_review", &family.subject()), told).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// A child's own mobile or mailbox is no contact point of the family.
fn is_shown(family: &Family, point: &PointLine) -> bool {
    !family.circle.has_child(point.person) || matches!(point.slot, Slot::HomePrimary | Slot::HomeSecondary)
}

/// Places of one guardian for which two schools have different values.
fn differing(family: &Family, records: &[SchoolRecord]) -> Vec<Slot> {
    let values = |record: &SchoolRecord, guardian: PersonId, slot: Slot| -> BTreeSet<String> {
        let own = record.points.iter().filter(|point| point.person == guardian && point.slot == slot);
        own.map(|point| point.address.clone()).collect()
    };
    let differs = |slot: &Slot| {
        family.circle.guardians.iter().any(|guardian| {
            let mut all = records.iter().map(|record| values(record, *guardian, *slot));
            all.next().is_some_and(|first| all.any(|other| other != first))
        })
    };
    Slot::ALL.into_iter().filter(differs).collect()
}
