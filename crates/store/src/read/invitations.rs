//! Invitations of which nobody knows whether they arrived.

use schoolbell_domain::ids::DeliveryId;

use crate::error::StoreResult;
use crate::sql::fetch_set;
use crate::statements;
use crate::tx::Reads;

statements! {
    /// Sent, and no carrier said what became of it; the number has neither said YES nor STOP since. 7: unconfirmed; 9 with
    /// 207: expired as such.
    UNCONFIRMED = "SELECT invitation.number, invitation.delivery_id FROM invitation \
        JOIN delivery ON delivery.id = invitation.delivery_id \
        JOIN consent ON consent.number = invitation.number AND consent.program = 'alerts' AND consent.state = 'invited' \
        WHERE (delivery.state = 7 OR (delivery.state = 9 AND delivery.reason = 207)) AND invitation.number IN {list@1}";
}

/// Those of these numbers, each with the delivery that was lost.
pub async fn unconfirmed(reads: &mut impl Reads, numbers: &[&str]) -> StoreResult<Vec<(String, DeliveryId)>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_set!(reads.tx(), (String, i64), UNCONFIRMED, [], numbers, |query, number| query.bind(*number))?;
    Ok(rows.into_iter().map(|(number, id)| (number, DeliveryId::from_raw(id))).collect())
}
