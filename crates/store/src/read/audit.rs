//! The audit log: who did what, in a chain that shows a line that was changed or taken out.

use jiff::Timestamp;
use schoolbell_domain::ids::AuditId;
use sha2::{Digest, Sha256};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One line, with the hash that ties it to the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: String,
    /// The command: `send_broadcast`.
    pub action: String,
    /// What it was done to: an id, or an e-mail address of staff.
    pub subject: String,
    /// JSON; never a family's name or address.
    pub detail: String,
    pub previous_hash: String,
    pub hash: String,
}

impl AuditLine {
    /// SHA-256 over the line before's hash and every field, each with its length, hex.
    pub fn seal(&self) -> String {
        let mut sha = Sha256::new();
        let at = self.at.as_millisecond().to_string();
        let id = self.id.raw().to_string();
        for field in [&self.previous_hash, &id, &at, &self.actor, &self.action, &self.subject, &self.detail] {
            sha.update(field.len().to_be_bytes());
            sha.update(field.as_bytes());
        }
        format!("{:x}", sha.finalize())
    }
}

pub(crate) type Row = (i64, i64, String, String, String, String, String, String);

statements! {
    LATEST = "SELECT id, at, actor, action, subject, detail, previous_hash, hash \
        FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
    OF_SUBJECT = "SELECT id, at, actor, action, subject, detail, previous_hash, hash \
        FROM audit WHERE subject = $1 ORDER BY id";
    FROM = "SELECT id, at, actor, action, subject, detail, previous_hash, hash \
        FROM audit WHERE id > $1 ORDER BY id LIMIT 1000";
}

pub(crate) fn line(row: Row) -> StoreResult<AuditLine> {
    let (id, at, actor, action, subject, detail, previous_hash, hash) = row;
    let at = instant(at)?;
    Ok(AuditLine { id: AuditId::from_raw(id), at, actor, action, subject, detail, previous_hash, hash })
}

/// The newest lines before `before` (`None`: the newest of all), newest first.
pub async fn latest(reads: &mut impl Reads, before: Option<AuditId>, limit: i64) -> StoreResult<Vec<AuditLine>> {
    let before = before.map_or(i64::MAX, AuditId::raw);
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(LATEST).bind(before).bind(limit).fetch_all(conn).await)?;
    rows.into_iter().map(line).collect()
}

/// Every line about one subject, oldest first.
pub async fn of_subject(reads: &mut impl Reads, subject: &str) -> StoreResult<Vec<AuditLine>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OF_SUBJECT).bind(subject).fetch_all(conn).await)?;
    rows.into_iter().map(line).collect()
}

/// What a walk over the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainCheck {
    /// Every line stands as it was written; how many.
    Whole(u64),
    /// The first line that does not follow from the one before it, or was changed.
    BrokenAt(AuditId),
}

/// Walks the whole chain, a thousand lines at a time.
///
/// Lines cut off at the end cannot be seen from the chain alone: compare the count with an earlier one.
pub async fn verify(reads: &mut impl Reads) -> StoreResult<ChainCheck> {
    let mut last = (0_i64, String::new());
    let mut count = 0_u64;
    loop {
        let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(FROM).bind(last.0).fetch_all(conn).await)?;
        if rows.is_empty() {
            return Ok(ChainCheck::Whole(count));
        }
        for row in rows {
            let line = line(row)?;
            if line.previous_hash != last.1 || line.seal() != line.hash {
                return Ok(ChainCheck::BrokenAt(line.id));
            }
            last = (line.id.raw(), line.hash);
            count += 1;
        }
    }
}
