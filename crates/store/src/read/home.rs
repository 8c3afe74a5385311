//! What the page *Now* asks: which imports wait, and how many students' families can be reached, school by school.

use jiff::Timestamp;
use schoolbell_domain::ids::{ImportId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// The students of one school, and for how many of them somebody can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    pub school: SchoolId,
    pub name: String,
    pub students: i64,
    /// A home phone of the student, or a phone of a main or secondary contact in this school's record.
    pub by_call: i64,
    pub by_email: i64,
    /// A mobile of a contact that said YES.
    pub by_text: i64,
}

/// An import that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldImport {
    pub id: ImportId,
    pub source: String,
    pub started_at: Timestamp,
}

statements! {
    HELD = "SELECT id, source, started_at FROM roster_import WHERE state = 'held' ORDER BY id DESC";
    STUDENTS = "SELECT school.id, school.name, COUNT(person.id) FROM school \
        LEFT JOIN student ON student.school_id = school.id \
        LEFT JOIN person ON person.id = student.person_id AND person.active \
        WHERE school.active GROUP BY school.id, school.name ORDER BY school.name, school.id";
    BY_CALL = "SELECT school_id, COUNT(*) FROM (\
        SELECT student.school_id, student.person_id FROM student \
        JOIN person ON person.id = student.person_id AND person.active \
        JOIN contact_point ON contact_point.person_id = student.person_id \
        WHERE contact_point.active AND contact_point.slot <> 6 \
        UNION \
        SELECT student.school_id, student.person_id FROM student \
        JOIN person ON person.id = student.person_id AND person.active \
        JOIN relationship ON relationship.student_id = student.person_id \
        JOIN contact_point ON contact_point.person_id = relationship.guardian_id \
            AND contact_point.school_id = student.school_id \
        WHERE relationship.active AND relationship.role IN (1, 2) AND NOT relationship.custody_restricted \
            AND contact_point.active AND contact_point.slot <> 6) AS reached GROUP BY school_id";
    BY_EMAIL = "SELECT student.school_id, COUNT(DISTINCT student.person_id) FROM student \
        JOIN person ON person.id = student.person_id AND person.active \
        JOIN relationship ON relationship.student_id = student.person_id \
        JOIN contact_point ON contact_point.person_id = relationship.guardian_id \
            AND contact_point.school_id = student.school_id \
        WHERE relationship.active AND relationship.role IN (1, 2) AND NOT relationship.custody_restricted \
            AND contact_point.active AND contact_point.slot = 6 GROUP BY student.school_id";
    BY_TEXT = "SELECT student.school_id, COUNT(DISTINCT student.person_id) FROM consent \
        JOIN contact_point ON contact_point.address = consent.number \
        JOIN relationship ON relationship.guardian_id = contact_point.person_id \
        JOIN student ON student.person_id = relationship.student_id AND student.school_id = contact_point.school_id \
        JOIN person ON person.id = student.person_id AND person.active \
        WHERE consent.program = 'alerts' AND consent.state = 'opted_in' AND contact_point.active \
            AND contact_point.slot = 4 AND relationship.active AND relationship.role IN (1, 2) \
            AND NOT relationship.custody_restricted GROUP BY student.school_id";
}

/// The imports that the guard holds, newest first.
pub async fn held_imports(reads: &mut impl Reads) -> StoreResult<Vec<HeldImport>> {
    let rows: Vec<(i64, String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(HELD).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(id, source, at)| Ok(HeldImport { id: ImportId::from_raw(id), source, started_at: instant(at)? }))
        .collect()
}

/// Every active school by name, with its active students and how many of them somebody can be reached for.
///
/// It walks the whole roster: ask rarely and keep the answer for some minutes.
pub async fn reachable(reads: &mut impl Reads) -> StoreResult<Vec<Reachable>> {
    let schools: Vec<(i64, String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(STUDENTS).fetch_all(conn).await)?;
    let mut found: Vec<Reachable> = schools
        .into_iter()
        .map(|(id, name, students)| {
            let school = SchoolId::from_raw(id);
            Reachable { school, name, students, by_call: 0, by_email: 0, by_text: 0 }
        })
        .collect();
    let by_call: Vec<(i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(BY_CALL).fetch_all(conn).await)?;
    let by_email: Vec<(i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(BY_EMAIL).fetch_all(conn).await)?;
    let by_text: Vec<(i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(BY_TEXT).fetch_all(conn).await)?;
    let of = |counts: &[(i64, i64)], school: SchoolId| {
        counts.iter().find(|(id, _)| *id == school.raw()).map_or(0, |(_, count)| *count)
    };
    for row in &mut found {
        row.by_call = of(&by_call, row.school);
        row.by_email = of(&by_email, row.school);
        row.by_text = of(&by_text, row.school);
    }
    Ok(found)
}
