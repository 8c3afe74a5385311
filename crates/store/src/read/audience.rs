//! Who a rule of the composer selects: their households for the plan, and how many for the count while choosing.
//!
//! Each rule becomes a select of its own that begins at an index, so a class is instant in any district.

use std::fmt::Write;

use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::ids::SchoolId;

use crate::error::StoreResult;
use crate::on;
use crate::tx::Reads;

/// How many a choice reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AudienceCount {
    pub students: i64,
    /// Households of those students.
    pub families: i64,
    pub staff: i64,
}

/// A statement that is put together, with its parameters.
#[derive(Default)]
struct Statement {
    text: String,
    parameters: Vec<Parameter>,
}

enum Parameter {
    Number(i64),
    Text(String),
}

impl Statement {
    fn number(&mut self, value: i64) {
        self.parameters.push(Parameter::Number(value));
        self.mark();
    }

    fn word(&mut self, value: &str) {
        self.parameters.push(Parameter::Text(value.to_owned()));
        self.mark();
    }

    fn mark(&mut self) {
        // Writing to a String cannot fail.
        write!(self.text, "${}", self.parameters.len()).unwrap_or_default();
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// The households in which the audience selects somebody, ascending, after `after` (0: all). Each household once.
pub async fn households(reads: &mut impl Reads, audience: &Audience, after: i64) -> StoreResult<Vec<i64>> {
    if audience.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::default();
    statement.push("SELECT DISTINCT selected.household FROM (");
    selected(&mut statement, audience);
    statement.push(") selected WHERE selected.household > ");
    statement.number(after);
    statement.push(" ORDER BY selected.household");
    let text = statement.text.as_str();
    Ok(on!(reads.tx(), |conn| {
        let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).persistent(false);
        for parameter in &statement.parameters {
            query = match parameter {
                Parameter::Number(value) => query.bind(*value),
                Parameter::Text(value) => query.bind(value.as_str()),
            };
        }
        query.fetch_all(conn).await
    })?)
}

/// Whether the audience selects anybody who does not belong to the school.
pub async fn selects_outside(reads: &mut impl Reads, audience: &Audience, school: SchoolId) -> StoreResult<bool> {
    if audience.is_empty() {
        return Ok(false);
    }
    let mut statement = Statement::default();
    statement.push("SELECT COUNT(*) FROM (");
    selected(&mut statement, audience);
    statement.push(
        ") selected LEFT JOIN student ON student.person_id = selected.id \
         LEFT JOIN staff_school ON staff_school.person_id = selected.id AND staff_school.active \
         AND staff_school.school_id = ",
    );
    statement.number(school.raw());
    statement.push(" WHERE staff_school.person_id IS NULL AND (student.school_id IS NULL OR student.school_id <> ");
    statement.number(school.raw());
    statement.push(")");
    let found: (i64,) = fetch_one(reads, &statement).await?;
    Ok(found.0 > 0)
}

/// Counts students, their families and staff of the audience.
pub async fn count(reads: &mut impl Reads, audience: &Audience) -> StoreResult<AudienceCount> {
    if audience.is_empty() {
        return Ok(AudienceCount::default());
    }
    let mut statement = Statement::default();
    statement.push(
        "SELECT COUNT(DISTINCT CASE WHEN selected.kind = 1 THEN selected.id END), \
         COUNT(DISTINCT CASE WHEN selected.kind = 1 THEN selected.household END), \
         COUNT(DISTINCT CASE WHEN selected.kind = 3 THEN selected.id END) FROM (",
    );
    selected(&mut statement, audience);
    statement.push(") selected");
    let (students, families, staff) = fetch_one(reads, &statement).await?;
    Ok(AudienceCount { students, families, staff })
}

async fn fetch_one<T>(reads: &mut impl Reads, statement: &Statement) -> StoreResult<T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
        + Send
        + Unpin,
{
    let text = statement.text.as_str();
    Ok(on!(reads.tx(), |conn| {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).persistent(false);
        for parameter in &statement.parameters {
            query = match parameter {
                Parameter::Number(value) => query.bind(*value),
                Parameter::Text(value) => query.bind(value.as_str()),
            };
        }
        query.fetch_one(conn).await
    })?)
}

const STUDENT: &str = "SELECT person.id, person.kind, person.household FROM student \
    JOIN person ON person.id = student.person_id WHERE person.active AND person.kind = 1";
const ANYBODY: &str = "SELECT person.id, person.kind, person.household FROM person \
    WHERE person.active AND person.kind IN (1, 3)";

/// Students and staff whom an include rule selects and no exception does, as (id, kind, household); some twice.
fn selected(statement: &mut Statement, audience: &Audience) {
    for (at, rule) in audience.include.iter().enumerate() {
        if at > 0 {
            statement.push(" UNION ALL ");
        }
        statement.push(if is_of_students(rule) { STUDENT } else { ANYBODY });
        statement.push(" AND ");
        matches(statement, rule);
        for except in &audience.except {
            statement.push(" AND NOT ");
            // A rule about students excepts no member of staff, and the other way about.
            if is_of_students(except) {
                statement.push("EXISTS (SELECT 1 FROM student WHERE student.person_id = person.id AND ");
                matches(statement, except);
                statement.push(")");
            } else {
                statement.push("(");
                matches(statement, except);
                statement.push(")");
            }
        }
    }
}

const fn is_of_students(rule: &AudienceRule) -> bool {
    match rule {
        AudienceRule::District
        | AudienceRule::School { .. }
        | AudienceRule::Grade { .. }
        | AudienceRule::Section { .. }
        | AudienceRule::BusRoute { .. } => true,
        AudienceRule::List { .. } | AudienceRule::People { .. } | AudienceRule::Staff { .. } => false,
    }
}

/// The condition of one rule on `person`, and on `student` where it is about students. What
/// `AudienceRule::matches` says of one person, said of all; the conformance test compares the two.
fn matches(statement: &mut Statement, rule: &AudienceRule) {
    match rule {
        AudienceRule::District => statement.push("1 = 1"),
        AudienceRule::School { school } => {
            statement.push("student.school_id = ");
            statement.number(school.raw());
        }
        AudienceRule::Grade { grade, school } => {
            statement.push("student.grade = ");
            statement.word(grade);
            if let Some(school) = school {
                statement.push(" AND student.school_id = ");
                statement.number(school.raw());
            }
        }
        AudienceRule::Section { section } => {
            statement.push(
                "student.person_id IN (SELECT enrollment.person_id FROM enrollment WHERE enrollment.section_id = ",
            );
            statement.number(section.raw());
            statement.push(" AND enrollment.role = 'student' AND enrollment.active)");
        }
        AudienceRule::BusRoute { route } => {
            statement.push("(student.bus_am = ");
            statement.word(route);
            statement.push(" OR student.bus_pm = ");
            statement.word(route);
            statement.push(")");
        }
        AudienceRule::List { list } => {
            statement.push("person.id IN (SELECT saved_list_member.person_id FROM saved_list_member WHERE saved_list_member.list_id = ");
            statement.number(list.raw());
            statement.push(")");
        }
        AudienceRule::People { people } if people.is_empty() => statement.push("1 = 0"),
        AudienceRule::People { people } => {
            statement.push("person.id IN (");
            for (at, person) in people.iter().enumerate() {
                if at > 0 {
                    statement.push(", ");
                }
                statement.number(person.raw());
            }
            statement.push(")");
        }
        AudienceRule::Staff { school } => {
            statement.push("person.kind = 3");
            if let Some(school) = school {
                statement.push(" AND person.id IN (SELECT staff_school.person_id FROM staff_school WHERE staff_school.active AND staff_school.school_id = ");
                statement.number(school.raw());
                statement.push(")");
            }
        }
    }
}
