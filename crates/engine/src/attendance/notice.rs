//! Whoever decides about what waits hears of it at once, by e-mail. The mail names no child.

use jiff::SignedDuration;
use schoolbell_domain::brake::Brake;
use schoolbell_domain::category::Category;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::OriginId;
use schoolbell_domain::permission::{Act, Scope, can};
use schoolbell_store::read::attendance::SchoolDay;
use schoolbell_store::read::district::District;
use schoolbell_store::read::holds::Hold;
use schoolbell_store::read::users;
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;
use crate::staff_mail::{self, StaffMail};

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
    let mail = StaffMail {
        origin: OriginId::from_raw(hold.id.raw()),
        school: Some(school.school),
        head: &school.name,
        why: "You get this because you decide about absence messages of this school.",
        subject: format!("Absence messages of {} wait for you", school.name),
        body,
        expires_after: EXPIRES_AFTER,
    };
    let to = whom(tx, school).await?;
    staff_mail::write(engine, tx, district, mail, to).await
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
