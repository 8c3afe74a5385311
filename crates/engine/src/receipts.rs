//! Receipts: committed as heard before the carrier gets its acknowledgement, matched to the parts they speak of, and
//! brought to the deliveries. Twice, late or out of order is harmless.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::ids::{DeliveryId, InboundId};
use schoolbell_gateways::{HeardCall, HeardReceipt, HeardText, InboundSink, NotKept};
use schoolbell_store::write::inbound::NewInbound;
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::receipts::{self, NewReceipt, Part};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreError, StoreResult, Tx, write};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::dispatch::settle::learn;
use crate::{Engine, Queue, calls, inbound, reached};

/// Receipts in one commit, at most.
const BATCH: usize = 2_000;

/// What one gateway brought, and where its "kept" goes.
struct Brought {
    gateway: String,
    heard: Vec<HeardReceipt>,
    kept: oneshot::Sender<Result<(), NotKept>>,
}

/// The ears of the engine: what gateways hear comes here.
pub struct Ears {
    engine: Engine,
    brought: mpsc::Sender<Brought>,
}

impl Ears {
    /// Starts keeping what comes in. Receipts that come while a commit runs share the next one.
    pub fn open(engine: Engine, stop: CancellationToken) -> Arc<Self> {
        let (brought, incoming) = mpsc::channel(256);
        tokio::spawn(keep(engine.clone(), incoming, stop));
        Arc::new(Self { engine, brought })
    }
}

impl InboundSink for Ears {
    fn receipts<'a>(&'a self, gateway: &'a str, heard: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let (kept, answer) = oneshot::channel();
            let ending = || NotKept("the program ends".to_owned());
            let brought = Brought { gateway: gateway.to_owned(), heard, kept };
            self.brought.send(brought).await.map_err(|_| ending())?;
            answer.await.map_err(|_| ending())?
        })
    }

    fn text<'a>(&'a self, gateway: &'a str, heard: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            // The node that hears a STOP is the one that sends: it holds back even before the text is kept.
            inbound::halt_at_once(&self.engine, &heard);
            let text = NewInbound {
                id: InboundId::from_raw(self.engine.next_id()),
                gateway: gateway.to_owned(),
                channel: Channel::Sms,
                from: heard.from,
                to: heard.to,
                body: heard.body,
                received_at: self.engine.now(),
                reference: None,
                media: heard.media,
            };
            let kept = self.engine.db.write("keep a text", async |tx| write::inbound::insert(tx, &text).await).await;
            kept.map_err(|error: StoreError| NotKept(error.to_string()))?;
            self.engine.wake.now(Queue::Inbound);
            Ok(())
        })
    }

    fn gone<'a>(&'a self, gateway: &'a str, endpoints: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let gone =
                self.engine.db.write("take off devices", async |tx| write::push::gone(tx, &endpoints).await).await;
            let gone = gone.map_err(|error: StoreError| NotKept(error.to_string()))?;
            tracing::info!(gateway, devices = gone, "devices that a push service knows no more were taken off");
            Ok(())
        })
    }

    fn call<'a>(&'a self, gateway: &'a str, heard: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let kept = calls::keep(&self.engine, gateway, &heard).await;
            kept.map_err(|error| NotKept(error.to_string()))
        })
    }
}

async fn keep(engine: Engine, mut incoming: mpsc::Receiver<Brought>, stop: CancellationToken) {
    let mut batch: Vec<Brought> = Vec::new();
    while let Some(Some(first)) = stop.run_until_cancelled(incoming.recv()).await {
        let mut count = first.heard.len();
        batch.push(first);
        while count < BATCH {
            let Ok(more) = incoming.try_recv() else { break };
            count += more.heard.len();
            batch.push(more);
        }
        let kept = keep_batch(&engine, &batch).await;
        for brought in batch.drain(..) {
            // A gateway that no longer waits hears it again from the carrier.
            drop(brought.kept.send(kept.clone()));
        }
    }
}

async fn keep_batch(engine: &Engine, batch: &[Brought]) -> Result<(), NotKept> {
    let mut by_gateway: HashMap<&str, Vec<&HeardReceipt>> = HashMap::new();
    for brought in batch {
        by_gateway.entry(&brought.gateway).or_default().extend(&brought.heard);
    }
    let kept = keep_and_match(engine, &by_gateway).await;
    engine.room.note("receipts", engine.now(), &kept);
    match kept {
        Ok(()) => Ok(()),
        Err(error) if error.is_temporary() => Err(NotKept(error.to_string())),
        Err(error) => {
            tracing::error!(%error, "receipts could not be matched; they are kept as heard");
            keep_raw(engine, &by_gateway).await.map_err(|error| NotKept(error.to_string()))
        }
    }
}

/// Keeps one receipt that came by itself, and brings it to its delivery.
pub(crate) async fn keep_one(engine: &Engine, gateway: &str, heard: &HeardReceipt) -> StoreResult<()> {
    keep_and_match(engine, &HashMap::from([(gateway, vec![heard])])).await
}

type ByGateway<'a> = HashMap<&'a str, Vec<&'a HeardReceipt>>;

async fn keep_and_match(engine: &Engine, by_gateway: &ByGateway<'_>) -> StoreResult<()> {
    let moves = engine
        .db
        .write("keep receipts", async |tx| {
            let mut moves = Moves::default();
            for (gateway, heard) in by_gateway {
                meet(engine, tx, gateway, heard, &mut moves).await?;
            }
            tallies::apply(tx, &moves).await?;
            Ok::<_, StoreError>(moves)
        })
        .await?;
    engine.touched.touch(moves.origins());
    Ok(())
}

/// Keeps what was heard and brings it to its deliveries.
pub(crate) async fn meet(
    engine: &Engine,
    tx: &mut Tx,
    gateway: &str,
    heard: &[&HeardReceipt],
    moves: &mut Moves,
) -> StoreResult<()> {
    let now = engine.now();
    let words: Vec<_> = heard.iter().map(|heard| (heard.reference.as_str(), heard.status)).collect();
    let met = fold(engine, tx, gateway, &words, moves).await?;
    let rows = rows(engine, heard, |reference| met.contains(reference).then_some(now));
    receipts::insert(tx, gateway, now, &rows).await
}

async fn keep_raw(engine: &Engine, by_gateway: &ByGateway<'_>) -> StoreResult<()> {
    let now = engine.now();
    engine
        .db
        .write("keep receipts as heard", async |tx| {
            for (gateway, heard) in by_gateway {
                receipts::insert(tx, gateway, now, &rows(engine, heard, |_| None)).await?;
            }
            Ok(())
        })
        .await
}

fn rows(
    engine: &Engine,
    heard: &[&HeardReceipt],
    matched_at: impl Fn(&str) -> Option<jiff::Timestamp>,
) -> Vec<NewReceipt> {
    heard
        .iter()
        .map(|heard| NewReceipt {
            id: engine.next_id(),
            reference: heard.reference.clone(),
            status: heard.status,
            raw: heard.raw.clone(),
            matched_at: matched_at(&heard.reference),
        })
        .collect()
}

/// Receipts that came before the answer to their attempt was settled: they are met now.
pub(crate) async fn match_waiting(
    engine: &Engine,
    tx: &mut Tx,
    gateway: &str,
    references: &[String],
    moves: &mut Moves,
) -> StoreResult<()> {
    let waiting = receipts::waiting(tx, gateway, references).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = waiting.iter().map(|receipt| (receipt.reference.as_str(), receipt.status)).collect();
    fold(engine, tx, gateway, &words, moves).await?;
    let ids: Vec<i64> = waiting.iter().map(|receipt| receipt.id).collect();
    receipts::matched(tx, engine.now(), &ids).await
}

/// Brings the carrier's words to the deliveries; answers which references belong to one.
async fn fold(
    engine: &Engine,
    tx: &mut Tx,
    gateway: &str,
    words: &[(&str, ReceiptStatus)],
    moves: &mut Moves,
) -> StoreResult<HashSet<String>> {
    let first = first_final(words);
    let references: Vec<&str> = first.keys().copied().collect();
    let parts = receipts::parts(tx, gateway, &references).await?;
    let several: Vec<_> = parts.iter().filter(|part| part.parts > 1).collect();
    let told: Vec<(&str, ReceiptStatus)> = several
        .iter()
        .filter_map(|part| Some((part.reference.as_str(), *first.get(part.reference.as_str())?)))
        .collect();
    receipts::tell(tx, gateway, &told).await?;
    let mut whole: HashMap<(DeliveryId, u32), ReceiptStatus> = HashMap::new();
    for part in parts.iter().filter(|part| part.parts == 1) {
        if let Some(status) = first.get(part.reference.as_str()) {
            whole.insert((part.delivery, part.number), *status);
        }
    }
    let deliveries: Vec<DeliveryId> =
        several.iter().map(|part| part.delivery).collect::<HashSet<_>>().into_iter().collect();
    for ((delivery, number), parts) in grouped(receipts::parts_of(tx, &deliveries).await?) {
        whole.insert((delivery, number), of_parts(&parts));
    }
    advance(engine, tx, gateway, &whole, moves).await?;
    Ok(parts.into_iter().map(|part| part.reference).collect())
}

/// The first final word on each reference, otherwise that it is on its way.
fn first_final<'a>(words: &[(&'a str, ReceiptStatus)]) -> HashMap<&'a str, ReceiptStatus> {
    let mut first = HashMap::with_capacity(words.len());
    for (reference, status) in words {
        let kept = first.entry(*reference).or_insert(*status);
        if *kept == ReceiptStatus::Buffered {
            *kept = *status;
        }
    }
    first
}

fn grouped(parts: Vec<Part>) -> HashMap<(DeliveryId, u32), Vec<Part>> {
    let mut groups: HashMap<(DeliveryId, u32), Vec<Part>> = HashMap::new();
    for part in parts {
        groups.entry((part.delivery, part.number)).or_default().push(part);
    }
    groups
}

/// The word on the whole; a part that another delivery's reference took over counts as not yet told.
fn of_parts(parts: &[Part]) -> ReceiptStatus {
    let mut words: Vec<_> = parts.iter().map(|part| part.status).collect();
    let expected = parts.first().map_or(0, |part| usize::try_from(part.parts).unwrap_or(0));
    words.resize(words.len().max(expected), ReceiptStatus::Buffered);
    ReceiptStatus::of_parts(&words)
}

async fn advance(
    engine: &Engine,
    tx: &mut Tx,
    gateway: &str,
    whole: &HashMap<(DeliveryId, u32), ReceiptStatus>,
    moves: &mut Moves,
) -> StoreResult<()> {
    let mut ids: Vec<DeliveryId> =
        whole.iter().filter(|(_, word)| **word != ReceiptStatus::Buffered).map(|((id, _), _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let standings: HashMap<DeliveryId, Standing> =
        queue::lock(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut steps = Vec::new();
    for ((id, number), word) in whole {
        let Some(row) = standings.get(id) else { continue };
        // That an earlier attempt failed says nothing of the present one; that it arrived ends them all.
        let counts = *number == row.attempts || *word == ReceiptStatus::Delivered;
        let next = row.state.on_receipt(*word);
        if counts && next != row.state {
            steps.push(row.step(next, None));
        }
    }
    // Two attempts of one delivery with words in one batch: an arrival wins.
    steps.sort_by_key(|step| (step.id, step.to.kind() != schoolbell_domain::delivery::StateKind::Delivered));
    steps.dedup_by_key(|step| step.id);
    let taken = queue::advance(tx, engine.now(), &steps, moves).await?;
    for step in steps.iter().filter(|step| taken.contains(&step.id)) {
        if let Some(row) = standings.get(&step.id) {
            learn(engine, tx, gateway, (row, step.to), moves).await?;
            if step.to == DeliveryState::Delivered {
                reached::by_text(engine, tx, row, moves).await?;
            }
        }
    }
    Ok(())
}
