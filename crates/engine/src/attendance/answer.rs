//! What families say of an absence, over every channel: kept, and what has not left about it stays here.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use schoolbell_domain::attendance::answer::{AnswerState, Reason, Said, chosen, of_keys, of_text};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{AnswerId, AttendanceRunId, BroadcastId, DeliveryId, PersonId};
use schoolbell_domain::phone::Phone;
use schoolbell_store::read::attendance::{self, RunLine};
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::names::names;
use schoolbell_store::write::absences::{NewAnswer, insert_answer};
use schoolbell_store::write::inbound::NewInbound;
use schoolbell_store::{StoreResult, Tx};

use super::take_back::take_back;
use crate::Engine;

/// A text answers the absences that its number was told of in this time.
const ANSWERS_FOR: SignedDuration = SignedDuration::from_hours(36);
/// A note is a sentence or two.
const LONGEST_NOTE: usize = 500;

/// Something said of some children's absence.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    pub students: &'a [PersonId],
    pub days: (Date, Date),
    pub said: Said,
    pub note: &'a str,
    /// `text`, `call`, `link`, `portal` or `office`.
    pub source: &'a str,
    pub person: Option<PersonId>,
    pub said_by: &'a str,
}

/// Keeps an answer for each child, and takes back what has not left about them.
pub(crate) async fn keep(engine: &Engine, tx: &mut Tx, telling: &Telling<'_>) -> StoreResult<()> {
    let note: String = telling.note.chars().filter(|c| *c == '\n' || !c.is_control()).take(LONGEST_NOTE).collect();
    for student in telling.students {
        let answer = NewAnswer {
            id: AnswerId::from_raw(engine.next_id()),
            student: *student,
            days: telling.days,
            said: telling.said,
            note: note.trim(),
            source: telling.source,
            person: telling.person,
            said_by: telling.said_by,
            at: engine.now(),
        };
        insert_answer(tx, &answer).await?;
    }
    for run in attendance::runs_since(tx, engine.now() - ANSWERS_FOR).await? {
        let Some(broadcast) = run.broadcast else { continue };
        let lines = attendance::lines(tx, run.id).await?;
        let about = |line: &RunLine| {
            telling.students.contains(&line.student) && telling.days.0 <= line.day && line.day <= telling.days.1
        };
        if lines.iter().any(about) {
            take_back(engine, tx, broadcast, telling.students).await?;
        }
    }
    Ok(())
}

/// The children of a delivery about absences, and the days on which they were missed.
async fn told_of(tx: &mut Tx, broadcast: BroadcastId, children: &[PersonId]) -> StoreResult<Option<(Date, Date)>> {
    let Some(run) = attendance::lookup_run_of(tx, broadcast).await? else { return Ok(None) };
    days_of(tx, run.id, children).await
}

/// The first and last day that a run told of these children.
pub(crate) async fn days_of(
    tx: &mut Tx,
    run: AttendanceRunId,
    children: &[PersonId],
) -> StoreResult<Option<(Date, Date)>> {
    let lines = attendance::lines(tx, run).await?;
    let days = || lines.iter().filter(|line| children.contains(&line.student)).map(|line| line.day);
    Ok(days().min().zip(days().max()))
}

/// Keys 5 to 8 in a call about an absence.
pub(crate) async fn by_keys(engine: &Engine, tx: &mut Tx, delivery: DeliveryId, keys: &str) -> StoreResult<()> {
    let Some(said) = of_keys(keys) else { return Ok(()) };
    let Some((broadcast, children)) = attendance::children_of(tx, delivery).await? else { return Ok(()) };
    let Some(days) = told_of(tx, broadcast, &children).await? else { return Ok(()) };
    let telling =
        Telling { students: &children, days, said, note: "", source: "call", person: None, said_by: "family" };
    keep(engine, tx, &telling).await
}

/// A text that is no keyword: an answer if its number was told of an absence lately, a report if it begins with `absent`.
/// What is answered, or `None` if it is neither.
pub(crate) async fn by_text(
    engine: &Engine,
    tx: &mut Tx,
    number: &Phone,
    text: &NewInbound,
) -> StoreResult<Option<String>> {
    if let Some(report) = report_of(&text.body) {
        return by_report(engine, tx, number, report).await;
    }
    for run in attendance::runs_since(tx, engine.now() - ANSWERS_FOR).await? {
        let Some(broadcast) = run.broadcast else { continue };
        let children = attendance::named_to(tx, broadcast, (Channel::Sms, number.expose())).await?;
        if children.is_empty() {
            continue;
        }
        let Some(days) = days_of(tx, run.id, &children).await? else { continue };
        let said = of_text(&text.body);
        let telling = Telling {
            students: &children,
            days,
            said,
            note: &text.body,
            source: "text",
            person: None,
            said_by: "family",
        };
        keep(engine, tx, &telling).await?;
        return Ok(Some(thanks(tx, &children, said, days).await?));
    }
    Ok(None)
}

/// What follows `absent`, in English or Spanish.
fn report_of(text: &str) -> Option<&str> {
    let trimmed = text.trim();
    let (first, rest) = trimmed.split_once(|c: char| !c.is_alphabetic()).unwrap_or((trimmed, ""));
    let word = first.to_lowercase();
    ["absent", "absence", "ausente", "ausencia"].contains(&word.as_str()).then_some(rest)
}

/// `absent Ana tomorrow, fever`: the children of the number whom it names, or all where it has one; today or tomorrow.
async fn by_report(engine: &Engine, tx: &mut Tx, number: &Phone, rest: &str) -> StoreResult<Option<String>> {
    let known = attendance::children_by_number(tx, number.expose()).await?;
    let words: Vec<String> =
        rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let is_named = |given: &str| {
        given.split_whitespace().next().is_some_and(|first| words.iter().any(|word| *word == first.to_lowercase()))
    };
    let named: Vec<PersonId> = known.iter().filter(|(_, given)| is_named(given)).map(|(id, _)| *id).collect();
    let students = match (named.as_slice(), known.as_slice()) {
        ([], []) => return Ok(Some(NOT_KNOWN.to_owned())),
        ([], [(only, _)]) => vec![*only],
        ([], _) => return Ok(Some(WHO.to_owned())),
        (named, _) => named.to_vec(),
    };
    let district = get_district(tx).await?;
    let today = engine.now().to_zoned(district.time_zone).date();
    let later = words.iter().any(|word| ["tomorrow", "mañana", "manana"].contains(&word.as_str()));
    let day = if later { today.checked_add(1.day()).unwrap_or(today) } else { today };
    let mut said = of_text(rest);
    if said.reason == Reason::Other {
        // Whoever reports ahead knows that the child stays at home: a reason that no list has is one all the same.
        said = chosen(Reason::Other);
    }
    let telling = Telling {
        students: &students,
        days: (day, day),
        said,
        note: rest,
        source: "text",
        person: None,
        said_by: "family",
    };
    keep(engine, tx, &telling).await?;
    Ok(Some(thanks(tx, &students, said, (day, day)).await?))
}

const NOT_KNOWN: &str = "This number is on no student's record. Please call your school to report an absence.";
const WHO: &str = "Which child? Write for example: ABSENT Ana tomorrow, fever";

/// The answer to an answer. It says no more than the family said itself.
async fn thanks(tx: &mut Tx, children: &[PersonId], said: Said, days: (Date, Date)) -> StoreResult<String> {
    let known = names(tx, children).await?;
    let given: Vec<&str> =
        children.iter().filter_map(|child| known.get(child)).map(|name| name.given.as_str()).collect();
    let given = schoolbell_domain::template::joined_names(&given, &schoolbell_domain::language::Language::of("en"));
    let day = days.0.strftime("%A, %B %-d");
    Ok(match said.state {
        AnswerState::Explained => {
            format!("Thank you. We noted for {given}, {day}: {}.", said.reason.plain().to_lowercase())
        }
        AnswerState::NeedsHuman => {
            format!("Thank you. The office looks into it at once and calls you about {given}.")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_begins_with_its_word() {
        assert_eq!(report_of("ABSENT Ana tomorrow, fever"), Some("Ana tomorrow, fever"));
        assert_eq!(report_of("ausente: Luis"), Some(" Luis"));
        assert_eq!(report_of("absent"), Some(""));
        assert_eq!(report_of("absently"), None);
        assert_eq!(report_of("She was absent"), None);
    }
}
