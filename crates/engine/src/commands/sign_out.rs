//! Ends sessions.

use schoolbell_domain::ids::UserId;
use schoolbell_store::read::sessions::sessions_of;
use schoolbell_store::write::sessions;
use serde_json::json;

use super::audit::tell;
use super::sign_in::token_hash;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Ends the session of a cookie. Signing out twice is no error.
pub async fn sign_out(engine: &Engine, actor: &Actor, token: &str) -> CommandResult<()> {
    engine
        .db
        .write("sign out", async |tx| {
            if sessions::end_session(tx, &token_hash(token)).await? {
                let user = actor.user.map(|user| user.to_string()).unwrap_or_default();
                tell(engine, tx, actor, ("sign_out", &user), json!({})).await?;
            }
            Ok(())
        })
        .await
}

/// Ends one of the actor's own sessions, named by its hash from the list.
pub async fn end_my_session(engine: &Engine, actor: &Actor, hash: &str) -> CommandResult<()> {
    let user = own(actor)?;
    engine
        .db
        .write("end session", async |tx| {
            let mine = sessions_of(tx, user, engine.now()).await?;
            if !mine.iter().any(|session| session.token_hash == hash) {
                return Err(CommandError::NotFound("session".to_owned()));
            }
            sessions::end_session(tx, hash).await?;
            tell(engine, tx, actor, ("end_session", &user.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}

/// Signs the actor out everywhere but here.
pub async fn sign_out_elsewhere(engine: &Engine, actor: &Actor, token: &str) -> CommandResult<u64> {
    let user = own(actor)?;
    engine
        .db
        .write("sign out elsewhere", async |tx| {
            let ended = sessions::end_other_sessions(tx, user, &token_hash(token)).await?;
            tell(engine, tx, actor, ("sign_out_elsewhere", &user.to_string()), json!({ "ended": ended })).await?;
            Ok(ended)
        })
        .await
}

fn own(actor: &Actor) -> CommandResult<UserId> {
    actor.user.ok_or_else(CommandError::not_allowed)
}
