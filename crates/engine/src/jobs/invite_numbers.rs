//! One invitation to each mobile of a main or secondary contact, ever (A24).

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::conversation::reply::Speaker;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::window::next_allowed;
use schoolbell_domain::ids::{ConsentEventId, ContentId, DeliveryId, JobId, OriginId};
use schoolbell_domain::people::Address;
use schoolbell_store::read::district::{self, District};
use schoolbell_store::write::consent::NewConsentEvent;
use schoolbell_store::write::content::NewContent;
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind, PRIORITY_INVITATION};
use schoolbell_store::write::invitations::{self, Uninvited};
use schoolbell_store::write::jobs::NewJob;
use schoolbell_store::write::{consent, content, deliveries};
use schoolbell_store::{StoreError, StoreResult, Tx, read};
use serde_json::json;

use super::JobResult;
use crate::{Engine, Queue};

pub const KIND: &str = "invite_numbers";

/// Numbers invited in one transaction.
const BATCH: i64 = 200;
/// An invitation that no carrier took for so long ends as expired.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The job, to be enqueued whenever numbers may be new: after an import, at start.
pub fn job(engine: &Engine) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: String::new(),
        unique_key: Some(KIND.to_owned()),
        run_at: engine.now(),
    }
}

/// Invites every number that has not been. A crash in between leaves either both, invitation and delivery, or neither.
pub(super) async fn run(engine: &Engine) -> JobResult {
    let mut reads = engine.db.read().await?;
    if read::instance::is_held(&mut reads).await? {
        // A restored copy does not know whom the original has invited since; it waits until a person has decided.
        return Ok(());
    }
    let has_gateway = read::gateways::channels(&mut reads).await?.contains(&Channel::Sms);
    let Some(district) = district::lookup_district(&mut reads).await? else { return Ok(()) };
    drop(reads);
    if !has_gateway {
        // Without a carrier for texts an invitation could only expire, and it is never sent again.
        return Ok(());
    }
    loop {
        let invited = engine
            .db
            .write("invite numbers", async |tx| {
                let numbers = invitations::uninvited(tx, BATCH).await?;
                invite(engine, tx, &district, &numbers).await?;
                Ok::<_, StoreError>(numbers.len())
            })
            .await?;
        engine.wake.now(Queue::Deliveries);
        if invited == 0 {
            return Ok(());
        }
    }
}

async fn invite(engine: &Engine, tx: &mut Tx, district: &District, numbers: &[Uninvited]) -> StoreResult<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let rows = write(engine, tx, district, numbers).await?;
    let now = engine.now();
    let invited: Vec<(&Address, DeliveryId)> =
        numbers.iter().zip(rows).map(|(number, row)| (&number.number, row)).collect();
    invitations::insert(tx, &invited, now).await?;
    let evidence = |id: DeliveryId| json!({ "delivery": id.to_string() }).to_string();
    let events: Vec<_> =
        invited.iter().map(|(number, id)| event(engine, number, ("schoolbell", evidence(*id)))).collect();
    consent::record(tx, &events).await
}

/// Writes the texts of invitations, one for each number, in its order.
pub(crate) async fn write(
    engine: &Engine,
    tx: &mut Tx,
    district: &District,
    numbers: &[Uninvited],
) -> StoreResult<Vec<DeliveryId>> {
    let now = engine.now();
    let origin = OriginId::from_raw(engine.next_id());
    let text = NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Sms,
        language: district.settings.language.clone(),
        subject: String::new(),
        body: speaker(district).invitation(),
        html: None,
        segments: 1,
    };
    let content = content::intern(tx, origin, &[text]).await?;
    let not_before = next_allowed(now, &district.time_zone, district.settings.window());
    let rows: Vec<_> = numbers
        .iter()
        .map(|number| delivery(engine, number, (origin, content.first().copied()), (now, not_before)))
        .collect();
    deliveries::insert(tx, &rows).await?;
    Ok(rows.iter().map(|row| row.id).collect())
}

fn delivery(
    engine: &Engine,
    to: &Uninvited,
    (origin, content): (OriginId, Option<ContentId>),
    (now, not_before): (Timestamp, Timestamp),
) -> NewDelivery {
    NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin,
        origin_kind: OriginKind::System,
        channel: Channel::Sms,
        person: Some(to.person),
        contact_point: Some(to.contact_point),
        school: Some(to.school),
        address: Some(to.number.clone()),
        merge_group: 0,
        children: Vec::new(),
        content,
        basis: Some(Basis::Invitation),
        opening: Opening::Queued { not_before },
        priority: PRIORITY_INVITATION,
        // A lost answer never makes a second invitation.
        urgent: false,
        expires_at: not_before + EXPIRES_AFTER,
        created_at: now,
    }
}

/// The entry of the ledger: who invited, and by which delivery.
pub(crate) fn event(engine: &Engine, number: &Address, (actor, evidence): (&str, String)) -> NewConsentEvent {
    NewConsentEvent {
        number: number.expose().to_owned(),
        program: Program::Alerts,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind: ConsentEventKind::Invited,
            at: engine.now(),
            actor: actor.to_owned(),
            evidence,
        },
    }
}

/// Who speaks in the fixed texts of this district.
pub(crate) fn speaker(district: &District) -> Speaker<'_> {
    let settings = &district.settings;
    let help_contact = if settings.help_contact.is_empty() { "your school" } else { &settings.help_contact };
    Speaker { program: &settings.program_name, help_contact, short_code: &settings.short_code }
}
