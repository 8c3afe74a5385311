//! `/desk`: what needs a human at the registrar's desk, each with whom to call and what to say. Nobody ticks a line off:
//! the next import that changes the number or address clears it.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::permission::Act;
use schoolbell_store::read::desk::{self, BadAddress, Conflict, Unreached};
use schoolbell_store::read::district;
use schoolbell_store::read::people_pages::{self, PointLine};

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, address};
use crate::session::Staff;
use crate::times::{Teller, TimeElement, counted};

/// So many lines of a kind are read; the oldest of more wait their turn.
const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    frame: Frame,
    said: String,
    tasks: Vec<Task>,
    mobiles_only: Vec<Unreached>,
    /// The list of homes with mobiles only is longer than what is shown.
    more_mobiles: bool,
}

struct Task {
    badge: Badge,
    person: PersonId,
    name: String,
    school: String,
    what: String,
    since: Option<TimeElement>,
    /// Numbers by which the family may be reached.
    call: Vec<String>,
    say: String,
}

/// What every line is told with.
struct Desk<'a> {
    allowed: Option<Vec<SchoolId>>,
    schools: Vec<district::SchoolRow>,
    teller: &'a Teller,
}

/// `GET /desk`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeRoster)?;
    let mut reads = state.engine.reader().read().await?;
    let teller = staff.teller();
    let desk = Desk {
        allowed: staff.schools_for(Act::SeeRoster),
        schools: district::schools(&mut reads).await?,
        teller: &teller,
    };
    let mut tasks = Vec::new();
    let bad = joined(desk::bad_addresses(&mut reads, SHOWN).await?);
    for (line, channels) in bad.iter().filter(|(line, _)| desk.shows(line.school)) {
        let points = people_pages::points(&mut reads, line.person).await?;
        tasks.push(desk.bad(line, channels, &points));
    }
    for line in desk::stopped_families(&mut reads, SHOWN).await?.iter().filter(|line| desk.shows(line.school)) {
        tasks.push(desk.stopped(line));
    }
    let conflicts = desk::conflicts(&mut reads, SHOWN).await?;
    for line in conflicts.iter().filter(|line| desk.shows(line.here.0) || desk.shows(line.there.0)) {
        let points = people_pages::points(&mut reads, line.person).await?;
        tasks.push(desk.conflict(line, &points));
    }
    let mut mobiles_only = desk::mobiles_only(&mut reads, SHOWN + 1).await?;
    mobiles_only.retain(|line| desk.shows(line.school));
    let most = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more_mobiles = mobiles_only.len() > most;
    mobiles_only.truncate(most);
    let open = u64::try_from(tasks.len()).unwrap_or(u64::MAX);
    html(&DeskPage {
        frame: Frame::new(&staff, Place::Desk, "Desk"),
        said: counted(open, "thing to mend", "things to mend"),
        tasks,
        mobiles_only,
        more_mobiles,
    })
}

/// One line for each record and address; the channels on which it is no good.
fn joined(lines: Vec<BadAddress>) -> Vec<(BadAddress, Vec<Channel>)> {
    let mut joined: Vec<(BadAddress, Vec<Channel>)> = Vec::new();
    for line in lines {
        let same = |(known, _): &&mut (BadAddress, Vec<Channel>)| {
            (known.person, known.school, &known.address, known.kind)
                == (line.person, line.school, &line.address, line.kind)
        };
        match joined.iter_mut().find(same) {
            Some((_, channels)) if !channels.contains(&line.channel) => channels.push(line.channel),
            Some(_) => {}
            None => {
                let channel = line.channel;
                joined.push((line, vec![channel]));
            }
        }
    }
    joined
}

impl Desk<'_> {
    fn shows(&self, school: SchoolId) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&school))
    }

    fn school(&self, school: SchoolId) -> String {
        let found = self.schools.iter().find(|row| row.id == school);
        found.map_or_else(|| school.to_string(), |row| row.name.clone())
    }

    fn bad(&self, line: &BadAddress, channels: &[Channel], points: &[PointLine]) -> Task {
        let shown = address(&line.address);
        let slot = line.slot.plain();
        let wrong_number = line.evidence.contains("not_theirs");
        let on = channels.iter().map(|channel| channel.plain()).collect::<Vec<_>>().join(" and ");
        let (badge, what, say) = if line.kind == Suppression::Complaint {
            (
                Badge { tone: "", icon: "ban", words: "Mail not wanted" },
                format!("{shown} ({slot}) marked our mail as unwanted. Emergencies still go there."),
                "Ask whether they want general messages by e-mail at all; if so, they choose it on the family page."
                    .to_owned(),
            )
        } else if wrong_number {
            (
                Badge { tone: "bell", icon: "circle-alert", words: "Wrong number" },
                format!("{shown} ({slot}) belongs to somebody else."),
                format!("Say that {shown} reaches a stranger, and ask for the right number."),
            )
        } else {
            (
                Badge { tone: "bell", icon: "circle-alert", words: "Does not work" },
                format!("{shown} ({slot}) does not work for {on}."),
                format!("Say that our messages to {shown} come back, and ask what to write instead."),
            )
        };
        Task {
            badge,
            person: line.person,
            name: line.name.clone(),
            school: self.school(line.school),
            what,
            since: Some(self.teller.tell(line.since)),
            call: others(points, &line.address),
            say,
        }
    }

    fn stopped(&self, line: &Unreached) -> Task {
        Task {
            badge: Badge { tone: "bell", icon: "ban", words: "Only emergencies ring" },
            person: line.student,
            name: line.name.clone(),
            school: self.school(line.school),
            what: "Every phone of this family asked us to stop, or is dead.".to_owned(),
            since: None,
            call: Vec::new(),
            say: "Write a letter or speak at pick-up: ask for one number that may ring. Do not argue with a STOP."
                .to_owned(),
        }
    }

    fn conflict(&self, line: &Conflict, points: &[PointLine]) -> Task {
        let (here, there) = (self.school(line.here.0), self.school(line.there.0));
        let (one, other) = (address(&line.here.1), address(&line.there.1));
        Task {
            badge: Badge { tone: "", icon: "triangle-alert", words: "Two schools differ" },
            person: line.person,
            name: line.name.clone(),
            school: format!("{here} and {there}"),
            what: format!("{}: {one} at {here}, {other} at {there}.", line.slot.plain()),
            since: None,
            call: others(points, ""),
            say: format!(
                "Ask which one is right, and tell the registrar of the other school. Both stay until then: {one}, {other}."
            ),
        }
    }
}

/// The other phones of the same person that may ring, each once.
fn others(points: &[PointLine], bad: &str) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    let usable = points.iter().filter(|point| {
        point.slot.is_phone() && point.address != bad && point.suppression.is_none() && !point.calls_revoked
    });
    for point in usable {
        let shown = address(&point.address);
        if !numbers.contains(&shown) {
            numbers.push(shown);
        }
    }
    numbers
}
