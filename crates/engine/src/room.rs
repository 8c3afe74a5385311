//! Whether the database still takes what is written: a disk that is full is said on the pages, not only in the log.
//!
//! It cannot be noted in the database itself, so each node knows of itself. Nothing is claimed meanwhile: a claim is a
//! write, and a write that is refused hands nothing over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use schoolbell_store::{StoreError, StoreResult};

/// Cheap to clone; all clones share one note.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// Who was refused, and since when.
    refused: Arc<Mutex<BTreeMap<String, Timestamp>>>,
}

impl Room {
    /// Since when this node's writes have been refused for want of room; `None`: there is room.
    pub fn full_since(&self) -> Option<Timestamp> {
        self.refused().values().min().copied()
    }

    /// Notes how a write of `who` ended. Only who was refused can take it back: others may write where no room is needed.
    pub(crate) fn note<T>(&self, who: &str, now: Timestamp, written: &StoreResult<T>) {
        match written {
            Err(StoreError::DiskFull) => {
                self.refused().entry(who.to_owned()).or_insert(now);
            }
            Ok(_) => {
                self.refused().remove(who);
            }
            Err(_) => {}
        }
    }

    fn refused(&self) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_refused_says_that_there_is_room_again() {
        let (room, now) = (Room::default(), Timestamp::UNIX_EPOCH);
        room.note("texts", now, &Ok(()));
        assert_eq!(room.full_since(), None);
        room.note::<()>("texts", now, &Err(StoreError::DiskFull));
        room.note("mail", now, &Ok(()));
        room.note::<()>("texts", now, &Err(StoreError::Locked));
        assert_eq!(room.full_since(), Some(now));
        room.note("texts", now, &Ok(()));
        assert_eq!(room.full_since(), None);
    }
}
