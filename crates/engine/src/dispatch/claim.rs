//! Takes what is due: priority by priority, as the rate allows, and never what consent has closed since it was planned.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::{DeliveryState, FailReason, StateKind, SuppressReason};
use schoolbell_domain::ids::{ContentId, DeliveryId, OriginId, SchoolId};
use schoolbell_domain::people::Address;
use schoolbell_gateways::push::Notice;
use schoolbell_gateways::{Content, Outgoing, Right};
use schoolbell_store::read::school_calls::SchoolCalls;
use schoolbell_store::write::deliveries::{OriginKind, PRIORITY_REPLY};
use schoolbell_store::write::queue::{self, Claim, Standing};
use schoolbell_store::write::tallies::Moves;
use schoolbell_store::write::{attempts, gateways};
use schoolbell_store::{Lease, StoreResult, Tx, read};

use super::rate::Slots;
use crate::notices::Notices;
use crate::unsubscribe::Links;

/// The right to what is being sent ends so long after it was last renewed.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// Texts kept in memory; each is shared by all who get the same.
const KEPT_CONTENTS: usize = 4_096;

/// What a lane asks for.
pub(super) struct Ask<'a> {
    pub gateway: &'a str,
    pub channel: Channel,
    pub per_second: f64,
    pub room: usize,
    pub now: Timestamp,
    pub right: &'a Right,
    /// Links in mail begin with it.
    pub public_url: Option<&'a str>,
}

/// A delivery that may now be handed over, once the claim is committed.
pub(super) struct Taken {
    pub standing: Standing,
    pub outgoing: Outgoing,
    /// So long after the claim its slot in the gateway's rate begins.
    pub wait: Duration,
    /// The answer to a keyword: it goes even where STOP was said.
    pub is_reply: bool,
}

/// What a claim found.
#[derive(Default)]
pub(super) struct Found {
    pub taken: Vec<Taken>,
    /// Nothing more is due, the rate left room.
    pub drained: bool,
    /// The rate is used up until then.
    pub rate_wait: Option<Duration>,
}

/// Rendered texts, and which mail carries a link, so that a claim reads each only once.
#[derive(Default)]
pub(super) struct Contents {
    kept: HashMap<ContentId, Arc<Content>>,
    links: Links,
    notices: Notices,
}

/// Claims what is due and may leave; notes the attempts. Nothing may be handed over before the commit.
pub(super) async fn claim(
    tx: &mut Tx,
    ask: &Ask<'_>,
    contents: &mut Contents,
    moves: &mut Moves,
) -> StoreResult<Found> {
    let lease = Lease::of(tx, ask.now, LEASE).await?;
    let slots = match Slots::new(0, 0, ask.per_second) {
        Some(_) => {
            let next_free = gateways::next_free_us(tx, ask.gateway).await?;
            Slots::new(next_free, lease.from.as_microsecond(), ask.per_second)
        }
        None => None,
    };
    let room = slots.map_or(ask.room, |slots| slots.allowed().min(ask.room));
    if room == 0 {
        return Ok(Found { rate_wait: slots.map(|slots| slots.wait(1)), ..Found::default() });
    }
    let due = take_due(tx, ask, (room, lease), moves).await?;
    let drained = due.len() < room;
    let sendable = set_aside(tx, ask, due, contents, moves).await?;
    let begun: Vec<_> = sendable.iter().map(|due| (due.standing.id, due.standing.attempts)).collect();
    attempts::begin(tx, ask.gateway, ask.now, &begun).await?;
    if let Some(slots) = slots {
        gateways::set_next_free_us(tx, ask.gateway, slots.start_us(sendable.len())).await?;
    }
    let taken = sendable.into_iter().enumerate().map(|(n, due)| {
        if due.standing.attempts == 1 {
            moves.first_attempt(due.standing.place, ask.now.as_second());
        }
        let url = contents.links.url(ask.public_url, due.standing.place.origin, due.standing.id);
        due.into_taken(ask.right.clone(), slots.map_or(Duration::ZERO, |slots| slots.wait(n)), url)
    });
    Ok(Found { taken: taken.collect(), drained, rate_wait: None })
}

/// A row that was due, with the priority it was claimed by.
struct Due {
    standing: Standing,
    priority: i64,
}

/// A row that may leave.
struct Sendable {
    standing: Standing,
    to: Address,
    from: Option<String>,
    content: Arc<Content>,
    notice: Option<Box<Notice>>,
    is_reply: bool,
}

impl Sendable {
    fn into_taken(self, right: Right, wait: Duration, unsubscribe_url: Option<String>) -> Taken {
        let outgoing = Outgoing {
            delivery: self.standing.id,
            attempt: self.standing.attempts,
            to: self.to,
            from: self.from,
            content: self.content,
            urgent: self.standing.urgent,
            expires_at: self.standing.expires_at,
            unsubscribe_url,
            notice: self.notice,
            right,
        };
        // From here on the row is being sent.
        let standing = Standing { state: DeliveryState::Sending, ..self.standing };
        Taken { standing, outgoing, wait, is_reply: self.is_reply }
    }
}

async fn take_due(
    tx: &mut Tx,
    ask: &Ask<'_>,
    (room, lease): (usize, Lease),
    moves: &mut Moves,
) -> StoreResult<Vec<Due>> {
    let mut due = Vec::with_capacity(room);
    for priority in super::hours::priorities_at(tx, ask.channel, ask.now).await? {
        if due.len() >= room {
            break;
        }
        let claim = Claim {
            channel: ask.channel,
            priority,
            now: ask.now,
            lease_until: lease.until,
            most: i64::try_from(room - due.len()).unwrap_or(i64::MAX),
        };
        let rows = queue::claim(tx, claim, moves).await?;
        due.extend(rows.into_iter().map(|standing| Due { standing, priority }));
    }
    Ok(due)
}

/// Moves what must not leave to its end, and answers the rest with its text.
async fn set_aside(
    tx: &mut Tx,
    ask: &Ask<'_>,
    due: Vec<Due>,
    contents: &mut Contents,
    moves: &mut Moves,
) -> StoreResult<Vec<Sendable>> {
    let ledgers = ledgers_of(tx, ask.channel, &due).await?;
    contents.load(tx, &due).await?;
    let origins: Vec<_> = due.iter().map(|due| due.standing.place.origin).collect();
    contents.links.load(tx, ask.channel, &origins).await?;
    if ask.channel == Channel::Push {
        let emails: Vec<&str> =
            due.iter().filter_map(|due| due.standing.address.as_ref()).map(Address::expose).collect();
        contents.notices.load(tx, &origins, &emails).await?;
    }
    let senders = senders_of(tx, &due).await?;
    let callers = callers_of(tx, ask.channel).await?;
    let reached = reached_of(tx, ask.channel, &due).await?;
    let mut steps = Vec::new();
    let mut sendable = Vec::with_capacity(due.len());
    for Due { standing, priority } in due {
        let end = match may_leave(&standing, priority, &ledgers, ask) {
            Ok(()) if reached.contains(&standing.id) => DeliveryState::Suppressed(SuppressReason::Reached),
            Ok(()) => {
                let (to, content) = (standing.address.clone(), contents.get(standing.content));
                let notice = contents.notice(&standing, to.as_ref(), content.as_deref());
                match (to, content) {
                    (Some(_), Some(_)) if ask.channel == Channel::Push && notice.is_none() => {
                        DeliveryState::Suppressed(SuppressReason::NoApp)
                    }
                    (Some(to), Some(content)) => {
                        let school = standing.place.school.and_then(|school| callers.get(&school)?.caller_id.clone());
                        let from = senders.get(&standing.place.origin).cloned().or(school);
                        let is_reply = priority == PRIORITY_REPLY;
                        sendable.push(Sendable { standing, to, from, content, notice, is_reply });
                        continue;
                    }
                    (_, _) => {
                        tracing::error!(delivery.id = %standing.id, "a queued delivery has no address or no text");
                        DeliveryState::Rejected(FailReason::GatewayFault)
                    }
                }
            }
            Err(end) => end,
        };
        steps.push(sending(standing).step(end, None));
    }
    queue::advance(tx, ask.now, &steps, moves).await?;
    Ok(sendable)
}

/// From which of our numbers texts of threads, and answers to them, leave; broadcasts leave from the account's own.
async fn senders_of(tx: &mut Tx, due: &[Due]) -> StoreResult<HashMap<OriginId, String>> {
    let single =
        |due: &&Due| due.standing.place.channel == Channel::Sms && due.standing.origin_kind != OriginKind::Broadcast;
    let origins: Vec<OriginId> = due.iter().filter(single).map(|due| due.standing.place.origin).collect();
    Ok(read::threads::senders(tx, &origins).await?.into_iter().collect())
}

/// Calls to families that have the message already, where the sender chose to leave them alone then.
async fn reached_of(tx: &mut Tx, channel: Channel, due: &[Due]) -> StoreResult<Vec<DeliveryId>> {
    let ids: Vec<DeliveryId> = due.iter().map(|due| due.standing.id).collect();
    match channel {
        Channel::Voice => read::reached::reached(tx, &ids).await,
        Channel::Sms | Channel::Email | Channel::Push => Ok(Vec::new()),
    }
}

/// Which schools' calls show a number of their own.
async fn callers_of(tx: &mut Tx, channel: Channel) -> StoreResult<HashMap<SchoolId, SchoolCalls>> {
    match channel {
        Channel::Voice => read::school_calls::all(tx).await,
        Channel::Sms | Channel::Email | Channel::Push => Ok(HashMap::new()),
    }
}

fn sending(standing: Standing) -> Standing {
    Standing { state: DeliveryState::Sending, ..standing }
}

/// Whether it may still leave; otherwise how it ends.
fn may_leave(row: &Standing, priority: i64, ledgers: &Ledgers, ask: &Ask<'_>) -> Result<(), DeliveryState> {
    if row.expires_at <= ask.now {
        return Err(DeliveryState::Expired(StateKind::Queued));
    }
    let of = |states: &HashMap<String, ConsentState>| {
        row.address.as_ref().and_then(|address| states.get(address.expose())).copied()
    };
    let is_thread = row.origin_kind == OriginKind::Conversation;
    let state = of(if is_thread { &ledgers.texting } else { &ledgers.program });
    let revoked = state == Some(ConsentState::Revoked);
    match ask.channel {
        Channel::Sms if priority == PRIORITY_REPLY => Ok(()),
        Channel::Sms if revoked => Err(DeliveryState::Suppressed(SuppressReason::Revoked)),
        // What relied on a YES needs it still (A23).
        Channel::Sms if row.basis == Basis::OptedIn.word() && state != Some(ConsentState::OptedIn) => {
            Err(DeliveryState::Suppressed(SuppressReason::NoConsent))
        }
        // An emergency outlives a general revocation (LAW-12).
        Channel::Voice if row.basis == Basis::Emergency.word() => match of(&ledgers.emergency_calls) {
            Some(ConsentState::Revoked) => Err(DeliveryState::Suppressed(SuppressReason::Revoked)),
            Some(ConsentState::Unknown | ConsentState::Provided | ConsentState::Invited | ConsentState::OptedIn)
            | None => Ok(()),
        },
        Channel::Voice if revoked => Err(DeliveryState::Suppressed(SuppressReason::Revoked)),
        Channel::Sms | Channel::Voice | Channel::Email | Channel::Push => Ok(()),
    }
}

/// What the ledgers say of the numbers of a claim; one without an entry is left out.
#[derive(Default)]
struct Ledgers {
    /// Alerts for texts, calls for calls.
    program: HashMap<String, ConsentState>,
    /// Of texts in threads, which have a program of their own.
    texting: HashMap<String, ConsentState>,
    emergency_calls: HashMap<String, ConsentState>,
}

async fn ledgers_of(tx: &mut Tx, channel: Channel, due: &[Due]) -> StoreResult<Ledgers> {
    let numbers: Vec<&str> = due.iter().filter_map(|due| due.standing.address.as_ref()).map(Address::expose).collect();
    let mut ledgers = Ledgers::default();
    match channel {
        Channel::Sms => {
            ledgers.program = read::consent::states(tx, Program::Alerts, &numbers).await?;
            if due.iter().any(|due| due.standing.origin_kind == OriginKind::Conversation) {
                ledgers.texting = read::consent::states(tx, Program::Texting, &numbers).await?;
            }
        }
        Channel::Voice => {
            ledgers.program = read::consent::states(tx, Program::Voice, &numbers).await?;
            ledgers.emergency_calls = read::consent::states(tx, Program::EmergencyCalls, &numbers).await?;
        }
        Channel::Email | Channel::Push => {}
    }
    Ok(ledgers)
}

impl Contents {
    fn get(&self, id: Option<ContentId>) -> Option<Arc<Content>> {
        self.kept.get(&id?).cloned()
    }

    /// What the app shows; nothing for other channels.
    fn notice(&self, row: &Standing, to: Option<&Address>, content: Option<&Content>) -> Option<Box<Notice>> {
        if row.place.channel != Channel::Push {
            return None;
        }
        self.notices.of((row.place.origin, row.id, row.attempts), to?.expose(), content?).map(Box::new)
    }

    async fn load(&mut self, tx: &mut Tx, due: &[Due]) -> StoreResult<()> {
        let mut missing: Vec<ContentId> = due.iter().filter_map(|due| due.standing.content).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|id| !self.kept.contains_key(id));
        if missing.is_empty() {
            return Ok(());
        }
        if self.kept.len() + missing.len() > KEPT_CONTENTS {
            let wanted: Vec<ContentId> = due.iter().filter_map(|due| due.standing.content).collect();
            self.kept.retain(|id, _| wanted.contains(id));
        }
        for content in read::content::by_ids(tx, &missing).await? {
            let text = Content {
                subject: content.subject,
                body: content.body,
                html: content.html,
                language: content.language.tag().to_owned(),
            };
            self.kept.insert(content.id, Arc::new(text));
        }
        Ok(())
    }
}
