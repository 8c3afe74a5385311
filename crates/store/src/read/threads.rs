//! Threads for pages: the inbox, one thread with the state of each text, what is held.

use jiff::Timestamp;
use schoolbell_domain::conversation::staff_first::HeldReason;
use schoolbell_domain::conversation::text::{Direction, Link, Text};
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{ConversationId, InboundId, OriginId, PersonId, SchoolId, SectionId, TextId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::{Reads, Tx};
use crate::write::threads::direction;

/// A thread in a list, or at the head of its page.
#[derive(Clone, PartialEq, Eq)]
pub struct ThreadLine {
    pub id: ConversationId,
    pub student: PersonId,
    pub student_given: String,
    pub student_family: String,
    pub person: PersonId,
    pub person_given: String,
    pub person_family: String,
    pub school: SchoolId,
    pub user: UserId,
    pub staff: String,
    pub our_number: String,
    pub their_number: String,
    pub started_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub last_at: Timestamp,
    pub last_direction: Direction,
    pub last_body: String,
    pub unread: i64,
    pub texts: i64,
    pub needs_human: bool,
    pub head_hash: String,
}

/// A text of a thread with what became of its delivery; `None` for what came in.
#[derive(Clone, PartialEq, Eq)]
pub struct TextLine {
    pub link: Link,
    pub state: Option<DeliveryState>,
    /// When the delivery last moved.
    pub moved_at: Option<Timestamp>,
    /// Before which it does not leave.
    pub not_before: Option<Timestamp>,
}

/// A text that joined no thread.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldLine {
    pub inbound: InboundId,
    pub from: String,
    pub body: String,
    pub reason: HeldReason,
    pub answered: bool,
    pub student: Option<PersonId>,
    pub school: Option<SchoolId>,
    pub held_at: Timestamp,
    pub escalated_by: Option<String>,
}

#[derive(sqlx_macros::FromRow)]
struct ThreadRow {
    id: i64,
    student_id: i64,
    student_given: String,
    student_family: String,
    person_id: i64,
    person_given: String,
    person_family: String,
    school_id: i64,
    user_id: i64,
    staff: Option<String>,
    our_number: String,
    their_number: String,
    started_at: i64,
    closed_at: Option<i64>,
    last_at: i64,
    last_direction: String,
    last_body: Option<String>,
    unread: i64,
    texts: i64,
    needs_human: bool,
    head_hash: String,
}

#[derive(sqlx_macros::FromRow)]
struct TextRow {
    id: i64,
    conversation_id: i64,
    direction: String,
    author: String,
    body: String,
    at: i64,
    detail: String,
    previous_hash: String,
    hash: String,
    state: Option<i64>,
    reason: Option<i64>,
    moved_at: Option<i64>,
    not_before: Option<i64>,
}

type HeldRow = (i64, String, Option<String>, String, bool, Option<i64>, Option<i64>, i64, Option<String>);

macro_rules! thread {
    ($rest:literal) => {
        concat!(
            "SELECT conversation.id, conversation.student_id, student.given AS student_given, \
             student.family AS student_family, conversation.person_id, person.given AS person_given, \
             person.family AS person_family, conversation.school_id, conversation.user_id, user_account.name AS staff, \
             conversation.our_number, conversation.their_number, conversation.started_at, conversation.closed_at, \
             conversation.last_at, conversation.last_direction, (SELECT body FROM conversation_text \
             WHERE conversation_text.conversation_id = conversation.id ORDER BY conversation_text.id DESC LIMIT 1) \
             AS last_body, conversation.unread, conversation.texts, conversation.needs_human, conversation.head_hash \
             FROM conversation JOIN person AS student ON student.id = conversation.student_id \
             JOIN person ON person.id = conversation.person_id \
             LEFT JOIN user_account ON user_account.id = conversation.user_id ",
            $rest
        )
    };
}

/// A row of `delivery` is found by one of two partial indexes: that of what was left out, or that of the rest.
macro_rules! texts {
    ($rest:literal) => {
        concat!(
            "SELECT conversation_text.id, conversation_text.conversation_id, conversation_text.direction, \
             conversation_text.author, conversation_text.body, conversation_text.at, conversation_text.detail, \
             conversation_text.previous_hash, conversation_text.hash, COALESCE(sent.state, kept.state) AS state, \
             COALESCE(sent.reason, kept.reason) AS reason, COALESCE(sent.updated_at, kept.updated_at) AS moved_at, sent.not_before \
             FROM conversation_text \
             LEFT JOIN delivery AS sent ON sent.origin_id = conversation_text.id AND sent.state <> 0 AND sent.channel = 2 \
             LEFT JOIN delivery AS kept ON kept.origin_id = conversation_text.id AND kept.state = 0 AND kept.channel = 2 ",
            $rest
        )
    };
}

statements! {
    BY_ID = thread!("WHERE conversation.id = $1");
    UNREAD_OF_USER = thread!("WHERE conversation.user_id = $1 AND conversation.unread > 0 \
        ORDER BY conversation.last_at DESC LIMIT $2");
    READ_OF_USER = thread!("WHERE conversation.user_id = $1 AND conversation.unread = 0 \
        AND conversation.last_at < $2 ORDER BY conversation.last_at DESC LIMIT $3");
    SEARCH_OF_USER = thread!("WHERE conversation.user_id = $1 AND (student.folded_name LIKE $2 \
        OR person.folded_name LIKE $2) ORDER BY conversation.last_at DESC LIMIT $3");
    OF_SECTION = thread!("WHERE conversation.user_id = $1 AND conversation.student_id IN (SELECT enrollment.person_id \
        FROM enrollment WHERE enrollment.section_id = $2 AND enrollment.role = 'student' AND enrollment.active) \
        ORDER BY CASE WHEN conversation.unread > 0 THEN 0 ELSE 1 END, conversation.last_at DESC LIMIT $3");
    OF_SCHOOL = thread!("WHERE conversation.school_id = $1 AND conversation.last_at < $2 \
        ORDER BY conversation.last_at DESC LIMIT $3");
    OF_STUDENT = thread!("WHERE conversation.student_id = $1 ORDER BY conversation.last_at DESC LIMIT 1000");
    NEEDING = thread!("WHERE conversation.school_id = $1 AND conversation.needs_human \
        ORDER BY conversation.last_at DESC LIMIT $2");
    TEXTS = texts!("WHERE conversation_text.conversation_id = $1 ORDER BY conversation_text.id DESC LIMIT $2");
    HELD = "SELECT held_text.inbound_id, held_text.from_number, inbound.body, held_text.reason, held_text.answered, \
        held_text.student_id, held_text.school_id, held_text.held_at, held_text.escalated_by FROM held_text \
        LEFT JOIN inbound ON inbound.id = held_text.inbound_id WHERE held_text.settled_at IS NULL \
        ORDER BY held_text.held_at DESC LIMIT $1";
    HELD_ONE = "SELECT held_text.inbound_id, held_text.from_number, inbound.body, held_text.reason, held_text.answered, \
        held_text.student_id, held_text.school_id, held_text.held_at, held_text.escalated_by FROM held_text \
        LEFT JOIN inbound ON inbound.id = held_text.inbound_id WHERE held_text.inbound_id = $1";
    THREAD_OF_TEXT = "SELECT conversation_id FROM conversation_text WHERE id = $1 AND direction = 'out'";
    UNREAD_COUNT = "SELECT COUNT(*) FROM conversation WHERE user_id = $1 AND unread > 0";
    LOOKS = "SELECT reader, at FROM conversation_look WHERE conversation_id = $1 ORDER BY id DESC LIMIT $2";
    SENDERS = "SELECT origin_id, number FROM origin_sender WHERE origin_id IN {list@1}";
}

pub async fn lookup_thread(reads: &mut impl Reads, id: ConversationId) -> StoreResult<Option<ThreadLine>> {
    let row: Option<ThreadRow> =
        on!(reads.tx(), |conn| sqlx::query_as(BY_ID).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(thread_line).transpose()
}

/// The inbox of one member of the staff: unread first, then by the last text. `before`: older ones of the read.
pub async fn inbox(
    reads: &mut impl Reads,
    user: UserId,
    before: Option<Timestamp>,
    most: i64,
) -> StoreResult<Vec<ThreadLine>> {
    let tx = reads.tx();
    let mut rows: Vec<ThreadRow> = Vec::new();
    if before.is_none() {
        rows = on!(&mut *tx, |conn| sqlx::query_as(UNREAD_OF_USER).bind(user.raw()).bind(most).fetch_all(conn).await)?;
    }
    let before = before.map_or(i64::MAX, Timestamp::as_millisecond);
    let read: Vec<ThreadRow> =
        on!(tx, |conn| sqlx::query_as(READ_OF_USER).bind(user.raw()).bind(before).bind(most).fetch_all(conn).await)?;
    rows.extend(read);
    rows.into_iter().map(thread_line).collect()
}

/// Threads of one member of the staff by a word of a name, folded.
pub async fn search(reads: &mut impl Reads, user: UserId, folded: &str, most: i64) -> StoreResult<Vec<ThreadLine>> {
    let pattern = format!("%{}%", folded.replace(['%', '_'], ""));
    let rows: Vec<ThreadRow> = on!(reads.tx(), |conn| sqlx::query_as(SEARCH_OF_USER)
        .bind(user.raw())
        .bind(pattern)
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(thread_line).collect()
}

/// Threads of one member of the staff about students of one section; unread first.
pub async fn of_section(
    reads: &mut impl Reads,
    user: UserId,
    section: SectionId,
    most: i64,
) -> StoreResult<Vec<ThreadLine>> {
    let rows: Vec<ThreadRow> = on!(reads.tx(), |conn| sqlx::query_as(OF_SECTION)
        .bind(user.raw())
        .bind(section.raw())
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(thread_line).collect()
}

/// All threads of a school, for those who watch over them.
pub async fn of_school(
    reads: &mut impl Reads,
    school: SchoolId,
    before: Option<Timestamp>,
    most: i64,
) -> StoreResult<Vec<ThreadLine>> {
    let rows: Vec<ThreadRow> = on!(reads.tx(), |conn| sqlx::query_as(OF_SCHOOL)
        .bind(school.raw())
        .bind(before.map_or(i64::MAX, Timestamp::as_millisecond))
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(thread_line).collect()
}

/// The threads about one student, of all staff.
pub async fn of_student(reads: &mut impl Reads, student: PersonId) -> StoreResult<Vec<ThreadLine>> {
    let rows: Vec<ThreadRow> =
        on!(reads.tx(), |conn| sqlx::query_as(OF_STUDENT).bind(student.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(thread_line).collect()
}

/// Threads of a school with words that need a human now.
pub async fn needing(reads: &mut impl Reads, school: SchoolId, most: i64) -> StoreResult<Vec<ThreadLine>> {
    let rows: Vec<ThreadRow> =
        on!(reads.tx(), |conn| sqlx::query_as(NEEDING).bind(school.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(thread_line).collect()
}

/// The newest texts of a thread, oldest first.
pub async fn texts(reads: &mut impl Reads, id: ConversationId, most: i64) -> StoreResult<Vec<TextLine>> {
    let rows: Vec<TextRow> =
        on!(reads.tx(), |conn| sqlx::query_as(TEXTS).bind(id.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter().rev().map(text_line).collect()
}

/// Texts that nobody has seen to, newest first.
pub async fn held(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<HeldLine>> {
    let rows: Vec<HeldRow> = on!(reads.tx(), |conn| sqlx::query_as(HELD).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(held_line).collect()
}

pub async fn lookup_held(reads: &mut impl Reads, id: InboundId) -> StoreResult<Option<HeldLine>> {
    let row: Option<HeldRow> =
        on!(reads.tx(), |conn| sqlx::query_as(HELD_ONE).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(held_line).transpose()
}

/// The thread of a text of ours.
pub async fn thread_of(reads: &mut impl Reads, text: TextId) -> StoreResult<Option<ConversationId>> {
    let id: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(THREAD_OF_TEXT).bind(text.raw()).fetch_optional(conn).await)?;
    Ok(id.map(ConversationId::from_raw))
}

/// How many threads of somebody have something unread.
pub async fn unread(reads: &mut impl Reads, user: UserId) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(UNREAD_COUNT).bind(user.raw()).fetch_one(conn).await)?)
}

/// Who read a thread, newest first.
pub async fn looks(reads: &mut impl Reads, id: ConversationId, most: i64) -> StoreResult<Vec<(String, Timestamp)>> {
    let rows: Vec<(String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(LOOKS).bind(id.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(|(reader, at)| Ok((reader, instant(at)?))).collect()
}

/// From which of our numbers these origins are sent; one that is not here leaves from the account's own.
pub async fn senders(tx: &mut Tx, origins: &[OriginId]) -> StoreResult<Vec<(OriginId, String)>> {
    let mut senders = Vec::new();
    for chunk in origins.chunks(rows_that_fit(1, 1000)) {
        let rows = fetch_set!(&mut *tx, (i64, String), SENDERS, [], chunk, |query, origin| query.bind(origin.raw()))?;
        senders.extend(rows.into_iter().map(|(origin, number)| (OriginId::from_raw(origin), number)));
    }
    Ok(senders)
}

fn thread_line(row: ThreadRow) -> StoreResult<ThreadLine> {
    Ok(ThreadLine {
        id: ConversationId::from_raw(row.id),
        student: PersonId::from_raw(row.student_id),
        student_given: row.student_given,
        student_family: row.student_family,
        person: PersonId::from_raw(row.person_id),
        person_given: row.person_given,
        person_family: row.person_family,
        school: SchoolId::from_raw(row.school_id),
        user: UserId::from_raw(row.user_id),
        staff: row.staff.unwrap_or_default(),
        our_number: row.our_number,
        their_number: row.their_number,
        started_at: instant(row.started_at)?,
        closed_at: row.closed_at.map(instant).transpose()?,
        last_at: instant(row.last_at)?,
        last_direction: direction(&row.last_direction)?,
        last_body: row.last_body.unwrap_or_default(),
        unread: row.unread,
        texts: row.texts,
        needs_human: row.needs_human,
        head_hash: row.head_hash,
    })
}

fn text_line(row: TextRow) -> StoreResult<TextLine> {
    let id = TextId::from_raw(row.id);
    let state = match (row.state, row.reason) {
        (Some(state), Some(reason)) => Some(
            DeliveryState::from_codes(state, reason)
                .ok_or_else(|| StoreError::Damaged { row: id.to_string(), what: "its state".to_owned() })?,
        ),
        (None, _) | (_, None) => None,
    };
    let text = Text {
        id,
        conversation: ConversationId::from_raw(row.conversation_id),
        direction: direction(&row.direction)?,
        author: row.author,
        body: row.body,
        at: instant(row.at)?,
        detail: row.detail,
    };
    let link = Link { text, previous_hash: row.previous_hash, hash: row.hash };
    let moved_at = row.moved_at.map(instant).transpose()?;
    Ok(TextLine { link, state, moved_at, not_before: row.not_before.map(instant).transpose()? })
}

fn held_line(
    (inbound, from, body, reason, answered, student, school, held_at, escalated_by): HeldRow,
) -> StoreResult<HeldLine> {
    let inbound = InboundId::from_raw(inbound);
    Ok(HeldLine {
        inbound,
        from,
        body: body.unwrap_or_default(),
        reason: HeldReason::from_word(&reason)
            .ok_or_else(|| StoreError::Damaged { row: inbound.to_string(), what: format!("reason {reason}") })?,
        answered,
        student: student.map(PersonId::from_raw),
        school: school.map(SchoolId::from_raw),
        held_at: instant(held_at)?,
        escalated_by,
    })
}
