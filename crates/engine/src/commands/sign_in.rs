//! Signs in with e-mail and password.

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::ids::UserId;
use schoolbell_store::Tx;
use schoolbell_store::read::sessions::Session;
use schoolbell_store::read::users::{User, lookup_user_by_email, sign_in_failures};
use schoolbell_store::write::{sessions, users};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine, dice, password};

/// A session that has just begun. The token goes into the cookie and stands nowhere else.
#[derive(Clone)]
pub struct NewSession {
    pub token: String,
    pub csrf_token: String,
    pub user: UserId,
    pub expires_at: Timestamp,
}

/// So many wrong passwords within [`WATCHED`], then the account waits.
const MOST_FAILURES: i64 = 10;
const WATCHED: SignedDuration = SignedDuration::from_mins(15);
/// A session ends after so long without a click.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(12);

/// Begins a session. Every "no" reads the same and takes as long, whether the e-mail is known or not.
pub async fn sign_in(engine: &Engine, email: &str, password: &str, user_agent: &str) -> CommandResult<NewSession> {
    let user = known(engine, email, password).await?;
    let actor = Actor { user: Some(user.id), name: user.email.clone(), grants: Vec::new() };
    engine
        .db
        .write("sign in", async |tx| {
            users::forgive_sign_in_failures(tx, &user.email, engine.now() - WATCHED).await?;
            let begun = begin_session(engine, tx, user.id, user_agent).await?;
            tell(engine, tx, &actor, ("sign_in", &user.id.to_string()), json!({ "by": "password" })).await?;
            Ok(begun)
        })
        .await
}

/// Whose e-mail and password these are; a wrong one is counted, and too many make the account wait.
pub(super) async fn known(engine: &Engine, email: &str, password: &str) -> CommandResult<User> {
    let email = email.trim().to_lowercase();
    let now = engine.now();
    let (failures, user) = {
        let mut reads = engine.db.read().await?;
        let failures = sign_in_failures(&mut reads, &email, now - WATCHED).await?;
        (failures, lookup_user_by_email(&mut reads, &email).await?)
    };
    if failures >= MOST_FAILURES {
        return Err(CommandError::refused(
            "too many tries",
            "too many wrong passwords for this account; wait 15 minutes, or ask your administrator for a sign-in link",
        ));
    }
    let user = user.filter(|user| user.active);
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    if password::fits(password.to_owned(), hash).await?
        && let Some(user) = user
    {
        return Ok(user);
    }
    engine.db.write("count a wrong password", async |tx| users::insert_sign_in_failure(tx, &email, now).await).await?;
    Err(CommandError::refused("sign in", "this e-mail address and password do not fit together"))
}

/// Writes a fresh session of a user.
pub(super) async fn begin_session(
    engine: &Engine,
    tx: &mut Tx,
    user: UserId,
    user_agent: &str,
) -> CommandResult<NewSession> {
    let now = engine.now();
    let (token, csrf_token) = (dice::token(), dice::token());
    let session = Session {
        token_hash: token_hash(&token),
        user,
        csrf_token: csrf_token.clone(),
        user_agent: user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        created_at: now,
        seen_at: now,
        expires_at: now + IDLE,
    };
    sessions::insert_session(tx, &session).await?;
    users::record_sign_in(tx, user, now).await?;
    Ok(NewSession { token, csrf_token, user, expires_at: session.expires_at })
}

/// What the database keeps of a token.
pub(crate) fn token_hash(token: &str) -> String {
    use sha2::{Digest, Sha256};
    format!("{:x}", Sha256::digest(token.as_bytes()))
}
