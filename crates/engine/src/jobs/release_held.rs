//! Lets go, or gives up, what a restored copy holds: in sets, so that the pages and the carriers get their turn.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::window::next_allowed;
use schoolbell_domain::ids::{DeliveryId, JobId, SchoolId, UserId};
use schoolbell_store::read::district::{District, get_district, schools};
use schoolbell_store::read::instance::{Decision, HeldBroadcast, Instance};
use schoolbell_store::write::broadcasts::{self, Keeping};
use schoolbell_store::write::deliveries::PRIORITY_REPLY;
use schoolbell_store::write::instance::{self, HeldDelivery};
use schoolbell_store::write::jobs::{NewJob, enqueue};
use schoolbell_store::write::queue;
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreError, StoreResult, Tx, read};

use super::{cancel_stopped, invite_numbers};
use crate::dispatch::priorities;
use crate::live::LiveEvent;
use crate::{Engine, Queue};

pub const KIND: &str = "release_held";

/// Rows moved in one transaction.
const BATCH: i64 = 2_000;
const GIVEN_UP: &str = "given up after a restore";

pub(crate) fn job(engine: &Engine) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: String::new(),
        unique_key: Some(KIND.to_owned()),
        run_at: engine.now(),
    }
}

/// Carries out what a person decided; run twice, it changes nothing. Answers whether there was anything to do.
pub(crate) async fn run(engine: &Engine) -> StoreResult<bool> {
    let current = read::instance::current(&mut engine.db.read().await?).await?;
    let Some((instance, decision)) = current.and_then(|it| it.decision.filter(|_| it.held).map(|said| (it, said)))
    else {
        return Ok(false);
    };
    match decision {
        Decision::Send => let_go(engine).await?,
        Decision::Cancel => give_up(engine, &instance).await?,
    }
    engine
        .db
        .write("end the hold", async |tx| {
            match decision {
                Decision::Send => instance::let_jobs_go(tx).await?,
                Decision::Cancel => instance::cancel_jobs(tx, GIVEN_UP).await?,
            }
            instance::end_hold(tx, instance.epoch).await?;
            // They waited for the end of the hold.
            enqueue(tx, invite_numbers::job(engine)).await
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    engine.wake.now(Queue::Deliveries);
    engine.live.tell(LiveEvent::Gateways);
    Ok(true)
}

/// The hours in which what is not urgent may leave, place by place.
struct Hours {
    district: District,
    zones: HashMap<SchoolId, TimeZone>,
}

impl Hours {
    async fn of(engine: &Engine) -> StoreResult<Self> {
        let mut reads = engine.db.read().await?;
        let district = get_district(&mut reads).await?;
        let zones = schools(&mut reads).await?.into_iter().filter_map(|school| {
            let zone = TimeZone::get(&school.time_zone?);
            zone.inspect_err(|error| tracing::warn!(%error, "a school's time zone is not known"))
                .map(|zone| (school.id, zone))
                .ok()
        });
        Ok(Self { zones: zones.collect(), district })
    }

    /// What was due while it was held leaves in the hours of today (LAW-15); what was not due yet keeps its time.
    fn due(&self, row: &HeldDelivery, now: Timestamp) -> Timestamp {
        if row.urgent || row.priority == PRIORITY_REPLY || row.not_before > now {
            return row.not_before;
        }
        let zone = row.school.and_then(|school| self.zones.get(&school)).unwrap_or(&self.district.time_zone);
        next_allowed(now, zone, self.district.settings.window())
    }
}

async fn let_go(engine: &Engine) -> StoreResult<()> {
    let hours = Hours::of(engine).await?;
    for priority in priorities() {
        for channel in Channel::ALL {
            loop {
                let now = engine.now();
                let moved = engine
                    .db
                    .write("let go what was held", async |tx| {
                        let held = instance::lock_held(tx, channel, priority, BATCH).await?;
                        let due: Vec<(DeliveryId, Timestamp)> =
                            held.iter().map(|row| (row.id, hours.due(row, now))).collect();
                        instance::let_go(tx, &due).await?;
                        Ok::<_, StoreError>(due.len())
                    })
                    .await?;
                if moved == 0 {
                    break;
                }
                engine.wake.now(Queue::Deliveries);
            }
        }
    }
    Ok(())
}

async fn give_up(engine: &Engine, instance: &Instance) -> StoreResult<()> {
    let work = read::instance::held_work(&mut engine.db.read().await?, instance).await?;
    for broadcast in &work.broadcasts {
        engine.db.write("give up a broadcast", async |tx| give_up_broadcast(engine, tx, broadcast).await).await?;
        cancel_stopped::cancel(engine, broadcast.id).await?;
        engine.live.tell(LiveEvent::Broadcast(broadcast.id));
    }
    for priority in priorities() {
        for channel in Channel::ALL {
            while engine
                .db
                .write("give up what was held", async |tx| cancel_held(engine, tx, channel, priority).await)
                .await?
                > 0
            {}
        }
    }
    Ok(())
}

/// What was to be sent is stopped, what was scheduled is a draft again.
async fn give_up_broadcast(engine: &Engine, tx: &mut Tx, held: &HeldBroadcast) -> StoreResult<()> {
    let keeping = Keeping { by: UserId::from_raw(0), at: engine.now() };
    match held.state {
        BroadcastState::Scheduled => broadcasts::unschedule(tx, held.id, keeping.at).await.map(drop),
        BroadcastState::Expanding | BroadcastState::Sending => {
            if broadcasts::stop(tx, held.id, keeping).await? {
                enqueue(tx, cancel_stopped::job(engine, held.id)).await?;
            }
            Ok(())
        }
        BroadcastState::Draft | BroadcastState::Stopped | BroadcastState::Finished | BroadcastState::Discarded => {
            Ok(())
        }
    }
}

async fn cancel_held(engine: &Engine, tx: &mut Tx, channel: Channel, priority: i64) -> StoreResult<usize> {
    let held = instance::lock_held(tx, channel, priority, BATCH).await?;
    let ids: Vec<DeliveryId> = held.iter().map(|row| row.id).collect();
    let mut moves = Moves::default();
    let steps: Vec<_> =
        queue::lock(tx, &ids).await?.iter().map(|row| row.step(DeliveryState::Cancelled, None)).collect();
    queue::advance(tx, engine.now(), &steps, &mut moves).await?;
    tallies::apply(tx, &moves).await?;
    Ok(held.len())
}
