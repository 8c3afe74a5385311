//! Families sign in with the e-mail address on record and a code that is mailed to it (A31-A33).
//!
//! Asking for a code does the same work for every address: a challenge and a job. Whether anybody has the address is
//! looked up by the job, so neither the words nor the time of the answer tell.

use jiff::SignedDuration;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::JobId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::family_doors::{FamilySession, codes_asked_for, tries_at};
use schoolbell_store::write::family_doors as doors;
use schoolbell_store::write::jobs::{self, NewJob};
use schoolbell_store::{StoreError, Tx};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::audit::tell;
use super::sign_in::token_hash;
use crate::error::{CommandError, CommandResult};
use crate::family::{Family, actor};
use crate::jobs::send_family_code;
use crate::{Actor, Engine, Queue, dice};

/// A session that has just begun. The token goes into the cookie and stands nowhere else.
#[derive(Debug, Clone)]
pub struct NewFamilySession {
    pub token: String,
}

/// A code is good for so long.
pub const CODE_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// So many answers to one challenge.
const MOST_TRIES: i64 = 5;
/// So many codes for one address in a quarter of an hour, and in a day.
const MOST_IN_15_MINUTES: i64 = 5;
const MOST_IN_A_DAY: i64 = 20;
/// So many answers for one address in a day, over all browsers and codes; a right code puts the count back. After that no
/// code opens until a day has passed: somebody who guesses for a whole year has a chance of one in 137.
const MOST_TRIES_IN_A_DAY: i64 = 20;
/// A session ends after so long without a visit.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Asks for a code. Answers the challenge that the browser keeps; the mail, if any, goes out by a job.
pub async fn ask_for_code(engine: &Engine, email: &str) -> CommandResult<String> {
    let email = EmailAddress::parse(email).map_err(|error| CommandError::bad("email", error.to_string()))?;
    let challenge = dice::token();
    let hash = token_hash(&challenge);
    let now = engine.now();
    let job = NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: send_family_code::KIND,
        payload: hash.clone(),
        unique_key: None,
        run_at: now,
    };
    let day = SignedDuration::from_hours(24);
    engine
        .db
        .write("ask for a family code", async |tx| {
            let quarter = codes_asked_for(tx, email.expose(), now - SignedDuration::from_mins(15)).await?;
            let today = codes_asked_for(tx, email.expose(), now - day).await?;
            // Too often: the same answer, and no mail.
            if quarter >= MOST_IN_15_MINUTES || today >= MOST_IN_A_DAY {
                return Ok(());
            }
            doors::ask(tx, (&hash, email.expose()), (now, now + CODE_LASTS, now - day)).await?;
            jobs::enqueue(tx, job).await
        })
        .await
        .map_err(|error: StoreError| CommandError::Fault(error))?;
    engine.wake.now(Queue::Jobs);
    Ok(challenge)
}

/// Answers a challenge with the code of the mail. A code works once; every "no" reads the same.
pub async fn sign_in_with_code(
    engine: &Engine,
    challenge: &str,
    code: &str,
    user_agent: &str,
) -> CommandResult<NewFamilySession> {
    let challenge = token_hash(challenge);
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let given = code_hash(&challenge, &digits);
    let now = engine.now();
    // The try is counted in a commit of its own: what follows may be rolled back, the count never.
    let day = now - SignedDuration::from_hours(24);
    let tried = engine
        .db
        .write("try a family code", async |tx| {
            let Some(tried) = doors::try_code(tx, &challenge, now, MOST_TRIES).await? else { return Ok(None) };
            // Guessing over many browsers is guessing at one door.
            let too_many = tries_at(tx, &tried.email, day).await? > MOST_TRIES_IN_A_DAY;
            Ok::<_, StoreError>(Some(tried).filter(|_| !too_many))
        })
        .await?;
    let fits = tried.as_ref().and_then(|tried| tried.code_hash.as_deref()).unwrap_or_default();
    let fits = bool::from(fits.as_bytes().ct_eq(given.as_bytes()));
    let email = tried.filter(|_| fits).map(|tried| tried.email).ok_or_else(wrong_code)?;
    engine
        .db
        .write("sign a family in", async |tx| {
            // Two browsers with the same code at the same instant: the second finds it used.
            if !doors::use_challenge(tx, &challenge, now).await? {
                return Err(wrong_code());
            }
            doors::use_codes(tx, &email, now).await?;
            let family = Family::of(engine, tx, &email).await?.ok_or_else(wrong_code)?;
            begin(engine, tx, &family, ("code", user_agent)).await
        })
        .await
}

/// Makes a link that signs a family in once: for the demo, and for a desk where somebody shows who he is.
pub async fn make_family_link(
    engine: &Engine,
    actor: &Actor,
    email: &str,
    valid_for: SignedDuration,
) -> CommandResult<String> {
    actor.must(Act::ManageUsers, Scope::District)?;
    let email = EmailAddress::parse(email).map_err(|error| CommandError::bad("email", error.to_string()))?;
    let token = dice::token();
    engine
        .db
        .write("make a family link", async |tx| {
            let family = Family::of(engine, tx, email.expose()).await?;
            let family = family.ok_or_else(|| CommandError::NotFound("a guardian with this address".to_owned()))?;
            doors::insert_link(tx, &token_hash(&token), email.expose(), engine.now() + valid_for).await?;
            tell(engine, tx, actor, ("make_family_link", &family.subject()), json!({})).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    Ok(token)
}

/// Uses a link up and begins a session.
pub async fn sign_in_with_family_link(
    engine: &Engine,
    token: &str,
    user_agent: &str,
) -> CommandResult<NewFamilySession> {
    engine
        .db
        .write("sign a family in by link", async |tx| {
            let family = match doors::use_link(tx, &token_hash(token), engine.now()).await? {
                Some(email) => Family::of(engine, tx, &email).await?,
                None => None,
            };
            let family = family.ok_or_else(|| CommandError::refused("sign in", "this link was used or is too old"))?;
            begin(engine, tx, &family, ("link", user_agent)).await
        })
        .await
}

/// What the database keeps of a code: the challenge, which it has as a hash alone, is the salt.
pub(crate) fn code_hash(challenge_hash: &str, code: &str) -> String {
    token_hash(&format!("{challenge_hash}:{code}"))
}

pub(super) async fn begin(
    engine: &Engine,
    tx: &mut Tx,
    family: &Family,
    (by, user_agent): (&str, &str),
) -> CommandResult<NewFamilySession> {
    let now = engine.now();
    let token = dice::token();
    let session = FamilySession {
        token_hash: token_hash(&token),
        email: family.email.clone(),
        csrf_token: dice::token(),
        user_agent: user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        created_at: now,
        seen_at: now,
        expires_at: now + IDLE,
        language: None,
    };
    doors::begin_session(tx, &session).await?;
    tell(engine, tx, &actor(), ("family_sign_in", &family.subject()), json!({ "by": by })).await?;
    Ok(NewFamilySession { token })
}

fn wrong_code() -> CommandError {
    CommandError::refused("sign in", "this code is not right, was used, or is too old; ask for a new one")
}
