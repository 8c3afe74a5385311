//! `/surveys`: what is being written, what families answer now, what is closed.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{SchoolId, SurveyId};
use schoolbell_domain::permission::{Act, Scope, can};
use schoolbell_domain::survey::{SurveyState, rate};
use schoolbell_store::read::{district, surveys};

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::{TimeElement, grouped};

#[derive(Template)]
#[template(path = "surveys.html")]
struct SurveysPage {
    frame: Frame,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    title: String,
    whose: String,
    state: &'static str,
    tone: &'static str,
    answered: String,
    deadline: Option<TimeElement>,
}

/// `GET /surveys`: those of one's own places.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    let act = Act::Send(Category::Surveys);
    staff.must_somewhere(act)?;
    let mut reads = state.engine.reader().read().await?;
    let schools = district::schools(&mut reads).await?;
    let whose = |owner: Option<SchoolId>| match owner {
        None => "District".to_owned(),
        Some(id) => schools.iter().find(|school| school.id == id).map(|school| school.name.clone()).unwrap_or_default(),
    };
    let teller = staff.teller();
    let found = surveys::list(&mut reads).await?.into_iter();
    let may = |owner: Option<SchoolId>| can(&staff.actor.grants, act, owner.map_or(Scope::District, Scope::School));
    let mine = found.filter(|line| may(line.owner));
    let lines = mine.map(|line| Line {
        href: href(line.id, line.state),
        whose: whose(line.owner),
        state: words(line.state),
        tone: match line.state {
            SurveyState::Draft => "plain",
            SurveyState::Open => "ok",
            SurveyState::Closed => "quiet",
        },
        answered: match line.asked {
            0 => String::new(),
            asked => {
                let tenths = rate(line.answered, asked);
                format!("{} of {} ({}.{} %)", grouped(line.answered), grouped(asked), tenths / 10, tenths % 10)
            }
        },
        deadline: line.deadline.map(|at| teller.tell(at)),
        title: if line.title.is_empty() { "Survey without a title".to_owned() } else { line.title },
    });
    html(&SurveysPage { lines: lines.collect(), frame: Frame::new(&staff, Place::Messages, "Surveys") })
}

/// A draft is written on; what was asked is read.
pub(super) fn href(id: SurveyId, state: SurveyState) -> String {
    match state {
        SurveyState::Draft => format!("/surveys/{id}/edit"),
        SurveyState::Open | SurveyState::Closed => format!("/surveys/{id}"),
    }
}

pub(super) const fn words(state: SurveyState) -> &'static str {
    match state {
        SurveyState::Draft => "Being written",
        SurveyState::Open => "Open",
        SurveyState::Closed => "Closed",
    }
}
