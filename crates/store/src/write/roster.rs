//! The roster's rows, written in sets, and what stood before them.
//!
//! Every row goes in by an upsert on its key, so a row that is new, changed, back or gone is one statement; nothing is
//! ever deleted, since deliveries and choices refer to it.

use serde::{Deserialize, Serialize};

use crate::error::{StoreError, StoreResult};
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A kind of row that imports write, and can put back.
pub trait RosterRow: Serialize + for<'de> Deserialize<'de> {
    /// The name in `roster_change`.
    const ENTITY: &'static str;
    /// The row's key as `roster_change` keeps it: numbers and words parted by colons.
    fn key(&self) -> String;
    /// Writes rows of distinct keys.
    fn upsert(tx: &mut Tx, rows: &[Self]) -> impl Future<Output = StoreResult<()>> + Send
    where
        Self: Sized;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolRow {
    pub id: i64,
    pub source_id: String,
    pub name: String,
    pub level: String,
    pub phone: Option<String>,
    pub active: bool,
}

/// A new person is a household of one until households are joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    pub id: i64,
    pub kind: i64,
    pub source_id: String,
    pub given: String,
    pub family: String,
    pub folded_name: String,
    pub language: String,
    pub title: Option<String>,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudentRow {
    pub person_id: i64,
    pub school_id: i64,
    pub number: String,
    pub grade: String,
    pub bus_am: Option<String>,
    pub bus_pm: Option<String>,
    pub birth_date: Option<String>,
    pub zip: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffSchoolRow {
    pub person_id: i64,
    pub school_id: i64,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationshipRow {
    pub guardian_id: i64,
    pub student_id: i64,
    pub role: i64,
    pub relation: String,
    pub lives_with: bool,
    pub custody_restricted: bool,
    pub custody_document: Option<String>,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointRow {
    pub id: i64,
    pub person_id: i64,
    pub school_id: i64,
    pub slot: i64,
    pub address: String,
    pub extension: Option<String>,
    pub active: bool,
    pub first_seen: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionRow {
    pub id: i64,
    pub source_id: String,
    pub school_id: i64,
    pub title: String,
    pub code: String,
    pub homeroom: bool,
    pub period: Option<String>,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentRow {
    pub section_id: i64,
    pub person_id: i64,
    pub role: String,
    pub active: bool,
}

statements! {
    /// The zone of a school is set by hand and outlives imports.
    UPSERT_SCHOOLS = "INSERT INTO school (id, source_id, name, level, phone, active) VALUES {rows:6@1} \
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level, phone = excluded.phone, \
        active = excluded.active";
    UPSERT_PEOPLE = "INSERT INTO person (id, kind, source_id, given, family, folded_name, language, title, household, \
        active) VALUES {rows:10@1} ON CONFLICT (id) DO UPDATE SET given = excluded.given, family = excluded.family, \
        folded_name = excluded.folded_name, language = excluded.language, title = excluded.title, \
        active = excluded.active";
    UPSERT_STUDENTS = "INSERT INTO student (person_id, school_id, number, grade, bus_am, bus_pm, birth_date, zip) \
        VALUES {rows:8@1} ON CONFLICT (person_id) DO UPDATE SET school_id = excluded.school_id, \
        number = excluded.number, grade = excluded.grade, bus_am = excluded.bus_am, bus_pm = excluded.bus_pm, \
        birth_date = excluded.birth_date, zip = excluded.zip";
    UPSERT_STAFF_SCHOOLS = "INSERT INTO staff_school (person_id, school_id, active) VALUES {rows:3@1} \
        ON CONFLICT (person_id, school_id) DO UPDATE SET active = excluded.active";
    UPSERT_RELATIONSHIPS = "INSERT INTO relationship (guardian_id, student_id, role, relation, lives_with, \
        custody_restricted, custody_document, active) VALUES {rows:8@1} ON CONFLICT (guardian_id, student_id) \
        DO UPDATE SET role = excluded.role, relation = excluded.relation, lives_with = excluded.lives_with, \
        custody_restricted = excluded.custody_restricted, custody_document = excluded.custody_document, \
        active = excluded.active";
    UPSERT_POINTS = "INSERT INTO contact_point (id, person_id, school_id, slot, address, extension, active, \
        first_seen) VALUES {rows:8@1} ON CONFLICT (id) DO UPDATE SET school_id = excluded.school_id, \
        extension = excluded.extension, active = excluded.active";
    UPSERT_SECTIONS = "INSERT INTO section (id, source_id, school_id, title, code, homeroom, period, active) \
        VALUES {rows:8@1} ON CONFLICT (id) DO UPDATE SET school_id = excluded.school_id, title = excluded.title, \
        code = excluded.code, homeroom = excluded.homeroom, period = excluded.period, active = excluded.active";
    UPSERT_ENROLLMENTS = "INSERT INTO enrollment (section_id, person_id, role, active) VALUES {rows:4@1} \
        ON CONFLICT (section_id, person_id, role) DO UPDATE SET active = excluded.active";
    REST_SCHOOLS = "UPDATE school SET active = FALSE WHERE id IN {list@1}";
    REST_PEOPLE = "UPDATE person SET active = FALSE WHERE id IN {list@1}";
    REST_POINTS = "UPDATE contact_point SET active = FALSE WHERE id IN {list@1}";
    REST_SECTIONS = "UPDATE section SET active = FALSE WHERE id IN {list@1}";
    /// PostgreSQL takes a bare parameter in VALUES for text: hence the casts.
    REST_STAFF_SCHOOLS = "UPDATE staff_school SET active = FALSE FROM (VALUES {rows:2@1}) AS v \
        WHERE person_id = CAST(v.column1 AS BIGINT) AND school_id = CAST(v.column2 AS BIGINT)";
    REST_RELATIONSHIPS = "UPDATE relationship SET active = FALSE FROM (VALUES {rows:2@1}) AS v \
        WHERE guardian_id = CAST(v.column1 AS BIGINT) AND student_id = CAST(v.column2 AS BIGINT)";
    REST_ENROLLMENTS = "UPDATE enrollment SET active = FALSE FROM (VALUES {rows:3@1}) AS v \
        WHERE section_id = CAST(v.column1 AS BIGINT) AND person_id = CAST(v.column2 AS BIGINT) AND role = v.column3";
    SET_HOUSEHOLDS = "UPDATE person SET household = CAST(v.column2 AS BIGINT) FROM (VALUES {rows:2@1}) AS v \
        WHERE person.id = CAST(v.column1 AS BIGINT)";
    LOG = "INSERT INTO roster_change (import_id, seq, entity, row_key, before) VALUES {rows:5@1}";
}

macro_rules! roster_row {
    ($type:ty, $entity:literal, $statement:ident, $columns:literal, |$keyed:ident| $key:expr, |$query:ident, $row:ident| $bound:expr) => {
        impl RosterRow for $type {
            const ENTITY: &'static str = $entity;

            fn key(&self) -> String {
                let $keyed = self;
                $key
            }

            async fn upsert(tx: &mut Tx, rows: &[Self]) -> StoreResult<()> {
                for chunk in rows.chunks(rows_that_fit($columns, 500)) {
                    execute_set!(tx, $statement, [], chunk, |$query, $row| $bound)?;
                }
                Ok(())
            }
        }
    };
}

roster_row!(SchoolRow, "school", UPSERT_SCHOOLS, 6, |row| row.id.to_string(), |query, row| query
    .bind(row.id)
    .bind(&row.source_id)
    .bind(&row.name)
    .bind(&row.level)
    .bind(&row.phone)
    .bind(row.active));

roster_row!(PersonRow, "person", UPSERT_PEOPLE, 10, |row| row.id.to_string(), |query, row| query
    .bind(row.id)
    .bind(row.kind)
    .bind(&row.source_id)
    .bind(&row.given)
    .bind(&row.family)
    .bind(&row.folded_name)
    .bind(&row.language)
    .bind(&row.title)
    .bind(row.id)
    .bind(row.active));

roster_row!(StudentRow, "student", UPSERT_STUDENTS, 8, |row| row.person_id.to_string(), |query, row| query
    .bind(row.person_id)
    .bind(row.school_id)
    .bind(&row.number)
    .bind(&row.grade)
    .bind(&row.bus_am)
    .bind(&row.bus_pm)
    .bind(&row.birth_date)
    .bind(&row.zip));

roster_row!(
    StaffSchoolRow,
    "staff_school",
    UPSERT_STAFF_SCHOOLS,
    3,
    |row| format!("{}:{}", row.person_id, row.school_id),
    |query, row| query.bind(row.person_id).bind(row.school_id).bind(row.active)
);

roster_row!(
    RelationshipRow,
    "relationship",
    UPSERT_RELATIONSHIPS,
    8,
    |row| format!("{}:{}", row.guardian_id, row.student_id),
    |query, row| query
        .bind(row.guardian_id)
        .bind(row.student_id)
        .bind(row.role)
        .bind(&row.relation)
        .bind(row.lives_with)
        .bind(row.custody_restricted)
        .bind(&row.custody_document)
        .bind(row.active)
);

roster_row!(PointRow, "contact_point", UPSERT_POINTS, 8, |row| row.id.to_string(), |query, row| query
    .bind(row.id)
    .bind(row.person_id)
    .bind(row.school_id)
    .bind(row.slot)
    .bind(&row.address)
    .bind(&row.extension)
    .bind(row.active)
    .bind(row.first_seen));

roster_row!(SectionRow, "section", UPSERT_SECTIONS, 8, |row| row.id.to_string(), |query, row| query
    .bind(row.id)
    .bind(&row.source_id)
    .bind(row.school_id)
    .bind(&row.title)
    .bind(&row.code)
    .bind(row.homeroom)
    .bind(&row.period)
    .bind(row.active));

roster_row!(
    EnrollmentRow,
    "enrollment",
    UPSERT_ENROLLMENTS,
    4,
    |row| format!("{}:{}:{}", row.section_id, row.person_id, row.role),
    |query, row| query.bind(row.section_id).bind(row.person_id).bind(&row.role).bind(row.active)
);

/// One entry of what stood before an import. `before` is `None` for rows that were new; `row_key` then holds the keys
/// of many of them, parted by blanks, since a first import has millions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub seq: i64,
    pub entity: &'static str,
    pub row_key: String,
    pub before: Option<String>,
}

/// Keeps what stood before.
pub async fn log_changes(tx: &mut Tx, import: i64, changes: &[Change]) -> StoreResult<()> {
    for chunk in changes.chunks(500) {
        execute_set!(tx, LOG, [], chunk, |query, change| query
            .bind(import)
            .bind(change.seq)
            .bind(change.entity)
            .bind(&change.row_key)
            .bind(&change.before))?;
    }
    Ok(())
}

/// Sets the household of each person named.
pub async fn set_households(tx: &mut Tx, households: &[(i64, i64)]) -> StoreResult<()> {
    for chunk in households.chunks(500) {
        execute_set!(tx, SET_HOUSEHOLDS, [], chunk, |query, row| query.bind(row.0).bind(row.1))?;
    }
    Ok(())
}

/// Puts one kind of row back as it stood: `before` is what [`Change`] kept.
pub async fn put_back(tx: &mut Tx, entity: &str, before: &[String]) -> StoreResult<()> {
    match entity {
        SchoolRow::ENTITY => upsert_kept::<SchoolRow>(tx, before).await,
        PersonRow::ENTITY => upsert_kept::<PersonRow>(tx, before).await,
        StudentRow::ENTITY => upsert_kept::<StudentRow>(tx, before).await,
        StaffSchoolRow::ENTITY => upsert_kept::<StaffSchoolRow>(tx, before).await,
        RelationshipRow::ENTITY => upsert_kept::<RelationshipRow>(tx, before).await,
        PointRow::ENTITY => upsert_kept::<PointRow>(tx, before).await,
        SectionRow::ENTITY => upsert_kept::<SectionRow>(tx, before).await,
        EnrollmentRow::ENTITY => upsert_kept::<EnrollmentRow>(tx, before).await,
        other => Err(damaged(other)),
    }
}

async fn upsert_kept<R: RosterRow>(tx: &mut Tx, before: &[String]) -> StoreResult<()> {
    let rows: Result<Vec<R>, _> = before.iter().map(|text| serde_json::from_str(text)).collect();
    R::upsert(tx, &rows.map_err(|_| damaged(R::ENTITY))?).await
}

/// Lets rows rest that an import had brought: `keys` as [`RosterRow::key`] writes them.
pub async fn let_rest(tx: &mut Tx, entity: &str, keys: &[&str]) -> StoreResult<()> {
    for chunk in keys.chunks(500) {
        let parts: Vec<Vec<&str>> = chunk.iter().map(|key| key.split(':').collect()).collect();
        let number =
            |row: &Vec<&str>, at: usize| row.get(at).and_then(|part| part.parse::<i64>().ok()).unwrap_or_default();
        match entity {
            SchoolRow::ENTITY => execute_set!(tx, REST_SCHOOLS, [], &parts, |query, row| query.bind(number(row, 0)))?,
            PersonRow::ENTITY => execute_set!(tx, REST_PEOPLE, [], &parts, |query, row| query.bind(number(row, 0)))?,
            PointRow::ENTITY => execute_set!(tx, REST_POINTS, [], &parts, |query, row| query.bind(number(row, 0)))?,
            SectionRow::ENTITY => execute_set!(tx, REST_SECTIONS, [], &parts, |query, row| query.bind(number(row, 0)))?,
            // The row of a student rests with the person.
            StudentRow::ENTITY => 0,
            StaffSchoolRow::ENTITY => execute_set!(tx, REST_STAFF_SCHOOLS, [], &parts, |query, row| query
                .bind(number(row, 0))
                .bind(number(row, 1)))?,
            RelationshipRow::ENTITY => execute_set!(tx, REST_RELATIONSHIPS, [], &parts, |query, row| query
                .bind(number(row, 0))
                .bind(number(row, 1)))?,
            EnrollmentRow::ENTITY => execute_set!(tx, REST_ENROLLMENTS, [], &parts, |query, row| query
                .bind(number(row, 0))
                .bind(number(row, 1))
                .bind(row.get(2).copied().unwrap_or_default().to_owned()))?,
            other => return Err(damaged(other)),
        };
    }
    Ok(())
}

fn damaged(entity: &str) -> StoreError {
    StoreError::Damaged { row: "roster_change".to_owned(), what: format!("cannot put back `{entity}`") }
}
