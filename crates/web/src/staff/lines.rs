//! A broadcast as a line of a list: the same on Now and under Messages.

use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::ids::{BroadcastId, SchoolId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::broadcast_list::{BroadcastLine, Progress};
use schoolbell_store::read::district::SchoolRow;

use crate::looks::{Badge, Bar, CategoryLook, bar, broadcast_state, category};
use crate::session::Staff;
use crate::times::{Teller, TimeElement, counted, grouped};

/// What a line shows.
pub struct Line {
    pub id: BroadcastId,
    pub href: String,
    pub title: String,
    pub category: Option<CategoryLook>,
    pub badge: Badge,
    pub place: String,
    pub author: String,
    /// "Sent", "Goes out", "Written".
    pub verb: &'static str,
    pub at: TimeElement,
    pub bar: Option<Bar>,
    pub counts: String,
}

/// Whether this person sees a broadcast of this owner: the district's own are seen by all who see any.
pub fn may_see(staff: &Staff, owner: Option<SchoolId>) -> bool {
    match owner {
        None => staff.actor.may_somewhere(Act::SeeBroadcasts),
        Some(school) => staff.actor.must(Act::SeeBroadcasts, Scope::School(school)).is_ok(),
    }
}

pub fn line(line: BroadcastLine, teller: &Teller, schools: &[SchoolRow]) -> Line {
    let (verb, at) = match (line.state, line.send_at, line.sent_at) {
        (BroadcastState::Scheduled, Some(at), _) => ("Goes out", at),
        (_, _, Some(at)) => ("Sent", at),
        (_, _, None) => ("Written", line.updated_at),
    };
    let place = line.owner.map_or_else(
        || "Whole district".to_owned(),
        |id| schools.iter().find(|row| row.id == id).map(|row| row.name.clone()).unwrap_or_default(),
    );
    let has_rows = line.progress.all() > 0;
    Line {
        id: line.id,
        href: if line.state == BroadcastState::Draft {
            format!("/broadcasts/{}/edit", line.id)
        } else {
            format!("/broadcasts/{}", line.id)
        },
        title: if line.title.is_empty() { "Without a title".to_owned() } else { line.title },
        category: line.category.map(category),
        badge: broadcast_state(line.state),
        place,
        author: line.author,
        verb,
        at: teller.tell(at),
        bar: has_rows.then(|| progress_bar(line.progress)),
        counts: if has_rows { progress_words(line.progress) } else { String::new() },
    }
}

/// Delivered, sent, failed, and what is still to go as the empty rest.
pub fn progress_bar(progress: Progress) -> Bar {
    let n = |count: i64| u64::try_from(count).unwrap_or(0);
    let shares = [("ok", n(progress.delivered)), ("brand", n(progress.sent)), ("line", n(progress.failed))];
    bar(n(progress.all()), &shares, progress_words(progress))
}

fn progress_words(progress: Progress) -> String {
    let n = |count: i64| u64::try_from(count).unwrap_or(0);
    let mut words =
        vec![format!("{} delivered", grouped(n(progress.delivered))), format!("{} sent", grouped(n(progress.sent)))];
    if progress.open > 0 {
        words.push(format!("{} to go", grouped(n(progress.open))));
    }
    if progress.failed > 0 {
        words.push(format!("{} not delivered", grouped(n(progress.failed))));
    }
    format!("{} of {}", words.join(", "), counted(n(progress.all()), "delivery", "deliveries"))
}
