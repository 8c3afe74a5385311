//! The clocks of the program: the one place that reads the machine's.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::clock::Clock;
use schoolbell_store::{Db, Lease, StoreResult};

/// The real time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

const ASK_EVERY: Duration = Duration::from_secs(5);

/// The time of the database: nodes whose own clocks differ, or jump, still agree on when a message may leave. Between two
/// questions the machine's running time counts, which does not jump.
#[derive(Debug)]
pub struct DatabaseClock {
    told: Mutex<(Timestamp, Instant)>,
}

impl DatabaseClock {
    /// Asks the database now, and again and again as long as the clock is used.
    pub async fn of(db: &Db) -> StoreResult<Arc<Self>> {
        let clock = Arc::new(Self { told: Mutex::new(ask(db).await?) });
        tokio::spawn(follow(Arc::downgrade(&clock), db.clone()));
        Ok(clock)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let (told, at) = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told + SignedDuration::try_from(at.elapsed()).unwrap_or(SignedDuration::ZERO)
    }
}

async fn ask(db: &Db) -> StoreResult<(Timestamp, Instant)> {
    let mut reads = db.read().await?;
    let lease = Lease::of(&mut reads, SystemClock.now(), SignedDuration::ZERO).await?;
    Ok((lease.from, Instant::now()))
}

async fn follow(clock: Weak<DatabaseClock>, db: Db) {
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        let told = ask(&db).await;
        let Some(clock) = clock.upgrade() else { return };
        match told {
            Ok(told) => *clock.told.lock().unwrap_or_else(PoisonError::into_inner) = told,
            // The running time goes on counting.
            Err(error) => tracing::debug!(%error, "the database did not tell the time"),
        }
    }
}
