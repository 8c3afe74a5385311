//! `/rules`: the rules that a refusal links to, each in a few sentences.

use askama::Template;
use axum::response::Html;

use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

/// One rule: its anchor, its name, and what it says.
struct Rule {
    key: &'static str,
    name: &'static str,
    says: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        key: "permission",
        name: "Who may do what",
        says: "Each role allows certain acts, in the whole district or in single schools. Principals and the district \
            send every category; the office sends attendance, closings and emergencies; registrars import the roster; \
            observers look on. Your district administrator gives roles under Settings, Users.",
    },
    Rule {
        key: "A7",
        name: "General messages and surveys need a sender's permission",
        says: "A General message or a survey goes out at the discretion of school administration: principals and the \
            district may send them, the office may not.",
    },
    Rule {
        key: "A46",
        name: "One number must stay",
        says: "For attendance, both emergencies and Schools Out at least one phone number must stay selected, so that \
            a family can always be called.",
    },
    Rule {
        key: "A49",
        name: "Weather is Schools Out",
        says: "A closing, delay or early dismissal because of weather goes out as Schools Out, also during school \
            hours. School Hours Emergency is for emergencies that are not about the weather.",
    },
    Rule {
        key: "A23",
        name: "Texts need a yes",
        says: "A text goes only to a number from which somebody has answered YES to the invitation. Calls and e-mails \
            are automatic.",
    },
    Rule {
        key: "LAW-9",
        name: "Stop means stop",
        says: "Whoever asks us to stop, by text, by key-press, in writing or in person, is not called or texted again \
            unless they say YES anew. Nobody on the staff can undo it.",
    },
    Rule {
        key: "LAW-15",
        name: "Daytime hours",
        says: "A message that is not urgent leaves between the hours that the district has set, in the school's own \
            time zone. Emergencies and Schools Out leave at any hour.",
    },
    Rule {
        key: "guard",
        name: "The roster guard",
        says: "An import that would take away an unusual share of students, contacts or numbers is held until somebody \
            confirms it with a reason. A file that was cut off changes nothing.",
    },
    Rule {
        key: "preview",
        name: "The preview is the send",
        says: "What Review shows is what Send does. If the roster changed in between, an ordinary message shows the \
            difference and asks again; an urgent one goes and shows it afterwards.",
    },
    Rule {
        key: "two-people",
        name: "A second person for large messages",
        says: "Where the district has set a size, a message to that many families is released by somebody else than \
            whoever pressed Send. Emergencies and closings never wait.",
    },
    Rule {
        key: "forged-form",
        name: "Forms belong to your session",
        says: "Every form carries a token of the session that opened it. After signing in anew, open the page again.",
    },
];

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Frame,
    rules: &'static [Rule],
}

/// `GET /rules`.
pub async fn page(staff: Staff) -> PageResult<Html<String>> {
    html(&RulesPage { frame: Frame::new(&staff, Place::Elsewhere, "Rules"), rules: RULES })
}
