//! `/family`: the children, and the last messages.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use schoolbell_domain::language::Language;
use schoolbell_engine::commands::answer_survey::surveys_of;
use schoolbell_engine::commands::family_contacts::records;
use schoolbell_engine::commands::family_messages::family_messages;
use schoolbell_engine::commands::family_passkeys::{family_passkeys, has_passkeys};
use schoolbell_store::read::district;

use super::frame::{FamilyFrame, Place};
use super::messages::{Day, days};
use super::session::Parent;
use crate::WebState;
use crate::error::PageResult;
use crate::frame::html;
use crate::words::Words;

const LATEST: usize = 5;

#[derive(Template)]
#[template(path = "family/home.html")]
struct HomePage {
    frame: FamilyFrame,
    t: Words,
    greeting: String,
    children: Vec<ChildCard>,
    days: Vec<Day>,
    /// Surveys that are open: address, title, and whether an answer is missing.
    surveys: Vec<(String, String, bool)>,
    /// "Is this still right?" waits for an answer (A10).
    review_due: bool,
    passkeys: Passkeys,
}

/// What stands of signing in without a code.
#[derive(PartialEq, Eq)]
enum Passkeys {
    Impossible,
    /// None yet: offered where the browser can.
    Offered,
    There,
}

struct ChildCard {
    href: String,
    name: String,
    school: String,
    grade: String,
    of_age: bool,
}

/// `GET /family`.
pub async fn page(State(state): State<WebState>, parent: Parent) -> PageResult<Html<String>> {
    let t = parent.t;
    let (mut messages, _) = family_messages(&state.engine, parent.family(), (parent.now, "", None)).await?;
    messages.truncate(LATEST);
    let review_due = records(&state.engine, parent.family()).await?.schools.iter().any(|school| school.due);
    let schools = district::schools(&mut state.engine.reader().read().await?).await?;
    let children = parent.family().children().into_iter().map(|child| {
        let school = child.school.and_then(|id| schools.iter().find(|row| row.id == id));
        let adult = parent.family().circle.children.iter().any(|seen| seen.id == child.id && seen.of_age);
        ChildCard {
            href: format!("/family/messages?child={}", child.id),
            name: format!("{} {}", child.given, child.family),
            school: school.map(|row| row.name.clone()).unwrap_or_default(),
            grade: grade(t, &child.grade),
            of_age: adult,
        }
    });
    let language = Language::of(t.tag());
    let surveys = surveys_of(&state.engine, parent.family()).await?.into_iter();
    let surveys = surveys.map(|(standing, missing)| {
        let title = t.one("survey-home", "title", standing.survey.title.read(&language));
        (format!("/family/surveys/{}", standing.id), title, missing)
    });
    html(&HomePage {
        surveys: surveys.collect(),
        greeting: greeting(&parent),
        children: children.collect(),
        days: days(&parent, &messages),
        review_due,
        passkeys: passkeys(&state, &parent).await?,
        t,
        frame: FamilyFrame::new(&parent, Place::Home, t.say("menu-home")),
    })
}

async fn passkeys(state: &WebState, parent: &Parent) -> PageResult<Passkeys> {
    let none = family_passkeys(&state.engine, parent.family()).await?.is_empty();
    Ok(match (none, has_passkeys(&state.engine)) {
        (false, _) => Passkeys::There,
        (true, true) => Passkeys::Offered,
        (true, false) => Passkeys::Impossible,
    })
}

/// By the clock of the district.
fn greeting(parent: &Parent) -> String {
    let key = match parent.now.to_zoned(parent.zone.clone()).hour() {
        4..12 => "greeting-morning",
        12..18 => "greeting-afternoon",
        _ => "greeting-evening",
    };
    let given = parent.family().first().map(|person| person.given.clone()).unwrap_or_default();
    parent.t.one(key, "name", given)
}

/// "Grade 3", "Kindergarten", or as the roster has it.
pub fn grade(t: Words, stored: &str) -> String {
    let number = stored.trim_start_matches('0');
    match stored {
        "" => String::new(),
        "KG" | "K" => t.say("grade-kindergarten"),
        "PK" | "PR" | "TK" => t.say("grade-before"),
        _ if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) => t.one("grade", "grade", number),
        other => other.to_owned(),
    }
}
