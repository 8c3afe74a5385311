//! What the pages of people ask: a search over names and numbers, and everything of one person's record.

use jiff::Timestamp;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::{BroadcastId, ContactPointId, DeliveryId, PersonId, SchoolId};
use schoolbell_domain::people::{ContactRole, PersonKind, Slot};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A line of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub person: PersonId,
    pub kind: PersonKind,
    pub given: String,
    pub family: String,
    pub active: bool,
    /// Students only.
    pub school: Option<SchoolId>,
    pub grade: String,
    pub number: String,
}

/// A person on the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub person: PersonId,
    pub kind: PersonKind,
    pub source_id: String,
    pub given: String,
    pub family: String,
    pub language: String,
    pub title: Option<String>,
    pub active: bool,
    pub school: Option<SchoolId>,
    pub grade: String,
    pub number: String,
    pub bus_am: Option<String>,
    pub bus_pm: Option<String>,
}

/// A guardian of a student, or a student of a guardian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relative {
    pub person: PersonId,
    pub given: String,
    pub family: String,
    pub role: ContactRole,
    pub relation: String,
    pub lives_with: bool,
    pub custody_restricted: bool,
    /// The student's school.
    pub school: Option<SchoolId>,
}

/// A contact point as the record of one school has it (A20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointLine {
    pub point: ContactPointId,
    pub person: PersonId,
    pub school: SchoolId,
    pub slot: Slot,
    pub address: String,
    pub extension: Option<String>,
    /// Of texts.
    pub consent: ConsentState,
    pub calls_revoked: bool,
    pub suppression: Option<Suppression>,
}

/// One delivery to somebody, with what it belonged to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonMessage {
    pub delivery: DeliveryId,
    pub broadcast: BroadcastId,
    pub title: String,
    pub category: Option<Category>,
    pub channel: Channel,
    pub address: Option<String>,
    pub state: DeliveryState,
    pub updated_at: Timestamp,
}

type FoundRow = (i64, i64, String, String, bool, Option<i64>, Option<String>, Option<String>);
type RelativeRow = (i64, String, String, i64, String, bool, bool, i64);
type MessageRow = (i64, i64, String, Option<String>, i64, Option<String>, i64, i64, i64);

#[derive(sqlx_macros::FromRow)]
struct CardRow {
    id: i64,
    kind: i64,
    source_id: String,
    given: String,
    family: String,
    language: String,
    title: Option<String>,
    active: bool,
    school_id: Option<i64>,
    grade: Option<String>,
    number: Option<String>,
    bus_am: Option<String>,
    bus_pm: Option<String>,
}

#[derive(sqlx_macros::FromRow)]
struct PointRow {
    id: i64,
    person_id: i64,
    school_id: i64,
    slot: i64,
    address: String,
    extension: Option<String>,
    texts: Option<String>,
    calls: Option<String>,
    dead: Option<i64>,
}

statements! {
    SEARCH = "SELECT person.id, person.kind, person.given, person.family, person.active, student.school_id, \
        student.grade, student.number FROM person LEFT JOIN student ON student.person_id = person.id \
        WHERE person.active AND ((person.folded_name LIKE $1 AND person.folded_name LIKE $2 AND person.folded_name LIKE $3) \
        OR student.number = $4) \
        ORDER BY person.kind, person.folded_name, person.id LIMIT $5";
    FIRST = "SELECT person.id, person.kind, person.given, person.family, person.active, student.school_id, \
        student.grade, student.number FROM student JOIN person ON person.id = student.person_id \
        WHERE person.active ORDER BY person.folded_name, person.id LIMIT $1";
    CARD = "SELECT person.id, person.kind, person.source_id, person.given, person.family, person.language, \
        person.title, person.active, student.school_id, student.grade, student.number, student.bus_am, \
        student.bus_pm FROM person LEFT JOIN student ON student.person_id = person.id WHERE person.id = $1";
    GUARDIANS = "SELECT person.id, person.given, person.family, relationship.role, relationship.relation, \
        relationship.lives_with, relationship.custody_restricted, student.school_id FROM relationship \
        JOIN person ON person.id = relationship.guardian_id \
        JOIN student ON student.person_id = relationship.student_id \
        WHERE relationship.student_id = $1 AND relationship.active AND person.active \
        ORDER BY relationship.role, person.folded_name, person.id";
    CHILDREN = "SELECT person.id, person.given, person.family, relationship.role, relationship.relation, \
        relationship.lives_with, relationship.custody_restricted, student.school_id FROM relationship \
        JOIN person ON person.id = relationship.student_id \
        JOIN student ON student.person_id = relationship.student_id \
        WHERE relationship.guardian_id = $1 AND relationship.active AND person.active \
        ORDER BY person.folded_name, person.id";
    POINTS = "SELECT contact_point.id, contact_point.person_id, contact_point.school_id, contact_point.slot, \
        contact_point.address, contact_point.extension, texts.state AS texts, calls.state AS calls, \
        suppression.kind AS dead FROM contact_point \
        LEFT JOIN consent AS texts ON texts.number = contact_point.address AND texts.program = 'alerts' \
        LEFT JOIN consent AS calls ON calls.number = contact_point.address AND calls.program = 'voice' \
        LEFT JOIN suppression ON suppression.address = contact_point.address \
            AND suppression.channel = CASE WHEN contact_point.slot = 6 THEN 3 ELSE 1 END \
        WHERE contact_point.person_id = $1 AND contact_point.active \
        ORDER BY contact_point.school_id, contact_point.slot, contact_point.id";
    MESSAGES = "SELECT delivery.id, delivery.origin_id, broadcast.title, broadcast.category, delivery.channel, delivery.address, \
        delivery.state, delivery.reason, delivery.updated_at FROM delivery \
        JOIN broadcast ON broadcast.id = delivery.origin_id \
        WHERE delivery.person_id = $1 AND delivery.origin_kind = 1 ORDER BY delivery.id DESC LIMIT $2";
    STAFF_SCHOOLS = "SELECT school_id FROM staff_school WHERE person_id = $1 AND active ORDER BY school_id";
    REGISTRARS = "SELECT id, phone FROM school WHERE phone IS NOT NULL ORDER BY id";
    LAST_IMPORT = "SELECT MAX(finished_at) FROM roster_import WHERE state IN ('applied', 'unchanged')";
}

/// People whose folded name holds every word of `folded`, in any order, or the student with that number: students first, then guardians and
/// staff, by name. An empty search gives the first students.
pub async fn search(reads: &mut impl Reads, folded: &str, number: &str, limit: i64) -> StoreResult<Vec<Found>> {
    let rows: Vec<FoundRow> = on!(reads.tx(), |conn| {
        if folded.is_empty() {
            sqlx::query_as(FIRST).bind(limit).fetch_all(conn).await
        } else {
            let [first, second, third] = patterns(folded);
            let query = sqlx::query_as(SEARCH).bind(first).bind(second).bind(third);
            query.bind(number).bind(limit).fetch_all(conn).await
        }
    })?;
    rows.into_iter()
        .map(|(id, kind, given, family, active, school, grade, number)| {
            let person = PersonId::from_raw(id);
            Ok(Found {
                person,
                kind: PersonKind::from_code(kind).ok_or_else(|| damaged(person, "kind"))?,
                given,
                family,
                active,
                school: school.map(SchoolId::from_raw),
                grade: grade.unwrap_or_default(),
                number: number.unwrap_or_default(),
            })
        })
        .collect()
}

/// The record of a person.
pub async fn lookup_card(reads: &mut impl Reads, person: PersonId) -> StoreResult<Option<Card>> {
    let row: Option<CardRow> =
        on!(reads.tx(), |conn| sqlx::query_as(CARD).bind(person.raw()).fetch_optional(conn).await)?;
    row.map(|row| {
        Ok(Card {
            person: PersonId::from_raw(row.id),
            kind: PersonKind::from_code(row.kind).ok_or_else(|| damaged(person, "kind"))?,
            source_id: row.source_id,
            given: row.given,
            family: row.family,
            language: row.language,
            title: row.title,
            active: row.active,
            school: row.school_id.map(SchoolId::from_raw),
            grade: row.grade.unwrap_or_default(),
            number: row.number.unwrap_or_default(),
            bus_am: row.bus_am,
            bus_pm: row.bus_pm,
        })
    })
    .transpose()
}

/// The contacts of a student: main, secondary, others.
pub async fn guardians(reads: &mut impl Reads, student: PersonId) -> StoreResult<Vec<Relative>> {
    let rows: Vec<RelativeRow> =
        on!(reads.tx(), |conn| sqlx::query_as(GUARDIANS).bind(student.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(relative).collect()
}

/// The students of a guardian, by name.
pub async fn children(reads: &mut impl Reads, guardian: PersonId) -> StoreResult<Vec<Relative>> {
    let rows: Vec<RelativeRow> =
        on!(reads.tx(), |conn| sqlx::query_as(CHILDREN).bind(guardian.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(relative).collect()
}

/// A student's contacts, a guardian's students; nobody for staff.
pub async fn relatives(reads: &mut impl Reads, card: &Card) -> StoreResult<Vec<Relative>> {
    match card.kind {
        PersonKind::Student => guardians(reads, card.person).await,
        PersonKind::Guardian => children(reads, card.person).await,
        PersonKind::Staff => Ok(Vec::new()),
    }
}

/// The schools of a member of staff.
pub async fn staff_schools(reads: &mut impl Reads, person: PersonId) -> StoreResult<Vec<SchoolId>> {
    let rows: Vec<(i64,)> =
        on!(reads.tx(), |conn| sqlx::query_as(STAFF_SCHOOLS).bind(person.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(id,)| SchoolId::from_raw(id)).collect())
}

/// The active contact points of a person, by school and slot, with what is known of each address.
pub async fn points(reads: &mut impl Reads, person: PersonId) -> StoreResult<Vec<PointLine>> {
    let rows: Vec<PointRow> = on!(reads.tx(), |conn| sqlx::query_as(POINTS).bind(person.raw()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(PointLine {
                point: ContactPointId::from_raw(row.id),
                person: PersonId::from_raw(row.person_id),
                school: SchoolId::from_raw(row.school_id),
                slot: Slot::from_code(row.slot).ok_or_else(|| damaged(person, "slot"))?,
                address: row.address,
                extension: row.extension,
                consent: row.texts.as_deref().and_then(ConsentState::from_word).unwrap_or(ConsentState::Unknown),
                calls_revoked: row.calls.as_deref() == Some(ConsentState::Revoked.word()),
                suppression: row.dead.and_then(Suppression::from_code),
            })
        })
        .collect()
}

/// The latest deliveries to one person, newest first, what was left out included.
pub async fn messages(reads: &mut impl Reads, person: PersonId, limit: i64) -> StoreResult<Vec<PersonMessage>> {
    let rows: Vec<MessageRow> =
        on!(reads.tx(), |conn| sqlx::query_as(MESSAGES).bind(person.raw()).bind(limit).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(delivery, broadcast, title, category, channel, address, state, reason, updated_at)| {
            Ok(PersonMessage {
                delivery: DeliveryId::from_raw(delivery),
                broadcast: BroadcastId::from_raw(broadcast),
                title,
                category: category.and_then(|key| key.parse().ok()),
                channel: Channel::from_code(channel).ok_or_else(|| damaged(person, "channel"))?,
                address,
                state: DeliveryState::from_codes(state, reason).ok_or_else(|| damaged(person, "state"))?,
                updated_at: instant(updated_at)?,
            })
        })
        .collect()
}

/// The phone number of each school that has one: whom a family calls to change its record (A20).
pub async fn school_phones(reads: &mut impl Reads) -> StoreResult<Vec<(SchoolId, String)>> {
    let rows: Vec<(i64, String)> = on!(reads.tx(), |conn| sqlx::query_as(REGISTRARS).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(id, phone)| (SchoolId::from_raw(id), phone)).collect())
}

/// When the roster was last read and stood: "last synced at". `None` before the first import.
pub async fn last_import(reads: &mut impl Reads) -> StoreResult<Option<Timestamp>> {
    let at: Option<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(LAST_IMPORT).fetch_one(conn).await)?;
    at.map(instant).transpose()
}

fn relative(
    (id, given, family, role, relation, lives_with, custody_restricted, school): RelativeRow,
) -> StoreResult<Relative> {
    let person = PersonId::from_raw(id);
    Ok(Relative {
        person,
        given,
        family,
        role: ContactRole::from_code(role).ok_or_else(|| damaged(person, "role"))?,
        relation,
        lives_with,
        custody_restricted,
        school: Some(SchoolId::from_raw(school)),
    })
}

/// The first three words of a folded search, each as a pattern that matches anywhere; `%` where there are fewer.
///
/// The signs of LIKE are taken out: nothing that folds keeps them.
pub(crate) fn patterns(folded: &str) -> [String; 3] {
    let clean = folded.replace(['%', '_'], "");
    let mut words = clean.split_whitespace();
    [(); 3].map(|()| words.next().map_or_else(|| "%".to_owned(), |word| format!("%{word}%")))
}

fn damaged(person: PersonId, what: &str) -> StoreError {
    StoreError::Damaged { row: person.to_string(), what: what.to_owned() }
}
