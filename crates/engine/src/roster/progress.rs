//! How far a running import has come, for the bar on the page. Kept in memory: the import's transaction shows nothing
//! before it commits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schoolbell_domain::ids::ImportId;

use crate::live::{Live, LiveEvent};

/// What an import is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `done` of `total` bytes of the files.
    Reading,
    /// No figures.
    Comparing,
    /// `done` of `total` rows.
    Writing,
}

/// How far an import has come in its phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    pub phase: Phase,
    pub done: u64,
    pub total: u64,
}

impl ImportProgress {
    pub fn percent(self) -> u64 {
        (self.done * 100).checked_div(self.total).unwrap_or(0).min(100)
    }
}

/// The imports that run on this node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashMap<ImportId, ImportProgress>>>);

impl Running {
    fn entries(&self) -> MutexGuard<'_, HashMap<ImportId, ImportProgress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, id: ImportId) -> Option<ImportProgress> {
        self.entries().get(&id).copied()
    }
}

/// Tells of one import; dropped, the import runs no more.
pub(crate) struct Teller {
    running: Running,
    live: Live,
    id: ImportId,
}

impl Teller {
    pub(crate) fn new(running: &Running, live: &Live, id: ImportId) -> Self {
        Self { running: running.clone(), live: live.clone(), id }
    }

    /// Open pages hear of each percent, not of each row.
    pub(crate) fn tell(&self, progress: ImportProgress) {
        let before = self.running.entries().insert(self.id, progress);
        let moved = before.is_none_or(|it| it.phase != progress.phase || it.percent() != progress.percent());
        if moved {
            self.live.tell(LiveEvent::Import(self.id));
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.running.entries().remove(&self.id);
        self.live.tell(LiveEvent::Import(self.id));
    }
}
