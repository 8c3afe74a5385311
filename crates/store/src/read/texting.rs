//! How texting is set up, who is in whose classes, and when each student was last reached (B5, B13, B17, B20).

use std::collections::HashMap;

use jiff::Timestamp;
use schoolbell_domain::ids::{PersonId, SchoolId, SectionId, UserId};

use crate::error::StoreResult;
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One of our numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct OurNumber {
    pub number: String,
    /// Whose own it is; `None`: of the pool.
    pub user: Option<UserId>,
    pub active: bool,
}

/// What somebody of the staff chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// `Mrs. Bell`; empty if nothing was chosen.
    pub shown_name: String,
    /// Words of columns, parted by blanks; empty for the usual ones.
    pub columns: String,
}

/// A student in a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub student: PersonId,
    pub given: String,
    pub family: String,
    pub grade: String,
    pub section: SectionId,
    pub section_title: String,
    pub period: String,
}

/// When a student was last reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastContact {
    pub call: Option<Timestamp>,
    pub text: Option<Timestamp>,
    /// By any means that counts as a contact.
    pub any: Option<Timestamp>,
}

#[derive(sqlx_macros::FromRow)]
struct EnrolledRow {
    id: i64,
    given: String,
    family: String,
    grade: String,
    section_id: i64,
    title: String,
    period: Option<String>,
}

type ContactedRow = (i64, Option<i64>, Option<i64>);

statements! {
    SCHOOLS = "SELECT school_id FROM texting_school WHERE takes_part ORDER BY school_id";
    NUMBERS = "SELECT number, user_id, active FROM texting_number ORDER BY number";
    IS_OURS = "SELECT COUNT(*) FROM texting_number WHERE number = $1";
    /// A number of one's own first, then one that this phone has never had a thread with.
    FREE = "SELECT texting_number.number FROM texting_number WHERE texting_number.active \
        AND (texting_number.user_id = $1 OR texting_number.user_id IS NULL) \
        AND NOT EXISTS (SELECT 1 FROM conversation WHERE conversation.our_number = texting_number.number \
            AND conversation.their_number = $2 AND conversation.closed_at IS NULL) \
        ORDER BY CASE WHEN texting_number.user_id IS NULL THEN 1 ELSE 0 END, \
            (SELECT COUNT(*) FROM conversation WHERE conversation.our_number = texting_number.number \
                AND conversation.their_number = $2), texting_number.number LIMIT 1";
    STAFF_BY_EMAIL = "SELECT person.id FROM contact_point JOIN person ON person.id = contact_point.person_id \
        WHERE contact_point.address = $1 AND contact_point.active AND person.kind = 3 AND person.active \
        ORDER BY person.id LIMIT 1";
    A_TEACHER = "SELECT taught.person_id FROM enrollment AS taught JOIN section ON section.id = taught.section_id \
        WHERE section.school_id = $1 AND section.active AND taught.role = 'teacher' AND taught.active \
        ORDER BY section.homeroom DESC, section.title, taught.person_id LIMIT 1";
    PROFILE = "SELECT shown_name, columns FROM texting_profile WHERE user_id = $1";
    TAUGHT_BY = "SELECT person.id, person.given, person.family, student.grade, section.id AS section_id, \
        section.title, section.period FROM enrollment AS taught JOIN section ON section.id = taught.section_id \
        JOIN enrollment AS learns ON learns.section_id = section.id AND learns.role = 'student' \
        JOIN person ON person.id = learns.person_id JOIN student ON student.person_id = person.id \
        WHERE taught.person_id = $1 AND taught.role = 'teacher' AND taught.active AND learns.active \
        AND section.active AND person.active ORDER BY section.title, section.id, person.folded_name, person.id LIMIT $2";
    /// Students without a section too: not every roster names sections.
    OF_SCHOOL = "SELECT person.id, person.given, person.family, student.grade, COALESCE(section.id, 0) AS section_id, \
        COALESCE(section.title, '') AS title, section.period FROM student JOIN person ON person.id = student.person_id \
        LEFT JOIN enrollment AS learns ON learns.person_id = person.id AND learns.role = 'student' AND learns.active \
        LEFT JOIN section ON section.id = learns.section_id \
        WHERE student.school_id = $1 AND person.active AND (section.id IS NULL OR section.active) \
        ORDER BY title, section_id, person.folded_name, person.id LIMIT $2";
    SECTIONS_OF = "SELECT section.id, section.title FROM enrollment JOIN section ON section.id = enrollment.section_id \
        WHERE enrollment.person_id = $1 AND enrollment.role = 'teacher' AND enrollment.active AND section.active \
        ORDER BY section.title, section.id";
    /// Every teacher of the school with every student, once.
    TAUGHT_AT = "SELECT DISTINCT taught.person_id, teacher.given, teacher.family, learns.person_id FROM enrollment AS taught \
        JOIN section ON section.id = taught.section_id JOIN person AS teacher ON teacher.id = taught.person_id \
        JOIN enrollment AS learns ON learns.section_id = section.id AND learns.role = 'student' \
        JOIN person ON person.id = learns.person_id WHERE section.school_id = $1 AND section.active \
        AND taught.role = 'teacher' AND taught.active AND learns.active AND person.active \
        ORDER BY teacher.family, teacher.given, taught.person_id, learns.person_id";
    /// What came in, and what of ours has left or leaves at once: not what was taken back, held back, refused or is not
    /// delivered, what still waits for its time, or the program's own answers. A text for later counts when it left, so one
    /// of the last few may be the latest. States and reasons are those of `delivery`; 203 and 207 ended for want of a receipt.
    TEXTED = "SELECT student_id, MAX(reached_at) FROM (SELECT conversation.student_id, (SELECT MAX(moment) FROM (SELECT \
        CASE WHEN sent.not_before > conversation_text.at THEN sent.not_before ELSE conversation_text.at END AS moment \
        FROM conversation_text \
        LEFT JOIN delivery AS sent ON sent.origin_id = conversation_text.id AND sent.state <> 0 AND sent.channel = 2 \
        LEFT JOIN delivery AS kept ON kept.origin_id = conversation_text.id AND kept.state = 0 AND kept.channel = 2 \
        WHERE conversation_text.conversation_id = conversation.id AND kept.id IS NULL AND (sent.id IS NULL \
            OR sent.state IN (2, 3, 4, 7) OR (sent.state = 1 AND sent.not_before <= conversation_text.at) \
            OR (sent.state = 9 AND sent.reason IN (203, 207))) \
        AND NOT EXISTS (SELECT 1 FROM office_answer WHERE office_answer.conversation_id = conversation.id \
            AND office_answer.text_id = conversation_text.id) \
        ORDER BY conversation_text.id DESC LIMIT 5) AS late) AS reached_at \
        FROM conversation WHERE conversation.texts > 0 AND conversation.student_id IN {list@1}) AS thread \
        GROUP BY student_id";
    CONTACTED = "SELECT student_id, MAX(CASE WHEN kind = 'call' THEN at END), \
        MAX(CASE WHEN kind NOT IN ('note', 'access_request', 'amendment_request') THEN at END) FROM communication WHERE student_id IN {list@1} GROUP BY student_id";
}

/// The schools that take part.
pub async fn schools(reads: &mut impl Reads) -> StoreResult<Vec<SchoolId>> {
    let rows: Vec<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(SCHOOLS).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(SchoolId::from_raw).collect())
}

pub async fn numbers(reads: &mut impl Reads) -> StoreResult<Vec<OurNumber>> {
    let rows: Vec<(String, Option<i64>, bool)> = on!(reads.tx(), |conn| sqlx::query_as(NUMBERS).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .map(|(number, user, active)| OurNumber { number, user: user.map(UserId::from_raw), active })
        .collect())
}

/// Whether a number is one that staff text from, also one that is retired.
pub async fn is_ours(reads: &mut impl Reads, number: &str) -> StoreResult<bool> {
    let count: i64 = on!(reads.tx(), |conn| sqlx::query_scalar(IS_OURS).bind(number).fetch_one(conn).await)?;
    Ok(count > 0)
}

/// The number from which somebody begins a thread with this phone; `None` if each of ours has one with it.
pub async fn free_number(reads: &mut impl Reads, user: UserId, their: &str) -> StoreResult<Option<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(FREE).bind(user.raw()).bind(their).fetch_optional(conn).await)?)
}

pub async fn profile(reads: &mut impl Reads, user: UserId) -> StoreResult<Profile> {
    let row: Option<(String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(PROFILE).bind(user.raw()).fetch_optional(conn).await)?;
    Ok(row.map(|(shown_name, columns)| Profile { shown_name, columns }).unwrap_or_default())
}

/// The member of the staff on the roster with this e-mail, in lower case.
pub async fn staff_by_email(reads: &mut impl Reads, email: &str) -> StoreResult<Option<PersonId>> {
    let id: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(STAFF_BY_EMAIL).bind(email).fetch_optional(conn).await)?;
    Ok(id.map(PersonId::from_raw))
}

/// Somebody who teaches at the school; `None` if nobody does.
pub async fn a_teacher_of(reads: &mut impl Reads, school: SchoolId) -> StoreResult<Option<PersonId>> {
    let id: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(A_TEACHER).bind(school.raw()).fetch_optional(conn).await)?;
    Ok(id.map(PersonId::from_raw))
}

/// The students of a teacher, by section and name.
pub async fn taught_by(reads: &mut impl Reads, staff: PersonId, most: i64) -> StoreResult<Vec<Enrolled>> {
    let rows: Vec<EnrolledRow> =
        on!(reads.tx(), |conn| sqlx::query_as(TAUGHT_BY).bind(staff.raw()).bind(most).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(enrolled).collect())
}

/// The sections that somebody teaches, by title.
pub async fn sections_of(reads: &mut impl Reads, staff: PersonId) -> StoreResult<Vec<(SectionId, String)>> {
    let rows: Vec<(i64, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(SECTIONS_OF).bind(staff.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(id, title)| (SectionId::from_raw(id), title)).collect())
}

/// A teacher with the students taught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teacher {
    pub person: PersonId,
    pub given: String,
    pub family: String,
    pub students: Vec<PersonId>,
}

/// The teachers of a school by name, each with the students of all their sections.
pub async fn teachers_of(reads: &mut impl Reads, school: SchoolId) -> StoreResult<Vec<Teacher>> {
    let rows: Vec<(i64, String, String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(TAUGHT_AT).bind(school.raw()).fetch_all(conn).await)?;
    let mut teachers: Vec<Teacher> = Vec::new();
    for (teacher, given, family, student) in rows {
        let (teacher, student) = (PersonId::from_raw(teacher), PersonId::from_raw(student));
        match teachers.last_mut() {
            Some(last) if last.person == teacher => last.students.push(student),
            Some(_) | None => teachers.push(Teacher { person: teacher, given, family, students: vec![student] }),
        }
    }
    Ok(teachers)
}

/// The students of a school, by section and name.
pub async fn of_school(reads: &mut impl Reads, school: SchoolId, most: i64) -> StoreResult<Vec<Enrolled>> {
    let rows: Vec<EnrolledRow> =
        on!(reads.tx(), |conn| sqlx::query_as(OF_SCHOOL).bind(school.raw()).bind(most).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(enrolled).collect())
}

/// When these students were last reached; one who never was may be left out. Broadcasts are no contact: nobody was spoken
/// with; nor is a text that did not leave or did not arrive (B20).
pub async fn last_contacts(
    reads: &mut impl Reads,
    students: &[PersonId],
) -> StoreResult<HashMap<PersonId, LastContact>> {
    let mut contacts: HashMap<PersonId, LastContact> = HashMap::new();
    for chunk in students.chunks(rows_that_fit(1, 1000)) {
        let tx = reads.tx();
        let texted = fetch_set!(&mut *tx, (i64, Option<i64>), TEXTED, [], chunk, |query, id| query.bind(id.raw()))?;
        for (student, at) in texted {
            let last = contacts.entry(PersonId::from_raw(student)).or_default();
            last.text = at.map(instant).transpose()?;
            last.any = last.any.max(last.text);
        }
        let contacted = fetch_set!(&mut *tx, ContactedRow, CONTACTED, [], chunk, |query, id| query.bind(id.raw()))?;
        for (student, call, any) in contacted {
            let last = contacts.entry(PersonId::from_raw(student)).or_default();
            last.call = call.map(instant).transpose()?;
            last.any = last.any.max(any.map(instant).transpose()?);
        }
    }
    Ok(contacts)
}

fn enrolled(row: EnrolledRow) -> Enrolled {
    Enrolled {
        student: PersonId::from_raw(row.id),
        given: row.given,
        family: row.family,
        grade: row.grade,
        section: SectionId::from_raw(row.section_id),
        section_title: row.title,
        period: row.period.unwrap_or_default(),
    }
}
