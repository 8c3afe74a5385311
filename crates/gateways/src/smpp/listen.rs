//! The ear: hands what the session heard to the sink, receipts by the hundred, and tells the session what was kept.
//!
//! It outlives a session, so that the socket is never waited on by the database, nor the other way round.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::config::SmppConfig;
use super::hear::{Heard, TextPiece};
use super::join::{Join, Whole};
use crate::{HeardReceipt, InboundSink};

/// Most receipts of one call of the sink.
const BATCH: usize = 1_000;
/// Wait before what could not be kept, and was acknowledged already, is offered again.
const AGAIN: Duration = Duration::from_secs(1);

/// Which packet of which session waits for our answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) session: u64,
    pub(super) sequence: u32,
    /// `deliver_sm` or `data_sm`.
    pub(super) command: u32,
}

/// Something heard, and the packet that brought it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) ticket: Ticket,
    pub(super) heard: Heard,
}

/// Whether what a packet brought is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) ticket: Ticket,
    pub(super) kept: bool,
}

/// See the module.
pub(super) struct Listener {
    name: String,
    sink: Arc<dyn InboundSink>,
    verdicts: mpsc::UnboundedSender<Verdict>,
    join: Join<Ticket>,
    ack_parts_at_once: bool,
    /// Acknowledged already and not kept yet.
    owed: Vec<Whole<Ticket>>,
    owed_at: Instant,
}

impl Listener {
    pub(super) fn new(
        name: &str,
        config: &SmppConfig,
        sink: Arc<dyn InboundSink>,
        verdicts: mpsc::UnboundedSender<Verdict>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            sink,
            verdicts,
            join: Join::new(Duration::from_secs_f64(config.join_wait_s), config.default_alphabet),
            ack_parts_at_once: config.ack_parts_at_once,
            owed: Vec::new(),
            owed_at: Instant::now(),
        }
    }

    /// Runs until the gateway drops its end; what is held then is offered to the sink a last time.
    pub(super) async fn run(mut self, mut items: mpsc::Receiver<Item>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let due = [self.join.next_due(), (!self.owed.is_empty()).then_some(self.owed_at)];
            let wake = due.into_iter().flatten().min();
            tokio::select! {
                count = items.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    self.take(batch.drain(..)).await;
                }
                () = tokio::time::sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => self.tick().await,
            }
        }
        for whole in self.join.overdue(Instant::now() + Duration::from_hours(24)) {
            self.keep(whole).await;
        }
        for whole in std::mem::take(&mut self.owed) {
            if let Err(error) = self.sink.text(&self.name, whole.text).await {
                tracing::error!(gateway = %self.name, %error, "an acknowledged text could not be kept before the end");
            }
        }
    }

    async fn take(&mut self, items: impl Iterator<Item = Item>) {
        let mut tickets = Vec::new();
        let mut receipts: Vec<HeardReceipt> = Vec::new();
        let mut pieces: Vec<(Ticket, TextPiece)> = Vec::new();
        for item in items {
            match item.heard {
                Heard::Receipt(receipt) => {
                    tickets.push(item.ticket);
                    receipts.push(receipt);
                }
                Heard::Text(piece) => pieces.push((item.ticket, piece)),
                Heard::Unreadable => {
                    tracing::warn!(gateway = %self.name, "a receipt named no message or no state; it is passed over");
                    self.tell(item.ticket, true);
                }
            }
        }
        if !receipts.is_empty() {
            let kept = self.sink.receipts(&self.name, receipts).await;
            if let Err(error) = &kept {
                tracing::warn!(gateway = %self.name, %error, receipts = tickets.len(), "the carrier must send them again");
            }
            for ticket in tickets {
                self.tell(ticket, kept.is_ok());
            }
        }
        for (ticket, piece) in pieces {
            self.piece(ticket, piece).await;
        }
    }

    async fn piece(&mut self, ticket: Ticket, piece: TextPiece) {
        let at_once = self.ack_parts_at_once && piece.part.is_some();
        if at_once {
            self.tell(ticket, true);
        }
        let acks = if at_once { Vec::new() } else { vec![ticket] };
        for whole in self.join.take(piece, acks, Instant::now()) {
            self.keep(whole).await;
        }
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        for whole in self.join.overdue(now) {
            self.keep(whole).await;
        }
        if self.owed_at <= now {
            for whole in std::mem::take(&mut self.owed) {
                self.keep(whole).await;
            }
        }
    }

    async fn keep(&mut self, whole: Whole<Ticket>) {
        let kept = self.sink.text(&self.name, whole.text.clone()).await;
        if let Err(error) = &kept {
            tracing::warn!(gateway = %self.name, %error, "the carrier must send a text again");
            if whole.acks.is_empty() {
                self.owed.push(whole);
                self.owed_at = Instant::now() + AGAIN;
                return;
            }
        }
        for ticket in whole.acks {
            self.tell(ticket, kept.is_ok());
        }
    }

    fn tell(&self, ticket: Ticket, kept: bool) {
        if self.verdicts.send(Verdict { ticket, kept }).is_err() {
            tracing::debug!(gateway = %self.name, "the session ended first; the carrier will send it again");
        }
    }
}
