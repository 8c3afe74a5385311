//! Changes one's own password.

use schoolbell_store::read::users::lookup_user;
use schoolbell_store::write::{sessions, users};
use serde_json::json;

use super::audit::tell;
use super::set_password::check;
use super::sign_in::{known, token_hash};
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine, password};

/// Changes the actor's own password and signs them out everywhere but in the session of `token`.
///
/// Whoever has a password writes it once more: an unlocked computer must not be enough to take an account over. Wrong
/// ones count like those at the door. Somebody who came by a link and has none yet sets the first.
pub async fn change_password(
    engine: &Engine,
    actor: &Actor,
    token: &str,
    (current, new): (&str, &str),
) -> CommandResult<()> {
    let user = actor.user.ok_or_else(CommandError::not_allowed)?;
    let standing = lookup_user(&mut engine.db.read().await?, user).await?.ok_or_else(CommandError::not_allowed)?;
    check(new, &standing.email)?;
    if standing.password_hash.is_some()
        && let Err(error) = known(engine, &standing.email, current).await
    {
        let wrong = matches!(error, CommandError::Refused { rule: "sign in", .. });
        let says = "this is not the password of now; write it once more, or ask for a link";
        return Err(if wrong { CommandError::bad("current", says) } else { error });
    }
    let hash = password::hash(new.to_owned()).await?;
    engine
        .db
        .write("change password", async |tx| {
            users::set_password_hash(tx, user, &hash).await?;
            sessions::end_other_sessions(tx, user, &token_hash(token)).await?;
            sessions::void_links(tx, user, engine.now()).await?;
            tell(engine, tx, actor, ("change_password", &user.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}
