//! Keeping the passkeys with which families sign in: made, tried, used, doubted, removed.

use jiff::Timestamp;
use schoolbell_domain::ids::PersonId;

use crate::error::StoreResult;
use crate::on;
use crate::read::family_passkeys::{FamilyPasskey, Row, passkey};
use crate::statements;
use crate::tx::Tx;

/// A passkey that a device has just made.
#[derive(Clone)]
pub struct NewPasskey<'a> {
    pub id: i64,
    pub email: &'a str,
    pub person: PersonId,
    /// base64url, as the next three.
    pub credential: &'a str,
    pub user_handle: &'a str,
    pub public_key: &'a str,
    pub standing: &'a str,
    pub transports: i64,
    pub user_agent: &'a str,
}

statements! {
    KEEP = "INSERT INTO family_passkey (id, email, person_id, credential, user_handle, transports, public_key, standing, \
        user_agent, created_at, tries, tries_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11) \
        ON CONFLICT (credential) DO NOTHING";
    /// Counts first, whatever comes of it: two answers at the same time are two tries.
    TRY = "UPDATE family_passkey SET tries = CASE WHEN tries_since > $1 THEN tries + 1 ELSE 1 END, \
        tries_since = CASE WHEN tries_since > $2 THEN tries_since ELSE $3 END WHERE credential = $4 \
        RETURNING id, email, person_id, credential, user_handle, public_key, standing, transports, user_agent, created_at, \
        used_at, suspect_at, tries";
    /// Only from where it stood: a count that two answers saw is moved by one of them.
    USED = "UPDATE family_passkey SET standing = $1, used_at = $2, tries = 0 \
        WHERE id = $3 AND standing = $4 AND suspect_at IS NULL";
    DOUBT = "UPDATE family_passkey SET suspect_at = $1 WHERE id = $2 AND suspect_at IS NULL";
    REMOVE = "DELETE FROM family_passkey WHERE id = $1 AND email = $2";
}

/// Keeps a passkey; `false` if its credential is known already.
pub async fn keep_passkey(tx: &mut Tx, new: &NewPasskey<'_>, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(KEEP)
        .bind(new.id)
        .bind(new.email)
        .bind(new.person.raw())
        .bind(new.credential)
        .bind(new.user_handle)
        .bind(new.transports)
        .bind(new.public_key)
        .bind(new.standing)
        .bind(new.user_agent)
        .bind(now.as_millisecond())
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Counts an answer in the name of a credential, and gives its passkey with the answers since `day`, this one included; `None`
/// if nobody has it.
pub async fn try_passkey(
    tx: &mut Tx,
    credential: &str,
    (day, now): (Timestamp, Timestamp),
) -> StoreResult<Option<(FamilyPasskey, i64)>> {
    let found: Option<TriedRow> = on!(tx, |conn| sqlx::query_as(TRY)
        .bind(day.as_millisecond())
        .bind(day.as_millisecond())
        .bind(now.as_millisecond())
        .bind(credential)
        .fetch_optional(conn)
        .await)?;
    found
        .map(|(id, email, person, credential, handle, key, standing, transports, agent, made, used, doubt, tries)| {
            let row: Row = (id, email, person, credential, handle, key, standing, transports, agent, made, used, doubt);
            Ok((passkey(row)?, tries))
        })
        .transpose()
}

/// [`Row`] and the count of tries.
type TriedRow = (i64, String, i64, String, String, String, String, i64, String, i64, Option<i64>, Option<i64>, i64);

/// Moves a passkey on after a right answer; `false` if it was used, doubted or removed meanwhile.
pub async fn passkey_used(tx: &mut Tx, id: i64, (stood, stands): (&str, &str), now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(USED)
        .bind(stands)
        .bind(now.as_millisecond())
        .bind(id)
        .bind(stood)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Marks a passkey of which a copy may exist; `false` if it was marked already.
pub async fn doubt_passkey(tx: &mut Tx, id: i64, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(DOUBT)
        .bind(now.as_millisecond())
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a passkey of an account away; `false` if it has no such passkey.
pub async fn remove_passkey(tx: &mut Tx, id: i64, email: &str) -> StoreResult<bool> {
    let rows =
        on!(tx, |conn| sqlx::query(REMOVE).bind(id).bind(email).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
