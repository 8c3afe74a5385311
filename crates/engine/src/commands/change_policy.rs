//! A change of policy: a dated record, so that a change of law needs no release (LAW-11).

use schoolbell_domain::consent::RevocationRecord;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::write::policies;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Adds a record of how far a revocation reaches from a date on; one of the same author and date is written anew.
///
/// A record without a source is refused: nobody could say later why it stands there.
pub async fn change_revocation_policy(engine: &Engine, actor: &Actor, record: RevocationRecord) -> CommandResult<()> {
    actor.must(Act::SeeSettings, Scope::District)?;
    if record.source.trim().is_empty() {
        return Err(CommandError::bad("source", "write where it stands: the rule, or who decided it and when"));
    }
    engine
        .db
        .write("change policy", async |tx| {
            policies::put_revocation_record(tx, &record).await?;
            let detail = json!({
                "author": record.author.word(), "from": record.effective_from.to_string(),
                "value": record.scope.word(), "source": record.source,
            });
            tell(engine, tx, actor, ("change_policy", policies_subject()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

const fn policies_subject() -> &'static str {
    schoolbell_store::read::policies::REVOCATION_SCOPE
}
