//! A school's attendance rule and bell calendar.

use schoolbell_domain::attendance::calendar::BellCalendar;
use schoolbell_domain::attendance::rule::SchoolRule;
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::write::attendance;
use serde_json::json;

use super::audit::tell;
use crate::attendance::run::enqueue_next;
use crate::error::{CommandError, CommandResult, Problem};
use crate::{Actor, Engine, Queue};

/// Replaces the rule; the next run is reckoned anew.
pub async fn set_attendance_rule(
    engine: &Engine,
    actor: &Actor,
    school: SchoolId,
    rule: &SchoolRule,
) -> CommandResult<()> {
    actor.must(Act::SetSchoolDay, Scope::School(school))?;
    refuse(rule.problems())?;
    engine
        .db
        .write("set attendance rule", async |tx| {
            attendance::set_rule(tx, school, rule, engine.now()).await?;
            enqueue_next(engine, tx).await?;
            tell(engine, tx, actor, ("set_attendance_rule", &school.to_string()), json!(rule)).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    Ok(())
}

/// Replaces the bell calendar; the next run is reckoned anew.
pub async fn set_bell_calendar(
    engine: &Engine,
    actor: &Actor,
    school: SchoolId,
    calendar: &BellCalendar,
) -> CommandResult<()> {
    actor.must(Act::SetSchoolDay, Scope::School(school))?;
    refuse(calendar.problems())?;
    engine
        .db
        .write("set bell calendar", async |tx| {
            attendance::set_calendar(tx, school, calendar, engine.now()).await?;
            enqueue_next(engine, tx).await?;
            let detail = json!({ "special_days": calendar.days.len() });
            tell(engine, tx, actor, ("set_bell_calendar", &school.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    Ok(())
}

fn refuse(problems: Vec<(&'static str, String)>) -> CommandResult<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let problem = |(field, message): (&str, String)| Problem { field: field.to_owned(), message };
    Err(CommandError::BadInput(problems.into_iter().map(problem).collect()))
}
