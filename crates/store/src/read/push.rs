//! The devices on which the app may show messages, and what was opened there.

use std::collections::HashMap;

use jiff::Timestamp;
use schoolbell_domain::ids::DeliveryId;

use crate::error::StoreResult;
use crate::on;
use crate::sql::fetch_set;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One browser of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    pub id: i64,
    /// Lower case.
    pub email: String,
    /// Where its push service takes messages: whoever knows it can try to send there, so it stands in no log.
    pub endpoint: String,
    /// Of the browser, base64url: a point of P-256.
    pub public_key: String,
    /// The browser's secret, base64url.
    pub auth: String,
    pub user_agent: String,
    pub seen_at: Timestamp,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({})", self.id)
    }
}

statements! {
    DEVICES = "SELECT id, email, endpoint, public_key, auth, user_agent, seen_at FROM push_subscription \
        WHERE email IN {list@1} ORDER BY id";
    OPENED = "SELECT delivery_id, opened_at FROM push_opened WHERE delivery_id IN {list@1}";
    GATEWAY_OF = "SELECT gateway FROM attempt WHERE delivery_id = $1 AND number = $2";
}

type Row = (i64, String, String, String, String, String, i64);

/// The devices of these addresses, oldest first.
pub async fn devices(reads: &mut impl Reads, emails: &[&str]) -> StoreResult<Vec<Device>> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_set!(reads.tx(), Row, DEVICES, [], emails, |query, email| query.bind(*email))?;
    rows.into_iter()
        .map(|(id, email, endpoint, public_key, auth, user_agent, seen_at)| {
            let seen_at = instant(seen_at)?;
            Ok(Device { id, email, endpoint, public_key, auth, user_agent, seen_at })
        })
        .collect()
}

/// When the notifications of these deliveries were opened; those that were not are left out.
pub async fn opened(reads: &mut impl Reads, deliveries: &[DeliveryId]) -> StoreResult<HashMap<DeliveryId, Timestamp>> {
    if deliveries.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = fetch_set!(reads.tx(), (i64, i64), OPENED, [], deliveries, |query, id| query.bind(id.raw()))?;
    rows.into_iter().map(|(id, at)| Ok((DeliveryId::from_raw(id), instant(at)?))).collect()
}

/// The gateway that had one attempt; `None` if there was none of that number.
pub async fn gateway_of(reads: &mut impl Reads, delivery: DeliveryId, attempt: i64) -> StoreResult<Option<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(GATEWAY_OF)
        .bind(delivery.raw())
        .bind(attempt)
        .fetch_optional(conn)
        .await)?)
}
