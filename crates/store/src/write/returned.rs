//! Mail that came to the bounce address: kept before its sender gets the acknowledgement.

use jiff::Timestamp;
use schoolbell_domain::ids::DeliveryId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturned {
    pub id: i64,
    /// `bounce`, `complaint`, `auto_reply`, `other`.
    pub kind: &'static str,
    /// `None` if it is about no mail of ours.
    pub delivery: Option<DeliveryId>,
    /// What it says, in the standards' codes: `550 5.1.1`.
    pub code: String,
    /// Its beginning.
    pub raw: String,
    /// Of the whole mail.
    pub digest: String,
}

statements! {
    KEEP = "INSERT INTO returned_mail (id, kind, delivery_id, code, raw, digest, received_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING";
}

/// Keeps it; false if the very same mail stands already.
pub async fn keep(tx: &mut Tx, mail: &NewReturned, now: Timestamp) -> StoreResult<bool> {
    let done = on!(tx, |conn| sqlx::query(KEEP)
        .bind(mail.id)
        .bind(mail.kind)
        .bind(mail.delivery.map(DeliveryId::raw))
        .bind(mail.code.replace('\0', ""))
        .bind(mail.raw.replace('\0', "\u{fffd}"))
        .bind(mail.digest.as_str())
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done == 1)
}
