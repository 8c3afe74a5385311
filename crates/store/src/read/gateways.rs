//! The gateways and how they are.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A configured gateway as pages show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Gateway {
    pub name: String,
    pub channel: Channel,
    pub kind: String,
    pub per_second: f64,
    /// `starting`, `up` or `away`.
    pub state: String,
    pub detail: String,
    pub changed_at: Timestamp,
}

statements! {
    ALL = "SELECT name, channel, kind, per_second, state, detail, changed_at FROM gateway \
        WHERE state <> 'retired' ORDER BY channel, name";
}

/// The gateways of the configuration, by channel and name.
pub async fn all(reads: &mut impl Reads) -> StoreResult<Vec<Gateway>> {
    let rows: Vec<(String, i64, String, f64, String, String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(ALL).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(name, channel, kind, per_second, state, detail, changed_at)| {
            let damaged = |what: &str| StoreError::Damaged { row: format!("gateway {name}"), what: what.to_owned() };
            Ok(Gateway {
                channel: Channel::from_code(channel).ok_or_else(|| damaged("its channel"))?,
                changed_at: Timestamp::from_millisecond(changed_at).map_err(|_| damaged("its time"))?,
                name,
                kind,
                per_second,
                state,
                detail,
            })
        })
        .collect()
}

/// The channels for which a gateway is configured, in the order of `Channel::ALL`.
pub async fn channels(reads: &mut impl Reads) -> StoreResult<Vec<Channel>> {
    let gateways = all(reads).await?;
    Ok(Channel::ALL.into_iter().filter(|channel| gateways.iter().any(|gateway| gateway.channel == *channel)).collect())
}
