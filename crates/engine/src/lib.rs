//! The only place where rules, rows and carriers meet. No HTTP, no HTML.
//!
//! [`Engine`] holds what commands and jobs need. A page calls a command of [`commands`]; whatever follows from it is a
//! row of the same transaction, which a job of [`jobs`] or the dispatch loop picks up.

pub mod actor;
mod alarm;
pub mod attendance;
mod calls;
pub mod clock;
pub mod commands;
pub mod dice;
pub mod dispatch;
pub mod error;
pub mod family;
mod follow;
mod halted;
mod held;
pub mod hooks;
pub mod inbound;
pub mod jobs;
pub mod live;
mod media;
mod node;
mod notices;
mod office;
mod passkey;
mod password;
mod planning;
mod post;
mod reach;
mod reached;
pub mod receipts;
pub mod reception;
pub mod record_requests;
mod render;
pub mod returned;
mod revocation;
pub mod roles;
pub mod room;
pub mod roster;
mod run;
pub mod speech;
mod staff_mail;
mod survey;
#[cfg(test)]
mod tests;
mod text_out;
pub mod texting;
mod touched;
pub mod unsubscribe;
pub mod wake;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::ids::IdMaker;
use schoolbell_store::{Db, Reader, StoreResult};

pub use actor::Actor;
pub use error::{CommandError, CommandResult, Problem};
pub use live::Live;
pub use node::Node;
pub use roles::{Role, Roles};
pub use run::{run, run_as};
pub use wake::{Queue, Wake};

/// What commands and jobs work with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    ids: Arc<IdMaker>,
    pub wake: Wake,
    pub live: Live,
    pub room: room::Room,
    pub(crate) imports: roster::progress::Running,
    pub(crate) halted: halted::Halted,
    pub(crate) held: held::Held,
    pub(crate) touched: touched::Touched,
    pub(crate) post: post::Post,
    pub(crate) node: Arc<Node>,
    /// How many gateways this node holds.
    pub(crate) holding: Arc<AtomicUsize>,
    /// Links in mail begin with it; without one mail carries none.
    pub(crate) public_url: Option<Arc<str>>,
    /// Makes the sound of calls, for pages to play; a program without one shows the words alone.
    pub(crate) speaker: Option<Arc<speech::Speaker>>,
}

impl Engine {
    /// `node` tells the ids of nodes on one database apart.
    pub fn new(db: Db, clock: Arc<dyn Clock>, node: u8) -> Self {
        let post = post::Post::of(db.engine());
        Self {
            db,
            clock,
            ids: Arc::new(IdMaker::new(node)),
            wake: Wake::telling(post.clone()),
            live: Live::telling(post.clone()),
            post,
            room: room::Room::default(),
            imports: roster::progress::Running::default(),
            halted: halted::Halted::default(),
            held: held::Held::default(),
            touched: touched::Touched::default(),
            node: Arc::new(Node::unlisted(node)),
            holding: Arc::default(),
            public_url: None,
            speaker: None,
        }
    }

    /// As `new`, with a number that no other program on the database has. `machine` and `roles` are what operators see.
    pub async fn join(db: Db, clock: Arc<dyn Clock>, machine: &str, roles: &str) -> StoreResult<Self> {
        let alone = Self::new(db.clone(), clock.clone(), 0);
        let node = node::join(&alone, machine, roles).await?;
        Ok(Self { node: Arc::new(node.clone()), ..Self::new(db, clock, node.number()) })
    }

    /// The same program, which neither tells the others what changed nor hears them: what it must know it sees in the rows.
    /// It works all the same, a poll interval later; tests show that.
    #[must_use]
    pub fn by_polling_alone(self) -> Self {
        let post = post::Post::default();
        Self { wake: Wake::telling(post.clone()), live: Live::telling(post.clone()), post, ..self }
    }

    /// This program among those on the database.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The same engine, reached by families at this address: `https://bell.example.org`, without a slash at the end.
    #[must_use]
    pub fn reached_at(mut self, public_url: &str) -> Self {
        self.public_url = Some(public_url.into());
        self
    }

    /// The same engine with what makes the sound of calls.
    #[must_use]
    pub fn spoken_by(mut self, speaker: Arc<speech::Speaker>) -> Self {
        self.speaker = Some(speaker);
        self
    }

    /// What makes the sound of calls.
    pub fn speaker(&self) -> Option<Arc<speech::Speaker>> {
        self.speaker.clone()
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
