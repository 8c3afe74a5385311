//! Why somebody gets a message, or does not: for any person, in or out of the audience.

use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::delivery::explain::{Explanation, explain};
use schoolbell_domain::ids::{BroadcastId, PersonId};
use schoolbell_domain::permission::Act;
use schoolbell_store::read::names::{Name, names};
use schoolbell_store::read::plan_page::household_of;

use super::save_draft::{get, owner_scope};
use crate::error::{CommandError, CommandResult};
use crate::planning::Planning;
use crate::reach::scope_of;
use crate::{Actor, Engine};

/// What is to be explained.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// A message that is being composed.
    Draft(&'a Draft),
    /// One that was kept or sent. The rules of now are asked; what was decided then stands in its deliveries.
    Broadcast(BroadcastId),
}

/// An explanation, with the name of the person.
#[derive(Debug, Clone)]
pub struct Explained {
    pub name: Name,
    pub explanation: Explanation,
}

/// Asks the plan itself about one person.
pub async fn explain_person(
    engine: &Engine,
    actor: &Actor,
    asked: Asked<'_>,
    person: PersonId,
) -> CommandResult<Explained> {
    let stored;
    let (draft, leaves_at) = match asked {
        Asked::Draft(draft) => {
            actor.must(Act::Compose, scope_of(draft))?;
            (draft, draft.send_at.unwrap_or_else(|| engine.now()))
        }
        Asked::Broadcast(id) => {
            stored = get(engine, id).await?;
            actor.must(Act::SeeBroadcasts, owner_scope(&stored))?;
            let leaves_at = stored.sent_at.or(stored.draft.send_at).unwrap_or_else(|| engine.now());
            (&stored.draft, leaves_at)
        }
    };
    let mut reads = engine.db.read().await?;
    let planning = Planning::of(&mut reads, draft, leaves_at).await?;
    let not_found = || CommandError::NotFound(person.to_string());
    let household = household_of(&mut reads, person).await?.ok_or_else(not_found)?;
    let page = planning.load(&mut reads, &[household]).await?;
    let name = names(&mut reads, &[person]).await?.remove(&person).ok_or_else(not_found)?;
    Ok(Explained { name, explanation: explain(&planning.ask, &page, person) })
}
