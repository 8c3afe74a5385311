//! A revocation that reached a person: by phone, on paper, at the counter (LAW-9).

use schoolbell_domain::consent::ConsentEventKind;
use schoolbell_domain::permission::Act;
use schoolbell_domain::phone::Phone;
use schoolbell_store::write::tallies::{self, Moves};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine, inbound};

/// How a family said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    ByPhone,
    InPerson,
    OnPaper,
    ByMail,
}

impl Heard {
    pub const ALL: [Self; 4] = [Self::ByPhone, Self::InPerson, Self::OnPaper, Self::ByMail];

    /// The word in the ledger and in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ByPhone => "phone",
            Self::InPerson => "in_person",
            Self::OnPaper => "paper",
            Self::ByMail => "mail",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|heard| heard.word() == word)
    }
}

/// Closes both text programs and the calls that are not urgent for a number, in the ledger and in the queue, at once.
///
/// Any staff who may record it anywhere may record it for any number: whoever hears a "stop" must be able to act on it.
/// `note`: who said what; it stands in the ledger as evidence.
pub async fn record_revocation(
    engine: &Engine,
    actor: &Actor,
    number: &str,
    how: Heard,
    note: &str,
) -> CommandResult<()> {
    if !actor.may_somewhere(Act::RecordRevocation) {
        return Err(CommandError::not_allowed());
    }
    let number = Phone::parse(number).map_err(|error| CommandError::bad("number", error.to_string()))?.phone;
    let evidence = json!({ "how": how.word(), "note": note }).to_string();
    let why = (ConsentEventKind::RevokedByStaff, actor.name.as_str(), evidence.as_str());
    let moves = engine
        .db
        .write("record revocation", async |tx| {
            let mut moves = Moves::default();
            inbound::close(engine, tx, &number, why, &mut moves).await?;
            tallies::apply(tx, &moves).await?;
            // The ledger has the number; the audit line says that something was recorded, and how.
            tell(engine, tx, actor, ("record_revocation", "consent"), json!({ "how": how.word() })).await?;
            Ok::<_, CommandError>(moves)
        })
        .await?;
    engine.touched.touch(moves.origins());
    Ok(())
}
