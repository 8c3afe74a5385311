//! `/audit`: who did what, newest first, and whether the chain is whole.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use schoolbell_domain::ids::AuditId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::audit::{self, AuditLine};
use serde::Deserialize;

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::{Teller, TimeElement};

const LINES: i64 = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    lines: Vec<Line>,
    older: Option<String>,
    newer: Option<String>,
}

struct Line {
    at: TimeElement,
    actor: String,
    /// `send_broadcast` as "Send broadcast".
    action: String,
    subject: String,
    href: Option<String>,
    /// What the line tells beside it: name and value.
    details: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub struct Asked {
    before: Option<AuditId>,
}

/// `GET /audit?before=…`.
pub async fn page(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Html<String>> {
    staff.actor.must(Act::SeeAudit, Scope::District)?;
    let mut reads = state.engine.reader().read().await?;
    let found = audit::latest(&mut reads, asked.before, LINES).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count == LINES);
    let older = found.last().filter(|_| full).map(|last| format!("/audit?before={}", last.id));
    let teller = staff.teller();
    let lines = found.into_iter().map(|line| shown(&teller, line)).collect();
    let newer = asked.before.map(|_| "/audit".to_owned());
    html(&AuditPage { frame: Frame::new(&staff, Place::Audit, "Audit"), lines, older, newer })
}

fn shown(teller: &Teller, line: AuditLine) -> Line {
    let details = match serde_json::from_str(&line.detail) {
        Ok(serde_json::Value::Object(map)) => {
            map.into_iter().map(|(name, value)| (words(&name), plain(&value))).collect()
        }
        Ok(_) | Err(_) => Vec::new(),
    };
    let href = match line.subject.get(..4) {
        Some("brd_") => Some(format!("/broadcasts/{}", line.subject)),
        Some("imp_") => Some(format!("/roster/imports/{}", line.subject)),
        Some("per_") => Some(format!("/people/{}", line.subject)),
        Some(_) | None => None,
    };
    Line {
        at: teller.tell(line.at),
        actor: line.actor,
        action: words(&line.action),
        subject: line.subject,
        href,
        details,
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `sign_out_elsewhere` as "Sign out elsewhere".
fn words(key: &str) -> String {
    let spaced = key.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
