//! A survey by phone: a key in the call answers the question that the call asks.

use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::survey::{Via, keyed, of_key};
use schoolbell_store::read::surveys;
use schoolbell_store::{StoreResult, Tx};

use super::keep::{Saying, is_open, keep, so_far};
use crate::Engine;

/// Keeps what the keys of a call answer, the last of them. Of several seats, as with an answer for each child, nobody could
/// tell which one was meant: none is answered.
pub(crate) async fn by_keys(engine: &Engine, tx: &mut Tx, delivery: DeliveryId, keys: &str) -> StoreResult<()> {
    let Some((survey, person)) = surveys::asked_by(tx, delivery).await? else { return Ok(()) };
    let Some(standing) = surveys::lookup(tx, survey).await? else { return Ok(()) };
    let Some(question) = keyed(&standing.survey).filter(|_| is_open(&standing, engine.now())) else { return Ok(()) };
    let Some(answer) = keys.chars().rev().find_map(|key| of_key(question, key)) else { return Ok(()) };
    let seats = surveys::seats(tx, survey, &[person]).await?;
    let [seat] = seats.as_slice() else { return Ok(()) };
    let row = so_far(tx, &standing, seat.seat).await?;
    let (mut answers, passed) = row.map(|row| (row.answers, row.passed)).unwrap_or_default();
    answers.insert(question.id, answer);
    let saying = Saying {
        seat: seat.seat,
        person,
        language: &seat.language,
        via: Via::Call,
        answers: &answers,
        passed: &passed,
    };
    keep(engine, tx, &standing, &saying).await.map(drop)
}
