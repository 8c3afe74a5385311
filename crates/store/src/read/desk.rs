//! What needs a human at the registrar's desk: found anew each time from what stands, so that the import which changes a
//! number or address clears the line by itself.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::people::Slot;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A number or mailbox on the record that the network, or somebody who answered, says is no good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAddress {
    pub person: PersonId,
    pub name: String,
    pub school: SchoolId,
    pub slot: Slot,
    pub address: String,
    pub channel: Channel,
    pub kind: Suppression,
    pub since: Timestamp,
    /// JSON.
    pub evidence: String,
}

/// A student whom no call that is no emergency would reach, or who has no home phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    pub student: PersonId,
    pub name: String,
    pub school: SchoolId,
}

/// One contact with different values at two schools (A20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub person: PersonId,
    pub name: String,
    pub slot: Slot,
    pub here: (SchoolId, String),
    pub there: (SchoolId, String),
}

statements! {
    /// An address that came after the word on it is somebody's fresh one, so the word is not held against it.
    BAD = "SELECT person.id, person.given, person.family, point.school_id, point.slot, point.address, \
        suppression.channel, suppression.kind, suppression.since, suppression.evidence FROM suppression \
        JOIN contact_point AS point ON point.address = suppression.address \
        JOIN person ON person.id = point.person_id \
        WHERE suppression.kind IN (1, 2) AND point.active AND person.active AND point.first_seen <= suppression.since \
        ORDER BY suppression.since DESC, person.id, point.school_id, suppression.channel LIMIT $1";
    STOPPED = "WITH closed AS (SELECT DISTINCT point.person_id AS closed_id FROM consent \
            JOIN contact_point AS point ON point.address = consent.number AND point.active AND point.slot <> 6 \
            WHERE consent.program = 'voice' AND consent.state = 'revoked') \
        SELECT person.id, person.given, person.family, student.school_id FROM student \
        JOIN person ON person.id = student.person_id \
        WHERE person.active AND (person.id IN (SELECT closed_id FROM closed) OR EXISTS (SELECT 1 FROM relationship \
            WHERE relationship.student_id = person.id AND relationship.active AND relationship.role IN (1, 2) \
            AND NOT relationship.custody_restricted AND relationship.guardian_id IN (SELECT closed_id FROM closed))) \
        AND NOT EXISTS (SELECT 1 FROM contact_point AS open_point WHERE open_point.active AND open_point.slot <> 6 \
            AND (open_point.person_id = person.id OR open_point.person_id IN (SELECT relationship.guardian_id \
                FROM relationship WHERE relationship.student_id = person.id AND relationship.active \
                AND relationship.role IN (1, 2) AND NOT relationship.custody_restricted)) \
            AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.number = open_point.address \
                AND consent.program = 'voice' AND consent.state = 'revoked') \
            AND NOT EXISTS (SELECT 1 FROM suppression WHERE suppression.address = open_point.address \
                AND suppression.channel = 1 AND suppression.kind IN (1, 3))) \
        ORDER BY person.id LIMIT $1";
    MOBILES_ONLY = "SELECT person.id, person.given, person.family, student.school_id FROM student \
        JOIN person ON person.id = student.person_id \
        WHERE person.active AND NOT EXISTS (SELECT 1 FROM contact_point AS home WHERE home.person_id = person.id \
            AND home.active AND home.slot IN (1, 2)) \
        AND NOT EXISTS (SELECT 1 FROM relationship JOIN contact_point AS home \
            ON home.person_id = relationship.guardian_id AND home.active AND home.slot = 3 \
            WHERE relationship.student_id = person.id AND relationship.active AND relationship.role IN (1, 2)) \
        AND EXISTS (SELECT 1 FROM relationship JOIN contact_point AS mobile \
            ON mobile.person_id = relationship.guardian_id AND mobile.active AND mobile.slot = 4 \
            WHERE relationship.student_id = person.id AND relationship.active AND relationship.role IN (1, 2)) \
        ORDER BY student.school_id, person.folded_name, person.id LIMIT $1";
    CONFLICTS = "SELECT person.id, person.given, person.family, here.slot, here.school_id, here.address, \
        there.school_id, there.address FROM contact_point AS here JOIN contact_point AS there \
        ON there.person_id = here.person_id AND there.slot = here.slot AND there.school_id > here.school_id \
        AND there.address <> here.address JOIN person ON person.id = here.person_id \
        WHERE here.active AND there.active AND person.active \
        AND NOT EXISTS (SELECT 1 FROM contact_point AS same WHERE same.person_id = here.person_id AND same.active \
            AND same.slot = here.slot AND same.school_id = there.school_id AND same.address = here.address) \
        AND NOT EXISTS (SELECT 1 FROM contact_point AS same WHERE same.person_id = here.person_id AND same.active \
            AND same.slot = here.slot AND same.school_id = here.school_id AND same.address = there.address) \
        ORDER BY person.folded_name, person.id, here.slot LIMIT $1";
}

type BadRow = (i64, String, String, i64, i64, String, i64, i64, i64, String);
type StudentRow = (i64, String, String, i64);
type ConflictRow = (i64, String, String, i64, i64, String, i64, String);

/// Numbers and mailboxes that are no good, the newest word first; one line for each record, address and channel.
pub async fn bad_addresses(reads: &mut impl Reads, limit: i64) -> StoreResult<Vec<BadAddress>> {
    let rows: Vec<BadRow> = on!(reads.tx(), |conn| sqlx::query_as(BAD).bind(limit).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(person, given, family, school, slot, address, channel, kind, since, evidence)| {
            let person = PersonId::from_raw(person);
            Ok(BadAddress {
                person,
                name: name(&given, &family),
                school: SchoolId::from_raw(school),
                slot: Slot::from_code(slot).ok_or_else(|| damaged(person, "a slot"))?,
                address,
                channel: Channel::from_code(channel).ok_or_else(|| damaged(person, "a channel"))?,
                kind: Suppression::from_code(kind).ok_or_else(|| damaged(person, "a word of the network"))?,
                since: Timestamp::from_millisecond(since).map_err(|_| damaged(person, "a time"))?,
                evidence,
            })
        })
        .collect()
}

/// Students whose every phone asked us to stop or is dead, and one at least asked: only emergencies ring (A46).
pub async fn stopped_families(reads: &mut impl Reads, limit: i64) -> StoreResult<Vec<Unreached>> {
    let rows: Vec<StudentRow> = on!(reads.tx(), |conn| sqlx::query_as(STOPPED).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(unreached).collect())
}

/// Students whose family has mobiles and no home phone: attendance calls reach nobody unless they choose so (A40).
pub async fn mobiles_only(reads: &mut impl Reads, limit: i64) -> StoreResult<Vec<Unreached>> {
    let rows: Vec<StudentRow> = on!(reads.tx(), |conn| sqlx::query_as(MOBILES_ONLY).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(unreached).collect())
}

/// Contacts whom two schools know under different values (A20).
pub async fn conflicts(reads: &mut impl Reads, limit: i64) -> StoreResult<Vec<Conflict>> {
    let rows: Vec<ConflictRow> = on!(reads.tx(), |conn| sqlx::query_as(CONFLICTS).bind(limit).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(person, given, family, slot, here, here_value, there, there_value)| {
            let person = PersonId::from_raw(person);
            Ok(Conflict {
                person,
                name: name(&given, &family),
                slot: Slot::from_code(slot).ok_or_else(|| damaged(person, "a slot"))?,
                here: (SchoolId::from_raw(here), here_value),
                there: (SchoolId::from_raw(there), there_value),
            })
        })
        .collect()
}

fn unreached((id, given, family, school): StudentRow) -> Unreached {
    Unreached { student: PersonId::from_raw(id), name: name(&given, &family), school: SchoolId::from_raw(school) }
}

fn name(given: &str, family: &str) -> String {
    format!("{given} {family}").trim().to_owned()
}

fn damaged(person: PersonId, what: &str) -> StoreError {
    StoreError::Damaged { row: person.to_string(), what: what.to_owned() }
}
