//! Deliveries: written by plans, moved by the dispatch. The rows are their own queue.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::{DeliveryState, SuppressReason};
use schoolbell_domain::ids::{ContactPointId, ContentId, DeliveryId, OriginId, PersonId, SchoolId};
use schoolbell_domain::people::Address;

use super::tallies::{self, Moves, Place};
use crate::error::StoreResult;
use crate::sql::{execute_set, fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// What a delivery comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OriginKind {
    Broadcast,
    Conversation,
    /// Invitation, keyword reply, code.
    System,
}

/// Priority of the answer to a keyword: before everything else.
pub const PRIORITY_REPLY: i64 = 5;
/// Priority of a text in a thread: somebody waits for it. After what is urgent, before everything else that is sent to many.
pub const PRIORITY_TEXT: i64 = 25;
/// Priority of an invitation: after everything else.
pub const PRIORITY_INVITATION: i64 = 70;

/// A row of a plan: to be sent, or left out with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub origin: OriginId,
    pub origin_kind: OriginKind,
    pub channel: Channel,
    pub person: Option<PersonId>,
    pub contact_point: Option<ContactPointId>,
    pub school: Option<SchoolId>,
    pub address: Option<Address>,
    /// 0, or what custody keeps apart.
    pub merge_group: i64,
    /// The students it is about.
    pub children: Vec<PersonId>,
    /// `None` for what is left out.
    pub content: Option<ContentId>,
    /// `None` for what is left out.
    pub basis: Option<Basis>,
    pub opening: Opening,
    pub priority: i64,
    /// The category's `resend_on_lost_lease`.
    pub urgent: bool,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// How a delivery begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Queued { not_before: Timestamp },
    Suppressed(SuppressReason),
}

/// How many rows were really new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inserted {
    pub queued: u64,
    pub suppressed: u64,
    /// Rows whose address the origin already serves on that channel, in the order given.
    pub passed_over: Vec<DeliveryId>,
}

statements! {
    INSERT = "INSERT INTO delivery (id, origin_id, origin_kind, channel, person_id, contact_point_id, school_id, \
        address, merge_group, children, content_id, basis, state, reason, priority, urgent, not_before, expires_at, \
        attempts, lease_until, created_at, updated_at) VALUES {rows:22@1} \
        ON CONFLICT (origin_id, channel, address, merge_group) WHERE state <> 0 DO NOTHING";
    WHICH_EXIST = "SELECT id FROM delivery WHERE id IN {list@1}";
}

const CHUNK: usize = rows_that_fit(22, 500);

impl OriginKind {
    pub const ALL: [Self; 3] = [Self::Broadcast, Self::Conversation, Self::System];

    /// The code in the database.
    pub const fn code(self) -> i64 {
        match self {
            Self::Broadcast => 1,
            Self::Conversation => 2,
            Self::System => 3,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl NewDelivery {
    const fn state(&self) -> DeliveryState {
        match self.opening {
            Opening::Queued { .. } => DeliveryState::Queued(None),
            Opening::Suppressed(reason) => DeliveryState::Suppressed(reason),
        }
    }

    fn not_before(&self) -> Timestamp {
        match self.opening {
            Opening::Queued { not_before } => not_before,
            Opening::Suppressed(_) => self.created_at,
        }
    }

    const fn place(&self) -> Place {
        Place { origin: self.origin, channel: self.channel, school: self.school }
    }

    /// The ids of the children, parted by blanks.
    fn children_text(&self) -> String {
        self.children.iter().map(|child| child.raw().to_string()).collect::<Vec<_>>().join(" ")
    }
}

/// Writes rows of a plan and moves the counters.
///
/// A row for an address that the origin already serves on that channel is passed over: a page that is planned again
/// after a crash changes nothing.
pub async fn insert(tx: &mut Tx, rows: &[NewDelivery]) -> StoreResult<Inserted> {
    let mut moves = Moves::default();
    let mut inserted = Inserted::default();
    for chunk in rows.chunks(CHUNK) {
        let touched = insert_chunk(tx, chunk).await?;
        let new = if touched == chunk.len() as u64 { None } else { Some(which_exist(tx, chunk).await?) };
        for row in chunk {
            if new.as_ref().is_some_and(|new| !new.contains(&row.id.raw())) {
                inserted.passed_over.push(row.id);
                continue;
            }
            moves.enter(row.place(), row.state());
            match row.opening {
                Opening::Queued { .. } => inserted.queued += 1,
                Opening::Suppressed(_) => inserted.suppressed += 1,
            }
        }
    }
    tallies::apply(tx, &moves).await?;
    Ok(inserted)
}

async fn insert_chunk(tx: &mut Tx, chunk: &[NewDelivery]) -> StoreResult<u64> {
    let touched = execute_set!(tx, INSERT, [], chunk, |query, row| query
        .bind(row.id.raw())
        .bind(row.origin.raw())
        .bind(row.origin_kind.code())
        .bind(row.channel.code())
        .bind(row.person.map(PersonId::raw))
        .bind(row.contact_point.map(ContactPointId::raw))
        .bind(row.school.map(SchoolId::raw))
        .bind(row.address.as_ref().map(Address::expose))
        .bind(row.merge_group)
        .bind(row.children_text())
        .bind(row.content.map(ContentId::raw))
        .bind(row.basis.map_or("", Basis::word))
        .bind(row.state().kind().code())
        .bind(row.state().reason_code())
        .bind(row.priority)
        .bind(row.urgent)
        .bind(row.not_before().as_millisecond())
        .bind(row.expires_at.as_millisecond())
        .bind(0_i64)
        .bind(None::<i64>)
        .bind(row.created_at.as_millisecond())
        .bind(row.created_at.as_millisecond()))?;
    Ok(touched)
}

/// Which ids of the chunk are in the table: those that went in.
async fn which_exist(tx: &mut Tx, chunk: &[NewDelivery]) -> StoreResult<std::collections::HashSet<i64>> {
    let found = fetch_set!(tx, (i64,), WHICH_EXIST, [], chunk, |query, row| query.bind(row.id.raw()))?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
