//! What gateways said, brought to the rows: states, attempts, references, dead addresses, receipts that overtook.

use std::collections::HashMap;

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::delivery::settle::{AttemptOutcome, InFlight, Settled, settle};
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::{DeliveryState, FailReason, SuppressReason};
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_store::write::attempts::{self, AttemptEnd, EndedAttempt, NewReference};
use schoolbell_store::write::gateways;
use schoolbell_store::write::queue::{self, Standing, Step};
use schoolbell_store::write::suppressions::{self, NewSuppression};
use schoolbell_store::write::tallies::Moves;
use schoolbell_store::{StoreResult, Tx};
use serde_json::json;

use super::feed::{Heard, Withheld};
use crate::revocation::{self, Revocation};
use crate::{Engine, receipts};

/// Settles what was heard of deliveries that this lane has in flight.
pub(super) async fn apply(
    engine: &Engine,
    tx: &mut Tx,
    gateway: &str,
    answers: &[(Standing, Heard)],
    moves: &mut Moves,
) -> StoreResult<()> {
    let now = engine.now();
    let steps: Vec<Step> = answers.iter().map(|(standing, heard)| step(standing, heard, now)).collect();
    let taken = queue::advance(tx, now, &steps, moves).await?;
    let ended: Vec<_> = answers.iter().map(|(_, heard)| ended(heard)).collect();
    attempts::end(tx, now, &ended).await?;
    let references = references(answers);
    attempts::refer(tx, gateway, &references).await?;
    let late: Vec<_> = answers.iter().filter(|(standing, _)| !taken.contains(&standing.id)).collect();
    let refused = settle_late(tx, &late, now, moves).await?;
    if refused > 0 {
        tracing::warn!(gateway, answers = refused, "answers came too late: their rows had gone on without them");
        gateways::count_late(tx, gateway, i64::try_from(refused).unwrap_or(i64::MAX)).await?;
    }
    for (step, (standing, _)) in steps.iter().zip(answers).filter(|(step, _)| taken.contains(&step.id)) {
        learn(engine, tx, gateway, (standing, step.to), moves).await?;
    }
    let references: Vec<String> = references.into_iter().map(|reference| reference.reference).collect();
    receipts::match_waiting(engine, tx, gateway, &references, moves).await
}

const fn in_flight(standing: &Standing) -> InFlight {
    InFlight {
        channel: standing.place.channel,
        urgent: standing.urgent,
        attempts: standing.attempts,
        expires_at: standing.expires_at,
    }
}

fn step(standing: &Standing, heard: &Heard, now: Timestamp) -> Step {
    let settled = match heard {
        Heard::Said(outcome) => settle(in_flight(standing), &outcome.outcome, now),
        Heard::Withheld { why: Withheld::Stopped, .. } => {
            Settled { state: DeliveryState::Suppressed(SuppressReason::Revoked), not_before: None }
        }
        Heard::Withheld { why: Withheld::Away, .. } => {
            let away = AttemptOutcome::Refused { reason: FailReason::GatewayAway, code: String::new() };
            settle(in_flight(standing), &away, now)
        }
        Heard::Withheld { why: Withheld::Ending, .. } => {
            Settled { state: DeliveryState::Queued(Some(FailReason::GatewayAway)), not_before: Some(now) }
        }
    };
    standing.step(settled.state, settled.not_before)
}

fn ended(heard: &Heard) -> EndedAttempt {
    let (end, code) = match heard {
        Heard::Said(outcome) => match &outcome.outcome {
            AttemptOutcome::Accepted { .. } => (AttemptEnd::Accepted, String::new()),
            AttemptOutcome::Refused { reason, code } => (AttemptEnd::Refused(*reason), code.replace('\0', " ")),
            AttemptOutcome::Unknown { code } => (AttemptEnd::Unknown, code.replace('\0', " ")),
        },
        Heard::Withheld { why, .. } => (
            AttemptEnd::NotHanded,
            match why {
                Withheld::Stopped => "stopped by the family",
                Withheld::Away => "the gateway was away",
                Withheld::Ending => "the program ended or lost the gateway",
            }
            .to_owned(),
        ),
    };
    EndedAttempt { delivery: heard.delivery(), number: heard.attempt(), end, code }
}

/// One row for each part that was taken; of a reference that comes twice, the last.
fn references(answers: &[(Standing, Heard)]) -> Vec<NewReference> {
    let mut rows: HashMap<&str, NewReference> = HashMap::new();
    for (_, heard) in answers {
        let Heard::Said(outcome) = heard else { continue };
        let AttemptOutcome::Accepted { references } = &outcome.outcome else { continue };
        let parts = i64::try_from(references.len()).unwrap_or(i64::MAX);
        for (part, reference) in (1..).zip(references) {
            let row = NewReference {
                reference: reference.clone(),
                delivery: outcome.delivery,
                number: outcome.attempt,
                part,
                parts,
            };
            rows.insert(reference, row);
        }
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| (row.delivery, row.part));
    rows
}

/// Answers whose lease was lost meanwhile. What the carrier said still counts, where no other attempt has begun: an
/// accepted delivery is not sent again, and a refused one is no longer unconfirmed. Answers how many were too late.
async fn settle_late(
    tx: &mut Tx,
    late: &[&(Standing, Heard)],
    now: Timestamp,
    moves: &mut Moves,
) -> StoreResult<usize> {
    if late.is_empty() {
        return Ok(0);
    }
    let ids: Vec<DeliveryId> = late.iter().map(|(standing, _)| standing.id).collect();
    let standing: HashMap<DeliveryId, Standing> =
        queue::lock(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut steps = Vec::new();
    for (_, heard) in late {
        let Some(row) = standing.get(&heard.delivery()) else { continue };
        if row.attempts != heard.attempt() {
            continue;
        }
        match row.state {
            DeliveryState::Unconfirmed | DeliveryState::Queued(_) => steps.push(step(row, heard, now)),
            DeliveryState::Suppressed(_)
            | DeliveryState::Sending
            | DeliveryState::Accepted
            | DeliveryState::Delivered
            | DeliveryState::Undelivered(_)
            | DeliveryState::Rejected(_)
            | DeliveryState::Cancelled
            | DeliveryState::Expired(_) => {}
        }
    }
    let taken = queue::advance(tx, now, &steps, moves).await?;
    Ok(late.len() - taken.len())
}

/// What an end says of the address: dead, or opted out at the carrier (LAW-23).
pub(crate) async fn learn(
    engine: &Engine,
    tx: &mut Tx,
    gateway: &str,
    (standing, end): (&Standing, DeliveryState),
    moves: &mut Moves,
) -> StoreResult<()> {
    let (DeliveryState::Rejected(reason) | DeliveryState::Undelivered(reason)) = end else { return Ok(()) };
    let Some(address) = &standing.address else { return Ok(()) };
    let evidence = json!({
        "delivery": standing.id.to_string(), "gateway": gateway, "attempt": standing.attempts, "reason": reason,
    })
    .to_string();
    if is_dead(standing.place.channel, reason) {
        let dead = NewSuppression {
            address: address.clone(),
            channel: standing.place.channel,
            kind: Suppression::Dead,
            evidence,
        };
        suppressions::add(tx, &[dead], engine.now()).await?;
    } else if let (FailReason::OptedOutAtCarrier, Channel::Sms, Address::Phone(number)) =
        (reason, standing.place.channel, address)
    {
        let said = Revocation {
            kind: ConsentEventKind::StoppedAtCarrier,
            heard_in: Program::Alerts,
            actor: "carrier",
            evidence: &evidence,
        };
        revocation::close(engine, tx, number, said, moves).await?;
    }
    Ok(())
}

/// The network says that nobody can be reached there, now or later.
const fn is_dead(channel: Channel, reason: FailReason) -> bool {
    match channel {
        Channel::Voice | Channel::Sms => matches!(reason, FailReason::BadNumber),
        Channel::Email => matches!(reason, FailReason::BadMailbox | FailReason::BadDomain),
        Channel::Push => false,
    }
}
