//! What the family's pages ask: who has an address, for whom they stand, and every message that was addressed to them.

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::family::Kin;
use schoolbell_domain::ids::{BroadcastId, ContactPointId, ContentId, DeliveryId, PersonId, SchoolId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::{ContactRole, Slot};

use super::people_pages::patterns;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::fetch_set;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A guardian or a student of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyPerson {
    pub id: PersonId,
    pub given: String,
    pub family: String,
    pub language: Language,
    pub household: i64,
    /// Students only.
    pub school: Option<SchoolId>,
    pub grade: String,
}

/// A message that at least one row of these people belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyMessage {
    pub id: BroadcastId,
    pub title: String,
    pub category: Category,
    pub sent_at: Timestamp,
}

/// One row of a message: what went to one contact point over one channel, or why nothing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyRow {
    pub id: DeliveryId,
    pub message: BroadcastId,
    pub channel: Channel,
    pub person: PersonId,
    pub point: Option<ContactPointId>,
    pub slot: Option<Slot>,
    pub school: Option<SchoolId>,
    pub address: Option<String>,
    pub children: Vec<PersonId>,
    pub content: Option<ContentId>,
    pub state: DeliveryState,
    pub updated_at: Timestamp,
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    origin_id: i64,
    channel: i64,
    person_id: i64,
    contact_point_id: Option<i64>,
    slot: Option<i64>,
    school_id: Option<i64>,
    address: Option<String>,
    children: String,
    content_id: Option<i64>,
    state: i64,
    reason: i64,
    updated_at: i64,
}

type KinRow = (i64, i64, i64, bool, Option<String>);
type PersonRow = (i64, String, String, String, i64, Option<i64>, Option<String>);

statements! {
    /// Only guardians: staff sign in elsewhere, and a student's own mailbox is no family's.
    KIN = "SELECT relationship.guardian_id, relationship.student_id, relationship.role, \
        relationship.custody_restricted, student.birth_date FROM relationship \
        JOIN person AS pupil ON pupil.id = relationship.student_id AND pupil.active \
        JOIN student ON student.person_id = relationship.student_id \
        WHERE relationship.active AND relationship.guardian_id IN ( \
            SELECT person.id FROM contact_point JOIN person ON person.id = contact_point.person_id \
            WHERE contact_point.address = $1 AND contact_point.slot = 6 AND contact_point.active \
            AND person.kind = 2 AND person.active)";
    /// As the roster has them; a language that they chose themselves counts first.
    PEOPLE = "SELECT person.id, person.given, person.family, COALESCE(person_choice.language, person.language), \
        person.household, student.school_id, student.grade FROM person \
        LEFT JOIN student ON student.person_id = person.id \
        LEFT JOIN person_choice ON person_choice.person_id = person.id \
        WHERE person.id IN {list@1} ORDER BY person.folded_name, person.id";
    FOUND = "SELECT DISTINCT broadcast.id, broadcast.title, broadcast.category, broadcast.sent_at FROM delivery \
        JOIN broadcast ON broadcast.id = delivery.origin_id \
        LEFT JOIN content ON content.id = delivery.content_id \
        WHERE delivery.origin_kind = 1 AND broadcast.sent_at < $1 AND broadcast.category IS NOT NULL \
        AND (LOWER(broadcast.title) LIKE $2 OR LOWER(content.subject) LIKE $3 OR LOWER(content.body) LIKE $4) \
        AND delivery.person_id IN {list@5} ORDER BY broadcast.sent_at DESC, broadcast.id DESC LIMIT 40";
    ROWS = "SELECT delivery.id, delivery.origin_id, delivery.channel, delivery.person_id, delivery.contact_point_id, \
        contact_point.slot, delivery.school_id, delivery.address, delivery.children, delivery.content_id, \
        delivery.state, delivery.reason, delivery.updated_at FROM delivery \
        JOIN broadcast ON broadcast.id = delivery.origin_id \
        LEFT JOIN contact_point ON contact_point.id = delivery.contact_point_id \
        WHERE delivery.origin_kind = 1 AND broadcast.sent_at >= $1 AND broadcast.sent_at <= $2 \
        AND delivery.person_id IN {list@3} ORDER BY delivery.id";
    ONE = "SELECT id, title, category, sent_at FROM broadcast \
        WHERE id = $1 AND sent_at IS NOT NULL AND category IS NOT NULL";
}

/// So many messages stand on one page of the list.
pub const PAGE: usize = 40;

/// The active ties of the guardians who have this e-mail address (lower case) on record. Empty if nobody has.
pub async fn kin(reads: &mut impl Reads, email: &str) -> StoreResult<Vec<Kin>> {
    let rows: Vec<KinRow> = on!(reads.tx(), |conn| sqlx::query_as(KIN).bind(email).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(guardian, student, role, custody_restricted, birth)| {
            let student = PersonId::from_raw(student);
            Ok(Kin {
                guardian: PersonId::from_raw(guardian),
                student,
                role: ContactRole::from_code(role).ok_or_else(|| damaged(student, "a contact's role"))?,
                custody_restricted,
                // A date that the roster wrote otherwise tells nothing.
                birth: birth.and_then(|text| text.parse::<Date>().ok()),
            })
        })
        .collect()
}

/// These people by name; an id that is not there is left out.
pub async fn people(reads: &mut impl Reads, ids: &[PersonId]) -> StoreResult<Vec<FamilyPerson>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_set!(reads.tx(), PersonRow, PEOPLE, [], ids, |query, id| query.bind(id.raw()))?;
    let person = |(id, given, family, language, household, school, grade): PersonRow| FamilyPerson {
        id: PersonId::from_raw(id),
        given,
        family,
        language: Language::of(&language),
        household,
        school: school.map(SchoolId::from_raw),
        grade: grade.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(person).collect())
}

/// Messages with a row of one of these people, sent before an instant, newest first; at most [`PAGE`]. `words`: what
/// title or text must have in it, all of up to three words; empty finds every message.
pub async fn messages(
    reads: &mut impl Reads,
    people: &[PersonId],
    before: Timestamp,
    words: &str,
) -> StoreResult<Vec<FamilyMessage>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let before = before.as_millisecond();
    // One pattern with the words in the order given: a phrase as people remember it.
    let [first, second, third] = patterns(&words.to_lowercase());
    let phrase = format!("{first}{second}{third}");
    let rows = fetch_set!(
        reads.tx(),
        (i64, String, String, i64),
        FOUND,
        [before, phrase.as_str(), phrase.as_str(), phrase.as_str()],
        people,
        |query, id| query.bind(id.raw())
    )?;
    rows.into_iter().map(message).collect()
}

/// One sent message, whoever got it; the caller judges what of it may be seen.
pub async fn lookup_message(reads: &mut impl Reads, id: BroadcastId) -> StoreResult<Option<FamilyMessage>> {
    let row: Option<(i64, String, String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(ONE).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(message).transpose()
}

/// Every row of these people of messages sent between two instants, both included; by id.
pub async fn rows(
    reads: &mut impl Reads,
    people: &[PersonId],
    (from, to): (Timestamp, Timestamp),
) -> StoreResult<Vec<FamilyRow>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let (from, to) = (from.as_millisecond(), to.as_millisecond());
    let rows = fetch_set!(reads.tx(), Row, ROWS, [from, to], people, |query, id| query.bind(id.raw()))?;
    rows.into_iter().map(row).collect()
}

fn message((id, title, category, sent_at): (i64, String, String, i64)) -> StoreResult<FamilyMessage> {
    let id = BroadcastId::from_raw(id);
    let category = category.parse().map_err(|what| StoreError::Damaged { row: id.to_string(), what })?;
    Ok(FamilyMessage { id, title, category, sent_at: instant(sent_at)? })
}

fn row(row: Row) -> StoreResult<FamilyRow> {
    let id = DeliveryId::from_raw(row.id);
    let children = row.children.split_whitespace().map(|id| id.parse().map(PersonId::from_raw));
    Ok(FamilyRow {
        id,
        message: BroadcastId::from_raw(row.origin_id),
        channel: Channel::from_code(row.channel).ok_or_else(|| damaged(id, "its channel"))?,
        person: PersonId::from_raw(row.person_id),
        point: row.contact_point_id.map(ContactPointId::from_raw),
        slot: row.slot.and_then(Slot::from_code),
        school: row.school_id.map(SchoolId::from_raw),
        address: row.address,
        children: children.collect::<Result<_, _>>().map_err(|_| damaged(id, "its children"))?,
        content: row.content_id.map(ContentId::from_raw),
        state: DeliveryState::from_codes(row.state, row.reason).ok_or_else(|| damaged(id, "its state"))?,
        updated_at: instant(row.updated_at)?,
    })
}

fn damaged(row: impl std::fmt::Display, what: &str) -> StoreError {
    StoreError::Damaged { row: row.to_string(), what: what.to_owned() }
}
