//! Policies: dated records of what the law asks for, and of what the district does beyond it.

use jiff::civil::Date;
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
    ACCESS_DAYS = "SELECT value FROM policy_record WHERE rule = 'record_access_days' AND author = 'law' \
        AND effective_from <= $1 ORDER BY effective_from DESC LIMIT 1";
}

/// Days after which a family has seen the record that it asked to see, by the law of that day (LAW-52).
pub async fn record_access_days(reads: &mut impl Reads, on: Date) -> StoreResult<u16> {
    let value: Option<String> =
        on!(reads.tx(), |conn| sqlx::query_scalar(ACCESS_DAYS).bind(on.to_string()).fetch_optional(conn).await)?;
    let damaged =
        || StoreError::Damaged { row: "the policy record_access_days".to_owned(), what: "its value".to_owned() };
    value.and_then(|value| value.parse().ok()).ok_or_else(damaged)
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
