//! `/family/contacts`, *My contacts*: what each school has, whom to call, and "is this still right?" (A10, A18-A22).

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::ids::SchoolId;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::family_contacts::{Answer, Records, SchoolRecord, answer_review, records};
use serde::Deserialize;

use super::frame::{FamilyFrame, Place};
use super::looks::slot_key;
use super::session::{Parent, ParentForm};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::frame::html;
use crate::looks::address;
use crate::words::Words;

#[derive(Template)]
#[template(path = "family/contacts.html")]
struct ContactsPage {
    frame: FamilyFrame,
    t: Words,
    csrf: String,
    schools: Vec<School>,
    differing: String,
    last_import: Option<String>,
    notice: Option<String>,
    /// The school whose wish was empty.
    wrong: String,
}

/// The page of a change that nobody can make here.
#[derive(Template)]
#[template(path = "family/ask_registrar.html")]
struct AskRegistrarPage {
    frame: FamilyFrame,
    t: Words,
    schools: Vec<School>,
}

struct School {
    id: String,
    name: String,
    phone: Option<String>,
    /// `tel:` and the stored number.
    dial: String,
    children: String,
    points: Vec<Point>,
    due: bool,
    wish: Option<String>,
}

struct Point {
    icon: &'static str,
    name: String,
    address: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    done: String,
}

/// `GET /family/contacts`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let t = parent.t;
    let notice = match asked.done.as_str() {
        "right" => Some(t.say("review-right-thanks")),
        "changed" => Some(t.say("review-changed-thanks")),
        _ => None,
    };
    show(&state, &parent, notice, String::new()).await
}

/// `POST /family/contacts/review`.
pub async fn review(State(state): State<WebState>, form: ParentForm) -> PageResult<Response> {
    let school = form.fields.text("school").parse::<SchoolId>().map_err(|_| PageError::NotFound)?;
    let changed = form.fields.text("answer") == "changed";
    let answer = if changed { Answer::Changed(form.fields.body("wish")) } else { Answer::Right };
    match answer_review(&state.engine, form.parent.family(), school, answer).await {
        Ok(()) => {
            let done = if changed { "changed" } else { "right" };
            Ok(Redirect::to(&format!("/family/contacts?done={done}")).into_response())
        }
        Err(CommandError::BadInput(_)) => {
            let page = show(&state, &form.parent, None, school.to_string()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Any other way to change contact data: 403, and the schools to call (A18).
pub async fn refuse(State(state): State<WebState>, parent: Parent) -> PageResult<Response> {
    let found = records(&state.engine, parent.family()).await?;
    let t = parent.t;
    let page = AskRegistrarPage {
        frame: FamilyFrame::new(&parent, Place::Contacts, t.say("ask-registrar")),
        t,
        schools: found.schools.iter().map(|record| school(&parent, record)).collect(),
    };
    Ok((StatusCode::FORBIDDEN, html(&page)?).into_response())
}

async fn show(state: &WebState, parent: &Parent, notice: Option<String>, wrong: String) -> PageResult<Html<String>> {
    let t = parent.t;
    let Records { schools, differing, last_import } = records(&state.engine, parent.family()).await?;
    let differing: Vec<String> = differing.into_iter().map(|slot| t.say(slot_key(slot))).collect();
    html(&ContactsPage {
        frame: FamilyFrame::new(parent, Place::Contacts, t.say("menu-contacts")),
        t,
        csrf: parent.signed_in.csrf_token.clone(),
        schools: schools.iter().map(|record| school(parent, record)).collect(),
        differing: t.list(&differing),
        last_import: last_import.map(|at| parent.teller().tell(at)),
        notice,
        wrong,
    })
}

fn school(parent: &Parent, record: &SchoolRecord) -> School {
    let t = parent.t;
    let family = parent.family();
    let names: Vec<String> =
        record.children.iter().filter_map(|id| family.people.get(id)).map(|child| child.given.clone()).collect();
    let mut points: Vec<Point> = Vec::new();
    for line in &record.points {
        let extension = line.extension.as_deref().map(|number| format!(" x{number}")).unwrap_or_default();
        let point = Point {
            icon: if line.slot.is_phone() { "phone" } else { "mail" },
            name: t.say(slot_key(line.slot)),
            address: format!("{}{extension}", address(&line.address)),
        };
        // Two children with one home phone are one line.
        if !points.iter().any(|seen| seen.name == point.name && seen.address == point.address) {
            points.push(point);
        }
    }
    School {
        id: record.school.to_string(),
        name: record.name.clone(),
        dial: record.phone.clone().unwrap_or_default(),
        phone: record.phone.as_deref().map(address),
        children: t.list(&names),
        points,
        due: record.due,
        wish: record.wish.clone(),
    }
}
