//! One bound session: a single task owns the socket, keeps the window full, and answers for every delivery it took.
//!
//! Packets are written in batches, and reading never waits for writing, nor either for the database. The codec is
//! `rusmpp`'s; the loop is ours, because its client's loop can sleep with work queued.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rusmpp::Pdu;
use rusmpp::pdus::{DataSmResp, DeliverSmResp};
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_formats::smpp::status::{Advice, RECEIVER_NEVER, RECEIVER_TRY_LATER};
use schoolbell_formats::smpp::{Delivered, refusal};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::config::SmppConfig;
use super::flights::{Answer, Flights};
use super::hear::understand;
use super::listen::{Item, Ticket, Verdict};
use super::message::{Message, Parts, Sender, Unwritable};
use super::pace::Pace;
use super::push::{Pushed, push};
use super::wire::{Bound, Frame, RESPONSE, id, put};
use crate::{Content, Outcome, Outgoing, Right};

/// How often clocks are looked at; also the grain of a throttled pace.
const BEAT: Duration = Duration::from_millis(20);
/// What is under way gets so long to be answered when we stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// More than this is not buffered for a carrier that does not read.
const MOST_OUTPUT: usize = 1 << 20;
const INVALID_COMMAND: u32 = 3;

/// What all sessions of one gateway share.
pub(super) struct Account {
    pub(super) name: String,
    pub(super) config: SmppConfig,
    pub(super) sender: Sender,
}

/// The gateway's ends of its channels, lent to one session after the other.
pub(super) struct Lines {
    pub(super) work: mpsc::Receiver<Outgoing>,
    pub(super) outcomes: mpsc::Sender<Outcome>,
    pub(super) items: mpsc::Sender<Item>,
    pub(super) verdicts: mpsc::UnboundedReceiver<Verdict>,
    pub(super) stop: CancellationToken,
}

/// Why a session ended.
#[derive(Debug)]
pub(super) enum End {
    /// We were told to stop, or there is no more work.
    Finished,
    /// In a sentence for the operator.
    Lost(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Takes nothing new; waits for answers.
    Draining(Instant),
    /// We said goodbye.
    Unbinding(Instant),
    /// The carrier said goodbye.
    Left(Instant),
    /// Both did.
    Closed,
}

pub(super) struct Session<'a> {
    account: &'a Account,
    number: u64,
    phase: Phase,
    flights: Flights,
    pace: Pace,
    output: BytesMut,
    unflushed: bool,
    /// Octets that went into the output, and those of them that the socket took.
    queued: u64,
    written: u64,
    sequence: u32,
    reference: u8,
    last_content: Option<(Arc<Content>, Arc<Parts>)>,
    /// That of what was taken last; once it has ended nothing more is written.
    right: Right,
    last_heard: Instant,
    enquired: Option<Instant>,
    /// Packets with the listener.
    hearing: usize,
}

impl<'a> Session<'a> {
    /// `reference` is where the references of long texts begin.
    pub(super) fn new(account: &'a Account, number: u64, reference: u8) -> Self {
        let now = Instant::now();
        Self {
            account,
            number,
            phase: Phase::Open,
            flights: Flights::default(),
            pace: Pace::new(account.config.per_second, now),
            output: BytesMut::with_capacity(64 * 1024),
            unflushed: false,
            queued: 0,
            written: 0,
            sequence: 1,
            reference,
            last_content: None,
            right: Right::default(),
            last_heard: now,
            enquired: None,
            hearing: 0,
        }
    }

    /// Runs to its end. Every delivery that it took has its outcome sent when this returns.
    pub(super) async fn run(mut self, bound: Bound, lines: &mut Lines) -> End {
        let end = self.talk(bound, lines).await;
        let why = match &end {
            End::Finished => "stopped before the carrier answered",
            End::Lost(why) => why,
        };
        self.flights.end(self.written, why);
        for outcome in self.flights.done().drain(..) {
            if lines.outcomes.send(outcome).await.is_err() {
                tracing::error!(gateway = %self.account.name, "nobody takes outcomes any more");
                break;
            }
        }
        end
    }

    async fn talk(&mut self, bound: Bound, lines: &mut Lines) -> End {
        let (mut reader, mut writer) = tokio::io::split(bound.socket);
        let mut input = bound.input;
        let mut batch = Vec::with_capacity(self.account.config.window);
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let Err(why) = self.heard(&mut input, lines) {
            return End::Lost(why);
        }
        loop {
            if !self.right.holds() {
                // Not lost: to bind again would take the account from the node that has it now.
                return End::Finished;
            }
            self.send_waiting();
            if let Some(end) = self.over() {
                return end;
            }
            let room = self.room();
            let said = tokio::select! {
                biased;
                () = lines.stop.cancelled(), if self.phase == Phase::Open => {
                    self.stop(lines);
                    Ok(())
                }
                _ = beat.tick() => self.beat(),
                free = has_room(&lines.outcomes), if !self.flights.done().is_empty() => {
                    self.hand_over(free, &lines.outcomes);
                    Ok(())
                }
                pushed = push(&mut writer, &mut self.output), if self.unflushed || !self.output.is_empty() => {
                    self.pushed(pushed)
                }
                count = lines.work.recv_many(&mut batch, room), if room > 0 => {
                    self.take(count, &mut batch);
                    Ok(())
                }
                Some(verdict) = lines.verdicts.recv() => {
                    self.acknowledge(verdict, &mut lines.verdicts);
                    Ok(())
                }
                read = reader.read_buf(&mut input) => match read {
                    Ok(0) => Err(self.closed()),
                    Ok(_) => self.heard(&mut input, lines),
                    Err(error) => Err(self.broke(&error)),
                },
            };
            if let Err(why) = said {
                return if matches!(self.phase, Phase::Unbinding(_)) { End::Finished } else { End::Lost(why) };
            }
        }
    }

    // ----- sending

    /// How many deliveries may be taken now.
    fn room(&mut self) -> usize {
        let window = self.account.config.window;
        if self.phase != Phase::Open || self.flights.has_waiting() || self.flights.done().len() >= window {
            return 0;
        }
        window.saturating_sub(self.flights.on_wire()).min(self.pace.allows(Instant::now()))
    }

    fn take(&mut self, count: usize, batch: &mut Vec<Outgoing>) {
        if count == 0 {
            self.phase = Phase::Draining(Instant::now() + self.account.config.response_timeout());
        }
        for outgoing in batch.drain(..) {
            self.right = outgoing.right.clone();
            match self.message(&outgoing) {
                Ok(message) => self.flights.admit(outgoing.delivery, outgoing.attempt, message),
                Err(unwritable) => {
                    let no = match unwritable {
                        Unwritable::NotAPhone => (FailReason::BadNumber, "not a phone number".to_owned()),
                        Unwritable::Text(why) => (FailReason::ContentRefused, why.to_owned()),
                    };
                    self.flights.refuse(outgoing.delivery, outgoing.attempt, no);
                }
            }
        }
    }

    fn message(&mut self, outgoing: &Outgoing) -> Result<Message, Unwritable> {
        let parts = match &self.last_content {
            Some((content, parts)) if Arc::ptr_eq(content, &outgoing.content) => Arc::clone(parts),
            _ => {
                let parts = Arc::new(self.account.sender.parts(&outgoing.content)?);
                self.last_content = Some((Arc::clone(&outgoing.content), Arc::clone(&parts)));
                parts
            }
        };
        if parts.count() > 1 {
            self.reference = self.reference.wrapping_add(1);
        }
        self.account.sender.message(outgoing, parts, self.reference)
    }

    /// Writes parts to the output while window, pace and buffer allow.
    fn send_waiting(&mut self) {
        if !self.flights.has_waiting() || !matches!(self.phase, Phase::Open | Phase::Draining(_)) {
            return;
        }
        let now = Instant::now();
        let window = self.account.config.window.saturating_sub(self.flights.on_wire());
        for _ in 0..window.min(self.pace.allows(now)) {
            if self.output.len() >= MOST_OUTPUT {
                break;
            }
            let Some((piece, message)) = self.flights.next_to_send() else { break };
            let submit = self.account.sender.submit(message, piece.part);
            let sequence = self.next_sequence();
            let begins = self.queued;
            self.put(sequence, 0, submit);
            self.flights.sent(piece, sequence, begins, now);
            self.pace.sent();
        }
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = if self.sequence >= 0x7FFF_FFFF { 1 } else { self.sequence + 1 };
        self.sequence
    }

    fn put(&mut self, sequence: u32, status: u32, pdu: impl Into<Pdu>) {
        let before = self.output.len();
        put(&mut self.output, sequence, status, pdu);
        self.queued += u64::try_from(self.output.len() - before).unwrap_or(0);
    }

    fn pushed(&mut self, pushed: std::io::Result<Pushed>) -> Result<(), String> {
        match pushed {
            Ok(Pushed::Wrote(0)) => Err(self.closed()),
            Ok(Pushed::Wrote(count)) => {
                self.written += u64::try_from(count).unwrap_or(0);
                // Plain TCP has nothing to flush; TLS may hold a record back.
                self.unflushed = self.account.config.tls.is_some();
                Ok(())
            }
            Ok(Pushed::Flushed) => {
                self.unflushed = false;
                Ok(())
            }
            Err(error) => Err(self.broke(&error)),
        }
    }

    /// `open` is false when the dispatcher is gone.
    fn hand_over(&mut self, open: bool, outcomes: &mpsc::Sender<Outcome>) {
        let done = self.flights.done();
        if !open {
            tracing::error!(gateway = %self.account.name, lost = done.len(), "nobody takes outcomes any more");
            done.clear();
            self.phase = Phase::Draining(Instant::now());
            return;
        }
        while !done.is_empty()
            && let Ok(permit) = outcomes.try_reserve()
            && let Some(outcome) = done.pop_front()
        {
            permit.send(outcome);
        }
    }

    // ----- hearing

    fn heard(&mut self, input: &mut BytesMut, lines: &Lines) -> Result<(), String> {
        self.last_heard = Instant::now();
        self.enquired = None;
        while let Some(frame) = Frame::next(input)? {
            self.packet(&frame, lines)?;
        }
        // A quarter of a megabyte at a time at most, without growing byte by byte.
        input.reserve(64 * 1024);
        Ok(())
    }

    fn packet(&mut self, frame: &Frame, lines: &Lines) -> Result<(), String> {
        match frame.id {
            id::SUBMIT_SM_RESP | id::GENERIC_NACK => return self.answered(frame),
            id::DELIVER_SM => self.delivered(frame, Delivered::of_deliver_sm(&frame.body), lines),
            id::DATA_SM => self.delivered(frame, Delivered::of_data_sm(&frame.body), lines),
            id::ENQUIRE_LINK => self.put(frame.sequence, 0, Pdu::EnquireLinkResp),
            id::UNBIND => {
                self.put(frame.sequence, 0, Pdu::UnbindResp);
                self.phase = Phase::Left(Instant::now() + GOODBYE);
            }
            id::UNBIND_RESP => self.phase = Phase::Closed,
            id::ENQUIRE_LINK_RESP => {}
            other if other & RESPONSE != 0 => {}
            // alert_notification and outbind want no answer.
            0x0102 | 0x000B => {}
            _ => self.put(frame.sequence, INVALID_COMMAND, Pdu::GenericNack),
        }
        Ok(())
    }

    fn answered(&mut self, frame: &Frame) -> Result<(), String> {
        let config = &self.account.config;
        if frame.status == 0 && frame.id == id::SUBMIT_SM_RESP {
            self.pace.taken();
            let reference = config.receipt_ids.of_answer(&frame.text());
            if !self.flights.answered(frame.sequence, Answer::Taken(reference)) {
                tracing::warn!(gateway = %self.account.name, "the carrier took a message after we had given up on its answer");
            }
            return Ok(());
        }
        let no = refusal(frame.status);
        let own = config.status_reasons.get(&format!("0x{:08X}", frame.status)).copied();
        let reason = own.unwrap_or(no.reason);
        let answer = if no.advice == Advice::SlowDown {
            let now = Instant::now();
            self.pace.too_fast(self.flights.sent_at(frame.sequence).unwrap_or(now), now);
            tracing::debug!(gateway = %self.account.name, limit = self.pace.limit(), "the carrier asks to slow down");
            Answer::Throttled(no.code.clone())
        } else {
            Answer::Refused(reason, no.code.clone())
        };
        if !self.flights.answered(frame.sequence, answer) {
            tracing::warn!(gateway = %self.account.name, code = %no.code, "the carrier refused something that we did not send");
        }
        if no.advice == Advice::BindAgain {
            return Err(format!("{} says that the session is not bound ({})", config.server(), no.code));
        }
        Ok(())
    }

    fn delivered(&mut self, frame: &Frame, delivered: Option<Delivered<'_>>, lines: &Lines) {
        let ticket = Ticket { session: self.number, sequence: frame.sequence, command: frame.id };
        let Some(delivered) = delivered else {
            tracing::warn!(gateway = %self.account.name, size_bytes = frame.body.len(), "a delivered packet cannot be read");
            return self.respond(ticket, RECEIVER_NEVER);
        };
        let heard = understand(&self.account.config, &delivered);
        match lines.items.try_send(Item { ticket, heard }) {
            Ok(()) => self.hearing += 1,
            // The database is behind: the carrier keeps it and comes again.
            Err(_) => self.respond(ticket, RECEIVER_TRY_LATER),
        }
    }

    fn acknowledge(&mut self, first: Verdict, verdicts: &mut mpsc::UnboundedReceiver<Verdict>) {
        let mut next = Some(first);
        while let Some(Verdict { ticket, kept }) = next {
            // What an earlier session heard cannot be answered here; the carrier sends it again.
            if ticket.session == self.number {
                self.hearing = self.hearing.saturating_sub(1);
                self.respond(ticket, if kept { 0 } else { RECEIVER_TRY_LATER });
            }
            next = verdicts.try_recv().ok();
        }
    }

    fn respond(&mut self, ticket: Ticket, status: u32) {
        if ticket.command == id::DATA_SM {
            self.put(ticket.sequence, status, DataSmResp::default());
        } else {
            self.put(ticket.sequence, status, DeliverSmResp::default());
        }
    }

    // ----- living and ending

    fn beat(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let config = &self.account.config;
        self.pace.tick(now);
        let lost = self.flights.time_out(config.response_timeout(), now);
        if lost > 0 {
            tracing::warn!(gateway = %self.account.name, lost, "the carrier did not answer in time; these stay unconfirmed");
        }
        match self.enquired {
            Some(at) if now.saturating_duration_since(at) >= config.response_timeout() => {
                return Err(format!("{} does not answer any more", config.server()));
            }
            None if now.saturating_duration_since(self.last_heard) >= config.enquire_link() => {
                let sequence = self.next_sequence();
                self.put(sequence, 0, Pdu::EnquireLink);
                self.enquired = Some(now);
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    fn stop(&mut self, lines: &mut Lines) {
        lines.work.close();
        while let Ok(outgoing) = lines.work.try_recv() {
            let no = (FailReason::GatewayAway, "not sent: stopped".to_owned());
            self.flights.refuse(outgoing.delivery, outgoing.attempt, no);
        }
        self.phase = Phase::Draining(Instant::now() + GRACE);
    }

    fn over(&mut self) -> Option<End> {
        let now = Instant::now();
        match self.phase {
            Phase::Open => None,
            Phase::Draining(until) => {
                if (self.flights.is_idle() && self.hearing == 0) || now >= until {
                    let sequence = self.next_sequence();
                    self.put(sequence, 0, Pdu::Unbind);
                    self.phase = Phase::Unbinding(now + GOODBYE);
                }
                None
            }
            Phase::Unbinding(until) => (now >= until).then_some(End::Finished),
            Phase::Left(until) => {
                let quiet = self.flights.on_wire() == 0 && self.output.is_empty() && !self.unflushed;
                (quiet || now >= until)
                    .then(|| End::Lost(format!("{} ended the session", self.account.config.server())))
            }
            Phase::Closed => Some(End::Finished),
        }
    }

    fn closed(&self) -> String {
        format!("{} closed the connection", self.account.config.server())
    }

    fn broke(&self, error: &std::io::Error) -> String {
        format!("the connection to {} broke: {error}", self.account.config.server())
    }
}

/// Waits for room; false when the dispatcher is gone.
async fn has_room(outcomes: &mpsc::Sender<Outcome>) -> bool {
    outcomes.reserve().await.is_ok()
}
