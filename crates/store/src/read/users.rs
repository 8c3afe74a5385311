//! People who sign in, and their roles.

use jiff::Timestamp;
use schoolbell_domain::ids::{PersonId, SchoolId, UserId};
use schoolbell_domain::permission::{Grant, Role, Scope};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// Somebody who signs in.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    /// The member of staff on the roster, where known.
    pub person: Option<PersonId>,
    pub name: String,
    /// Lower case; the name under which they sign in.
    pub email: String,
    pub password_hash: Option<String>,
    pub active: bool,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}

type Row = (i64, Option<i64>, String, String, Option<String>, bool, i64, Option<i64>);

statements! {
    BY_ID = "SELECT id, person_id, name, email, password_hash, active, created_at, last_sign_in_at \
        FROM user_account WHERE id = $1";
    BY_EMAIL = "SELECT id, person_id, name, email, password_hash, active, created_at, last_sign_in_at \
        FROM user_account WHERE email = $1";
    ALL = "SELECT id, person_id, name, email, password_hash, active, created_at, last_sign_in_at \
        FROM user_account ORDER BY name, id";
    GRANTS = "SELECT role, school_id FROM user_role WHERE user_id = $1 ORDER BY role, school_id";
    ALL_GRANTS = "SELECT user_id, role, school_id FROM user_role ORDER BY user_id, role, school_id";
    FAILURES = "SELECT COUNT(*) FROM sign_in_failure WHERE email = $1 AND at > $2";
}

fn user(row: Row) -> StoreResult<User> {
    let (id, person, name, email, password_hash, active, created_at, last) = row;
    Ok(User {
        id: UserId::from_raw(id),
        person: person.map(PersonId::from_raw),
        name,
        email,
        password_hash,
        active,
        created_at: instant(created_at)?,
        last_sign_in_at: last.map(instant).transpose()?,
    })
}

pub async fn lookup_user(reads: &mut impl Reads, id: UserId) -> StoreResult<Option<User>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(BY_ID).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(user).transpose()
}

/// `email` in lower case.
pub async fn lookup_user_by_email(reads: &mut impl Reads, email: &str) -> StoreResult<Option<User>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(BY_EMAIL).bind(email).fetch_optional(conn).await)?;
    row.map(user).transpose()
}

/// Everybody who can or could sign in, with their roles, by name.
pub async fn users(reads: &mut impl Reads) -> StoreResult<Vec<(User, Vec<Grant>)>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(ALL).fetch_all(conn).await)?;
    let grants: Vec<(i64, String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(ALL_GRANTS).fetch_all(conn).await)?;
    let mut by_user = std::collections::HashMap::<i64, Vec<Grant>>::new();
    for (id, role, school) in grants {
        by_user.entry(id).or_default().push(grant(&role, school)?);
    }
    rows.into_iter()
        .map(|row| {
            let grants = by_user.remove(&row.0).unwrap_or_default();
            Ok((user(row)?, grants))
        })
        .collect()
}

/// The roles of a user, sorted.
pub async fn grants_of(reads: &mut impl Reads, id: UserId) -> StoreResult<Vec<Grant>> {
    let rows: Vec<(String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(GRANTS).bind(id.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(|(role, school)| grant(&role, school)).collect()
}

/// How often signing in under this e-mail failed after `since`.
pub async fn sign_in_failures(reads: &mut impl Reads, email: &str, since: Timestamp) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(FAILURES)
        .bind(email)
        .bind(since.as_millisecond())
        .fetch_one(conn)
        .await)?)
}

fn grant(role: &str, school: i64) -> StoreResult<Grant> {
    let role = Role::from_word(role)
        .ok_or_else(|| StoreError::Damaged { row: "user_role".to_owned(), what: format!("role `{role}`") })?;
    let scope = if school == 0 { Scope::District } else { Scope::School(SchoolId::from_raw(school)) };
    Ok(Grant { role, scope })
}
