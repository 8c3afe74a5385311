//! `/texting/guidance`: how texting is used here, in the order of the guide's questions (B1, B14, B29).

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use schoolbell_domain::conversation::guard::Kind;
use schoolbell_domain::conversation::policy::STRANGER_QUESTION;
use schoolbell_domain::conversation::text_template::{Group, READY_MADE};
use schoolbell_store::read::district;

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

#[derive(Template)]
#[template(path = "texting_guidance.html")]
struct GuidancePage {
    frame: Frame,
    question: &'static str,
    kinds: [Kind; 12],
    /// Name, when, examples.
    groups: Vec<(&'static str, &'static str, Vec<&'static str>)>,
    own_words: Vec<String>,
    crisis_line: String,
    help_contact: String,
}

/// `GET /texting/guidance`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let settings = district::get_district(&mut reads).await?.settings;
    let examples = |group: Group| {
        let made = READY_MADE.iter().filter(|made| made.group == group);
        (group.plain(), group.when(), made.map(|made| made.example).collect())
    };
    html(&GuidancePage {
        frame: Frame::new(&staff, Place::Texting, "How to text"),
        question: STRANGER_QUESTION,
        kinds: Kind::ALL,
        groups: Group::ALL.map(examples).into(),
        own_words: settings.texting.own_words,
        crisis_line: settings.texting.crisis_line,
        help_contact: settings.help_contact,
    })
}
