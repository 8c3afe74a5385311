//! Saved lists of students and staff.

use jiff::Timestamp;
use schoolbell_domain::ids::{ListId, PersonId, SchoolId, UserId};

use crate::error::StoreResult;
use crate::on;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A list to write, without its members.
#[derive(Debug, Clone)]
pub struct NewList {
    pub id: ListId,
    pub name: String,
    pub school: Option<SchoolId>,
    pub by: UserId,
    pub at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO saved_list (id, name, school_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5)";
    MEMBERS = "INSERT INTO saved_list_member (list_id, person_id) VALUES {rows:2@1} ON CONFLICT DO NOTHING";
    DELETE_MEMBERS = "DELETE FROM saved_list_member WHERE list_id = $1";
    DELETE = "DELETE FROM saved_list WHERE id = $1";
}

/// Writes a list; somebody named twice is a member once. Answers how many members it has.
pub async fn insert_list(tx: &mut Tx, list: &NewList, members: &[PersonId]) -> StoreResult<u64> {
    on!(&mut *tx, |conn| sqlx::query(INSERT)
        .bind(list.id.raw())
        .bind(&list.name)
        .bind(list.school.map(SchoolId::raw))
        .bind(list.by.raw())
        .bind(list.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    let mut count = 0;
    for chunk in members.chunks(rows_that_fit(2, 500)) {
        count += execute_set!(tx, MEMBERS, [], chunk, |query, person| query.bind(list.id.raw()).bind(person.raw()))?;
    }
    Ok(count)
}

/// `false` if there is no such list.
pub async fn delete_list(tx: &mut Tx, id: ListId) -> StoreResult<bool> {
    on!(&mut *tx, |conn| sqlx::query(DELETE_MEMBERS).bind(id.raw()).execute(conn).await.map(drop))?;
    let rows = on!(tx, |conn| sqlx::query(DELETE).bind(id.raw()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
