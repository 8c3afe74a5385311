//! Keeps looking at the carrier: registers anew in time, asks whether it is there, and says so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::trunk::{NoTrunk, Trunk};
use crate::Health;

/// First wait after a failed look; it doubles up to a minute.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(1);

/// Looks until `stop`; at once when a call met `trouble`.
pub(super) async fn keep(
    trunk: Arc<Trunk>,
    name: String,
    up: watch::Sender<Health>,
    trouble: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut wait = FIRST;
    loop {
        let next = match trunk.look().await {
            Ok(next) => {
                wait = FIRST;
                up.send_if_modified(|health| std::mem::replace(health, Health::Up) != Health::Up);
                next
            }
            Err(no) => {
                tracing::warn!(gateway = name, error = no.sentence(), "the trunk cannot be used");
                up.send_replace(Health::Away(no.sentence().to_owned()));
                match no {
                    NoTrunk::LogIn(_) => Duration::from_secs_f64(trunk.config.retry_login_s),
                    NoTrunk::Away(_) => {
                        let now = wait;
                        wait = (wait * 2).min(LONGEST);
                        now
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(next) => {}
            () = trouble.notified() => {
                let server = trunk.config.server();
                up.send_replace(Health::Away(format!("{server} did not say a word about a call")));
                // A carrier that restarts is not hammered.
                if stop.run_until_cancelled(sleep(FIRST)).await.is_none() {
                    return;
                }
            }
        }
    }
}
