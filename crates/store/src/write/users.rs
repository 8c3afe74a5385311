//! Making users, their passwords and roles.

use jiff::Timestamp;
use schoolbell_domain::ids::{PersonId, UserId};
use schoolbell_domain::permission::{Grant, Scope};

use crate::error::StoreResult;
use crate::on;
use crate::read::users::User;
use crate::statements;
use crate::tx::Tx;

statements! {
    INSERT = "INSERT INTO user_account \
        (id, person_id, name, email, password_hash, active, created_at, last_sign_in_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email) DO NOTHING";
    PASSWORD = "UPDATE user_account SET password_hash = $1 WHERE id = $2";
    ACTIVE = "UPDATE user_account SET active = $1 WHERE id = $2 AND active <> $1";
    SEEN = "UPDATE user_account SET last_sign_in_at = $1 WHERE id = $2";
    GRANT = "INSERT INTO user_role (user_id, role, school_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    REVOKE = "DELETE FROM user_role WHERE user_id = $1 AND role = $2 AND school_id = $3";
    FAILED = "INSERT INTO sign_in_failure (email, at) VALUES ($1, $2)";
    FORGIVE = "DELETE FROM sign_in_failure WHERE email = $1 OR at < $2";
    LOCK_ADMINISTRATORS = "UPDATE user_role SET role = role \
        WHERE role = 'district_administrator' AND school_id = 0";
    ADMINISTRATORS = "SELECT COUNT(*) FROM user_role JOIN user_account ON user_account.id = user_role.user_id \
        WHERE user_role.role = 'district_administrator' AND user_role.school_id = 0 AND user_account.active";
}

/// Writes a user; `false` if the e-mail is taken.
pub async fn insert_user(tx: &mut Tx, user: &User) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(user.id.raw())
        .bind(user.person.map(PersonId::raw))
        .bind(&user.name)
        .bind(&user.email)
        .bind(&user.password_hash)
        .bind(user.active)
        .bind(user.created_at.as_millisecond())
        .bind(user.last_sign_in_at.map(Timestamp::as_millisecond))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub async fn set_password_hash(tx: &mut Tx, user: UserId, hash: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(PASSWORD).bind(hash).bind(user.raw()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Lets a user sign in; `false` if nothing changed.
pub async fn activate(tx: &mut Tx, user: UserId) -> StoreResult<bool> {
    set_active(tx, user, true).await
}

/// Keeps a user from signing in; `false` if nothing changed.
pub async fn deactivate(tx: &mut Tx, user: UserId) -> StoreResult<bool> {
    set_active(tx, user, false).await
}

async fn set_active(tx: &mut Tx, user: UserId, active: bool) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(ACTIVE)
        .bind(active)
        .bind(user.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub async fn record_sign_in(tx: &mut Tx, user: UserId, at: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SEEN).bind(at.as_millisecond()).bind(user.raw()).execute(conn).await.map(drop))?;
    Ok(())
}

/// `false` if the user has the role there already.
pub async fn insert_grant(tx: &mut Tx, user: UserId, grant: Grant) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(GRANT)
        .bind(user.raw())
        .bind(grant.role.word())
        .bind(school_of(grant.scope))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// `false` if the user had no such role.
pub async fn delete_grant(tx: &mut Tx, user: UserId, grant: Grant) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(REVOKE)
        .bind(user.raw())
        .bind(grant.role.word())
        .bind(school_of(grant.scope))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many active district administrators there are, with the rows locked: two who remove each other at once must
/// not leave the district with nobody.
pub async fn lock_administrators(tx: &mut Tx) -> StoreResult<i64> {
    on!(&mut *tx, |conn| sqlx::query(LOCK_ADMINISTRATORS).execute(conn).await.map(drop))?;
    Ok(on!(tx, |conn| sqlx::query_scalar(ADMINISTRATORS).fetch_one(conn).await)?)
}

pub async fn insert_sign_in_failure(tx: &mut Tx, email: &str, at: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(FAILED).bind(email).bind(at.as_millisecond()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets the failures of this e-mail, and everybody's from before `before`.
pub async fn forgive_sign_in_failures(tx: &mut Tx, email: &str, before: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(FORGIVE).bind(email).bind(before.as_millisecond()).execute(conn).await.map(drop))?;
    Ok(())
}

const fn school_of(scope: Scope) -> i64 {
    match scope {
        Scope::District => 0,
        Scope::School(school) => school.raw(),
    }
}
