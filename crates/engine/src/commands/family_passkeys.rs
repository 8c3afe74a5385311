//! Passkeys: offered to somebody of a family who is signed in, and from then on a door of their own.
//!
//! A passkey belongs to the account's address and to the guardian for whom it was made. Whom the address stands for is asked of
//! the roster each time, as for a code, and every "no" at the door reads the same.

use jiff::SignedDuration;
use schoolbell_store::StoreError;
use schoolbell_store::read::family_passkeys::{FamilyPasskey, passkeys};
use schoolbell_store::write::family_passkeys::{self as rows, NewPasskey};
use schoolbell_store::write::family_ways_in::{self as doors, KeptTry, NewTry};
use serde_json::{Value, json};

use super::audit::tell;
use super::family_session::FamilyIn;
use super::family_sign_in::{NewFamilySession, begin};
use super::sign_in::token_hash;
use crate::error::{CommandError, CommandResult};
use crate::family::{Family, actor};
use crate::passkey::{Answer, Asked, House, Made, Refused, new_handle};
use crate::{Engine, dice};

/// A question to a device is good for so long.
const LASTS: SignedDuration = SignedDuration::from_mins(5);
/// More than a family has devices for.
const MOST: usize = 10;
/// So many questions may be open at a time: whoever asks without end fills no disk.
const MOST_OPEN: i64 = 5_000;
/// So many answers in the name of one passkey in a day; a right one puts the count back. As for codes.
const MOST_TRIES_IN_A_DAY: i64 = 20;
/// The kinds of tries: making one, and coming in with one.
const MAKING: &str = "passkey_new";
const ENTERING: &str = "passkey";

/// A question for a browser: `options` is what `navigator.credentials` takes, `token` goes back with the answer.
#[derive(Debug, Clone)]
pub struct Question {
    pub token: String,
    pub options: Value,
}

/// What a question is checked with.
struct Kept {
    user_handle: String,
    state: String,
}

/// Whether this installation can have passkeys: families must reach it by a name, not by a number.
pub fn has_passkeys(engine: &Engine) -> bool {
    house(engine).is_ok()
}

/// The passkeys of an account, oldest first.
pub async fn family_passkeys(engine: &Engine, family: &Family) -> CommandResult<Vec<FamilyPasskey>> {
    Ok(passkeys(&mut engine.db.read().await?, &family.email).await?)
}

/// Begins a new passkey for an account.
pub async fn begin_passkey(engine: &Engine, family: &Family) -> CommandResult<Question> {
    let house = house(engine)?;
    let known = family_passkeys(engine, family).await?;
    if known.len() >= MOST {
        return Err(CommandError::refused("passkeys", "this account has ten passkeys; remove one first"));
    }
    // All passkeys of an account have one handle, so that a device shows them as one account.
    let user_handle = known.first().map_or_else(new_handle, |key| key.user_handle.clone());
    let known: Vec<_> = known.into_iter().map(|key| (key.credential, key.transports)).collect();
    let asked = house.ask_to_make((&user_handle, &family.email), &known).map_err(|error| fault(&error))?;
    keep(engine, (MAKING, Some(&family.email)), &user_handle, asked).await
}

/// Keeps a passkey that a device has made.
pub async fn finish_passkey(
    engine: &Engine,
    signed_in: &FamilyIn,
    (token, answer): (&str, &str),
    user_agent: &str,
) -> CommandResult<()> {
    let house = house(engine)?;
    let family = &signed_in.family;
    let (email, kept) = take(engine, token, MAKING).await?;
    if email.as_deref() != Some(&family.email) {
        return Err(wrong());
    }
    let made = house.made(&kept.state, answer).map_err(|refused| refuse(&refused))?;
    let agent: String = user_agent.chars().filter(|c| !c.is_control()).take(200).collect();
    engine
        .db
        .write("keep a passkey", async |tx| {
            let new = new_passkey(engine, family, (&made, &kept.user_handle, &agent))?;
            if !rows::keep_passkey(tx, &new, engine.now()).await? {
                return Err(wrong());
            }
            tell(engine, tx, &actor(), ("add_passkey", &family.subject()), json!({})).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

fn new_passkey<'a>(
    engine: &Engine,
    family: &'a Family,
    (made, user_handle, user_agent): (&'a Made, &'a str, &'a str),
) -> CommandResult<NewPasskey<'a>> {
    Ok(NewPasskey {
        id: engine.next_id(),
        email: &family.email,
        person: family.first().ok_or_else(wrong)?.id,
        credential: &made.credential,
        user_handle,
        public_key: &made.public_key,
        standing: &made.standing,
        transports: made.transports,
        user_agent,
    })
}

/// Takes a passkey of the account away.
pub async fn remove_passkey(engine: &Engine, family: &Family, id: i64) -> CommandResult<()> {
    engine
        .db
        .write("remove a passkey", async |tx| {
            if rows::remove_passkey(tx, id, &family.email).await? {
                tell(engine, tx, &actor(), ("remove_passkey", &family.subject()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}

/// Asks whoever stands at the door for a passkey: the same question for everybody.
pub async fn ask_for_passkey(engine: &Engine) -> CommandResult<Question> {
    let asked = house(engine)?.ask_to_enter().map_err(|error| fault(&error))?;
    keep(engine, (ENTERING, None), "", asked).await
}

/// Signs in by the answer of a passkey. Every "no" reads the same; the question is used up by every answer.
pub async fn sign_in_with_passkey(
    engine: &Engine,
    (token, answer): (&str, &str),
    user_agent: &str,
) -> CommandResult<NewFamilySession> {
    let house = house(engine)?;
    let (_, kept) = take(engine, token, ENTERING).await?;
    let answer = Answer::read(answer).map_err(|refused| refuse(&refused))?;
    let now = engine.now();
    let since = now - SignedDuration::from_hours(24);
    // The try is counted in a commit of its own: what follows may be rolled back, the count never.
    let tried = engine
        .db
        .write("try a passkey", async |tx| rows::try_passkey(tx, &answer.credential, (since, now)).await)
        .await;
    let (passkey, answers) = tried.map_err(|error: StoreError| CommandError::from(error))?.ok_or_else(wrong)?;
    if answers > MOST_TRIES_IN_A_DAY || passkey.suspect_at.is_some() {
        return Err(wrong());
    }
    let stood = (passkey.user_handle.as_str(), passkey.public_key.as_str(), passkey.standing.as_str());
    let stands = match house.entered(&kept.state, &answer, stood) {
        Ok(stands) => stands,
        Err(Refused::WentBack) => return Err(doubt(engine, &passkey).await?),
        Err(refused @ Refused::Wrong(_)) => return Err(refuse(&refused)),
    };
    engine
        .db
        .write("sign a family in by passkey", async |tx| {
            let family = Family::of(engine, tx, &passkey.email).await?.ok_or_else(wrong)?;
            // The address may have passed to somebody else, to whom a code can still be mailed.
            if !family.circle.guardians.contains(&passkey.person) {
                return Err(wrong());
            }
            if !rows::passkey_used(tx, passkey.id, (&passkey.standing, &stands), now).await? {
                return Err(wrong());
            }
            begin(engine, tx, &family, ("passkey", user_agent)).await
        })
        .await
}

/// A copy of this passkey may exist: it opens nothing any more, its owner reads so, and the audit log has it.
async fn doubt(engine: &Engine, passkey: &FamilyPasskey) -> CommandResult<CommandError> {
    engine
        .db
        .write("doubt a passkey", async |tx| {
            if rows::doubt_passkey(tx, passkey.id, engine.now()).await? {
                tell(engine, tx, &actor(), ("doubt_passkey", &passkey.person.to_string()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await?;
    Ok(refuse(&Refused::WentBack))
}

fn house(engine: &Engine) -> CommandResult<House> {
    engine
        .public_url
        .as_deref()
        .and_then(House::of)
        .ok_or_else(|| CommandError::refused("passkeys", "passkeys need a page that is reached by a name, over https"))
}

async fn keep(
    engine: &Engine,
    (kind, email): (&str, Option<&str>),
    user_handle: &str,
    asked: Asked,
) -> CommandResult<Question> {
    let (token, now) = (dice::token(), engine.now());
    let state = json!({ "user": user_handle, "state": asked.state }).to_string();
    let hash = token_hash(&token);
    let new = NewTry { token_hash: &hash, kind, email, state: &state, expires_at: now + LASTS };
    engine
        .db
        .write("ask for a passkey", async |tx| {
            if doors::open_tries(tx, kind, now).await? >= MOST_OPEN {
                return Err(wrong());
            }
            doors::begin_try(tx, &new, now).await?;
            Ok(())
        })
        .await?;
    Ok(Question { token, options: asked.options })
}

/// Uses a question up, whatever the answer turns out to be: whose it was, and what the answer is checked with.
async fn take(engine: &Engine, token: &str, kind: &str) -> CommandResult<(Option<String>, Kept)> {
    let (hash, now) = (token_hash(token), engine.now());
    let kept = engine.db.write("hear a passkey", async |tx| doors::end_try(tx, &hash, kind, now).await).await;
    let KeptTry { email, state } = kept.map_err(|error: StoreError| CommandError::from(error))?.ok_or_else(wrong)?;
    let state: Value = serde_json::from_str(&state).map_err(|error| fault(&error))?;
    let text = |key: &str| state[key].as_str().unwrap_or_default().to_owned();
    Ok((email, Kept { user_handle: text("user"), state: text("state") }))
}

fn fault(error: &dyn std::fmt::Display) -> CommandError {
    CommandError::Fault(StoreError::Setup(format!("passkeys: {error}")))
}

/// What the browser sent does not check out; the log says how, the visitor hears one sentence.
fn refuse(why: &Refused) -> CommandError {
    tracing::info!(%why, "a passkey was refused");
    wrong()
}

fn wrong() -> CommandError {
    CommandError::refused("sign in", "this passkey did not open the door; ask for a code instead")
}
