//! What somebody answers, kept: it joins what the seat said before, over whichever channel.

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::ids::{PersonId, ResponseId};
use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{Answers, SurveyState, Via, is_complete, pruned};
use schoolbell_formats::keyed::keyed_hash;
use schoolbell_store::read::surveys::{ResponseRow, StandingSurvey, lookup_response};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::surveys::{self as write, NewResponse};
use schoolbell_store::{StoreResult, Tx};

use crate::{Engine, dice};

/// What is said for a seat, all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saying<'a> {
    pub seat: i64,
    /// Who says it, as far as the channel knows.
    pub person: PersonId,
    pub language: &'a Language,
    pub via: Via,
    pub answers: &'a Answers,
    pub passed: &'a [u16],
}

/// Whether answers are taken now.
pub(crate) fn is_open(standing: &StandingSurvey, now: Timestamp) -> bool {
    standing.state == SurveyState::Open && standing.survey.deadline.is_none_or(|deadline| now < deadline)
}

/// Keeps it in the place of what the seat said before; whether nothing is missing now.
///
/// Of an anonymous survey the row names nobody, its id comes from dice, and its time is a day: neither order nor time
/// ties it to a person.
pub(crate) async fn keep(
    engine: &Engine,
    tx: &mut Tx,
    standing: &StandingSurvey,
    saying: &Saying<'_>,
) -> StoreResult<bool> {
    let answers = pruned(&standing.survey, saying.answers);
    let complete = is_complete(&standing.survey, &answers);
    let secret = standing.secret.as_deref().unwrap_or_default();
    let (hidden, hidden_by) = (hidden(secret, saying.seat), hidden_by(secret, saying.person));
    let anonymous = standing.survey.anonymous;
    let at = if anonymous { day_of(engine.now()) } else { engine.now() };
    let id = if anonymous { dice::id() } else { engine.next_id() };
    let response = NewResponse {
        id: ResponseId::from_raw(id),
        survey: standing.id,
        hidden: &hidden,
        hidden_by: &hidden_by,
        seat: (!anonymous).then_some(saying.seat),
        person: (!anonymous).then_some(saying.person),
        language: saying.language,
        via: saying.via,
        answers: &answers,
        passed: saying.passed,
        complete,
        at,
    };
    write::keep(tx, &response).await?;
    write::answered(tx, standing.id, saying.seat, complete.then_some(at)).await?;
    Ok(complete)
}

/// What the seat said so far.
pub(crate) async fn so_far(
    reads: &mut impl Reads,
    standing: &StandingSurvey,
    seat: i64,
) -> StoreResult<Option<ResponseRow>> {
    let secret = standing.secret.as_deref().unwrap_or_default();
    lookup_response(reads, standing.id, &hidden(secret, seat)).await
}

/// Whether this person said it: to others of the family it is told that it was answered, not what.
pub(crate) fn is_of(standing: &StandingSurvey, row: &ResponseRow, person: PersonId) -> bool {
    row.hidden_by == hidden_by(standing.secret.as_deref().unwrap_or_default(), person)
}

fn hidden(secret: &str, seat: i64) -> String {
    keyed_hash(secret, &format!("seat {seat}"))
}

fn hidden_by(secret: &str, person: PersonId) -> String {
    keyed_hash(secret, &format!("person {}", person.raw()))
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Midnight UTC of an instant's day.
fn day_of(at: Timestamp) -> Timestamp {
    let into_day = SignedDuration::from_secs(at.as_second().rem_euclid(DAY.as_secs()));
    Timestamp::from_second(at.as_second()).unwrap_or(at) - into_day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        let at: Timestamp = "2026-03-04T23:59:59.5Z".parse().unwrap();
        assert_eq!(day_of(at).to_string(), "2026-03-04T00:00:00Z");
    }
}
