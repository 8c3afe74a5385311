//! Keeps somebody from signing in, at once and everywhere, or lets them in again.

use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::write::{sessions, users};
use serde_json::json;

use super::audit::tell;
use super::grant_role::must_leave_an_administrator;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Ends every session and link of a user and refuses new ones. The last district administrator stays.
pub async fn deactivate_user(engine: &Engine, actor: &Actor, user: UserId) -> CommandResult<()> {
    actor.must(Act::ManageUsers, Scope::District)?;
    engine
        .db
        .write("deactivate user", async |tx| {
            let before = users::lock_administrators(tx).await?;
            if !users::deactivate(tx, user).await? {
                return Err(CommandError::NotFound(user.to_string()));
            }
            must_leave_an_administrator(tx, before).await?;
            sessions::end_other_sessions(tx, user, "").await?;
            sessions::void_links(tx, user, engine.now()).await?;
            tell(engine, tx, actor, ("deactivate_user", &user.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}

/// Lets a user sign in again, with the roles that they had.
pub async fn reactivate_user(engine: &Engine, actor: &Actor, user: UserId) -> CommandResult<()> {
    actor.must(Act::ManageUsers, Scope::District)?;
    engine
        .db
        .write("reactivate user", async |tx| {
            if !users::activate(tx, user).await? {
                return Err(CommandError::NotFound(user.to_string()));
            }
            tell(engine, tx, actor, ("reactivate_user", &user.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}
