//! A second try of an invitation of which nobody knows whether it arrived (A24): never by itself, only when a person of the school
//! decides so, and it stands in the ledger and in the audit log.

use schoolbell_domain::ids::PersonId;
use schoolbell_domain::people::Address;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::invitations as invitations_read;
use schoolbell_store::write::{consent, invitations};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::jobs::invite_numbers::{event, write};
use crate::{Actor, Engine, Queue};

/// Which of these numbers a second invitation may go to.
pub async fn unconfirmed(engine: &Engine, numbers: &[&str]) -> CommandResult<Vec<String>> {
    let found = invitations_read::unconfirmed(&mut engine.db.read().await?, numbers).await?;
    Ok(found.into_iter().map(|(number, _)| number).collect())
}

/// Invites a mobile of this person once more.
pub async fn invite_again(engine: &Engine, actor: &Actor, person: PersonId, number: &str) -> CommandResult<()> {
    let number = Address::from_stored(number).ok_or_else(|| CommandError::NotFound("this number".to_owned()))?;
    engine
        .db
        .write("invite a number again", async |tx| {
            let mobile = invitations::mobile_of(tx, person, &number).await?;
            let mobile = mobile.ok_or_else(|| CommandError::NotFound("this mobile".to_owned()))?;
            actor.must(Act::RecordRevocation, Scope::School(mobile.school))?;
            let lost = invitations_read::unconfirmed(tx, &[number.expose()]).await?;
            let Some((_, first)) = lost.into_iter().next() else {
                return Err(CommandError::refused(
                    "A24",
                    "this number was invited once, and the carrier said what became of it",
                ));
            };
            let district = get_district(tx).await?;
            let second = write(engine, tx, &district, &[mobile]).await?.first().copied();
            let second = second.ok_or_else(|| CommandError::NotFound("this mobile".to_owned()))?;
            if !invitations::again(tx, number.expose(), (first, second)).await? {
                return Err(CommandError::refused("A24", "somebody else invited this number again just now"));
            }
            let evidence = json!({ "delivery": second.to_string(), "after": first.to_string() }).to_string();
            consent::record(tx, &[event(engine, &number, (&actor.name, evidence))]).await?;
            let detail = json!({ "delivery": second.to_string(), "after": first.to_string() });
            tell(engine, tx, actor, ("invite_again", &person.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.wake.now(Queue::Deliveries);
    Ok(())
}
