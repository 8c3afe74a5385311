//! What a family says of an absence: by the link in a mail, in the portal, ahead of time, or through the office.

use jiff::ToSpan;
use jiff::civil::Date;
use schoolbell_domain::attendance::answer::{Reason, Said, chosen};
use schoolbell_domain::ids::{AttendanceRunId, PersonId, SchoolId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::attendance;
use schoolbell_store::read::names::{Name, names, school_names};
use schoolbell_store::{StoreError, Tx};
use serde_json::json;

use super::audit::tell;
use crate::attendance::answer::{Telling, days_of, keep};
use crate::attendance::link;
use crate::error::{CommandError, CommandResult};
use crate::family::{self, Family};
use crate::live::LiveEvent;
use crate::{Actor, Engine};

/// What a link in a mail is about.
#[derive(Debug, Clone)]
pub struct LinkedAbsence {
    /// First name, school and number to call of each child.
    pub children: Vec<(String, String, String)>,
    pub days: (Date, Date),
}

/// What somebody says.
#[derive(Debug, Clone)]
pub struct Statement {
    pub reason: Reason,
    pub note: String,
    pub first_day: Date,
    pub last_day: Date,
}

/// A link answers this long: afterwards the office is to be called.
const LINK_LASTS_DAYS: i64 = 14;
/// A longer absence is talked over with the school.
const LONGEST_DAYS: i32 = 30;

/// What a link is about; looks, and changes nothing. `NotFound` for a link that is none of ours or too old.
pub async fn look_at_absence(engine: &Engine, token: &str) -> CommandResult<LinkedAbsence> {
    engine
        .db
        .write("look at an absence", async |tx| {
            let (_, children, days) = opened(engine, tx, token).await?;
            let known = names(tx, &children).await?;
            let schools = school_names(tx).await?;
            let mut shown = Vec::new();
            let numbered = attendance::schools_of(tx, &children).await?;
            for child in &children {
                let given = known.get(child).map(|name: &Name| name.given.clone()).unwrap_or_default();
                let school = numbered.iter().find(|(student, _)| student == child).and_then(|(_, id)| schools.get(id));
                let (school, phone) =
                    school.map_or_else(Default::default, |it| (it.name.clone(), it.phone.clone().unwrap_or_default()));
                shown.push((given, school, phone));
            }
            Ok::<_, CommandError>(LinkedAbsence { children: shown, days })
        })
        .await
}

/// Keeps what somebody with the link says. Said again, the later word counts.
pub async fn answer_by_link(engine: &Engine, token: &str, reason: Reason, note: &str) -> CommandResult<()> {
    engine
        .db
        .write("answer an absence", async |tx| {
            let (_, students, days) = opened(engine, tx, token).await?;
            let telling = Telling {
                students: &students,
                days,
                said: chosen(reason),
                note,
                source: "link",
                person: None,
                said_by: "family",
            };
            keep(engine, tx, &telling).await?;
            let detail = json!({ "reason": reason.word(), "source": "link" });
            for student in &students {
                tell(engine, tx, &family::actor(), ("answer_absence", &student.to_string()), detail.clone()).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::Inbound);
    Ok(())
}

async fn opened(
    engine: &Engine,
    tx: &mut Tx,
    token: &str,
) -> CommandResult<(AttendanceRunId, Vec<PersonId>, (Date, Date))> {
    let none = || CommandError::NotFound("this link".to_owned());
    let (run, children) = link::open(&link::seal(tx).await?, token).ok_or_else(none)?;
    let known = attendance::lookup_run(tx, run).await?.ok_or_else(none)?;
    if engine.now().duration_since(known.at).as_hours() > LINK_LASTS_DAYS * 24 {
        return Err(none());
    }
    let days = days_of(tx, run, &children).await?.ok_or_else(none)?;
    Ok((run, children, days))
}

/// A family says why a child is absent, or that it will be. Children of the family alone, and none kept from them.
pub async fn report_absence(
    engine: &Engine,
    family: &Family,
    child: PersonId,
    statement: &Statement,
) -> CommandResult<()> {
    if !family.circle.children.iter().any(|known| known.id == child) {
        return Err(CommandError::NotFound(child.to_string()));
    }
    let person = family.circle.guardians.first().copied();
    let telling = Kept { source: "portal", person, by: "family" };
    kept(engine, &family::actor(), child, (statement, telling)).await
}

/// The office writes down what a family said, or settles what needed a human.
pub async fn record_absence(
    engine: &Engine,
    actor: &Actor,
    (child, school): (PersonId, SchoolId),
    statement: &Statement,
) -> CommandResult<()> {
    actor.must(Act::RecordAttendance, Scope::School(school))?;
    let of = attendance::schools_of(&mut engine.db.read().await?, &[child]).await?;
    if !of.contains(&(child, school)) {
        return Err(CommandError::NotFound(child.to_string()));
    }
    kept(engine, actor, child, (statement, Kept { source: "office", person: None, by: &actor.name })).await
}

struct Kept<'a> {
    source: &'a str,
    person: Option<PersonId>,
    by: &'a str,
}

async fn kept(
    engine: &Engine,
    actor: &Actor,
    child: PersonId,
    (statement, how): (&Statement, Kept<'_>),
) -> CommandResult<()> {
    let days = (statement.first_day, statement.last_day);
    if days.1 < days.0 {
        return Err(CommandError::bad("last_day", "the last day is before the first; choose a later one"));
    }
    let longest = days.0.checked_add(LONGEST_DAYS.days()).unwrap_or(days.0);
    if days.1 > longest {
        return Err(CommandError::bad("last_day", "for more than thirty days, please talk with the school"));
    }
    let mut said: Said = chosen(statement.reason);
    if how.source == "office" {
        // The human has looked: whatever the reason, it is settled.
        said.state = schoolbell_domain::attendance::answer::AnswerState::Explained;
    }
    engine
        .db
        .write("keep an absence", async |tx| {
            let telling = Telling {
                students: &[child],
                days,
                said,
                note: &statement.note,
                source: how.source,
                person: how.person,
                said_by: how.by,
            };
            keep(engine, tx, &telling).await?;
            let detail = json!({ "reason": said.reason.word(), "source": how.source, "days": [days.0, days.1] });
            tell(engine, tx, actor, ("answer_absence", &child.to_string()), detail).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::Inbound);
    Ok(())
}
