//! `/`, *Now*: what is going out, what waits for me, and whether everybody can be reached.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::broadcast_list::{BroadcastLine, Shelf, broadcasts};
use schoolbell_store::read::district::{SchoolRow, schools};
use schoolbell_store::read::home::{self, Reachable};
use schoolbell_store::tx::Reads;

use super::lines::{Line, line, may_see};
use super::settings::{GatewayLine, lines as gateway_lines};
use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::{TimeElement, grouped};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    greeting: String,
    now: Now,
    reach: Vec<Reach>,
    no_roster: bool,
    may_import: bool,
}

#[derive(Template)]
#[template(path = "home_fragment.html")]
struct HomeFragment {
    now: Now,
}

/// What is going on at this moment.
struct Now {
    /// Since when the database takes nothing more.
    full_since: Option<TimeElement>,
    hold: Option<super::held::Hold>,
    running: Vec<Line>,
    scheduled: Vec<Line>,
    drafts: Vec<Line>,
    over: Vec<Line>,
    held: Vec<Held>,
    away: Vec<GatewayLine>,
    /// The names of what this part listens for.
    listens: String,
    may_compose: bool,
}

struct Held {
    href: String,
    source: String,
    at: TimeElement,
}

struct Reach {
    school: String,
    students: String,
    shares: [Share; 3],
}

struct Share {
    label: &'static str,
    count: String,
    /// "all" or "12 missing".
    rest: String,
}

/// `GET /`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeHome)?;
    let mut reads = state.engine.reader().read().await?;
    let schools = schools(&mut reads).await?;
    let now = look(&state, &mut reads, &staff, &schools).await?;
    let allowed = staff.schools_for(Act::SeeHome);
    let mine = |row: &&Reachable| allowed.as_ref().is_none_or(|ids| ids.contains(&row.school));
    let reach = state.reach.get(&mut reads, staff.now).await?;
    let reach: Vec<Reach> = reach.iter().filter(mine).map(shown).collect();
    let no_roster = schools.is_empty();
    let may_import = staff.actor.may_somewhere(Act::ImportRoster);
    let frame = Frame::new(&staff, Place::Now, "Now").live();
    html(&HomePage { frame, greeting: greeting(&staff), now, reach, no_roster, may_import })
}

/// `GET /now`: the live part alone.
pub async fn fragment(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeHome)?;
    let mut reads = state.engine.reader().read().await?;
    let schools = schools(&mut reads).await?;
    html(&HomeFragment { now: look(&state, &mut reads, &staff, &schools).await? })
}

async fn look(state: &WebState, reads: &mut impl Reads, staff: &Staff, schools: &[SchoolRow]) -> PageResult<Now> {
    let teller = staff.teller();
    let shown = |found: Vec<BroadcastLine>| -> Vec<Line> {
        found.into_iter().filter(|row| may_see(staff, row.owner)).map(|row| line(row, &teller, schools)).collect()
    };
    let sees = staff.actor.may_somewhere(Act::SeeBroadcasts);
    let running = if sees { shown(broadcasts(reads, Shelf::Running, None, 20).await?) } else { Vec::new() };
    let scheduled = if sees { shown(broadcasts(reads, Shelf::Scheduled, None, 20).await?) } else { Vec::new() };
    let writes = staff.actor.may_somewhere(Act::Compose);
    let drafts = if writes { shown(broadcasts(reads, Shelf::Drafts, None, 5).await?) } else { Vec::new() };
    let over = if sees { shown(broadcasts(reads, Shelf::Over, None, 5).await?) } else { Vec::new() };
    let held = if staff.actor.may_somewhere(Act::ImportRoster) { home::held_imports(reads).await? } else { Vec::new() };
    let held = held.into_iter().map(|import| Held {
        href: format!("/roster/imports/{}", import.id),
        source: import.source,
        at: teller.tell(import.started_at),
    });
    let sees_gateways = staff.actor.must(Act::SeeSettings, Scope::District).is_ok() || writes;
    let mut away = if sees_gateways { gateway_lines(reads, staff).await? } else { Vec::new() };
    away.retain(|gateway| !gateway.up);
    let mut listens: Vec<String> = vec!["gateways".to_owned(), "home".to_owned()];
    listens.extend(running.iter().chain(&scheduled).map(|line| line.id.to_string()));
    Ok(Now {
        full_since: state.engine.room.full_since().map(|since| teller.tell(since)),
        hold: super::held::look(reads, staff).await?,
        running,
        scheduled,
        drafts,
        over,
        held: held.collect(),
        away,
        listens: listens.join(" "),
        may_compose: staff.actor.may_somewhere(Act::Compose),
    })
}

fn shown(row: &Reachable) -> Reach {
    let share = |label, count: i64| {
        let missing = u64::try_from(row.students - count).unwrap_or(0);
        Share {
            label,
            count: grouped(u64::try_from(count).unwrap_or(0)),
            rest: if missing == 0 { "all".to_owned() } else { format!("{} missing", grouped(missing)) },
        }
    };
    Reach {
        school: row.name.clone(),
        students: grouped(u64::try_from(row.students).unwrap_or(0)),
        shares: [share("By call", row.by_call), share("By e-mail", row.by_email), share("By text", row.by_text)],
    }
}

/// By the clock of the district.
fn greeting(staff: &Staff) -> String {
    let hour = staff.now.to_zoned(staff.zone.clone()).hour();
    let part = match hour {
        4..12 => "Good morning",
        12..18 => "Good afternoon",
        _ => "Good evening",
    };
    let given = staff.name.split_whitespace().next().unwrap_or("");
    if given.is_empty() { part.to_owned() } else { format!("{part}, {given}") }
}
