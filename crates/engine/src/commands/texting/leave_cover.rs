//! Somebody stands in for a colleague who is away: reads and answers the colleague's open threads on the days named.

use jiff::civil::Date;
use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Grant, Scope, can};
use schoolbell_store::read::{office, users};
use schoolbell_store::write::office::{NewCover, cover, end_cover};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::texting::today;
use crate::{Actor, Engine};

/// A cover as it is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLeave {
    pub away: UserId,
    pub substitute: UserId,
    pub first_day: Date,
    /// Included.
    pub last_day: Date,
}

/// Enters a cover: for oneself, or for staff of a school whose texting the actor manages.
pub async fn arrange_cover(engine: &Engine, actor: &Actor, new: NewLeave) -> CommandResult<()> {
    engine
        .db
        .write("arrange cover", async |tx| {
            let away = users::grants_of(tx, new.away).await?;
            must_arrange(actor, new.away, &away)?;
            let substitute = users::grants_of(tx, new.substitute).await?;
            let is_active = users::lookup_user(tx, new.substitute).await?.is_some_and(|user| user.active);
            if new.substitute == new.away || !is_active || !texts_together(&away, &substitute) {
                return Err(CommandError::bad(
                    "substitute",
                    "choose a colleague who texts families of the same school",
                ));
            }
            if new.last_day < new.first_day || new.last_day < today(tx, engine).await?.0 {
                return Err(CommandError::bad("last_day", "the last day comes before the first, or is over"));
            }
            let row = NewCover {
                id: engine.next_id(),
                user: new.away,
                substitute: new.substitute,
                first_day: new.first_day,
                last_day: new.last_day,
                made_by: actor.name.clone(),
                made_at: engine.now(),
            };
            cover(tx, &row).await?;
            let detail = json!({
                "substitute": new.substitute.to_string(), "first_day": new.first_day.to_string(),
                "last_day": new.last_day.to_string(),
            });
            tell(engine, tx, actor, ("arrange_cover", &new.away.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// Ends a cover now.
pub async fn end_leave(engine: &Engine, actor: &Actor, id: i64) -> CommandResult<()> {
    engine
        .db
        .write("end cover", async |tx| {
            let standing = office::lookup_cover(tx, id).await?;
            let standing = standing.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
            must_arrange(actor, standing.user, &users::grants_of(tx, standing.user).await?)?;
            if end_cover(tx, id, engine.now()).await? {
                tell(engine, tx, actor, ("end_cover", &standing.user.to_string()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}

/// Whether the actor may arrange cover for somebody with these roles.
pub fn may_arrange(actor: &Actor, away: UserId, grants: &[Grant]) -> bool {
    let manages = |grant: &Grant| actor.must(Act::ManageTexting, grant.scope).is_ok();
    (actor.user == Some(away) && actor.may_somewhere(Act::Text)) || grants.iter().any(manages)
}

fn must_arrange(actor: &Actor, away: UserId, grants: &[Grant]) -> CommandResult<()> {
    if may_arrange(actor, away, grants) { Ok(()) } else { Err(CommandError::not_allowed()) }
}

/// Whether both may text families of one school.
pub fn texts_together(one: &[Grant], other: &[Grant]) -> bool {
    let places = |grants: &[Grant]| -> Vec<Scope> {
        grants.iter().map(|grant| grant.scope).filter(|scope| can(grants, Act::Text, *scope)).collect()
    };
    let (ones, others) = (places(one), places(other));
    ones.iter().any(|one| others.iter().any(|other| one.holds(*other) || other.holds(*one)))
}
