//! A revocation takes effect: in the ledger, in the queue, and for what is already on its way (LAW-9 to LAW-12).

use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program, closes, revocation_scope_on};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::{DeliveryState, SuppressReason};
use schoolbell_domain::ids::ConsentEventId;
use schoolbell_domain::phone::Phone;
use schoolbell_store::read::{district, policies};
use schoolbell_store::write::consent::{self, NewConsentEvent};
use schoolbell_store::write::deliveries::OriginKind;
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::tallies::Moves;
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;
use crate::inbound::halt;

/// A revocation as it was heard.
#[derive(Clone, Copy)]
pub(crate) struct Revocation<'a> {
    pub kind: ConsentEventKind,
    /// Where it was said; `EmergencyCalls` only if it answered an emergency call (LAW-12).
    pub heard_in: Program,
    /// `family`, `carrier`, or the e-mail address of staff.
    pub actor: &'a str,
    /// JSON: what proves it.
    pub evidence: &'a str,
}

/// Closes a number as far as the policy of today says, and ends what waits for it.
pub(crate) async fn close(
    engine: &Engine,
    tx: &mut Tx,
    number: &Phone,
    said: Revocation<'_>,
    moves: &mut Moves,
) -> StoreResult<()> {
    let programs = reach(engine, tx, said).await?;
    if programs.contains(&Program::Alerts) && programs.contains(&Program::Texting) {
        // First of all: a text on its way to a gateway is held back even before the commit. If the transaction fails,
        // it is repeated, and until then silence is the safe side.
        halt(engine, number);
    }
    let events: Vec<_> = programs.iter().map(|program| event(engine, number, *program, said)).collect();
    consent::record(tx, &events).await?;
    let mut waiting = queue::lock_queued(tx, number.expose(), Channel::Sms).await?;
    waiting.extend(queue::lock_queued(tx, number.expose(), Channel::Voice).await?);
    let closed = DeliveryState::Suppressed(SuppressReason::Revoked);
    let relied = waiting.iter().filter(|row| program_of(row).is_some_and(|program| programs.contains(&program)));
    let steps: Vec<_> = relied.map(|row| row.step(closed, None)).collect();
    queue::advance(tx, engine.now(), &steps, moves).await?;
    Ok(())
}

/// The programs that it closes on the date of today in the district.
async fn reach(engine: &Engine, tx: &mut Tx, said: Revocation<'_>) -> StoreResult<&'static [Program]> {
    let zone = district::lookup_district(tx).await?.map(|district| district.time_zone);
    let today = engine.now().to_zoned(zone.unwrap_or(jiff::tz::TimeZone::UTC)).date();
    let scope = revocation_scope_on(&policies::revocation_records(tx).await?, today);
    Ok(closes(said.kind, said.heard_in, scope))
}

/// Whose consent a waiting row relies on; `None` for the answers to keywords, which a STOP itself asks for.
fn program_of(row: &Standing) -> Option<Program> {
    let emergency = row.basis == Basis::Emergency.word();
    match (row.place.channel, row.origin_kind) {
        (Channel::Sms, _) if row.basis == Basis::Answer.word() => None,
        (Channel::Sms, OriginKind::Conversation) => Some(Program::Texting),
        (Channel::Sms, OriginKind::Broadcast | OriginKind::System) => Some(Program::Alerts),
        (Channel::Voice, _) => Some(if emergency { Program::EmergencyCalls } else { Program::Voice }),
        (Channel::Email | Channel::Push, _) => None,
    }
}

fn event(engine: &Engine, number: &Phone, program: Program, said: Revocation<'_>) -> NewConsentEvent {
    NewConsentEvent {
        number: number.expose().to_owned(),
        program,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind: said.kind,
            at: engine.now(),
            actor: said.actor.to_owned(),
            evidence: said.evidence.to_owned(),
        },
    }
}
