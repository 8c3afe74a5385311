//! `/family/help`: the three questions of A39, in plain words.

use askama::Template;
use axum::response::Html;
use schoolbell_domain::category::Category;

use super::frame::{FamilyFrame, Place};
use super::looks::{Kind, kind};
use super::session::Parent;
use crate::error::PageResult;
use crate::frame::html;
use crate::words::Words;

#[derive(Template)]
#[template(path = "family/help.html")]
struct HelpPage {
    frame: FamilyFrame,
    t: Words,
    categories: Vec<Described>,
}

/// A category: what it is for, where it goes, what must stay on.
struct Described {
    kind: Kind,
    meaning: String,
    reach: String,
    floor: bool,
}

/// `GET /family/help`.
pub async fn page(parent: Parent) -> PageResult<Html<String>> {
    let t = parent.t;
    let described = Category::ALL.into_iter().map(|category| {
        let rule = category.rule();
        let reach = match rule.defaults {
            schoolbell_domain::category::DefaultSlots::Everything => "reach-everything",
            schoolbell_domain::category::DefaultSlots::HomesAndEmails => "reach-homes",
        };
        Described {
            kind: kind(t, category),
            meaning: t.say(&format!("meaning-{}", category.key())),
            reach: t.say(reach),
            floor: rule.floor,
        }
    });
    let frame = FamilyFrame::new(&parent, Place::Help, t.say("menu-help"));
    html(&HelpPage { categories: described.collect(), t, frame })
}
