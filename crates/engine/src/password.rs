//! Passwords: argon2id, on a thread that may block.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use schoolbell_store::StoreError;
use tokio::sync::Semaphore;

use crate::dice;
use crate::error::{CommandError, CommandResult};

/// Each check takes 19 MiB for 50 ms: a crowd at the door must not take the memory that deliveries need.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// What a sign-in under an unknown e-mail is checked against, so that it takes as long as any other.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now(&dice::token()).ok());

/// The argon2id string of a password.
pub(crate) async fn hash(password: String) -> CommandResult<String> {
    on_a_thread(move || hash_now(&password)).await?.map_err(fault)
}

/// Whether the password fits the hash; without a hash it takes as long, and does not.
pub(crate) async fn fits(password: String, hash: Option<String>) -> CommandResult<bool> {
    on_a_thread(move || {
        let known = hash.is_some();
        let Some(hash) = hash.or_else(|| NOBODY.clone()) else { return false };
        known & PasswordHash::new(&hash).is_ok_and(|hash| verify(&password, &hash))
    })
    .await
}

fn verify(password: &str, hash: &PasswordHash<'_>) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&dice::salt())?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> CommandResult<T> {
    let _turn = AT_ONCE.acquire().await.map_err(fault)?;
    tokio::task::spawn_blocking(work).await.map_err(fault)
}

fn fault(error: impl std::fmt::Display) -> CommandError {
    CommandError::Fault(StoreError::Setup(format!("the password could not be checked: {error}")))
}
