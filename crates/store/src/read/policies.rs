//! Policies: dated records of what the law asks for, and of what the district does beyond it.

use schoolbell_domain::consent::{PolicyAuthor, RevocationRecord, RevocationScope};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// The rule under which the records of [`revocation_records`] stand.
pub const REVOCATION_SCOPE: &str = "revocation_scope";

statements! {
    RECORDS = "SELECT author, effective_from, value, source FROM policy_record WHERE rule = $1 \
        ORDER BY author DESC, effective_from";
}

/// How far a revocation reaches, by author and date (LAW-11).
pub async fn revocation_records(reads: &mut impl Reads) -> StoreResult<Vec<RevocationRecord>> {
    let rows: Vec<(String, String, String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(RECORDS).bind(REVOCATION_SCOPE).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(author, effective_from, value, source)| {
            let damaged = |what: &str| StoreError::Damaged {
                row: format!("the policy {REVOCATION_SCOPE} from {effective_from}"),
                what: what.to_owned(),
            };
            Ok(RevocationRecord {
                author: PolicyAuthor::from_word(&author).ok_or_else(|| damaged("its author"))?,
                effective_from: effective_from.parse().map_err(|_| damaged("its date"))?,
                scope: RevocationScope::from_word(&value).ok_or_else(|| damaged("its value"))?,
                source,
            })
        })
        .collect()
}
