//! `/people`: a search over students, their contacts and staff.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::people::PersonKind;
use schoolbell_domain::people::name::fold_name;
use schoolbell_domain::permission::Act;
use schoolbell_store::read::district::{SchoolRow, schools};
use schoolbell_store::read::people_pages::{self, Found};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::counted;

/// So many lines are shown; who wants more writes more letters.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    search: String,
    people: Vec<Line>,
    more: bool,
    said: String,
}

#[derive(Template)]
#[template(path = "people_fragment.html")]
struct PeopleFragment {
    search: String,
    people: Vec<Line>,
    more: bool,
    said: String,
}

struct Line {
    id: PersonId,
    name: String,
    kind: &'static str,
    icon: &'static str,
    school: String,
    grade: String,
    number: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    search: String,
}

/// `GET /people?search=…`; with htmx the list alone.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    headers: axum::http::HeaderMap,
    Query(Asked { search }): Query<Asked>,
) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeePeople)?;
    let mut reads = state.engine.reader().read().await?;
    let schools = schools(&mut reads).await?;
    let allowed = staff.schools_for(Act::SeePeople);
    let limit = if allowed.is_some() { 2_000 } else { 51 };
    let found = people_pages::search(&mut reads, &fold_name(&search), search.trim(), limit).await?;
    let mut people = Vec::new();
    for person in found {
        if people.len() > SHOWN {
            break;
        }
        if may_see(&mut reads, &person, allowed.as_deref()).await? {
            people.push(line(person, &schools));
        }
    }
    let more = people.len() > SHOWN;
    people.truncate(SHOWN);
    let shown = u64::try_from(people.len()).unwrap_or(u64::MAX);
    let said = format!("{}{}", if more { "First " } else { "" }, counted(shown, "person", "people"));
    if headers.contains_key("hx-request") {
        return html(&PeopleFragment { search, people, more, said });
    }
    html(&PeoplePage { frame: Frame::new(&staff, Place::Students, "Students"), search, people, more, said })
}

async fn may_see(reads: &mut impl Reads, found: &Found, allowed: Option<&[SchoolId]>) -> PageResult<bool> {
    let Some(allowed) = allowed else { return Ok(true) };
    let schools = match found.kind {
        PersonKind::Student => found.school.into_iter().collect(),
        PersonKind::Guardian => {
            let children = people_pages::children(reads, found.person).await?;
            children.into_iter().filter_map(|child| child.school).collect()
        }
        PersonKind::Staff => people_pages::staff_schools(reads, found.person).await?,
    };
    Ok(schools.iter().any(|school| allowed.contains(school)))
}

fn line(found: Found, schools: &[SchoolRow]) -> Line {
    let (kind, icon) = kind_words(found.kind);
    let school = found.school.and_then(|id| schools.iter().find(|row| row.id == id));
    Line {
        id: found.person,
        name: format!("{} {}", found.given, found.family),
        kind,
        icon,
        school: school.map(|row| row.name.clone()).unwrap_or_default(),
        grade: found.grade,
        number: found.number,
    }
}

/// What a person on the record is, in a word and an icon.
pub const fn kind_words(kind: PersonKind) -> (&'static str, &'static str) {
    match kind {
        PersonKind::Student => ("Student", "graduation-cap"),
        PersonKind::Guardian => ("Contact", "user"),
        PersonKind::Staff => ("Staff", "school"),
    }
}
