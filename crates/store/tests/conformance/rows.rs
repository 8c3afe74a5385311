//! Rows for the tests.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::ids::{DeliveryId, IdMaker, OriginId, SchoolId};
use schoolbell_domain::people::Address;
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind};

/// A fixed instant, so that a run is like every other.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A queued text of a General broadcast to a number made of `n`.
pub fn text(ids: &IdMaker, origin: OriginId, n: i64) -> NewDelivery {
    NewDelivery {
        id: DeliveryId::from_raw(ids.next(now())),
        origin,
        origin_kind: OriginKind::Broadcast,
        channel: Channel::Sms,
        person: None,
        contact_point: None,
        school: Some(SchoolId::from_raw(7)),
        address: Address::from_stored(&format!("+1370{n:07}")),
        merge_group: 0,
        children: vec![],
        content: None,
        basis: Some(Basis::OptedIn),
        opening: Opening::Queued { not_before: now() },
        priority: 50,
        urgent: false,
        expires_at: later(3600),
        created_at: now(),
    }
}
