//! A family has a message: where the sender chose so, its other phones are left alone from then on.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::{DeliveryState, SuppressReason};
use schoolbell_gateways::HeardCall;
use schoolbell_gateways::voice::Party;
use schoolbell_store::read::reached::{Wish, family_of, lookup_wish, open_calls};
use schoolbell_store::write::deliveries::OriginKind;
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::reached::note;
use schoolbell_store::write::tallies::Moves;
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;

/// A call is over: somebody may have heard it, or said so by the key.
pub(crate) async fn by_call(
    engine: &Engine,
    tx: &mut Tx,
    (row, heard): (&Standing, &HeardCall),
    moves: &mut Moves,
) -> StoreResult<()> {
    let Some(wish) = wish_of(tx, row).await? else { return Ok(()) };
    let was_heard = heard.party == Party::Person && heard.status == ReceiptStatus::Delivered;
    if wish.stops_on.ends(was_heard, heard.confirms()) { leave_alone(engine, tx, row, moves).await } else { Ok(()) }
}

/// A text has arrived.
pub(crate) async fn by_text(engine: &Engine, tx: &mut Tx, row: &Standing, moves: &mut Moves) -> StoreResult<()> {
    if row.place.channel != Channel::Sms {
        return Ok(());
    }
    match wish_of(tx, row).await? {
        Some(wish) if wish.text_first => leave_alone(engine, tx, row, moves).await,
        Some(_) | None => Ok(()),
    }
}

async fn wish_of(tx: &mut Tx, row: &Standing) -> StoreResult<Option<Wish>> {
    match row.origin_kind {
        OriginKind::Broadcast => lookup_wish(tx, row.place.origin).await,
        OriginKind::Conversation | OriginKind::System => Ok(None),
    }
}

/// Calls to the family that wait end here; those that ring now are asked about when they would ring again.
async fn leave_alone(engine: &Engine, tx: &mut Tx, row: &Standing, moves: &mut Moves) -> StoreResult<()> {
    let Some(family) = family_of(tx, row.id).await? else { return Ok(()) };
    if !note(tx, row.place.origin, family, engine.now()).await? {
        return Ok(());
    }
    let waiting = open_calls(tx, row.place.origin, family).await?;
    let end = DeliveryState::Suppressed(SuppressReason::Reached);
    let steps: Vec<_> = queue::lock(tx, &waiting)
        .await?
        .iter()
        .filter(|call| matches!(call.state, DeliveryState::Queued(_)))
        .map(|call| call.step(end, None))
        .collect();
    queue::advance(tx, engine.now(), &steps, moves).await?;
    Ok(())
}
