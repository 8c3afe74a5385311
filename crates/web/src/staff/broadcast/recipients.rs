//! `/broadcasts/{id}/people`: who got what, a page at a time, by name or by what became of it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::ids::{BroadcastId, DeliveryId};
use schoolbell_domain::people::PersonKind;
use schoolbell_domain::people::name::fold_name;
use schoolbell_domain::permission::Act;
use schoolbell_store::read::report::{self, Recipient, Which};
use serde::Deserialize;

use super::super::reasons::why;
use super::get;
use crate::WebState;
use crate::error::{PageError, PageResult, as_sentence};
use crate::form::encode;
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, address, channel_icon, delivery_state};
use crate::session::Staff;
use crate::times::{Teller, TimeElement};

const LINES: i64 = 50;

#[derive(Template)]
#[template(path = "recipients.html")]
struct RecipientsPage {
    frame: Frame,
    id: BroadcastId,
    title: String,
    search: String,
    shows: Vec<(&'static str, &'static str, bool)>,
    because: Option<String>,
    lines: Vec<Line>,
    next: Option<String>,
}

pub struct Line {
    pub href: Option<String>,
    pub name: String,
    pub how: String,
    pub icon: &'static str,
    pub address: String,
    pub badge: Badge,
    pub why: String,
    pub at: TimeElement,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    reason: Option<i64>,
    #[serde(default)]
    search: String,
    after: Option<DeliveryId>,
}

/// `GET /broadcasts/{id}/people?show=…&reason=…&search=…&after=…`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeePeople)?;
    let mut reads = state.engine.reader().read().await?;
    let broadcast = get(&mut reads, &staff, id).await?;
    let reason = match asked.reason {
        Some(code) => Some(SuppressReason::from_code(code).ok_or(PageError::NotFound)?),
        None => None,
    };
    let which = match (reason, asked.show.as_str()) {
        (Some(reason), _) => Which::LeftOut(reason),
        (None, "missing") => Which::NotArrived,
        (None, _) => Which::Sent,
    };
    let folded = fold_name(&asked.search);
    let found = if folded.is_empty() {
        report::page(&mut reads, id.into(), which, asked.after, LINES).await?
    } else {
        report::named(&mut reads, id.into(), &folded, asked.after, LINES).await?
    };
    let full = i64::try_from(found.len()).is_ok_and(|count| count == LINES);
    let next = found.last().filter(|_| full).map(|last| {
        let reason = asked.reason.map(|code| format!("&reason={code}")).unwrap_or_default();
        format!(
            "/broadcasts/{id}/people?show={}{reason}&search={}&after={}",
            encode(&asked.show),
            encode(&asked.search),
            last.delivery
        )
    });
    let teller = staff.teller();
    let lines = found.into_iter().map(|row| line(id, row, &teller)).collect();
    let title = broadcast.draft.title;
    html(&RecipientsPage {
        frame: Frame::new(&staff, Place::Messages, format!("Who got what: {title}")),
        id,
        title,
        search: asked.search,
        shows: vec![
            ("sent", "Everything sent", which == Which::Sent),
            ("missing", "Not arrived", which == Which::NotArrived),
        ],
        because: reason.map(|reason| as_sentence(reason.sentence())),
        lines,
        next,
    })
}

fn line(id: BroadcastId, row: Recipient, teller: &Teller) -> Line {
    let home = row.kind == Some(PersonKind::Student);
    let name = format!("{} {}", row.given, row.family).trim().to_owned();
    Line {
        href: row.person.map(|person| format!("/broadcasts/{id}/people/{person}")),
        name: if home { format!("Home of {name}") } else { name },
        how: row.slot.map(|slot| slot.plain().to_owned()).unwrap_or_default(),
        icon: channel_icon(row.channel),
        address: row.address.map(|stored| address(&stored)).unwrap_or_default(),
        badge: delivery_state(row.state.kind()),
        why: why(row.state),
        at: teller.tell(row.updated_at),
    }
}
