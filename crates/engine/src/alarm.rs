//! Words that need a human now: the designated person hears of them at once, by e-mail. The mail names nobody.

use jiff::SignedDuration;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::{ConversationId, OriginId, TextId};
use schoolbell_store::read::district;
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;
use crate::staff_mail::{self, StaffMail};

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
    let mail = StaffMail {
        origin: OriginId::from(text),
        school: None,
        head: &district.name,
        why: "You get this because your district names you for words that need a human.",
        subject: "A text needs a human now".to_owned(),
        body,
        expires_after: EXPIRES_AFTER,
    };
    staff_mail::write(engine, tx, &district, mail, vec![email]).await
}
