//! A text of ours enters its thread: its link of the chain, its delivery, and the number that it leaves from, in one
//! transaction. Whether it may is asked before.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::conversation::text::{Direction, Text};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::ids::{ContentId, DeliveryId, OriginId, TextId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::Address;
use schoolbell_formats::sms;
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_TEXT};
use schoolbell_store::write::threads::{self, Standing};
use schoolbell_store::{StoreResult, Tx};
use serde_json::Value;

use crate::Engine;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A person: what came in before counts as answered.
    Staff,
    /// The program: what came in still waits for a person.
    Automatic,
}

/// A text as it leaves.
pub(crate) struct Leaving<'a> {
    pub id: TextId,
    pub voice: Voice,
    pub author: &'a str,
    pub body: &'a str,
    /// What stands beside it for good.
    pub detail: Value,
    pub not_before: Timestamp,
    pub expires_at: Timestamp,
}

/// Enters the text at the end of a thread that was locked.
pub(crate) async fn enter(
    engine: &Engine,
    tx: &mut Tx,
    thread: &mut Standing,
    leaving: &Leaving<'_>,
) -> StoreResult<()> {
    let now = engine.now();
    let origin = OriginId::from(leaving.id);
    let text = Text {
        id: leaving.id,
        conversation: thread.id,
        direction: Direction::Out,
        author: leaving.author.to_owned(),
        body: leaving.body.to_owned(),
        at: now,
        detail: leaving.detail.to_string().replace('\0', ""),
    };
    match leaving.voice {
        Voice::Staff => threads::append(tx, thread, &text, false).await?,
        Voice::Automatic => threads::append_automatic(tx, thread, &text).await?,
    }
    threads::set_sender(tx, origin, &thread.our_number).await?;
    let rendering = NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Sms,
        language: Language::default(),
        subject: String::new(),
        body: leaving.body.to_owned(),
        html: None,
        segments: i64::try_from(sms::segments(leaving.body).parts).unwrap_or(i64::MAX),
    };
    let content = content::intern(tx, origin, &[rendering]).await?;
    let row = NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin,
        origin_kind: OriginKind::Conversation,
        channel: Channel::Sms,
        person: Some(thread.person),
        contact_point: None,
        school: Some(thread.school),
        address: Address::from_stored(&thread.their_number),
        merge_group: 0,
        children: vec![thread.student],
        content: content.first().copied(),
        basis: Some(Basis::OptedIn),
        opening: Opening::Queued { not_before: leaving.not_before },
        priority: PRIORITY_TEXT,
        urgent: false,
        expires_at: leaving.expires_at,
        created_at: now,
    };
    deliveries::insert(tx, &[row]).await.map(drop)
}
