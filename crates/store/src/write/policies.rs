//! Policies: a change of law, or of what the district does, is a new dated record.

use schoolbell_domain::consent::RevocationRecord;

use crate::error::StoreResult;
use crate::on;
use crate::read::policies::REVOCATION_SCOPE;
use crate::statements;
use crate::tx::Tx;

statements! {
    PUT = "INSERT INTO policy_record (rule, author, effective_from, value, source) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (rule, author, effective_from) DO UPDATE SET value = excluded.value, source = excluded.source";
}

/// Adds a record, or writes that of the same author and date anew.
pub async fn put_revocation_record(tx: &mut Tx, record: &RevocationRecord) -> StoreResult<()> {
    let from = record.effective_from.to_string();
    on!(tx, |conn| sqlx::query(PUT)
        .bind(REVOCATION_SCOPE)
        .bind(record.author.word())
        .bind(from.as_str())
        .bind(record.scope.word())
        .bind(record.source.as_str())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
