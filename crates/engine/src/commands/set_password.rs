//! Gives a user a password.

use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::users::lookup_user;
use schoolbell_store::write::{sessions, users};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine, password};

const SHORTEST: usize = 12;
/// Argon2 would take more; a megabyte of password is an attack.
const LONGEST: usize = 256;

/// Sets somebody's password as an administrator, and signs them out everywhere.
///
/// At least 12 characters, and not the e-mail address: length is what protects (NIST SP 800-63B, 5.1.1.2).
pub async fn set_password(engine: &Engine, actor: &Actor, user: UserId, new: &str) -> CommandResult<()> {
    actor.must(Act::ManageUsers, Scope::District)?;
    let known = lookup_user(&mut engine.db.read().await?, user).await?;
    let Some(known) = known else { return Err(CommandError::NotFound(user.to_string())) };
    check(new, &known.email)?;
    let hash = password::hash(new.to_owned()).await?;
    engine
        .db
        .write("set password", async |tx| {
            users::set_password_hash(tx, user, &hash).await?;
            sessions::end_other_sessions(tx, user, "").await?;
            sessions::void_links(tx, user, engine.now()).await?;
            tell(engine, tx, actor, ("set_password", &user.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}

pub(super) fn check(new: &str, email: &str) -> CommandResult<()> {
    let length = new.chars().count();
    if length < SHORTEST {
        return Err(CommandError::bad(
            "password",
            format!("the password has {length} characters; write at least {SHORTEST}, for example four words"),
        ));
    }
    if length > LONGEST {
        return Err(CommandError::bad(
            "password",
            format!("the password has {length} characters; write at most {LONGEST}"),
        ));
    }
    if new.to_lowercase() == email || email.split_once('@').is_some_and(|(name, _)| new.to_lowercase() == name) {
        return Err(CommandError::bad("password", "the password is the e-mail address; write something else"));
    }
    Ok(())
}
