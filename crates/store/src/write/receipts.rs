//! Receipts: raw and committed before the carrier gets its acknowledgement, then matched to the parts they speak of.

use jiff::Timestamp;
use schoolbell_domain::delivery::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::ids::DeliveryId;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{execute_set, fetch_set, fill, rows_that_fit};
use crate::statements;
use crate::tx::{Reads, Tx};

/// A receipt as heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    pub id: i64,
    pub reference: String,
    pub status: ReceiptStatus,
    pub raw: String,
    /// `None` if no delivery has this reference yet.
    pub matched_at: Option<Timestamp>,
}

/// A receipt that waits for its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingReceipt {
    pub id: i64,
    pub gateway: String,
    pub reference: String,
    pub status: ReceiptStatus,
}

/// One part that a carrier took, and its last word on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub reference: String,
    pub delivery: DeliveryId,
    pub number: u32,
    pub part: i64,
    pub parts: i64,
    pub status: ReceiptStatus,
}

type PartRow = (String, i64, i64, i64, i64, i64);

statements! {
    INSERT = "INSERT INTO receipt (id, gateway, reference, status, reason, raw, received_at, matched_at) \
        VALUES {rows:8@1}";
    WAITING = "SELECT id, gateway, reference, status, reason FROM receipt \
        WHERE matched_at IS NULL AND gateway = $1 AND reference IN {list@2} ORDER BY id";
    WAITING_WITH_PART = "SELECT receipt.id, receipt.gateway, receipt.reference, receipt.status, receipt.reason \
        FROM receipt JOIN attempt_reference ON attempt_reference.gateway = receipt.gateway \
        AND attempt_reference.reference = receipt.reference \
        WHERE receipt.matched_at IS NULL ORDER BY receipt.gateway, receipt.reference LIMIT $1";
    MATCHED = "UPDATE receipt SET matched_at = $1 WHERE id IN {list@2}";
    PARTS = "SELECT reference, delivery_id, number, part, parts, state FROM attempt_reference \
        WHERE gateway = $1 AND reference IN {list@2}";
    PARTS_OF = "SELECT reference, delivery_id, number, part, parts, state FROM attempt_reference \
        WHERE parts > 1 AND delivery_id IN {list@1} ORDER BY delivery_id, number, part";
    /// The first final word stays.
    TELL = "WITH heard (heard_gateway, heard_reference, word) AS (VALUES {typed:text,text,bigint@1}) \
        UPDATE attempt_reference SET state = heard.word FROM heard \
        WHERE attempt_reference.gateway = heard.heard_gateway \
        AND attempt_reference.reference = heard.heard_reference AND attempt_reference.state = 0";
}

/// Keeps receipts as heard.
pub async fn insert(tx: &mut Tx, gateway: &str, received_at: Timestamp, receipts: &[NewReceipt]) -> StoreResult<()> {
    for chunk in receipts.chunks(rows_that_fit(8, 500)) {
        execute_set!(tx, INSERT, [], chunk, |query, receipt| query
            .bind(receipt.id)
            .bind(gateway)
            .bind(receipt.reference.as_str())
            .bind(receipt.status.code())
            .bind(receipt.status.reason_code())
            // PostgreSQL refuses NUL in text.
            .bind(receipt.raw.replace('\0', "\u{fffd}"))
            .bind(received_at.as_millisecond())
            .bind(receipt.matched_at.map(Timestamp::as_millisecond)))?;
    }
    Ok(())
}

/// Receipts of these references that came before their delivery was settled.
pub async fn waiting(tx: &mut Tx, gateway: &str, references: &[String]) -> StoreResult<Vec<WaitingReceipt>> {
    let mut receipts = Vec::new();
    for chunk in references.chunks(rows_that_fit(1, 1000)) {
        let rows =
            fetch_set!(tx, (i64, String, String, i64, i64), WAITING, [gateway], chunk, |query, reference| query
                .bind(reference.as_str()))?;
        for row in rows {
            receipts.push(waiting_receipt(row)?);
        }
    }
    Ok(receipts)
}

/// Receipts that wait although their delivery is there, by gateway and reference.
pub async fn waiting_with_part(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<WaitingReceipt>> {
    let tx = reads.tx();
    let text = fill(tx.engine(), WAITING_WITH_PART, 0);
    let rows: Vec<(i64, String, String, i64, i64)> =
        on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str())).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(waiting_receipt).collect()
}

/// Notes that these receipts met their delivery.
pub async fn matched(tx: &mut Tx, at: Timestamp, ids: &[i64]) -> StoreResult<()> {
    for chunk in ids.chunks(rows_that_fit(1, 1000)) {
        execute_set!(tx, MATCHED, [at.as_millisecond()], chunk, |query, id| query.bind(*id))?;
    }
    Ok(())
}

/// The parts that this gateway took under these references.
pub async fn parts(tx: &mut Tx, gateway: &str, references: &[&str]) -> StoreResult<Vec<Part>> {
    let mut parts = Vec::with_capacity(references.len());
    for chunk in references.chunks(rows_that_fit(1, 1000)) {
        let rows = fetch_set!(tx, PartRow, PARTS, [gateway], chunk, |query, reference| query.bind(*reference))?;
        for row in rows {
            parts.push(part(row)?);
        }
    }
    Ok(parts)
}

/// Every part of those of these deliveries that went in several.
pub async fn parts_of(tx: &mut Tx, deliveries: &[DeliveryId]) -> StoreResult<Vec<Part>> {
    let mut parts = Vec::new();
    for chunk in deliveries.chunks(rows_that_fit(1, 1000)) {
        let rows = fetch_set!(tx, PartRow, PARTS_OF, [], chunk, |query, id| query.bind(id.raw()))?;
        for row in rows {
            parts.push(part(row)?);
        }
    }
    Ok(parts)
}

/// Notes the carrier's final word on parts; the first one stays. No reference twice.
pub async fn tell(tx: &mut Tx, gateway: &str, words: &[(&str, ReceiptStatus)]) -> StoreResult<()> {
    let words: Vec<_> = words.iter().filter(|(_, status)| *status != ReceiptStatus::Buffered).collect();
    for chunk in words.chunks(rows_that_fit(3, 500)) {
        execute_set!(tx, TELL, [], chunk, |query, word| query.bind(gateway).bind(word.0).bind(part_code(word.1)))?;
    }
    Ok(())
}

/// 0 nothing final yet, 1 delivered, otherwise the reason why not.
const fn part_code(status: ReceiptStatus) -> i64 {
    match status {
        ReceiptStatus::Buffered => 0,
        ReceiptStatus::Delivered => 1,
        ReceiptStatus::Undelivered(reason) => reason.code(),
    }
}

fn part((reference, delivery, number, part, parts, state): PartRow) -> StoreResult<Part> {
    let status = match state {
        0 => Some(ReceiptStatus::Buffered),
        1 => Some(ReceiptStatus::Delivered),
        reason => FailReason::from_code(reason).map(ReceiptStatus::Undelivered),
    };
    let damaged = || StoreError::Damaged { row: format!("part {reference}"), what: format!("state {state}") };
    Ok(Part {
        delivery: DeliveryId::from_raw(delivery),
        number: u32::try_from(number).map_err(|_| damaged())?,
        part,
        parts,
        status: status.ok_or_else(damaged)?,
        reference,
    })
}

fn waiting_receipt(
    (id, gateway, reference, status, reason): (i64, String, String, i64, i64),
) -> StoreResult<WaitingReceipt> {
    let status = ReceiptStatus::from_codes(status, reason).ok_or_else(|| StoreError::Damaged {
        row: format!("receipt {id}"),
        what: format!("status {status}, {reason}"),
    })?;
    Ok(WaitingReceipt { id, gateway, reference, status })
}
