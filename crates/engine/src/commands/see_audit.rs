//! The audit log: read it, and check that no line of it was changed.

use schoolbell_domain::ids::AuditId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::audit::{self, AuditLine, ChainCheck};

use crate::error::CommandResult;
use crate::{Actor, Engine};

/// Lines before `before` (`None`: from the newest), newest first.
pub async fn audit_lines(
    engine: &Engine,
    actor: &Actor,
    before: Option<AuditId>,
    limit: i64,
) -> CommandResult<Vec<AuditLine>> {
    actor.must(Act::SeeAudit, Scope::District)?;
    Ok(audit::latest(&mut engine.db.read().await?, before, limit).await?)
}

/// Walks the whole chain.
pub async fn verify_audit(engine: &Engine, actor: &Actor) -> CommandResult<ChainCheck> {
    actor.must(Act::SeeAudit, Scope::District)?;
    Ok(audit::verify(&mut engine.db.read().await?).await?)
}
