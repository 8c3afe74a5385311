//! Whom staff may text about a student, and whether they may now: the facts of *SMS Enabled* (B3, B4, B16, B17).

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::conversation::enabled::{Ages, Enabled, Facts, Number, Whose, best, enabled};
use schoolbell_domain::conversation::guard::Named;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::people::PersonKind;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A student as texting sees one.
#[derive(Clone, PartialEq, Eq)]
pub struct TextStudent {
    pub student: PersonId,
    pub given: String,
    pub family: String,
    pub school: SchoolId,
    pub birth_date: Option<Date>,
    pub is_enrolled: bool,
    pub school_takes_part: bool,
    /// The active numbers, the student's own first.
    pub contacts: Vec<SmsContact>,
}

/// An active SMS contact number.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsContact {
    pub person: PersonId,
    pub given: String,
    pub family: String,
    pub whose: Whose,
    pub number: String,
    pub is_on_record: bool,
    pub consent: ConsentState,
    pub opted_in_by: Whose,
    pub recorded_at: Timestamp,
}

#[derive(sqlx_macros::FromRow)]
struct StudentRow {
    id: i64,
    given: String,
    family: String,
    school_id: i64,
    birth_date: Option<String>,
    active: bool,
    enrolled: bool,
    takes_part: Option<bool>,
}

#[derive(sqlx_macros::FromRow)]
struct ContactRow {
    student_id: i64,
    person_id: i64,
    given: String,
    family: String,
    kind: i64,
    active: bool,
    number: String,
    opted_in_by: String,
    recorded_at: i64,
    related: Option<bool>,
    restricted: Option<bool>,
    state: Option<String>,
}

statements! {
    /// A school whose roster names no sections enrolls whoever is on it.
    STUDENTS = "SELECT person.id, person.given, person.family, student.school_id, student.birth_date, person.active, \
        EXISTS (SELECT 1 FROM enrollment JOIN section ON section.id = enrollment.section_id \
            WHERE enrollment.person_id = person.id AND enrollment.role = 'student' AND enrollment.active \
            AND section.active) OR NOT EXISTS (SELECT 1 FROM section WHERE section.school_id = student.school_id \
            AND section.active) AS enrolled, texting_school.takes_part \
        FROM student JOIN person ON person.id = student.person_id \
        LEFT JOIN texting_school ON texting_school.school_id = student.school_id WHERE person.id IN {list@1}";
    CONTACTS = "SELECT sms_contact.student_id, sms_contact.person_id, person.given, person.family, person.kind, \
        person.active, sms_contact.number, sms_contact.opted_in_by, sms_contact.recorded_at, \
        relationship.active AS related, relationship.custody_restricted AS restricted, consent.state \
        FROM sms_contact JOIN person ON person.id = sms_contact.person_id \
        LEFT JOIN relationship ON relationship.guardian_id = sms_contact.person_id \
            AND relationship.student_id = sms_contact.student_id \
        LEFT JOIN consent ON consent.number = sms_contact.number AND consent.program = 'texting' \
        WHERE sms_contact.removed_at IS NULL AND sms_contact.student_id IN {list@1} \
        ORDER BY sms_contact.student_id, person.kind, sms_contact.id";
    OWNERS = "SELECT sms_contact.student_id, sms_contact.person_id, student.school_id FROM sms_contact \
        JOIN student ON student.person_id = sms_contact.student_id \
        WHERE sms_contact.number = $1 AND sms_contact.removed_at IS NULL ORDER BY sms_contact.id";
    NAMES_OF_SCHOOL = "SELECT person.given, person.family, person.kind FROM student \
        JOIN person ON person.id = student.person_id WHERE student.school_id = $1 AND person.active";
    NAMED = "SELECT person.given, person.family, person.kind FROM person WHERE person.active \
        AND person.folded_name IN {list@1}";
    TEACHES = "SELECT COUNT(*) FROM enrollment AS taught JOIN enrollment AS learns \
        ON learns.section_id = taught.section_id WHERE taught.person_id = $1 AND taught.role = 'teacher' \
        AND taught.active AND learns.person_id = $2 AND learns.role = 'student' AND learns.active";
    COURSE = "SELECT section.title FROM section JOIN enrollment AS taught ON taught.section_id = section.id \
        JOIN enrollment AS learns ON learns.section_id = section.id WHERE taught.person_id = $1 \
        AND taught.role = 'teacher' AND taught.active AND learns.person_id = $2 AND learns.role = 'student' \
        AND learns.active AND section.active ORDER BY section.homeroom, section.title LIMIT 1";
    AGES = "SELECT rule, value FROM policy_record WHERE effective_from <= $1 \
        AND rule IN ('texting_parent_opts_in_below', 'texting_own_rights_from') \
        ORDER BY rule, CASE WHEN author = 'law' THEN 0 ELSE 1 END, effective_from";
}

impl TextStudent {
    fn facts(&self, contact: Option<&SmsContact>, ages: Ages, today: Date) -> Facts {
        Facts {
            school_takes_part: self.school_takes_part,
            is_enrolled: self.is_enrolled,
            number: contact.map(|contact| Number {
                whose: contact.whose,
                is_on_record: contact.is_on_record,
                consent: contact.consent,
                opted_in_by: contact.opted_in_by,
            }),
            age: self.age(today),
            ages,
        }
    }

    /// Full years; `None` where the record has no date of birth.
    pub fn age(&self, today: Date) -> Option<i16> {
        self.birth_date.map(|born| years_between(born, today))
    }

    /// Whether one person's number can be texted.
    pub fn enabled_for(&self, person: PersonId, ages: Ages, today: Date) -> Enabled {
        let contact = self.contacts.iter().find(|contact| contact.person == person);
        enabled(&self.facts(contact, ages, today))
    }

    /// The column *SMS Enabled*.
    pub fn enabled(&self, ages: Ages, today: Date) -> Enabled {
        if self.contacts.is_empty() {
            return enabled(&self.facts(None, ages, today));
        }
        best(self.contacts.iter().map(|one| (one.person, enabled(&self.facts(Some(one), ages, today)))))
    }

    pub fn contact(&self, person: PersonId) -> Option<&SmsContact> {
        self.contacts.iter().find(|contact| contact.person == person)
    }
}

/// Full years from one date to another.
fn years_between(born: Date, today: Date) -> i16 {
    let passed = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!passed)
}

/// These students with their numbers; one who is on no record is left out.
pub async fn students(reads: &mut impl Reads, ids: &[PersonId]) -> StoreResult<HashMap<PersonId, TextStudent>> {
    let mut students = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(rows_that_fit(1, 1000)) {
        let tx = reads.tx();
        let rows = fetch_set!(&mut *tx, StudentRow, STUDENTS, [], chunk, |query, id| query.bind(id.raw()))?;
        students.extend(rows.into_iter().map(|row| (PersonId::from_raw(row.id), student(row))));
        let contacts = fetch_set!(&mut *tx, ContactRow, CONTACTS, [], chunk, |query, id| query.bind(id.raw()))?;
        for row in contacts {
            if let Some(student) = students.get_mut(&PersonId::from_raw(row.student_id)) {
                student.contacts.push(contact(row)?);
            }
        }
    }
    Ok(students)
}

/// One student with the numbers.
pub async fn lookup_student(reads: &mut impl Reads, id: PersonId) -> StoreResult<Option<TextStudent>> {
    Ok(students(reads, &[id]).await?.remove(&id))
}

/// Whose number it is: student, person and school of every record that has it.
pub async fn owners(reads: &mut impl Reads, number: &str) -> StoreResult<Vec<(PersonId, PersonId, SchoolId)>> {
    let rows: Vec<(i64, i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(OWNERS).bind(number).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .map(|(student, person, school)| {
            (PersonId::from_raw(student), PersonId::from_raw(person), SchoolId::from_raw(school))
        })
        .collect())
}

/// People whom a text could name: the students of the school, and whoever in the district has one of these folded names.
pub async fn named(reads: &mut impl Reads, school: SchoolId, candidates: &[String]) -> StoreResult<Vec<Named>> {
    let tx = reads.tx();
    let mut rows: Vec<(String, String, i64)> =
        on!(&mut *tx, |conn| sqlx::query_as(NAMES_OF_SCHOOL).bind(school.raw()).fetch_all(conn).await)?;
    let mut named: Vec<Named> = rows.drain(..).map(|row| name(row, true)).collect();
    for chunk in candidates.chunks(rows_that_fit(1, 500)) {
        let rows =
            fetch_set!(&mut *tx, (String, String, i64), NAMED, [], chunk, |query, name| query.bind(name.as_str()))?;
        named.extend(rows.into_iter().map(|row| name(row, false)));
    }
    Ok(named)
}

/// Whether somebody teaches a section that the student is in.
pub async fn teaches(reads: &mut impl Reads, staff: PersonId, student: PersonId) -> StoreResult<bool> {
    let count: i64 = on!(reads.tx(), |conn| sqlx::query_scalar(TEACHES)
        .bind(staff.raw())
        .bind(student.raw())
        .fetch_one(conn)
        .await)?;
    Ok(count > 0)
}

/// The course in which somebody teaches the student, for templates; a homeroom last.
pub async fn course(reads: &mut impl Reads, staff: PersonId, student: PersonId) -> StoreResult<Option<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(COURSE)
        .bind(staff.raw())
        .bind(student.raw())
        .fetch_optional(conn)
        .await)?)
}

/// The ages of the policy records that hold on this day; the district's stand over the law's.
pub async fn ages(reads: &mut impl Reads, today: Date) -> StoreResult<Ages> {
    let rows: Vec<(String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(AGES).bind(today.to_string()).fetch_all(conn).await)?;
    let mut ages = Ages::default();
    for (rule, value) in rows {
        let years = value
            .parse()
            .map_err(|_| StoreError::Damaged { row: format!("the policy {rule}"), what: format!("value {value}") })?;
        match rule.as_str() {
            "texting_parent_opts_in_below" => ages.parent_opts_in_below = years,
            _ => ages.own_rights_from = years,
        }
    }
    Ok(ages)
}

fn name((given, family, kind): (String, String, i64), of_the_school: bool) -> Named {
    Named { given, family, is_student: of_the_school && kind == PersonKind::Student.code() }
}

fn student(row: StudentRow) -> TextStudent {
    TextStudent {
        student: PersonId::from_raw(row.id),
        given: row.given,
        family: row.family,
        school: SchoolId::from_raw(row.school_id),
        birth_date: row.birth_date.and_then(|date| date.parse().ok()),
        is_enrolled: row.active && row.enrolled,
        school_takes_part: row.takes_part.unwrap_or(false),
        contacts: Vec::new(),
    }
}

fn contact(row: ContactRow) -> StoreResult<SmsContact> {
    let person = PersonId::from_raw(row.person_id);
    let whose = if row.kind == PersonKind::Student.code() { Whose::Student } else { Whose::Guardian };
    let related = match whose {
        Whose::Student => row.person_id == row.student_id,
        Whose::Guardian => row.related.unwrap_or(false) && !row.restricted.unwrap_or(false),
    };
    Ok(SmsContact {
        person,
        given: row.given,
        family: row.family,
        whose,
        number: row.number,
        is_on_record: row.active && related,
        consent: row.state.as_deref().and_then(ConsentState::from_word).unwrap_or(ConsentState::Unknown),
        opted_in_by: if row.opted_in_by == "student" { Whose::Student } else { Whose::Guardian },
        recorded_at: instant(row.recorded_at)?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn law_54_a_birthday_counts_from_its_day_on() {
        assert_eq!(years_between(date(2014, 3, 2), date(2027, 3, 1)), 12);
        assert_eq!(years_between(date(2014, 3, 2), date(2027, 3, 2)), 13);
        assert_eq!(years_between(date(2012, 2, 29), date(2030, 2, 28)), 17);
    }
}
