//! Progress of an origin from its counters: nothing here scans deliveries.

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::{DeliveryState, StateKind};
use schoolbell_domain::ids::{OriginId, SchoolId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// How many deliveries of one channel and school stand in one state with one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub channel: Channel,
    pub school: Option<SchoolId>,
    pub state: DeliveryState,
    pub count: i64,
}

/// Where an origin stands, channels summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// Waiting or being sent: the sending is complete when this is 0.
    pub to_send: i64,
    /// Taken by a carrier, or unconfirmed; only a receipt or the expiry settles them.
    pub awaiting_receipt: i64,
    /// Final, the left-out ones not counted.
    pub settled: i64,
    pub left_out: i64,
}

/// How long after Send the first attempts began (A3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub attempted: i64,
    pub p50: SignedDuration,
    pub p95: SignedDuration,
    pub p100: SignedDuration,
}

statements! {
    COUNTS = "SELECT channel, school_id, state, reason, count FROM tally WHERE origin_id = $1 AND count <> 0 \
        ORDER BY channel, school_id, state, reason";
    SECONDS = "SELECT channel, second, count FROM tally_second WHERE origin_id = $1 ORDER BY second, channel";
}

/// Every counter of an origin that is not 0, ordered by channel, school, state and reason.
pub async fn counts(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Vec<Count>> {
    let rows: Vec<(i64, i64, i64, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(COUNTS).bind(origin.raw()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(channel, school, state, reason, count)| {
            let damaged = || StoreError::Damaged {
                row: format!("tally of {origin}"),
                what: format!("channel {channel}, state {state}, reason {reason}"),
            };
            Ok(Count {
                channel: Channel::from_code(channel).ok_or_else(damaged)?,
                school: (school != 0).then(|| SchoolId::from_raw(school)),
                state: DeliveryState::from_codes(state, reason).ok_or_else(damaged)?,
                count,
            })
        })
        .collect()
}

/// What is still open of an origin.
pub async fn open_counts(reads: &mut impl Reads, origin: OriginId) -> StoreResult<OpenCounts> {
    let mut open = OpenCounts::default();
    for count in counts(reads, origin).await? {
        let cell = match count.state.kind() {
            StateKind::Queued | StateKind::Sending => &mut open.to_send,
            StateKind::Accepted | StateKind::Unconfirmed => &mut open.awaiting_receipt,
            StateKind::Suppressed => &mut open.left_out,
            StateKind::Delivered
            | StateKind::Undelivered
            | StateKind::Rejected
            | StateKind::Cancelled
            | StateKind::Expired => &mut open.settled,
        };
        *cell += count.count;
    }
    Ok(open)
}

/// First attempts by second: (channel, second of Unix time, how many), oldest first.
pub async fn seconds(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Vec<(Channel, i64, i64)>> {
    let rows: Vec<(i64, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(SECONDS).bind(origin.raw()).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .filter_map(|(channel, second, count)| Channel::from_code(channel).map(|channel| (channel, second, count)))
        .collect())
}

/// The time from Send to 50, 95 and 100 % of the first attempts made so far, whole seconds rounded up; `None` before
/// the first. `channel` narrows it to one.
pub async fn pace(
    reads: &mut impl Reads,
    origin: OriginId,
    sent_at: Timestamp,
    channel: Option<Channel>,
) -> StoreResult<Option<Pace>> {
    let seconds = seconds(reads, origin).await?;
    let of_channel = seconds.into_iter().filter(|row| channel.is_none_or(|channel| channel == row.0));
    Ok(percentiles(&of_channel.map(|(_, second, count)| (second, count)).collect::<Vec<_>>(), sent_at))
}

fn percentiles(seconds: &[(i64, i64)], sent_at: Timestamp) -> Option<Pace> {
    let attempted: i64 = seconds.iter().map(|(_, count)| count).sum();
    let at = |percent: i64| {
        let wanted = (attempted * percent + 99) / 100;
        let mut seen = 0;
        seconds
            .iter()
            .find(|(_, count)| {
                seen += count;
                seen >= wanted
            })
            // The attempt began before the end of its second.
            .map(|(second, _)| SignedDuration::from_secs((second + 1 - sent_at.as_second()).max(0)))
    };
    (attempted > 0).then_some(())?;
    Some(Pace { attempted, p50: at(50)?, p95: at(95)?, p100: at(100)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_count_first_attempts_from_send() {
        let sent_at = Timestamp::from_second(1_000).unwrap();
        let pace = percentiles(&[(1_000, 50), (1_003, 45), (1_009, 5)], sent_at).unwrap();
        let seconds = |n| SignedDuration::from_secs(n);
        assert_eq!((pace.p50, pace.p95, pace.p100), (seconds(1), seconds(4), seconds(10)), "A3");
        assert_eq!(percentiles(&[], sent_at), None);
    }
}
