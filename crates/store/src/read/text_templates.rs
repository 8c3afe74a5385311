//! Ready-made texts that somebody can begin with, and whom a text to many has reached.

use std::collections::HashSet;

use schoolbell_domain::conversation::text_template::{Group, Owner};
use schoolbell_domain::ids::{PersonId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A text that is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    pub id: i64,
    pub owner: Owner,
    pub group: Group,
    pub body: String,
    /// When to use it.
    pub when: String,
    pub kept_by: String,
}

type Row = (i64, Option<i64>, i64, String, String, String, String);

statements! {
    STANDING = "SELECT id, user_id, school_id, purpose, body, when_good, kept_by FROM text_template \
        WHERE retired_at IS NULL AND (user_id = $1 OR user_id IS NULL) ORDER BY user_id IS NULL, id";
    ONE = "SELECT id, user_id, school_id, purpose, body, when_good, kept_by FROM text_template \
        WHERE id = $1 AND retired_at IS NULL";
    REACHED = "SELECT student_id FROM text_batch WHERE batch = $1";
}

/// The texts of somebody, then all that are shared; whose school sees them is for the caller to say.
pub async fn standing(reads: &mut impl Reads, user: UserId) -> StoreResult<Vec<Template>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(STANDING).bind(user.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(template).collect()
}

pub async fn lookup(reads: &mut impl Reads, id: i64) -> StoreResult<Option<Template>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(ONE).bind(id).fetch_optional(conn).await)?;
    row.map(template).transpose()
}

/// The students whom a text to many has reached.
pub async fn reached(reads: &mut impl Reads, batch: &str) -> StoreResult<HashSet<PersonId>> {
    let rows: Vec<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(REACHED).bind(batch).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(PersonId::from_raw).collect())
}

fn template((id, user, school, group, body, when, kept_by): Row) -> StoreResult<Template> {
    let group = Group::from_word(&group)
        .ok_or_else(|| StoreError::Damaged { row: format!("text template {id}"), what: format!("group {group}") })?;
    let owner = match (user, school) {
        (Some(user), _) => Owner::User(UserId::from_raw(user)),
        (None, 0) => Owner::District,
        (None, school) => Owner::School(SchoolId::from_raw(school)),
    };
    Ok(Template { id, owner, group, body, when, kept_by })
}
