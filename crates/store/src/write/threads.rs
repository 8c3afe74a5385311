//! Threads: opened by staff, lengthened by both sides, never shortened. A text is sealed onto the one before it.

use jiff::Timestamp;
use schoolbell_domain::conversation::text::{Direction, Text};
use schoolbell_domain::ids::{ConversationId, OriginId, PersonId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::fill;
use crate::statements;
use crate::tx::Tx;

/// What an open thread is to a text that wants to join it.
#[derive(Clone, PartialEq, Eq)]
pub struct Standing {
    pub id: ConversationId,
    pub student: PersonId,
    pub person: PersonId,
    pub school: SchoolId,
    pub user: UserId,
    pub our_number: String,
    pub their_number: String,
    /// The seal of its last text; empty before the first.
    pub head_hash: String,
}

type Row = (i64, i64, i64, i64, i64, String, String, String);

macro_rules! columns {
    () => {
        "id, student_id, person_id, school_id, user_id, our_number, their_number, head_hash"
    };
}

statements! {
    OPEN = "INSERT INTO conversation (id, student_id, person_id, school_id, user_id, our_number, their_number, started_at, \
        last_at, last_direction, unread, texts, needs_human, head_hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 'out', 0, 0, FALSE, '') \
        ON CONFLICT (our_number, their_number) WHERE closed_at IS NULL DO NOTHING";
    OF_PAIR = concat!("SELECT ", columns!(), " FROM conversation \
        WHERE our_number = $1 AND their_number = $2 AND closed_at IS NULL{for update}");
    OF_STAFF = concat!("SELECT ", columns!(), " FROM conversation WHERE student_id = $1 AND person_id = $2 \
        AND user_id = $3 AND their_number = $4 AND closed_at IS NULL{for update}");
    BY_ID = concat!("SELECT ", columns!(), " FROM conversation WHERE id = $1{for update}");
    OF_CONTACT = concat!("SELECT ", columns!(), " FROM conversation WHERE student_id = $1 AND person_id = $2 \
        AND their_number = $3 AND closed_at IS NULL ORDER BY id{for update}");
    WAS_OF_PAIR = "SELECT COUNT(*) FROM conversation WHERE our_number = $1 AND their_number = $2";
    APPEND = "INSERT INTO conversation_text (id, conversation_id, direction, author, body, at, detail, previous_hash, hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    LENGTHEN = "UPDATE conversation SET head_hash = $1, texts = texts + 1, last_at = $2, last_direction = $3, \
        unread = CASE WHEN $3 = 'in' THEN unread + 1 ELSE 0 END, needs_human = needs_human OR $4 \
        WHERE id = $5 AND head_hash = $6";
    /// An answer of the program's own: what came in stays unread, and stands first in lists as before.
    LENGTHEN_QUIETLY = "UPDATE conversation SET head_hash = $1, texts = texts + 1 WHERE id = $2 AND head_hash = $3";
    CLOSE = "UPDATE conversation SET closed_at = $1 WHERE id = $2 AND closed_at IS NULL";
    SEEN = "UPDATE conversation SET unread = 0 WHERE id = $1 AND unread > 0";
    NEEDS_HUMAN = "UPDATE conversation SET needs_human = TRUE WHERE id = $1";
    CALMED = "UPDATE conversation SET needs_human = FALSE WHERE id = $1 AND needs_human";
    TEXT_IDS = "SELECT id FROM conversation_text WHERE conversation_id = $1 AND direction = 'out'";
    LOOK = "INSERT INTO conversation_look (id, conversation_id, reader, at) VALUES ($1, $2, $3, $4)";
    SENDER = "INSERT INTO origin_sender (origin_id, number) VALUES ($1, $2) ON CONFLICT (origin_id) DO NOTHING";
}

/// Opens a thread; `false` if its pair of numbers has one already.
pub async fn open(tx: &mut Tx, new: &Standing, started_at: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(OPEN)
        .bind(new.id.raw())
        .bind(new.student.raw())
        .bind(new.person.raw())
        .bind(new.school.raw())
        .bind(new.user.raw())
        .bind(new.our_number.as_str())
        .bind(new.their_number.as_str())
        .bind(started_at.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The open thread of a pair of numbers, held until the commit.
pub async fn lock_pair(tx: &mut Tx, our: &str, their: &str) -> StoreResult<Option<Standing>> {
    let text = fill(tx.engine(), OF_PAIR, 0);
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(our)
        .bind(their)
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(standing))
}

/// The open thread of a member of the staff with one person about one student on one number.
pub async fn lock_of_staff(
    tx: &mut Tx,
    (student, person): (PersonId, PersonId),
    user: UserId,
    their: &str,
) -> StoreResult<Option<Standing>> {
    let text = fill(tx.engine(), OF_STAFF, 0);
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(student.raw())
        .bind(person.raw())
        .bind(user.raw())
        .bind(their)
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(standing))
}

/// A thread, open or closed.
pub async fn lock(tx: &mut Tx, id: ConversationId) -> StoreResult<Option<Standing>> {
    let text = fill(tx.engine(), BY_ID, 0);
    let row: Option<Row> =
        on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str())).bind(id.raw()).fetch_optional(conn).await)?;
    Ok(row.map(standing))
}

/// Whether the pair of numbers has ever had a thread.
pub async fn was_of_pair(tx: &mut Tx, our: &str, their: &str) -> StoreResult<bool> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(WAS_OF_PAIR).bind(our).bind(their).fetch_one(conn).await)?;
    Ok(count > 0)
}

/// Adds a text at the end of a thread that was locked. `needs_human`: its words must be seen by a person now.
pub async fn append(tx: &mut Tx, thread: &mut Standing, text: &Text, needs_human: bool) -> StoreResult<()> {
    let hash = link(tx, thread, text).await?;
    let moved = on!(tx, |conn| sqlx::query(LENGTHEN)
        .bind(hash.as_str())
        .bind(text.at.as_millisecond())
        .bind(text.direction.word())
        .bind(needs_human)
        .bind(thread.id.raw())
        .bind(thread.head_hash.as_str())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    moved_on(thread, hash, moved)
}

/// Adds an automatic answer at the end of a thread that was locked; what came in stays unread.
pub async fn append_automatic(tx: &mut Tx, thread: &mut Standing, text: &Text) -> StoreResult<()> {
    let hash = link(tx, thread, text).await?;
    let moved = on!(tx, |conn| sqlx::query(LENGTHEN_QUIETLY)
        .bind(hash.as_str())
        .bind(thread.id.raw())
        .bind(thread.head_hash.as_str())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    moved_on(thread, hash, moved)
}

/// The text's row, sealed onto the one before it; answers its hash.
async fn link(tx: &mut Tx, thread: &Standing, text: &Text) -> StoreResult<String> {
    let hash = text.seal(&thread.head_hash);
    on!(tx, |conn| sqlx::query(APPEND)
        .bind(text.id.raw())
        .bind(thread.id.raw())
        .bind(text.direction.word())
        .bind(text.author.as_str())
        .bind(text.body.as_str())
        .bind(text.at.as_millisecond())
        .bind(text.detail.as_str())
        .bind(thread.head_hash.as_str())
        .bind(hash.as_str())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(hash)
}

fn moved_on(thread: &mut Standing, hash: String, moved: u64) -> StoreResult<()> {
    if moved != 1 {
        return Err(StoreError::Damaged { row: thread.id.to_string(), what: "the hash that it ends with".to_owned() });
    }
    thread.head_hash = hash;
    Ok(())
}

/// Closes the open threads with one person about one student on one number; answers them.
pub async fn close_of_contact(
    tx: &mut Tx,
    (student, person): (PersonId, PersonId),
    their: &str,
    now: Timestamp,
) -> StoreResult<Vec<ConversationId>> {
    let text = fill(tx.engine(), OF_CONTACT, 0);
    let rows: Vec<Row> = on!(&mut *tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(student.raw())
        .bind(person.raw())
        .bind(their)
        .fetch_all(conn)
        .await)?;
    let mut closed = Vec::new();
    for thread in rows.into_iter().map(standing) {
        on!(&mut *tx, |conn| sqlx::query(CLOSE)
            .bind(now.as_millisecond())
            .bind(thread.id.raw())
            .execute(conn)
            .await
            .map(drop))?;
        closed.push(thread.id);
    }
    Ok(closed)
}

/// The origins of what we sent in a thread.
pub async fn origins(tx: &mut Tx, id: ConversationId) -> StoreResult<Vec<OriginId>> {
    let rows: Vec<i64> = on!(tx, |conn| sqlx::query_scalar(TEXT_IDS).bind(id.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(OriginId::from_raw).collect())
}

/// Nothing of the thread is unread any more.
pub async fn seen(tx: &mut Tx, id: ConversationId) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SEEN).bind(id.raw()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Somebody asks for a person to look.
pub async fn needs_human(tx: &mut Tx, id: ConversationId) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(NEEDS_HUMAN).bind(id.raw()).execute(conn).await.map(drop))?;
    Ok(())
}

/// A person has looked after what needed one.
pub async fn calmed(tx: &mut Tx, id: ConversationId) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(CALMED).bind(id.raw()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notes who read a thread.
pub async fn look(tx: &mut Tx, look: i64, (id, reader): (ConversationId, &str), at: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(LOOK)
        .bind(look)
        .bind(id.raw())
        .bind(reader)
        .bind(at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// From which of our numbers the deliveries of an origin leave; the first word stays.
pub async fn set_sender(tx: &mut Tx, origin: OriginId, number: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SENDER).bind(origin.raw()).bind(number).execute(conn).await.map(drop))?;
    Ok(())
}

/// The direction as it is kept.
pub fn direction(word: &str) -> StoreResult<Direction> {
    Direction::from_word(word)
        .ok_or_else(|| StoreError::Damaged { row: "conversation".to_owned(), what: format!("direction {word}") })
}

fn standing((id, student, person, school, user, our_number, their_number, head_hash): Row) -> Standing {
    Standing {
        id: ConversationId::from_raw(id),
        student: PersonId::from_raw(student),
        person: PersonId::from_raw(person),
        school: SchoolId::from_raw(school),
        user: UserId::from_raw(user),
        our_number,
        their_number,
        head_hash,
    }
}
