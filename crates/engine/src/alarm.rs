//! Words that need a human now: the designated person hears of them at once, by e-mail. The mail names nobody.

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::{ContentId, ConversationId, DeliveryId, OriginId, TextId};
use schoolbell_domain::people::Address;
use schoolbell_formats::mail::{Letterhead, letter};
use schoolbell_store::read::district;
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_REPLY};
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;

/// A mail about it that could not leave for so long is of no use; the thread stays marked.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Writes to the district's urgent contact, if it has one; the thread is marked either way.
pub(crate) async fn raise(engine: &Engine, tx: &mut Tx, thread: ConversationId, text: TextId) -> StoreResult<()> {
    let Some(district) = district::lookup_district(tx).await? else { return Ok(()) };
    let policy = &district.settings.texting;
    let Ok(email) = EmailAddress::parse(&policy.urgent_contact) else { return Ok(()) };
    let place = engine.public_url.as_deref().unwrap_or_default();
    let crisis =
        if policy.crisis_line.is_empty() { String::new() } else { format!("\n\nCrisis line: {}", policy.crisis_line) };
    let body = format!(
        "A text that came in has words that need a human now. It stands in this thread:\n\n{place}/texting/threads/{thread}{crisis}"
    );
    let head = Letterhead {
        school: &district.name,
        sent_by: "",
        why: "You get this because your district names you for words that need a human.",
        contact: &district.settings.help_contact,
        choices: None,
        language: "en",
    };
    let subject = "A text needs a human now".to_owned();
    let letter = letter(&subject, &body, &head);
    let rendering = NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Email,
        language: district.settings.language.clone(),
        subject,
        body: letter.text,
        html: Some(letter.html),
        segments: 1,
    };
    let origin = OriginId::from(text);
    let content = content::intern(tx, origin, &[rendering]).await?;
    let now = engine.now();
    let row = NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin,
        origin_kind: OriginKind::System,
        channel: Channel::Email,
        person: None,
        contact_point: None,
        school: None,
        address: Some(Address::Email(email)),
        merge_group: 0,
        children: Vec::new(),
        content: content.first().copied(),
        basis: None,
        opening: Opening::Queued { not_before: now },
        priority: PRIORITY_REPLY,
        urgent: true,
        expires_at: now + EXPIRES_AFTER,
        created_at: now,
    };
    deliveries::insert(tx, &[row]).await.map(drop)
}
