//! Mails to staff about what cannot wait. They go through the queue like everything else: urgent, at any hour.

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::{ContentId, DeliveryId, OriginId, SchoolId};
use schoolbell_domain::people::Address;
use schoolbell_formats::mail::{Letterhead, letter};
use schoolbell_store::read::district::District;
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_REPLY};
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;

/// One mail, in English as the staff's pages are.
pub(crate) struct StaffMail<'a> {
    pub origin: OriginId,
    pub school: Option<SchoolId>,
    /// The school or district in the letter's head.
    pub head: &'a str,
    /// Why they of all people get it.
    pub why: &'a str,
    pub subject: String,
    /// Markdown. Names no student.
    pub body: String,
    /// Later than this it is of no use.
    pub expires_after: SignedDuration,
}

/// Queues the mail for each of these addresses.
pub(crate) async fn write(
    engine: &Engine,
    tx: &mut Tx,
    district: &District,
    mail: StaffMail<'_>,
    to: Vec<EmailAddress>,
) -> StoreResult<()> {
    let head = Letterhead {
        school: mail.head,
        sent_by: "",
        why: mail.why,
        contact: &district.settings.help_contact,
        choices: None,
        language: "en",
    };
    let letter = letter(&mail.subject, &mail.body, &head);
    let rendering = NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Email,
        language: district.settings.language.clone(),
        subject: mail.subject,
        body: letter.text,
        html: Some(letter.html),
        segments: 1,
    };
    let content = content::intern(tx, mail.origin, &[rendering]).await?.first().copied();
    let now = engine.now();
    let row = |email| NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin: mail.origin,
        origin_kind: OriginKind::System,
        channel: Channel::Email,
        person: None,
        contact_point: None,
        school: mail.school,
        address: Some(Address::Email(email)),
        merge_group: 0,
        children: Vec::new(),
        content,
        basis: None,
        opening: Opening::Queued { not_before: now },
        priority: PRIORITY_REPLY,
        urgent: true,
        expires_at: now + mail.expires_after,
        created_at: now,
    };
    let rows: Vec<NewDelivery> = to.into_iter().map(row).collect();
    deliveries::insert(tx, &rows).await.map(drop)
}
