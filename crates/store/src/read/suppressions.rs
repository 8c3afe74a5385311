//! What the network told us of one address.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::people::Address;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A standing word of the network, with its evidence as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkWord {
    pub kind: Suppression,
    pub since: Timestamp,
    pub evidence: String,
}

statements! {
    LOOKUP = "SELECT kind, since, evidence FROM suppression WHERE address = $1 AND channel = $2";
}

/// The word on this address over this channel, if there is one.
pub async fn lookup(reads: &mut impl Reads, address: &Address, channel: Channel) -> StoreResult<Option<NetworkWord>> {
    let row: Option<(i64, i64, String)> = on!(reads.tx(), |conn| sqlx::query_as(LOOKUP)
        .bind(address.expose())
        .bind(channel.code())
        .fetch_optional(conn)
        .await)?;
    let Some((kind, since, evidence)) = row else { return Ok(None) };
    let damaged = |what: &str| StoreError::Damaged { row: "a suppression".to_owned(), what: what.to_owned() };
    Ok(Some(NetworkWord {
        kind: Suppression::from_code(kind).ok_or_else(|| damaged("its kind"))?,
        since: Timestamp::from_millisecond(since).map_err(|_| damaged("its time"))?,
        evidence,
    }))
}
