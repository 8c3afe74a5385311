//! What the composer offers under "who": grades, classes, routes, lists, people.

use schoolbell_domain::ids::{ListId, PersonId, SchoolId, SectionId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::PersonKind;
use schoolbell_domain::people::name::fold_name;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A grade of a school, with its students.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeChoice {
    pub school: SchoolId,
    pub grade: String,
    pub students: i64,
}

/// A class or homeroom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionChoice {
    pub id: SectionId,
    pub school: SchoolId,
    pub title: String,
    pub code: String,
    pub homeroom: bool,
    pub period: Option<String>,
}

/// A saved list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChoice {
    pub id: ListId,
    pub name: String,
    pub school: Option<SchoolId>,
    pub members: i64,
}

/// Somebody whom a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChoice {
    pub id: PersonId,
    pub kind: PersonKind,
    pub given: String,
    pub family: String,
    /// A student's school, grade and number.
    pub school: Option<SchoolId>,
    pub grade: Option<String>,
    pub number: Option<String>,
}

statements! {
    GRADES = "SELECT student.school_id, student.grade, COUNT(*) FROM student \
        JOIN person ON person.id = student.person_id WHERE person.active \
        GROUP BY student.school_id, student.grade ORDER BY student.school_id, student.grade";
    SECTIONS = "SELECT section.id, section.school_id, section.title, section.code, section.homeroom, section.period \
        FROM section WHERE section.active AND (section.school_id = $1 OR $1 = 0) \
        AND (LOWER(section.title) LIKE $2 OR LOWER(section.code) LIKE $2) \
        ORDER BY section.homeroom DESC, section.title, section.code, section.id LIMIT 50";
    SECTION = "SELECT section.id, section.school_id, section.title, section.code, section.homeroom, section.period \
        FROM section WHERE section.id = $1";
    ROUTES = "SELECT route, COUNT(*) FROM (SELECT student.person_id, student.bus_am AS route FROM student \
        WHERE student.bus_am IS NOT NULL UNION SELECT student.person_id, student.bus_pm FROM student \
        WHERE student.bus_pm IS NOT NULL) routes JOIN person ON person.id = routes.person_id \
        WHERE person.active GROUP BY route ORDER BY route";
    LISTS = "SELECT saved_list.id, saved_list.name, saved_list.school_id, COUNT(saved_list_member.person_id) \
        FROM saved_list LEFT JOIN saved_list_member ON saved_list_member.list_id = saved_list.id \
        GROUP BY saved_list.id, saved_list.name, saved_list.school_id ORDER BY saved_list.name, saved_list.id";
    PEOPLE = "SELECT person.id, person.kind, person.given, person.family, student.school_id, student.grade, \
        student.number FROM person LEFT JOIN student ON student.person_id = person.id \
        WHERE person.active AND person.kind IN (1, 3) AND (student.school_id = $1 OR $1 = 0 OR person.kind = 3) \
        AND (person.folded_name LIKE $2 OR person.folded_name LIKE $3 OR student.number = $4) \
        ORDER BY person.folded_name, person.id LIMIT 20";
    LANGUAGES = "SELECT COALESCE(person_choice.language, person.language), COUNT(*) FROM person \
        LEFT JOIN person_choice ON person_choice.person_id = person.id \
        WHERE person.active AND person.kind = 2 GROUP BY COALESCE(person_choice.language, person.language)";
    NAMED = "SELECT person.id, person.kind, person.given, person.family, student.school_id, student.grade, \
        student.number FROM person LEFT JOIN student ON student.person_id = person.id WHERE person.id = $1";
}

/// Every grade of every school that has students in it.
pub async fn grades(reads: &mut impl Reads) -> StoreResult<Vec<GradeChoice>> {
    let rows: Vec<(i64, String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(GRADES).fetch_all(conn).await)?;
    let choice = |(school, grade, students)| GradeChoice { school: SchoolId::from_raw(school), grade, students };
    Ok(rows.into_iter().map(choice).collect())
}

/// The languages that guardians read, as they chose or as the roster has them, those of most first.
pub async fn languages(reads: &mut impl Reads) -> StoreResult<Vec<(Language, u64)>> {
    let rows: Vec<(String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(LANGUAGES).fetch_all(conn).await)?;
    let mut languages: Vec<_> =
        rows.iter().map(|(tag, count)| (Language::of(tag), u64::try_from(*count).unwrap_or(0))).collect();
    languages.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    Ok(languages)
}

type SectionRow = (i64, i64, String, String, bool, Option<String>);

fn section((id, school, title, code, homeroom, period): SectionRow) -> SectionChoice {
    SectionChoice { id: SectionId::from_raw(id), school: SchoolId::from_raw(school), title, code, homeroom, period }
}

/// Classes and homerooms whose title or code has the text in it, homerooms first; at most 50.
pub async fn sections(reads: &mut impl Reads, school: Option<SchoolId>, text: &str) -> StoreResult<Vec<SectionChoice>> {
    let pattern = format!("%{}%", escaped(&text.trim().to_lowercase()));
    let rows: Vec<SectionRow> = on!(reads.tx(), |conn| sqlx::query_as(SECTIONS)
        .bind(school.map_or(0, SchoolId::raw))
        .bind(&pattern)
        .fetch_all(conn)
        .await)?;
    Ok(rows.into_iter().map(section).collect())
}

pub async fn lookup_section(reads: &mut impl Reads, id: SectionId) -> StoreResult<Option<SectionChoice>> {
    let row: Option<SectionRow> =
        on!(reads.tx(), |conn| sqlx::query_as(SECTION).bind(id.raw()).fetch_optional(conn).await)?;
    Ok(row.map(section))
}

/// Bus routes with their riders, morning and afternoon together, each rider once.
pub async fn routes(reads: &mut impl Reads) -> StoreResult<Vec<(String, i64)>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_as(ROUTES).fetch_all(conn).await)?)
}

/// The saved lists, by name.
pub async fn lists(reads: &mut impl Reads) -> StoreResult<Vec<ListChoice>> {
    let rows: Vec<(i64, String, Option<i64>, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(LISTS).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .map(|(id, name, school, members)| ListChoice {
            id: ListId::from_raw(id),
            name,
            school: school.map(SchoolId::from_raw),
            members,
        })
        .collect())
}

type PersonRow = (i64, i64, String, String, Option<i64>, Option<String>, Option<String>);

fn person((id, kind, given, family, school, grade, number): PersonRow) -> StoreResult<PersonChoice> {
    let id = PersonId::from_raw(id);
    let kind = PersonKind::from_code(kind)
        .ok_or_else(|| StoreError::Damaged { row: id.to_string(), what: format!("kind {kind}") })?;
    Ok(PersonChoice { id, kind, given, family, school: school.map(SchoolId::from_raw), grade, number })
}

/// Students and staff by the beginning of a name, or a student's number in full; at most 20. Nothing typed, nobody.
pub async fn people(reads: &mut impl Reads, school: Option<SchoolId>, text: &str) -> StoreResult<Vec<PersonChoice>> {
    if let Ok(id) = text.trim().parse::<PersonId>() {
        return Ok(lookup_person(reads, id).await?.into_iter().collect());
    }
    let folded = escaped(&fold_name(text));
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<PersonRow> = on!(reads.tx(), |conn| sqlx::query_as(PEOPLE)
        .bind(school.map_or(0, SchoolId::raw))
        .bind(format!("{folded}%"))
        .bind(format!("% {folded}%"))
        .bind(text.trim())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(person).collect()
}

pub async fn lookup_person(reads: &mut impl Reads, id: PersonId) -> StoreResult<Option<PersonChoice>> {
    let row: Option<PersonRow> =
        on!(reads.tx(), |conn| sqlx::query_as(NAMED).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(person).transpose()
}

/// `%` and `_` of what a person typed would match anything; neither stands in a name or a class code that matters.
fn escaped(text: &str) -> String {
    text.replace(['%', '_'], "")
}
