//! Whoever decides about what waits hears of it at once, by e-mail. The mail names no child.

use jiff::SignedDuration;
use schoolbell_domain::brake::Brake;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::{ContentId, DeliveryId, OriginId};
use schoolbell_domain::people::Address;
use schoolbell_domain::permission::{Act, Scope, can};
use schoolbell_formats::mail::{Letterhead, letter};
use schoolbell_store::read::attendance::SchoolDay;
use schoolbell_store::read::district::District;
use schoolbell_store::read::holds::Hold;
use schoolbell_store::read::users;
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_REPLY};
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;

/// Later than this the hold stands on the page alone.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// Writes to those whom the school names, or to all who may send absences there.
pub(crate) async fn ask(
    engine: &Engine,
    tx: &mut Tx,
    district: &District,
    school: &SchoolDay,
    hold: &Hold,
) -> StoreResult<()> {
    let place = engine.public_url.as_deref().unwrap_or_default();
    let why = hold.reasons.iter().map(Brake::sentence).collect::<Vec<_>>().join("; ");
    let body = format!(
        "The absence messages of {} wait for you: {why}.\n\nLook and decide: {place}/holds\n\nNothing has left. If the file \
         is wrong, give the run up and send a right file.",
        school.name
    );
    let head = Letterhead {
        school: &school.name,
        sent_by: "",
        why: "You get this because you decide about absence messages of this school.",
        contact: &district.settings.help_contact,
        choices: None,
        language: "en",
    };
    let subject = format!("Absence messages of {} wait for you", school.name);
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
    let origin = OriginId::from_raw(hold.id.raw());
    let content = content::intern(tx, origin, &[rendering]).await?.first().copied();
    let mut rows = Vec::new();
    for email in whom(tx, school).await? {
        rows.push(NewDelivery {
            id: DeliveryId::from_raw(engine.next_id()),
            origin,
            origin_kind: OriginKind::System,
            channel: Channel::Email,
            person: None,
            contact_point: None,
            school: Some(school.school),
            address: Some(Address::Email(email)),
            merge_group: 0,
            children: Vec::new(),
            content,
            basis: None,
            opening: Opening::Queued { not_before: engine.now() },
            priority: PRIORITY_REPLY,
            urgent: true,
            expires_at: engine.now() + EXPIRES_AFTER,
            created_at: engine.now(),
        });
    }
    deliveries::insert(tx, &rows).await.map(drop)
}

async fn whom(tx: &mut Tx, school: &SchoolDay) -> StoreResult<Vec<EmailAddress>> {
    let named = school.rule.ask.iter().filter_map(|email| EmailAddress::parse(email).ok()).collect::<Vec<_>>();
    if !named.is_empty() {
        return Ok(named);
    }
    let place = Scope::School(school.school);
    let all = users::users(tx).await?;
    let may = all.iter().filter(|(user, grants)| user.active && can(grants, Act::Send(Category::Attendance), place));
    Ok(may.filter_map(|(user, _)| EmailAddress::parse(&user.email).ok()).collect())
}
