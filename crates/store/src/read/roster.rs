//! The roster as it stands, in the words of a snapshot: what an import is compared with.

use std::collections::HashMap;

use schoolbell_domain::people::{Address, ContactRole, PersonKind, Slot};
use schoolbell_domain::roster::diff::Stored;
use schoolbell_domain::roster::snapshot::{
    Enrollment, EnrollmentRole, Guardian, Owner, Point, Relationship, School, Section, Staff, Student,
};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

statements! {
    SCHOOLS = "SELECT id, active, source_id, name, level, phone FROM school";
    STUDENTS = "SELECT person.id, person.active, person.source_id, school.source_id, student.number, person.given, \
        person.family, student.grade, person.language, student.bus_am, student.bus_pm, student.birth_date, student.zip \
        FROM person JOIN student ON student.person_id = person.id JOIN school ON school.id = student.school_id \
        WHERE person.kind = 1";
    GUARDIANS = "SELECT id, active, source_id, given, family, language FROM person WHERE kind = 2";
    STAFF = "SELECT id, active, source_id, given, family, title FROM person WHERE kind = 3";
    STAFF_SCHOOLS = "SELECT staff_school.person_id, school.source_id FROM staff_school \
        JOIN school ON school.id = staff_school.school_id WHERE staff_school.active ORDER BY school.source_id";
    RELATIONSHIPS = "SELECT relationship.active, guardian.source_id, student.source_id, relationship.role, \
        relationship.relation, relationship.lives_with, relationship.custody_restricted, \
        relationship.custody_document FROM relationship JOIN person guardian ON guardian.id = relationship.guardian_id \
        JOIN person student ON student.id = relationship.student_id";
    POINTS = "SELECT contact_point.id, contact_point.active, person.kind, person.source_id, school.source_id, \
        contact_point.slot, contact_point.address, contact_point.extension FROM contact_point \
        JOIN person ON person.id = contact_point.person_id JOIN school ON school.id = contact_point.school_id";
    SECTIONS = "SELECT section.id, section.active, section.source_id, school.source_id, section.title, section.code, \
        section.homeroom, section.period FROM section JOIN school ON school.id = section.school_id";
    ENROLLMENTS = "SELECT enrollment.active, section.source_id, person.source_id, enrollment.role FROM enrollment \
        JOIN section ON section.id = enrollment.section_id JOIN person ON person.id = enrollment.person_id";
    PEOPLE = "SELECT id, household FROM person WHERE active";
    LINKS = "SELECT guardian_id, student_id FROM relationship WHERE active";
    /// Slot 5 is the work line, which joins nobody.
    SHARED = "SELECT DISTINCT address, person_id FROM contact_point WHERE active AND slot <> 5 ORDER BY address";
    NEW_MOBILES = "SELECT DISTINCT contact_point.address FROM contact_point \
        JOIN relationship ON relationship.guardian_id = contact_point.person_id \
        WHERE contact_point.slot = 4 AND contact_point.active AND relationship.active AND relationship.role IN (1, 2) \
        AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.number = contact_point.address \
        AND consent.program = 'alerts')";
    /// Slot 6 is e-mail.
    NEW_PHONES = "SELECT DISTINCT contact_point.address FROM contact_point \
        WHERE contact_point.slot <> 6 AND contact_point.active \
        AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.number = contact_point.address \
        AND consent.program = 'voice')";
    CHANGES = "SELECT seq, entity, row_key, before FROM roster_change WHERE import_id = $1 AND seq > $2 \
        ORDER BY seq LIMIT $3";
}

fn damaged(row: &str, what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged { row: row.to_owned(), what: what.to_string() }
}

pub async fn schools(reads: &mut impl Reads) -> StoreResult<Vec<Stored<School>>> {
    type Raw = (i64, bool, String, String, String, Option<String>);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(SCHOOLS).fetch_all(conn).await)?;
    let school = |(id, active, key, name, level, phone): Raw| {
        let level = level.parse().map_err(|error| damaged("school", error))?;
        Ok(Stored { id, active, row: School { key, name, level, phone } })
    };
    raw.into_iter().map(school).collect()
}

pub async fn students(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Student>>> {
    type Text = Option<String>;
    type Raw = (i64, bool, String, String, String, String, String, String, String, Text, Text, Text, Text);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(STUDENTS).fetch_all(conn).await)?;
    let student = |raw: Raw| {
        let (id, active, key, school, number, given, family, grade, language, morning, afternoon, birth_date, zip) =
            raw;
        let row = Student {
            key,
            school,
            number,
            given,
            family,
            grade,
            language,
            bus_am: morning,
            bus_pm: afternoon,
            birth_date,
            zip,
        };
        Stored { id, active, row }
    };
    Ok(raw.into_iter().map(student).collect())
}

pub async fn guardians(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Guardian>>> {
    type Raw = (i64, bool, String, String, String, String);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(GUARDIANS).fetch_all(conn).await)?;
    let guardian = |(id, active, key, given, family, language): Raw| Stored {
        id,
        active,
        row: Guardian { key, given, family, language },
    };
    Ok(raw.into_iter().map(guardian).collect())
}

pub async fn staff(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Staff>>> {
    type Raw = (i64, bool, String, String, String, Option<String>);
    let places: Vec<(i64, String)> = on!(reads.tx(), |conn| sqlx::query_as(STAFF_SCHOOLS).fetch_all(conn).await)?;
    let mut schools: HashMap<i64, Vec<String>> = HashMap::new();
    for (person, school) in places {
        schools.entry(person).or_default().push(school);
    }
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(STAFF).fetch_all(conn).await)?;
    let mut staff = |(id, active, key, given, family, title): Raw| {
        let mut schools = schools.remove(&id).unwrap_or_default();
        schools.sort();
        Stored { id, active, row: Staff { key, given, family, title, schools } }
    };
    Ok(raw.into_iter().map(&mut staff).collect())
}

/// Relationships have no id of their own: `id` is 0.
pub async fn relationships(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Relationship>>> {
    type Raw = (bool, String, String, i64, String, bool, bool, Option<String>);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(RELATIONSHIPS).fetch_all(conn).await)?;
    let relationship = |raw: Raw| {
        let (active, guardian, student, role, relation, lives_with, custody_restricted, custody_document) = raw;
        let role = ContactRole::from_code(role).ok_or_else(|| damaged("relationship", format!("role {role}")))?;
        let row = Relationship { guardian, student, role, relation, lives_with, custody_restricted, custody_document };
        Ok(Stored { id: 0, active, row })
    };
    raw.into_iter().map(relationship).collect()
}

pub async fn points(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Point>>> {
    type Raw = (i64, bool, i64, String, String, i64, String, Option<String>);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(POINTS).fetch_all(conn).await)?;
    let point = |(id, active, kind, key, school, slot, address, extension): Raw| {
        let owner = match PersonKind::from_code(kind) {
            Some(PersonKind::Student) => Owner::Student(key),
            Some(PersonKind::Guardian) => Owner::Guardian(key),
            Some(PersonKind::Staff) => Owner::Staff(key),
            None => return Err(damaged("person", format!("kind {kind}"))),
        };
        let slot = Slot::from_code(slot).ok_or_else(|| damaged("contact_point", format!("slot {slot}")))?;
        let address = Address::from_stored(&address).ok_or_else(|| damaged("contact_point", format!("id {id}")))?;
        Ok(Stored { id, active, row: Point { owner, school, slot, address, extension } })
    };
    raw.into_iter().map(point).collect()
}

pub async fn sections(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Section>>> {
    type Raw = (i64, bool, String, String, String, String, bool, Option<String>);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(SECTIONS).fetch_all(conn).await)?;
    let section = |(id, active, key, school, title, code, homeroom, period): Raw| Stored {
        id,
        active,
        row: Section { key, school, title, code, homeroom, period },
    };
    Ok(raw.into_iter().map(section).collect())
}

/// Enrolments have no id of their own: `id` is 0.
pub async fn enrollments(reads: &mut impl Reads) -> StoreResult<Vec<Stored<Enrollment>>> {
    type Raw = (bool, String, String, String);
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(ENROLLMENTS).fetch_all(conn).await)?;
    let enrollment = |(active, section, person, role): Raw| {
        let role = if role == "student" { EnrollmentRole::Student } else { EnrollmentRole::Teacher };
        Stored { id: 0, active, row: Enrollment { section, person, role } }
    };
    Ok(raw.into_iter().map(enrollment).collect())
}

/// Active people with the household they stand in.
pub async fn people_households(reads: &mut impl Reads) -> StoreResult<Vec<(i64, i64)>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_as(PEOPLE).fetch_all(conn).await)?)
}

/// (guardian, student) of every active relationship.
pub async fn active_links(reads: &mut impl Reads) -> StoreResult<Vec<(i64, i64)>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_as(LINKS).fetch_all(conn).await)?)
}

/// (address, person) of every active contact point that is no work line, sorted by address, each pair once.
pub async fn shared_addresses(reads: &mut impl Reads) -> StoreResult<Vec<(String, i64)>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_as(SHARED).fetch_all(conn).await)?)
}

/// Mobiles of main and secondary contacts of which the ledger of the alerts program has never heard (A24).
pub async fn mobiles_without_ledger(reads: &mut impl Reads) -> StoreResult<Vec<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(NEW_MOBILES).fetch_all(conn).await)?)
}

/// Phone numbers on the record of which the ledger of calls has never heard (LAW-2, LAW-5).
pub async fn phones_without_ledger(reads: &mut impl Reads) -> StoreResult<Vec<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(NEW_PHONES).fetch_all(conn).await)?)
}

/// One entry of what stood before an import: seq, kind of row, keys, the row (JSON) or `None` for new ones.
pub type KeptChange = (i64, String, String, Option<String>);

/// Entries of an import after `after`, in order.
pub async fn changes_after(reads: &mut impl Reads, import: i64, after: i64, most: i64) -> StoreResult<Vec<KeptChange>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_as(CHANGES).bind(import).bind(after).bind(most).fetch_all(conn).await)?)
}
