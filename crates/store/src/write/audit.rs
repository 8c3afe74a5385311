//! One line for every act, in the same transaction as the act.

use jiff::Timestamp;
use schoolbell_domain::ids::AuditId;

use crate::dialect;
use crate::error::StoreResult;
use crate::on;
use crate::read::audit::AuditLine;
use crate::statements;
use crate::tx::Tx;

/// What is told of an act.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// A fresh id; the line's own may be greater, so that the order of the chain is the order of the ids.
    pub id: i64,
    pub at: Timestamp,
    pub actor: &'a str,
    /// The command: `send_broadcast`.
    pub action: &'a str,
    /// An id, or an e-mail address of staff.
    pub subject: &'a str,
    /// JSON; never a family's name or address.
    pub detail: &'a str,
}

statements! {
    LAST = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
    APPEND = "INSERT INTO audit (id, at, actor, action, subject, detail, previous_hash, hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// Appends a line to the chain. Call it last in a transaction: on PostgreSQL others wait from here to the commit.
pub async fn append(tx: &mut Tx, told: Told<'_>) -> StoreResult<AuditId> {
    dialect::lock_audit(tx).await?;
    let last: Option<(i64, String)> = on!(&mut *tx, |conn| sqlx::query_as(LAST).fetch_optional(conn).await)?;
    let (last_id, previous_hash) = last.unwrap_or_default();
    let mut line = AuditLine {
        id: AuditId::from_raw(told.id.max(last_id + 1)),
        at: told.at,
        actor: told.actor.to_owned(),
        action: told.action.to_owned(),
        subject: told.subject.to_owned(),
        detail: told.detail.to_owned(),
        previous_hash,
        hash: String::new(),
    };
    line.hash = line.seal();
    on!(tx, |conn| sqlx::query(APPEND)
        .bind(line.id.raw())
        .bind(line.at.as_millisecond())
        .bind(&line.actor)
        .bind(&line.action)
        .bind(&line.subject)
        .bind(&line.detail)
        .bind(&line.previous_hash)
        .bind(&line.hash)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(line.id)
}
