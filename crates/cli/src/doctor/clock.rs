//! Is the clock right enough for sending windows? It must not stand before what it wrote earlier.

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::clock::Clock;
use schoolbell_engine::clock::SystemClock;
use schoolbell_store::{Db, StoreResult, read};

use super::Finding;

const WHAT: &str = "clock";
/// When this program was written: no right clock stands before it. 2026-11-01.
const WRITTEN: i64 = 1_793_491_200;
/// As much as two machines with working time service may differ.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);
const REMEDY: &str = "switch time synchronisation on (`timedatectl set-ntp true`) and look at `timedatectl`";

pub async fn look(db: &Db) -> Finding {
    let now = SystemClock.now();
    match newest(db).await {
        Ok(newest) => judge(now, newest),
        // A database before its first migration has nothing to compare with.
        Err(_) => judge(now, None),
    }
}

async fn newest(db: &Db) -> StoreResult<Option<Timestamp>> {
    let mut view = db.read().await?;
    Ok(read::audit::latest(&mut view, None, 1).await?.first().map(|line| line.at))
}

fn judge(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let shown = now.strftime("%Y-%m-%d %H:%M:%S UTC");
    if now.as_second() < WRITTEN {
        return Finding::broken(WHAT, format!("it says {shown}, which is before this program was written"), REMEDY);
    }
    match newest {
        Some(newest) if newest > now + TOLERANCE => Finding::broken(
            WHAT,
            format!("it says {shown}, but the audit log has a line of {}", newest.strftime("%Y-%m-%d %H:%M:%S UTC")),
            REMEDY,
        ),
        _ => Finding::well(WHAT, format!("{shown}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumped_back_is_broken() {
        let now = Timestamp::from_second(WRITTEN + 86_400).unwrap();
        assert!(matches!(judge(now, None), Finding::Well { .. }));
        assert!(matches!(judge(now, Some(now + SignedDuration::from_secs(90))), Finding::Well { .. }));
        assert!(matches!(judge(now, Some(now + SignedDuration::from_mins(3))), Finding::Broken { .. }));
        assert!(matches!(judge(Timestamp::UNIX_EPOCH, None), Finding::Broken { .. }));
    }
}
