//! `/broadcasts/{id}/call-sheet`: the students for whom nobody was reached, with every number on record, to print.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use schoolbell_domain::ids::{BroadcastId, PersonId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::district::{SchoolRow, schools};
use schoolbell_store::read::{people_pages, report};
use schoolbell_store::tx::Reads;

use super::get;
use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::looks::address;
use crate::session::Staff;
use crate::times::counted;

/// More than this on paper is a list that nobody calls; the count stands above.
const MOST: usize = 500;

#[derive(Template)]
#[template(path = "call_sheet.html")]
struct CallSheetPage {
    frame: Frame,
    id: BroadcastId,
    title: String,
    count: String,
    lines: Vec<Line>,
    more: usize,
}

struct Line {
    id: PersonId,
    name: String,
    school: String,
    grade: String,
    contacts: Vec<(String, Vec<String>)>,
}

/// `GET /broadcasts/{id}/call-sheet`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let broadcast = get(&mut reads, &staff, id).await?;
    let schools = schools(&mut reads).await?;
    let missing = report::students_not_reached(&mut reads, id.into()).await?;
    let mut lines = Vec::new();
    for student in missing.iter().take(MOST) {
        if let Some(line) = line(&mut reads, &staff, *student, &schools).await? {
            lines.push(line);
        }
    }
    lines.sort_by(|a, b| (&a.school, &a.grade, &a.name).cmp(&(&b.school, &b.grade, &b.name)));
    let title = broadcast.draft.title;
    html(&CallSheetPage {
        frame: Frame::new(&staff, Place::Messages, format!("Call sheet: {title}")),
        id,
        title,
        count: counted(u64::try_from(missing.len()).unwrap_or(u64::MAX), "student", "students"),
        lines,
        more: missing.len().saturating_sub(MOST),
    })
}

/// `None` for a student whom this person may not see.
async fn line(
    reads: &mut impl Reads,
    staff: &Staff,
    student: PersonId,
    schools: &[SchoolRow],
) -> PageResult<Option<Line>> {
    let Some(card) = people_pages::lookup_card(reads, student).await? else { return Ok(None) };
    let scope = card.school.map_or(Scope::District, Scope::School);
    if staff.actor.must(Act::SeePeople, scope).is_err() {
        return Ok(None);
    }
    let mut contacts = vec![("Home".to_owned(), phones(reads, student).await?)];
    for guardian in people_pages::guardians(reads, student).await? {
        // A custody restriction says that this person is not told about the student, by nobody.
        if !guardian.custody_restricted {
            let name = format!("{} {}, {}", guardian.given, guardian.family, guardian.relation);
            contacts.push((name, phones(reads, guardian.person).await?));
        }
    }
    contacts.retain(|(_, numbers)| !numbers.is_empty());
    let school = card.school.and_then(|id| schools.iter().find(|row| row.id == id));
    Ok(Some(Line {
        id: student,
        name: format!("{}, {}", card.family, card.given),
        school: school.map(|row| row.name.clone()).unwrap_or_default(),
        grade: card.grade,
        contacts,
    }))
}

async fn phones(reads: &mut impl Reads, person: PersonId) -> PageResult<Vec<String>> {
    let mut numbers: Vec<String> = Vec::new();
    for point in people_pages::points(reads, person).await? {
        let words = format!("{} {}", point.slot.plain(), address(&point.address));
        if point.slot.is_phone() && !numbers.contains(&words) {
            numbers.push(words);
        }
    }
    Ok(numbers)
}
