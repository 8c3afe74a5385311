//! The gateways and how they are.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;

use crate::dialect::lease_time;
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
    /// The node that has its connection; `None` where there can be only one node.
    pub held_by: Option<String>,
    /// Answers that came when their row had gone on without them: a node was frozen or cut off.
    pub late_answers: i64,
    /// Calls at once; `None` for what keeps no line.
    pub lines: Option<i64>,
}

type Row = (String, i64, String, f64, String, String, i64, Option<String>, Option<i64>, i64, Option<i64>);

/// What is said of a gateway whose node is gone.
const NOBODY: &str = "no node holds it; is one running that may?";

statements! {
    ALL = "SELECT name, channel, kind, per_second, state, detail, changed_at, held_by, held_until, \
        late_answers, lines FROM gateway \
        WHERE state <> 'retired' ORDER BY channel, name";
}

/// The gateways of the configuration, by channel and name.
pub async fn all(reads: &mut impl Reads) -> StoreResult<Vec<Gateway>> {
    // Only PostgreSQL has holds, and there the node's own time does not count.
    let time = lease_time(reads.tx(), Timestamp::MIN).await?.as_millisecond();
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(ALL).fetch_all(conn).await)?;
    rows.into_iter().map(|row| gateway(row, time)).collect()
}

fn gateway(row: Row, time: i64) -> StoreResult<Gateway> {
    let (name, channel, kind, per_second, state, detail, changed_at, held_by, held_until, late_answers, lines) = row;
    let damaged = |what: &str| StoreError::Damaged { row: format!("gateway {name}"), what: what.to_owned() };
    let is_orphan = held_until.is_some_and(|until| until < time);
    Ok(Gateway {
        channel: Channel::from_code(channel).ok_or_else(|| damaged("its channel"))?,
        changed_at: Timestamp::from_millisecond(changed_at).map_err(|_| damaged("its time"))?,
        name,
        kind,
        per_second,
        state: if is_orphan { "away".to_owned() } else { state },
        detail: if is_orphan { NOBODY.to_owned() } else { detail },
        held_by,
        late_answers,
        lines,
    })
}

/// The channels for which a gateway is configured, in the order of `Channel::ALL`.
pub async fn channels(reads: &mut impl Reads) -> StoreResult<Vec<Channel>> {
    let gateways = all(reads).await?;
    Ok(Channel::ALL.into_iter().filter(|channel| gateways.iter().any(|gateway| gateway.channel == *channel)).collect())
}
