//! The only place where rules, rows and carriers meet. No HTTP, no HTML.
//!
//! [`Engine`] holds what commands and jobs need. A page calls a command of [`commands`]; whatever follows from it is a
//! row of the same transaction, which a job of [`jobs`] or the dispatch loop picks up.

pub mod actor;
pub mod clock;
pub mod commands;
pub mod dice;
pub mod dispatch;
pub mod error;
pub mod family;
mod halted;
mod held;
pub mod inbound;
pub mod jobs;
pub mod live;
mod password;
mod planning;
mod reach;
pub mod receipts;
mod render;
pub mod roster;
mod run;
#[cfg(test)]
mod tests;
mod touched;
pub mod wake;

use std::sync::Arc;

use jiff::Timestamp;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::ids::IdMaker;
use schoolbell_store::{Db, Reader};

pub use actor::Actor;
pub use error::{CommandError, CommandResult, Problem};
pub use live::Live;
pub use run::run;
pub use wake::{Queue, Wake};

/// What commands and jobs work with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    ids: Arc<IdMaker>,
    pub wake: Wake,
    pub live: Live,
    pub(crate) imports: roster::progress::Running,
    pub(crate) halted: halted::Halted,
    pub(crate) held: held::Held,
    pub(crate) touched: touched::Touched,
}

impl Engine {
    /// `node` tells the ids of nodes on one database apart.
    pub fn new(db: Db, clock: Arc<dyn Clock>, node: u8) -> Self {
        Self {
            db,
            clock,
            ids: Arc::new(IdMaker::new(node)),
            wake: Wake::default(),
            live: Live::default(),
            imports: roster::progress::Running::default(),
            halted: halted::Halted::default(),
            held: held::Held::default(),
            touched: touched::Touched::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How far an import has come that runs on this node; `None` if none of that id does.
    pub fn import_progress(&self, id: schoolbell_domain::ids::ImportId) -> Option<roster::ImportProgress> {
        self.imports.get(id)
    }

    /// The read side of the database, for pages.
    pub fn reader(&self) -> Reader {
        self.db.reader()
    }

    pub(crate) fn next_id(&self) -> i64 {
        self.ids.next(self.now())
    }
}
