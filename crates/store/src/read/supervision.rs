//! Supervision: threads of a month, the queue of those that were drawn, how much was seen, and who read what.

use jiff::Timestamp;
use schoolbell_domain::conversation::sampling::{Coverage, Finding};
use schoolbell_domain::ids::{ConversationId, PersonId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A thread that was drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Sample {
    pub id: i64,
    pub school: SchoolId,
    pub month: String,
    pub thread: ConversationId,
    pub seed: String,
    /// Whose thread it is, and about whom.
    pub staff: String,
    pub student: String,
    pub drawn_at: Timestamp,
    pub seen_by: Option<String>,
    pub seen_at: Option<Timestamp>,
    pub finding: Option<Finding>,
    pub note: String,
}

/// Somebody read a thread.
#[derive(Clone, PartialEq, Eq)]
pub struct Look {
    pub reader: String,
    pub at: Timestamp,
    pub thread: ConversationId,
    pub staff: String,
    pub student: PersonId,
    pub student_name: String,
}

#[derive(sqlx_macros::FromRow)]
struct SampleRow {
    id: i64,
    school_id: i64,
    month: String,
    conversation_id: i64,
    seed: String,
    staff: Option<String>,
    given: String,
    family: String,
    drawn_at: i64,
    seen_by: Option<String>,
    seen_at: Option<i64>,
    finding: Option<String>,
    note: Option<String>,
}

type LookRow = (String, i64, i64, Option<String>, i64, String, String);

macro_rules! samples {
    ($rest:literal) => {
        concat!(
            "SELECT thread_sample.id, thread_sample.school_id, thread_sample.month, thread_sample.conversation_id, \
             thread_sample.seed, user_account.name AS staff, person.given, person.family, thread_sample.drawn_at, \
             thread_sample.seen_by, thread_sample.seen_at, thread_sample.finding, thread_sample.note FROM thread_sample \
             JOIN conversation ON conversation.id = thread_sample.conversation_id \
             JOIN person ON person.id = conversation.student_id \
             LEFT JOIN user_account ON user_account.id = conversation.user_id ",
            $rest
        )
    };
}

statements! {
    OF_MONTH = "SELECT conversation.id, COUNT(*) FROM conversation_text \
        JOIN conversation ON conversation.id = conversation_text.conversation_id \
        WHERE conversation_text.at >= $1 AND conversation_text.at < $2 AND conversation.school_id = $3 \
        GROUP BY conversation.id ORDER BY conversation.id";
    TEXTS_OF_MONTH = "SELECT COUNT(*) FROM conversation_text WHERE conversation_id = $1 AND at >= $2 AND at < $3";
    DRAWN = "SELECT conversation_id FROM thread_sample WHERE school_id = $1 AND month = $2";
    OPEN = samples!("WHERE thread_sample.school_id = $1 AND thread_sample.seen_at IS NULL \
        ORDER BY thread_sample.drawn_at, thread_sample.id LIMIT $2");
    FLAGGED = samples!("WHERE thread_sample.school_id = $1 AND thread_sample.finding = 'flagged' \
        ORDER BY thread_sample.seen_at DESC LIMIT $2");
    ONE = samples!("WHERE thread_sample.id = $1");
    OF_THREAD = samples!("WHERE thread_sample.conversation_id = $1 AND thread_sample.seen_at IS NULL ORDER BY thread_sample.id");
    SEEN = "SELECT COUNT(*), COUNT(seen_at), COUNT(CASE WHEN finding = 'flagged' THEN 1 END), \
        CAST(COALESCE(SUM(texts), 0) AS BIGINT) FROM thread_sample WHERE school_id = $1 AND month = $2";
    LOOKS = "SELECT conversation_look.reader, conversation_look.at, conversation.id, user_account.name, \
        conversation.student_id, person.given, person.family FROM conversation_look \
        JOIN conversation ON conversation.id = conversation_look.conversation_id \
        JOIN person ON person.id = conversation.student_id LEFT JOIN user_account ON user_account.id = conversation.user_id \
        WHERE conversation.school_id = $1 AND conversation_look.at < $2 ORDER BY conversation_look.at DESC LIMIT $3";
}

/// The threads of a school with a text in a span of time, each with how many.
pub async fn threads_between(
    reads: &mut impl Reads,
    school: SchoolId,
    (from, to): (Timestamp, Timestamp),
) -> StoreResult<Vec<(ConversationId, i64)>> {
    let rows: Vec<(i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(OF_MONTH)
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .bind(school.raw())
        .fetch_all(conn)
        .await)?;
    Ok(rows.into_iter().map(|(id, texts)| (ConversationId::from_raw(id), texts)).collect())
}

/// How many texts of a span of time stand in a thread.
pub async fn texts_between(
    reads: &mut impl Reads,
    thread: ConversationId,
    (from, to): (Timestamp, Timestamp),
) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(TEXTS_OF_MONTH)
        .bind(thread.raw())
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch_one(conn)
        .await)?)
}

/// The threads that were drawn for a month.
pub async fn drawn(reads: &mut impl Reads, school: SchoolId, month: &str) -> StoreResult<Vec<ConversationId>> {
    let rows: Vec<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(DRAWN).bind(school.raw()).bind(month).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(ConversationId::from_raw).collect())
}

/// What waits to be read, the oldest draw first.
pub async fn queue(reads: &mut impl Reads, school: SchoolId, most: i64) -> StoreResult<Vec<Sample>> {
    let rows: Vec<SampleRow> =
        on!(reads.tx(), |conn| sqlx::query_as(OPEN).bind(school.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(sample).collect()
}

/// What was flagged, newest first.
pub async fn flagged(reads: &mut impl Reads, school: SchoolId, most: i64) -> StoreResult<Vec<Sample>> {
    let rows: Vec<SampleRow> =
        on!(reads.tx(), |conn| sqlx::query_as(FLAGGED).bind(school.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(sample).collect()
}

pub async fn lookup_sample(reads: &mut impl Reads, id: i64) -> StoreResult<Option<Sample>> {
    let row: Option<SampleRow> = on!(reads.tx(), |conn| sqlx::query_as(ONE).bind(id).fetch_optional(conn).await)?;
    row.map(sample).transpose()
}

/// The samples of a thread that nobody has seen to.
pub async fn open_samples(reads: &mut impl Reads, thread: ConversationId) -> StoreResult<Vec<Sample>> {
    let rows: Vec<SampleRow> =
        on!(reads.tx(), |conn| sqlx::query_as(OF_THREAD).bind(thread.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(sample).collect()
}

/// How much of a school's month was seen.
pub async fn coverage(
    reads: &mut impl Reads,
    (school, month): (SchoolId, &str),
    span: (Timestamp, Timestamp),
) -> StoreResult<Coverage> {
    let threads = threads_between(reads, school, span).await?;
    let (drawn, seen, flagged, texts_seen): (i64, i64, i64, i64) =
        on!(reads.tx(), |conn| sqlx::query_as(SEEN).bind(school.raw()).bind(month).fetch_one(conn).await)?;
    Ok(Coverage {
        threads: i64::try_from(threads.len()).unwrap_or(i64::MAX),
        texts: threads.iter().map(|(_, texts)| texts).sum(),
        drawn,
        seen,
        flagged,
        texts_seen,
    })
}

/// Who read the threads of a school, newest first.
pub async fn looks(
    reads: &mut impl Reads,
    school: SchoolId,
    before: Option<Timestamp>,
    most: i64,
) -> StoreResult<Vec<Look>> {
    let rows: Vec<LookRow> = on!(reads.tx(), |conn| sqlx::query_as(LOOKS)
        .bind(school.raw())
        .bind(before.map_or(i64::MAX, Timestamp::as_millisecond))
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(reader, at, thread, staff, student, given, family)| {
            Ok(Look {
                reader,
                at: instant(at)?,
                thread: ConversationId::from_raw(thread),
                staff: staff.unwrap_or_default(),
                student: PersonId::from_raw(student),
                student_name: format!("{given} {family}").trim().to_owned(),
            })
        })
        .collect()
}

fn sample(row: SampleRow) -> StoreResult<Sample> {
    Ok(Sample {
        id: row.id,
        school: SchoolId::from_raw(row.school_id),
        month: row.month,
        thread: ConversationId::from_raw(row.conversation_id),
        seed: row.seed,
        staff: row.staff.unwrap_or_default(),
        student: format!("{} {}", row.given, row.family).trim().to_owned(),
        drawn_at: instant(row.drawn_at)?,
        seen_by: row.seen_by,
        seen_at: row.seen_at.map(instant).transpose()?,
        finding: row.finding.as_deref().and_then(Finding::from_word),
        note: row.note.unwrap_or_default(),
    })
}
