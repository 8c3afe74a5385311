//! Links that sign somebody in once: for the first time, for a forgotten password, for the demo.

use jiff::SignedDuration;
use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::users::lookup_user;
use schoolbell_store::write::sessions;
use serde_json::json;

use super::audit::tell;
use super::sign_in::{NewSession, begin_session, token_hash};
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine, dice};

/// Makes a link's token: good once, and for so long. Whoever holds it is the user.
pub async fn make_sign_in_link(
    engine: &Engine,
    actor: &Actor,
    user: UserId,
    valid_for: SignedDuration,
) -> CommandResult<String> {
    actor.must(Act::ManageUsers, Scope::District)?;
    let token = dice::token();
    engine
        .db
        .write("make sign-in link", async |tx| {
            if !lookup_user(tx, user).await?.is_some_and(|user| user.active) {
                return Err(CommandError::NotFound(user.to_string()));
            }
            sessions::insert_link(tx, &token_hash(&token), user, engine.now() + valid_for).await?;
            tell(engine, tx, actor, ("make_sign_in_link", &user.to_string()), json!({})).await?;
            Ok(())
        })
        .await?;
    Ok(token)
}

/// Uses a link up and begins a session.
pub async fn sign_in_with_link(engine: &Engine, token: &str, user_agent: &str) -> CommandResult<NewSession> {
    engine
        .db
        .write("sign in with link", async |tx| {
            let user = match sessions::use_link(tx, &token_hash(token), engine.now()).await? {
                Some(id) => lookup_user(tx, id).await?.filter(|user| user.active),
                None => None,
            };
            let Some(user) = user else {
                return Err(CommandError::refused(
                    "sign in",
                    "this link was used or is too old; ask your administrator for a new one",
                ));
            };
            let begun = begin_session(engine, tx, user.id, user_agent).await?;
            let actor = Actor { user: Some(user.id), name: user.email, grants: Vec::new() };
            tell(engine, tx, &actor, ("sign_in", &user.id.to_string()), json!({ "by": "link" })).await?;
            Ok(begun)
        })
        .await
}
