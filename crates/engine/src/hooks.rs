//! What carriers say to our web hooks. A page that hears it answers "kept" only after the commit, as a gateway does.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::ids::InboundId;
use schoolbell_gateways::HeardReceipt;
use schoolbell_store::write::inbound::{self, NewInbound};
use schoolbell_store::{StoreError, StoreResult};

use crate::{Engine, Queue, receipts};

/// A text that came to a hook.
#[derive(Clone, PartialEq, Eq)]
pub struct HookText {
    /// The carrier's own id of it: the same id twice is one text.
    pub reference: String,
    pub from: String,
    pub to: String,
    pub body: String,
    /// The addresses of pictures and files that came with it.
    pub media: Vec<String>,
}

/// Keeps a later word on a message and brings it to its delivery. Twice, late or out of order is harmless.
pub async fn receipt(
    engine: &Engine,
    gateway: &str,
    reference: String,
    status: ReceiptStatus,
    raw: String,
) -> StoreResult<()> {
    let heard = HeardReceipt { reference, status, raw };
    receipts::keep_one(engine, gateway, &heard).await
}

/// Keeps a text; it is handled like one that came over a wire.
pub async fn text(engine: &Engine, gateway: &str, text: HookText) -> StoreResult<()> {
    let new = NewInbound {
        id: InboundId::from_raw(engine.next_id()),
        gateway: gateway.to_owned(),
        channel: Channel::Sms,
        from: text.from,
        to: text.to,
        body: text.body,
        received_at: engine.now(),
        reference: Some(text.reference),
        media: text.media,
    };
    engine
        .db
        .write("keep a text of a hook", async |tx| {
            inbound::insert(tx, &new).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    engine.wake.now(Queue::Inbound);
    Ok(())
}
