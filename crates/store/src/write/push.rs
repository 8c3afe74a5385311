//! Keeping the devices on which the app may show messages, and what was opened there.

use jiff::Timestamp;
use schoolbell_domain::ids::DeliveryId;

use crate::error::StoreResult;
use crate::on;
use crate::sql::fetch_set;
use crate::statements;
use crate::tx::Tx;

/// A browser that may show messages.
#[derive(Clone)]
pub struct NewDevice {
    pub id: i64,
    pub email: String,
    pub endpoint: String,
    pub public_key: String,
    pub auth: String,
    pub user_agent: String,
    pub session_hash: String,
}

statements! {
    KEEP = "INSERT INTO push_subscription (id, email, endpoint, public_key, auth, user_agent, created_at, seen_at, session_hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (endpoint) DO UPDATE SET email = excluded.email, \
        public_key = excluded.public_key, auth = excluded.auth, user_agent = excluded.user_agent, \
        seen_at = excluded.seen_at, session_hash = excluded.session_hash";
    RENEW = "UPDATE push_subscription SET endpoint = $1, public_key = $2, auth = $3, seen_at = $4 WHERE endpoint = $5 \
        AND NOT EXISTS (SELECT 1 FROM push_subscription other WHERE other.endpoint = $6)";
    GONE = "DELETE FROM push_subscription WHERE endpoint IN {list@1} RETURNING id";
    TAKE_OFF = "DELETE FROM push_subscription WHERE id = $1 AND email = $2";
    LEAVE = "DELETE FROM push_subscription WHERE session_hash = $1";
    CROWD = "DELETE FROM push_subscription WHERE email = $1 AND id NOT IN (SELECT kept.id FROM push_subscription kept \
        WHERE kept.email = $2 ORDER BY kept.seen_at DESC, kept.id DESC LIMIT $3)";
    OPENED = "INSERT INTO push_opened (delivery_id, opened_at) VALUES ($1, $2) ON CONFLICT (delivery_id) DO NOTHING";
}

/// Keeps a device; the same endpoint again takes the newer account, keys and session. Of more than `most` of an account
/// those that were not seen for longest go.
pub async fn keep(tx: &mut Tx, device: &NewDevice, most: i64, now: Timestamp) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(KEEP)
        .bind(device.id)
        .bind(&device.email)
        .bind(&device.endpoint)
        .bind(&device.public_key)
        .bind(&device.auth)
        .bind(&device.user_agent)
        .bind(now.as_millisecond())
        .bind(now.as_millisecond())
        .bind(&device.session_hash)
        .execute(conn)
        .await
        .map(drop))?;
    on!(tx, |conn| sqlx::query(CROWD)
        .bind(&device.email)
        .bind(&device.email)
        .bind(most)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Puts a new endpoint with its keys in the place of an old one; `false` if the old one is unknown or the new one known.
pub async fn renew(
    tx: &mut Tx,
    old: &str,
    (endpoint, public_key, auth): (&str, &str, &str),
    now: Timestamp,
) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(RENEW)
        .bind(endpoint)
        .bind(public_key)
        .bind(auth)
        .bind(now.as_millisecond())
        .bind(old)
        .bind(endpoint)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes out what push services no longer know; answers how many there were.
pub async fn gone(tx: &mut Tx, endpoints: &[String]) -> StoreResult<usize> {
    if endpoints.is_empty() {
        return Ok(0);
    }
    let rows = fetch_set!(tx, (i64,), GONE, [], endpoints, |query, endpoint| query.bind(endpoint.as_str()))?;
    Ok(rows.len())
}

/// Takes one device of an account out; `false` if it has no such device.
pub async fn take_off(tx: &mut Tx, id: i64, email: &str) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(TAKE_OFF)
        .bind(id)
        .bind(email)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes out what a session set up, when it ends.
pub async fn leave(tx: &mut Tx, session_hash: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(LEAVE).bind(session_hash).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notes that somebody opened a notification; the first time counts.
pub async fn opened(tx: &mut Tx, delivery: DeliveryId, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(OPENED).bind(delivery.raw()).bind(now.as_millisecond()).execute(conn).await.map(drop))?;
    Ok(())
}
