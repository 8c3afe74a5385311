//! Gives somebody a role in a place, or takes it away.

use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Grant};
use schoolbell_store::Tx;
use schoolbell_store::read::users::lookup_user;
use schoolbell_store::write::users;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Gives a role. Giving what is there already does nothing.
pub async fn grant_role(engine: &Engine, actor: &Actor, user: UserId, grant: Grant) -> CommandResult<()> {
    actor.must(Act::ManageUsers, grant.scope)?;
    engine
        .db
        .write("grant role", async |tx| {
            if lookup_user(tx, user).await?.is_none() {
                return Err(CommandError::NotFound(user.to_string()));
            }
            if users::insert_grant(tx, user, grant).await? {
                tell(engine, tx, actor, ("grant_role", &user.to_string()), json!(grant)).await?;
            }
            Ok(())
        })
        .await
}

/// Takes a role away. The last district administrator keeps theirs.
pub async fn revoke_role(engine: &Engine, actor: &Actor, user: UserId, grant: Grant) -> CommandResult<()> {
    actor.must(Act::ManageUsers, grant.scope)?;
    engine
        .db
        .write("revoke role", async |tx| {
            let before = users::lock_administrators(tx).await?;
            if !users::delete_grant(tx, user, grant).await? {
                return Err(CommandError::NotFound(user.to_string()));
            }
            must_leave_an_administrator(tx, before).await?;
            tell(engine, tx, actor, ("revoke_role", &user.to_string()), json!(grant)).await?;
            Ok(())
        })
        .await
}

/// Refuses what took the last district administrator away: nobody could undo it.
pub(super) async fn must_leave_an_administrator(tx: &mut Tx, before: i64) -> CommandResult<()> {
    if before > 0 && users::lock_administrators(tx).await? == 0 {
        return Err(CommandError::refused(
            "last administrator",
            "this is the last district administrator; make somebody else one first",
        ));
    }
    Ok(())
}
