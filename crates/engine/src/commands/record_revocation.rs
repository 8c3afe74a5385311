//! A revocation that reached a person: by phone, on paper, at the counter (LAW-9).

use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::people::Address;
use schoolbell_domain::permission::Act;
use schoolbell_domain::phone::Phone;
use schoolbell_store::Tx;
use schoolbell_store::write::suppressions::{self, NewSuppression};
use schoolbell_store::write::tallies::{self, Moves};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::revocation::{self, Revocation};
use crate::{Actor, Engine};

/// What a family said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// No more texts, and no calls but emergencies.
    Stop,
    /// In answer to an emergency call: no calls at all (LAW-12).
    StopEmergencyCalls,
    /// The number belongs to somebody else (LAW-16).
    NotTheirs,
}

impl Said {
    pub const ALL: [Self; 3] = [Self::Stop, Self::StopEmergencyCalls, Self::NotTheirs];

    /// The word in forms and in the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::StopEmergencyCalls => "stop_emergency_calls",
            Self::NotTheirs => "not_theirs",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.word() == word)
    }

    /// The sentence in forms.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Stop => "Stop texts and calls. Emergency calls go on",
            Self::StopEmergencyCalls => "Stop emergency calls too. They said it in answer to an emergency call",
            Self::NotTheirs => "Wrong number. It belongs to somebody else",
        }
    }
}

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

    /// The words in forms.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::ByPhone => "By phone",
            Self::InPerson => "In person",
            Self::OnPaper => "On paper",
            Self::ByMail => "By e-mail",
        }
    }
}

/// What staff write down.
#[derive(Debug, Clone, Copy)]
pub struct HeardRevocation<'a> {
    /// In any usual spelling.
    pub number: &'a str,
    pub said: Said,
    pub how: Heard,
    /// Who said what; it stands in the ledger as evidence.
    pub note: &'a str,
}

/// Closes a number for what the family no longer wants, in the ledger and in the queue, at once.
///
/// Any staff who may record it anywhere may record it for any number: whoever hears a "stop" must be able to act on it.
pub async fn record_revocation(engine: &Engine, actor: &Actor, heard: HeardRevocation<'_>) -> CommandResult<()> {
    if !actor.may_somewhere(Act::RecordRevocation) {
        return Err(CommandError::not_allowed());
    }
    let HeardRevocation { said, how, note, .. } = heard;
    let number = Phone::parse(heard.number).map_err(|error| CommandError::bad("number", error.to_string()))?.phone;
    let evidence = json!({ "said": said.word(), "how": how.word(), "note": note.replace('\0', "") }).to_string();
    let (kind, heard_in) = match said {
        Said::Stop => (ConsentEventKind::RevokedByStaff, Program::Alerts),
        Said::StopEmergencyCalls => (ConsentEventKind::RevokedByStaff, Program::EmergencyCalls),
        Said::NotTheirs => (ConsentEventKind::Reassigned, Program::Alerts),
    };
    let revocation = Revocation { kind, heard_in, actor: &actor.name, evidence: &evidence };
    let moves = engine
        .db
        .write("record revocation", async |tx| {
            let mut moves = Moves::default();
            revocation::close(engine, tx, &number, revocation, &mut moves).await?;
            if said == Said::NotTheirs {
                keep_away(engine, tx, &number, &evidence).await?;
            }
            tallies::apply(tx, &moves).await?;
            // The ledger has the number; the audit line says that something was recorded, and how.
            let detail = json!({ "said": said.word(), "how": how.word() });
            tell(engine, tx, actor, ("record_revocation", "consent"), detail).await?;
            Ok::<_, CommandError>(moves)
        })
        .await?;
    engine.touched.touch(moves.origins());
    Ok(())
}

/// A stranger's phone is as good as dead for us, in an emergency too: the call would tell him of somebody's child.
async fn keep_away(engine: &Engine, tx: &mut Tx, number: &Phone, evidence: &str) -> CommandResult<()> {
    let dead = |channel| NewSuppression {
        address: Address::Phone(number.clone()),
        channel,
        kind: Suppression::Dead,
        evidence: evidence.to_owned(),
    };
    Ok(suppressions::add(tx, &[dead(Channel::Voice), dead(Channel::Sms)], engine.now()).await?)
}
