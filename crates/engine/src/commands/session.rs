//! Who a cookie belongs to.

use jiff::SignedDuration;
use schoolbell_domain::ids::UserId;
use schoolbell_store::read::sessions::{Session, lookup_session, sessions_of};
use schoolbell_store::read::users::{grants_of, lookup_user};
use schoolbell_store::write::sessions;

use super::sign_in::{IDLE, token_hash};
use crate::error::CommandResult;
use crate::{Actor, Engine};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub actor: Actor,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub has_password: bool,
    /// What a form must send back.
    pub csrf_token: String,
    /// For "end this session" in the list.
    pub token_hash: String,
}

/// The expiry moves at most this often, so that a page view is a read and not a write.
const TOUCH_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// However busy, a session ends after so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Who a session token belongs to; `None` if it is unknown, expired, or its user may no longer sign in.
pub async fn session(engine: &Engine, token: &str) -> CommandResult<Option<SignedIn>> {
    let now = engine.now();
    let hash = token_hash(token);
    let mut reads = engine.db.read().await?;
    let Some(found) = lookup_session(&mut reads, &hash, now).await? else { return Ok(None) };
    let Some(user) = lookup_user(&mut reads, found.user).await?.filter(|user| user.active) else { return Ok(None) };
    let grants = grants_of(&mut reads, user.id).await?;
    drop(reads);
    if now.duration_since(found.seen_at) > TOUCH_AFTER {
        let expires_at = (now + IDLE).min(found.created_at + LONGEST);
        let touched = engine
            .db
            .write("touch session", async |tx| sessions::touch_session(tx, &hash, now, expires_at).await)
            .await;
        // A database that takes nothing now still shows its pages: they say what is wrong.
        match touched {
            Err(error) if error.is_temporary() => tracing::warn!(%error, "a session was not prolonged"),
            Err(error) => return Err(error.into()),
            Ok(()) => {}
        }
    }
    Ok(Some(SignedIn {
        actor: Actor { user: Some(user.id), name: user.email.clone(), grants },
        user: user.id,
        name: user.name,
        has_password: user.password_hash.is_some(),
        email: user.email,
        csrf_token: found.csrf_token,
        token_hash: hash,
    }))
}

/// Where a user is signed in now.
pub async fn my_sessions(engine: &Engine, user: UserId) -> CommandResult<Vec<Session>> {
    Ok(sessions_of(&mut engine.db.read().await?, user, engine.now()).await?)
}
