//! Whose a family's cookie is, and leaving.

use jiff::SignedDuration;
use schoolbell_domain::language::Language;
use schoolbell_store::StoreError;
use schoolbell_store::read::family_doors::lookup_session;
use schoolbell_store::write::family_doors as doors;
use schoolbell_store::write::push;

use super::family_sign_in::IDLE;
use super::sign_in::token_hash;
use crate::Engine;
use crate::error::CommandResult;
use crate::family::Family;

/// A family's browser that is signed in.
#[derive(Debug, Clone)]
pub struct FamilyIn {
    pub family: Family,
    /// What a form must send back.
    pub csrf_token: String,
    pub token_hash: String,
    /// Of the pages: as chosen, otherwise as the record has it.
    pub language: Language,
}

/// The expiry moves at most this often, so that a page view is a read and not a write.
const TOUCH_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// However busy, a session ends after so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Whose a token is; `None` if it is unknown or expired, or its address stands for nobody any more.
pub async fn family_session(engine: &Engine, token: &str) -> CommandResult<Option<FamilyIn>> {
    let now = engine.now();
    let hash = token_hash(token);
    let mut reads = engine.db.read().await?;
    let Some(found) = lookup_session(&mut reads, &hash, now).await? else { return Ok(None) };
    let Some(family) = Family::of(engine, &mut reads, &found.email).await? else { return Ok(None) };
    drop(reads);
    if now.duration_since(found.seen_at) > TOUCH_AFTER {
        let expires_at = (now + IDLE).min(found.created_at + LONGEST);
        engine
            .db
            .write("touch a family's session", async |tx| doors::touch_session(tx, &hash, now, expires_at).await)
            .await?;
    }
    let language = found.language.map_or_else(|| family.language(), |chosen| Language::of(&chosen));
    Ok(Some(FamilyIn { family, csrf_token: found.csrf_token, token_hash: hash, language }))
}

/// Ends the session of this browser.
pub async fn leave(engine: &Engine, signed_in: &FamilyIn) -> CommandResult<()> {
    engine
        .db
        .write("sign a family out", async |tx| {
            // The next reader of this device must not see what comes for this one.
            push::leave(tx, &signed_in.token_hash).await?;
            doors::end_session(tx, &signed_in.token_hash).await.map(drop)
        })
        .await
        .map_err(|error: StoreError| error.into())
}

/// Keeps the language of the pages.
pub async fn choose_page_language(engine: &Engine, signed_in: &FamilyIn, language: &Language) -> CommandResult<()> {
    engine
        .db
        .write("choose a language", async |tx| doors::set_language(tx, &signed_in.family.email, language.tag()).await)
        .await
        .map_err(|error: StoreError| error.into())
}
