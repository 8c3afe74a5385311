//! Keeping what families choose.

use jiff::Timestamp;
use jiff::civil::Time;
use schoolbell_domain::category::Category;
use schoolbell_domain::delivery::plan::PreferenceKey;
use schoolbell_domain::delivery::window::SendWindow;
use schoolbell_domain::ids::PersonId;

use crate::error::StoreResult;
use crate::on;
use crate::sql::fetch_set;
use crate::statements;
use crate::tx::Tx;

statements! {
    LOCK = "SELECT id FROM person WHERE id IN {list@1} ORDER BY id{for update}";
    SET = "INSERT INTO preference (guardian_id, student_id, category, contact_point_id, channel, wanted, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (guardian_id, student_id, category, contact_point_id, channel) DO UPDATE SET \
        wanted = excluded.wanted, changed_at = excluded.changed_at";
    /// Every cell of the mailbox: each guardian who has it, each of their students.
    MAIL_OFF = "INSERT INTO preference (guardian_id, student_id, category, contact_point_id, channel, wanted, changed_at) \
        SELECT relationship.guardian_id, relationship.student_id, $1, point.id, 3, $2, $3 FROM contact_point AS point \
        JOIN relationship ON relationship.guardian_id = point.person_id \
        WHERE point.address = $4 AND point.slot = 6 AND point.active AND relationship.active \
        ON CONFLICT (guardian_id, student_id, category, contact_point_id, channel) \
        DO UPDATE SET wanted = excluded.wanted, changed_at = excluded.changed_at";
    FORGET = "DELETE FROM preference WHERE guardian_id = $1 AND student_id = $2 AND category = $3 \
        AND contact_point_id = $4 AND channel = $5";
    NOTE = "INSERT INTO family_change (id, email, at, before) VALUES ($1, $2, $3, $4)";
    UNDONE = "UPDATE family_change SET undone_at = $1 WHERE id = $2 AND undone_at IS NULL";
    HOURS = "INSERT INTO person_choice (person_id, general_opens, general_closes, changed_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (person_id) DO UPDATE SET general_opens = excluded.general_opens, \
        general_closes = excluded.general_closes, changed_at = excluded.changed_at";
    LANGUAGE = "INSERT INTO person_choice (person_id, language, changed_at) VALUES ($1, $2, $3) \
        ON CONFLICT (person_id) DO UPDATE SET language = excluded.language, changed_at = excluded.changed_at";
}

/// Lets one save of these guardians at a time look and write; held until the commit.
pub async fn lock_guardians(tx: &mut Tx, guardians: &[PersonId]) -> StoreResult<()> {
    fetch_set!(tx, (i64,), LOCK, [], guardians, |query, id| query.bind(id.raw()))?;
    Ok(())
}

/// Keeps a choice; `None` forgets it, so that the default counts again.
pub async fn set(
    tx: &mut Tx,
    (category, key): (Category, PreferenceKey),
    wanted: Option<bool>,
    now: Timestamp,
) -> StoreResult<()> {
    let Some(wanted) = wanted else { return forget(tx, category, key).await };
    on!(tx, |conn| sqlx::query(SET)
        .bind(key.guardian.raw())
        .bind(key.student.raw())
        .bind(category.key())
        .bind(key.point.raw())
        .bind(key.channel.code())
        .bind(wanted)
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

async fn forget(tx: &mut Tx, category: Category, key: PreferenceKey) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(FORGET)
        .bind(key.guardian.raw())
        .bind(key.student.raw())
        .bind(category.key())
        .bind(key.point.raw())
        .bind(key.channel.code())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
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

/// Notes a save with what stood before it.
pub async fn note(tx: &mut Tx, id: i64, email: &str, (now, before): (Timestamp, &str)) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(NOTE)
        .bind(id)
        .bind(email)
        .bind(now.as_millisecond())
        .bind(before)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Marks a save as undone; `false` if it was already.
pub async fn undone(tx: &mut Tx, id: i64, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(UNDONE)
        .bind(now.as_millisecond())
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The hours for messages of the category `General`; `None`: those of the district.
pub async fn set_general_hours(
    tx: &mut Tx,
    person: PersonId,
    hours: Option<SendWindow>,
    now: Timestamp,
) -> StoreResult<()> {
    let text = |time: Time| time.strftime("%H:%M").to_string();
    on!(tx, |conn| sqlx::query(HOURS)
        .bind(person.raw())
        .bind(hours.map(|hours| text(hours.opens)))
        .bind(hours.map(|hours| text(hours.closes)))
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// The language in which somebody wants to be spoken to; an import never changes it.
pub async fn set_language(tx: &mut Tx, person: PersonId, language: &str, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(LANGUAGE)
        .bind(person.raw())
        .bind(language)
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
