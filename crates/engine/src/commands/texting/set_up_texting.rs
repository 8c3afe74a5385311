//! How texting is set up: schools that take part, our numbers, how a name stands in texts, the columns somebody sees.

use schoolbell_domain::ids::{SchoolId, UserId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::phone::Phone;
use schoolbell_store::write::texting;
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::texting::our_number;
use crate::{Actor, Engine};

/// Whether a school takes part (B17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Takes,
    TakesNone,
}

pub async fn set_school(engine: &Engine, actor: &Actor, school: SchoolId, part: Part) -> CommandResult<()> {
    actor.must(Act::ManageTexting, Scope::School(school))?;
    engine
        .db
        .write("set texting of a school", async |tx| {
            texting::set_school(tx, school, part == Part::Takes, engine.now()).await?;
            let detail = json!({ "takes_part": part == Part::Takes });
            tell(engine, tx, actor, ("set_school_texting", &school.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// Adds a number to the pool, or as somebody's own. It must be one that a carrier account of the district has.
pub async fn add_number(engine: &Engine, actor: &Actor, number: &str, owner: Option<UserId>) -> CommandResult<()> {
    actor.must(Act::ManageTexting, Scope::District)?;
    let kept = our_number(number);
    if Phone::parse(number).is_err() && !(4..=8).contains(&kept.len()) {
        return Err(CommandError::bad("number", "write a number of your carrier account, for example 512-555-0143"));
    }
    engine
        .db
        .write("add texting number", async |tx| {
            texting::add_number(tx, &kept, owner, engine.now()).await?;
            tell(engine, tx, actor, ("add_texting_number", &kept), json!({})).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// No thread begins on the number any more; those that stand keep it.
pub async fn retire_number(engine: &Engine, actor: &Actor, number: &str) -> CommandResult<()> {
    actor.must(Act::ManageTexting, Scope::District)?;
    engine
        .db
        .write("retire texting number", async |tx| {
            if texting::retire_number(tx, number).await? {
                tell(engine, tx, actor, ("retire_texting_number", number), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}

/// How the actor's own name stands in texts: `Mrs. Bell` (B26).
pub async fn set_shown_name(engine: &Engine, actor: &Actor, shown: &str) -> CommandResult<()> {
    let user = actor.user.ok_or_else(CommandError::not_allowed)?;
    let shown = shown.trim();
    if shown.is_empty() || shown.chars().count() > 30 {
        return Err(CommandError::bad(
            "shown_name",
            "write your title and name, for example Mrs. Bell; up to 30 letters",
        ));
    }
    engine
        .db
        .write("set shown name", async |tx| {
            texting::set_shown_name(tx, user, shown).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// The columns of Current Enrollments that the actor sees (B5).
pub async fn set_columns(engine: &Engine, actor: &Actor, columns: &str) -> CommandResult<()> {
    let user = actor.user.ok_or_else(CommandError::not_allowed)?;
    engine
        .db
        .write("set columns", async |tx| {
            texting::set_columns(tx, user, columns).await?;
            Ok::<_, CommandError>(())
        })
        .await
}
