//! What families choose, cell by cell.

use jiff::Timestamp;
use schoolbell_domain::category::Category;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    /// Every cell of the mailbox: each guardian who has it, each of their students.
    MAIL_OFF = "INSERT INTO preference (guardian_id, student_id, category, contact_point_id, channel, wanted, changed_at) \
        SELECT relationship.guardian_id, relationship.student_id, $1, point.id, 3, $2, $3 FROM contact_point AS point \
        JOIN relationship ON relationship.guardian_id = point.person_id \
        WHERE point.address = $4 AND point.slot = 6 AND point.active AND relationship.active \
        ON CONFLICT (guardian_id, student_id, category, contact_point_id, channel) \
        DO UPDATE SET wanted = excluded.wanted, changed_at = excluded.changed_at";
}

/// Turns a category off for a mailbox, for everybody whose it is; answers how many cells.
pub async fn turn_mail_off(tx: &mut Tx, mailbox: &str, category: Category, now: Timestamp) -> StoreResult<u64> {
    Ok(on!(tx, |conn| sqlx::query(MAIL_OFF)
        .bind(category.key())
        .bind(false)
        .bind(now.as_millisecond())
        .bind(mailbox)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}
