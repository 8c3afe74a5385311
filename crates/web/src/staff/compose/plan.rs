//! `/broadcasts/{id}/plan`: every person of a draft's plan, with what they will get or why not.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::plan::Decision;
use schoolbell_domain::ids::BroadcastId;
use schoolbell_domain::people::PersonKind;
use schoolbell_engine::commands::preview_people::{Asked, PreviewRow, Which, preview_people};
use serde::Deserialize;

use super::get;
use crate::WebState;
use crate::error::{PageError, PageResult, as_sentence};
use crate::form::encode;
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, address, channel_icon};
use crate::session::Staff;
use crate::times::Teller;

const LINES: usize = 50;
/// What leaves within a minute leaves at once.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    frame: Frame,
    id: BroadcastId,
    title: String,
    search: String,
    show: String,
    reason: String,
    shows: Vec<(&'static str, &'static str, bool)>,
    because: Option<String>,
    lines: Vec<Line>,
    next: Option<String>,
}

struct Line {
    href: String,
    name: String,
    icon: &'static str,
    how: String,
    address: String,
    badge: Badge,
    why: String,
}

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    show: String,
    /// The code of a reason; a form sends it empty where there is none.
    #[serde(default)]
    reason: String,
    #[serde(default)]
    search: String,
    #[serde(default)]
    from: usize,
}

/// `GET /broadcasts/{id}/plan?show=…&reason=…&search=…&from=…`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
    Query(wanted): Query<Wanted>,
) -> PageResult<Html<String>> {
    let standing = get(&state, &staff, id).await?;
    let reason = if wanted.reason.is_empty() {
        None
    } else {
        let code = wanted.reason.parse().map_err(|_| PageError::NotFound)?;
        Some(SuppressReason::from_code(code).ok_or(PageError::NotFound)?)
    };
    let which = match (reason, wanted.show.as_str()) {
        (Some(reason), _) => Which::Because(reason),
        (None, "goes") => Which::Goes,
        (None, "left-out") => Which::LeftOut,
        (None, _) => Which::Everything,
    };
    let asked = Asked { which, name: &wanted.search, skip: wanted.from, limit: LINES };
    let found = preview_people(&state.engine, &staff.actor, &standing.draft, asked).await?;
    let next = found.more.then(|| {
        let (show, search) = (encode(&wanted.show), encode(&wanted.search));
        let from = wanted.from + LINES;
        format!("/broadcasts/{id}/plan?show={show}&reason={}&search={search}&from={from}", encode(&wanted.reason))
    });
    let teller = staff.teller();
    let title = standing.draft.title;
    html(&PlanPage {
        frame: Frame::new(&staff, Place::Messages, format!("Who will get what: {title}")),
        id,
        title,
        shows: vec![
            ("", "Everybody", which == Which::Everything),
            ("goes", "Gets it", which == Which::Goes),
            ("left-out", "Left out", which == Which::LeftOut),
        ],
        because: reason.map(|reason| as_sentence(reason.sentence())),
        lines: found.rows.into_iter().map(|row| line(id, row, (&teller, staff.now))).collect(),
        next,
        search: wanted.search,
        show: wanted.show,
        reason: wanted.reason,
    })
}

fn line(id: BroadcastId, PreviewRow { row, name }: PreviewRow, (teller, now): (&Teller, Timestamp)) -> Line {
    let name = format!("{} {}", name.given, name.family).trim().to_owned();
    let (badge, why) = match row.decision {
        Decision::Send { not_before, .. } => (
            Badge { tone: "ok", icon: "send", words: "Gets it" },
            if not_before > now + AT_ONCE { format!("Not before {}.", teller.plan(not_before)) } else { String::new() },
        ),
        Decision::Suppress(reason) => {
            (Badge { tone: "", icon: "ban", words: "Left out" }, as_sentence(reason.sentence()))
        }
    };
    Line {
        href: format!("/broadcasts/{id}/people/{}", row.person),
        name: if row.kind == PersonKind::Student { format!("Home of {name}") } else { name },
        icon: channel_icon(row.channel),
        how: row.slot.map(|slot| slot.plain().to_owned()).unwrap_or_default(),
        address: row.address.as_ref().map(|stored| address(stored.expose())).unwrap_or_default(),
        badge,
        why,
    }
}
