//! The one invitation to each mobile of a main or secondary contact (A24).

use jiff::Timestamp;
use schoolbell_domain::ids::{ContactPointId, DeliveryId, PersonId, SchoolId};
use schoolbell_domain::people::Address;

use crate::error::StoreResult;
use crate::on;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A number that nobody has invited yet, with one contact point that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uninvited {
    pub number: Address,
    pub person: PersonId,
    pub contact_point: ContactPointId,
    pub school: SchoolId,
}

statements! {
    /// One row for each number, whoever shares it; the oldest contact point stands for it.
    UNINVITED = "SELECT point.address, point.person_id, point.id, point.school_id FROM contact_point AS point \
        WHERE point.id IN (SELECT MIN(mobile.id) FROM contact_point AS mobile \
            JOIN relationship ON relationship.guardian_id = mobile.person_id \
            WHERE mobile.slot = 4 AND mobile.active AND relationship.active AND relationship.role IN (1, 2) \
            AND NOT relationship.custody_restricted \
            AND NOT EXISTS (SELECT 1 FROM invitation WHERE invitation.number = mobile.address) \
            AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.number = mobile.address \
                AND consent.program = 'alerts' AND consent.state IN ('invited', 'opted_in', 'revoked')) \
            AND NOT EXISTS (SELECT 1 FROM suppression WHERE suppression.address = mobile.address \
                AND suppression.channel = 2) \
            GROUP BY mobile.address) \
        ORDER BY point.id LIMIT $1";
    MOBILE = "SELECT point.id, point.school_id FROM contact_point AS point \
        WHERE point.person_id = $1 AND point.address = $2 AND point.slot = 4 AND point.active ORDER BY point.id";
    AGAIN = "UPDATE invitation SET delivery_id = $1 WHERE number = $2 AND delivery_id = $3";
    INSERT = "INSERT INTO invitation (number, delivery_id, created_at) VALUES {rows:3@1}";
}

/// Numbers to invite, at most `most`.
pub async fn uninvited(tx: &mut Tx, most: i64) -> StoreResult<Vec<Uninvited>> {
    let rows: Vec<(String, i64, i64, i64)> =
        on!(tx, |conn| sqlx::query_as(UNINVITED).bind(most).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .filter_map(|(number, person, contact_point, school)| {
            Some(Uninvited {
                number: Address::from_stored(&number)?,
                person: PersonId::from_raw(person),
                contact_point: ContactPointId::from_raw(contact_point),
                school: SchoolId::from_raw(school),
            })
        })
        .collect())
}

/// This number as a mobile of this person; the oldest contact point stands for it.
pub async fn mobile_of(tx: &mut Tx, person: PersonId, number: &Address) -> StoreResult<Option<Uninvited>> {
    let row: Option<(i64, i64)> =
        on!(tx, |conn| sqlx::query_as(MOBILE).bind(person.raw()).bind(number.expose()).fetch_optional(conn).await)?;
    Ok(row.map(|(point, school)| Uninvited {
        number: number.clone(),
        person,
        contact_point: ContactPointId::from_raw(point),
        school: SchoolId::from_raw(school),
    }))
}

/// Puts a second invitation in the place of the first; `false` if that is not the one that stands.
pub async fn again(tx: &mut Tx, number: &str, (first, second): (DeliveryId, DeliveryId)) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(AGAIN)
        .bind(second.raw())
        .bind(number)
        .bind(first.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes the invitations; a number that has one already is an error of the whole transaction.
pub async fn insert(tx: &mut Tx, invitations: &[(&Address, DeliveryId)], now: Timestamp) -> StoreResult<()> {
    for chunk in invitations.chunks(rows_that_fit(3, 500)) {
        execute_set!(tx, INSERT, [], chunk, |query, row| query
            .bind(row.0.expose())
            .bind(row.1.raw())
            .bind(now.as_millisecond()))?;
    }
    Ok(())
}
