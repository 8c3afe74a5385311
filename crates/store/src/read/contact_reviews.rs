//! Who confirmed their contact data when, and what families ask the registrar to change (A10).

use std::collections::HashMap;

use jiff::Timestamp;
use schoolbell_domain::ids::{PersonId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::sql::fetch_set;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// What a family asks of a school's registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactTask {
    pub id: i64,
    /// `contact_change`.
    pub kind: String,
    pub school: SchoolId,
    pub person: PersonId,
    /// JSON: `wish` is what the family wrote.
    pub detail: String,
    pub created_at: Timestamp,
}

type TaskRow = (i64, String, i64, i64, String, i64);

statements! {
    LAST = "SELECT person_id, school_id, MAX(reviewed_at) FROM contact_review WHERE person_id IN {list@1} \
        GROUP BY person_id, school_id";
    OPEN_OF_SCHOOL = "SELECT id, kind, school_id, person_id, detail, created_at FROM contact_task \
        WHERE settled_at IS NULL AND (school_id = $1 OR $1 = 0) ORDER BY id LIMIT $2";
    OPEN_OF_PEOPLE = "SELECT id, kind, school_id, person_id, detail, created_at FROM contact_task \
        WHERE settled_at IS NULL AND person_id IN {list@1} ORDER BY id";
}

/// When each of these people last answered for each school; who never did is left out.
pub async fn last_reviews(
    reads: &mut impl Reads,
    people: &[PersonId],
) -> StoreResult<HashMap<(PersonId, SchoolId), Timestamp>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = fetch_set!(reads.tx(), (i64, i64, i64), LAST, [], people, |query, id| query.bind(id.raw()))?;
    rows.into_iter()
        .map(|(person, school, at)| Ok(((PersonId::from_raw(person), SchoolId::from_raw(school)), instant(at)?)))
        .collect()
}

/// What waits for a school's registrar, or for any (`None`), oldest first.
pub async fn open_tasks(reads: &mut impl Reads, school: Option<SchoolId>, limit: i64) -> StoreResult<Vec<ContactTask>> {
    let rows: Vec<TaskRow> = on!(reads.tx(), |conn| sqlx::query_as(OPEN_OF_SCHOOL)
        .bind(school.map_or(0, SchoolId::raw))
        .bind(limit)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(task).collect()
}

/// What these people asked for and nobody has settled.
pub async fn open_tasks_of(reads: &mut impl Reads, people: &[PersonId]) -> StoreResult<Vec<ContactTask>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_set!(reads.tx(), TaskRow, OPEN_OF_PEOPLE, [], people, |query, id| query.bind(id.raw()))?;
    rows.into_iter().map(task).collect()
}

fn task((id, kind, school, person, detail, created_at): TaskRow) -> StoreResult<ContactTask> {
    Ok(ContactTask {
        id,
        kind,
        school: SchoolId::from_raw(school),
        person: PersonId::from_raw(person),
        detail,
        created_at: instant(created_at)?,
    })
}
