//! Surveys from the first draft to the end: asked over every channel, answered once, read by nobody else (A45, A52).

use jiff::SignedDuration;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::Program;
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, InboundId, OriginId, PersonId, SurveyId};
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::{Role, Scope};
use schoolbell_domain::survey::{Answer, Answers, Kind, OnlyIf, Question, Seat, Survey, SurveyState, Tongues, Via};
use schoolbell_store::read::report::{self, Recipient};
use schoolbell_store::read::{consent, content, surveys};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::inbound::{NewInbound, insert};
use schoolbell_store::write::queue;

use super::town::{OAK, Town};
use crate::commands::answer_survey::{Given, answer_by_link, look_by_link};
use crate::commands::preview_broadcast::preview_broadcast;
use crate::commands::save_draft::{get, save_draft};
use crate::commands::send_broadcast::{Sent, send_broadcast};
use crate::commands::survey::{begin_asking, close_survey, save_survey};
use crate::inbound::drain;
use crate::jobs::{close_surveys, expand_broadcast::expand};
use crate::survey::by_keys::by_keys;
use crate::survey::remind::remind;
use crate::{Actor, CommandError};

const DAY: i64 = 24 * 3600;

fn en(text: &str) -> Tongues {
    Tongues::in_one(&Language::of("en"), text)
}

fn question(id: u16, kind: Kind, text: &str) -> Question {
    let choices = if kind.has_choices() { vec![en("Monday"), en("Friday")] } else { Vec::new() };
    Question { id, kind, text: en(text), choices, required: true, only_if: None }
}

/// Will you come; if so, on which day; and anything else.
fn conferences(town: &Town) -> Survey {
    let day =
        Question { only_if: Some(OnlyIf { question: 1, any_of: vec![0] }), ..question(2, Kind::Single, "Which day?") };
    let more = Question { required: false, ..question(3, Kind::Text, "Anything else?") };
    Survey {
        title: en("Conferences"),
        languages: vec![Language::of("en")],
        questions: vec![question(1, Kind::YesNo, "Will you come?"), day, more],
        deadline: Some(town.engine.now() + SignedDuration::from_secs(7 * DAY)),
        open_link: true,
        remind_after_days: vec![3],
        ..Survey::default()
    }
}

async fn town(db: schoolbell_store::Db, families: i64) -> Result<Town, CommandError> {
    let town = Town::build(db, families).await?;
    Ok(Town { engine: town.engine.reached_at("https://bell.example.org"), clock: town.clock })
}

/// Asks it, as the composer would.
async fn ask(town: &Town, actor: &Actor, survey: &Survey) -> Result<(SurveyId, BroadcastId), CommandError> {
    let engine = &town.engine;
    let kept = save_survey(engine, actor, None, survey).await?;
    let message = begin_asking(engine, actor, kept.id).await?;
    let draft = get(engine, message.id).await?.draft;
    let preview = preview_broadcast(engine, actor, &draft).await?;
    assert_eq!(preview.problems, []);
    let sent = send_broadcast(engine, actor, (message.id, message.version), Some(&preview.digest)).await?;
    assert_eq!(sent, Sent::Now);
    expand(engine, message.id).await?;
    Ok((kept.id, message.id))
}

/// Everything that is to leave of a message, with its text.
async fn queued(town: &Town, id: BroadcastId) -> Result<Vec<(Recipient, String)>, CommandError> {
    let mut rows = Vec::new();
    let all = report::all(&mut town.engine.db.read().await?, OriginId::from(id), None, 1_000_000).await?;
    for row in all.into_iter().filter(|row| row.state.kind() == StateKind::Queued) {
        let standing = town.engine.db.write("look", async |tx| queue::lock(tx, &[row.delivery]).await).await?;
        let ids: Vec<_> = standing.iter().filter_map(|standing| standing.content).collect();
        let text = content::by_ids(&mut town.engine.db.read().await?, &ids).await?.pop();
        rows.push((row, text.map(|text| text.body).unwrap_or_default()));
    }
    Ok(rows)
}

fn link_in(text: &str) -> String {
    let (_, rest) = text.split_once("https://bell.example.org/survey/").expect("a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect()
}

fn person(raw: i64) -> PersonId {
    PersonId::from_raw(raw)
}

/// The link that somebody got by mail.
fn mailed(rows: &[(Recipient, String)], of: i64) -> String {
    let mail = rows.iter().find(|(row, _)| row.channel == Channel::Email && row.person == Some(person(of)));
    link_in(&mail.expect("a mail").1)
}

/// A text comes in; what is answered to it.
async fn texted(town: &Town, from: &str, body: &str) -> Result<Option<String>, CommandError> {
    let id = InboundId::from_raw(town.engine.next_id());
    let text = NewInbound {
        id,
        gateway: "texts".to_owned(),
        channel: Channel::Sms,
        from: from.to_owned(),
        to: "67587".to_owned(),
        body: body.to_owned(),
        reference: None,
        media: Vec::new(),
        received_at: town.engine.now(),
    };
    town.engine.db.write("text", async |tx| insert(tx, &text).await).await?;
    drain(&town.engine).await;
    let mut reads = town.engine.db.read().await?;
    let replies = report::all(&mut reads, OriginId::from(id), None, 10).await?;
    drop(reads);
    let Some(reply) = replies.first() else { return Ok(None) };
    let standing = town.engine.db.write("look", async |tx| queue::lock(tx, &[reply.delivery]).await).await?;
    let ids: Vec<_> = standing.iter().filter_map(|standing| standing.content).collect();
    let text = content::by_ids(&mut town.engine.db.read().await?, &ids).await?.pop();
    Ok(text.map(|text| text.body))
}

fn yes() -> Answer {
    Answer::Choices(vec![0])
}

fn no() -> Answer {
    Answer::Choices(vec![1])
}

async fn by_link(town: &Town, token: &str, answers: &[(u16, Answer)]) -> Result<bool, CommandError> {
    let seat = look_by_link(&town.engine, token).await?.places[0].seat.seat;
    let answers: Answers = answers.iter().cloned().collect();
    let language = Language::of("en");
    answer_by_link(&town.engine, token, Given { seat, answers: &answers, language: &language }).await
}

#[tokio::test]
async fn a45_one_familys_answers_join_over_link_and_text_and_only_the_others_are_reminded() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 6).await?;
        let (survey, message) = ask(&town, &Actor::command_line(), &conferences(&town)).await?;
        let rows = queued(&town, message).await?;
        let asked: u64 =
            surveys::rates(&mut town.engine.db.read().await?, survey).await?.iter().map(|row| row.asked).sum();
        assert_eq!(asked, 6, "a seat for each family");
        // Family 3 begins by text: the first question stands in the text itself.
        let text =
            rows.iter().find(|(row, _)| row.channel == Channel::Sms && row.address.as_deref() == Some("+13725550013"));
        assert!(text.is_some_and(|(_, body)| body.contains("1 of 3: Will you come? Reply yes or no.")), "{rows:?}");
        let asks = texted(&town, "+13725550013", "Yes!").await?;
        assert_eq!(asks.as_deref(), Some("2 of 3: Which day? Reply 1 Monday, 2 Friday."));
        let again = texted(&town, "+13725550013", "3").await?;
        assert_eq!(again.as_deref(), Some("We could not read that. 2 of 3: Which day? Reply 1 Monday, 2 Friday."));
        let link = mailed(&rows, 1_035);
        let seen = look_by_link(&town.engine, &link).await?;
        assert_eq!(seen.places[0].answers.get(&1), Some(&yes()), "what was texted stands on the page");
        // The rest on the page; then another mind by text is no answer to anything any more.
        assert!(by_link(&town, &link, &[(1, yes()), (2, no()), (3, Answer::Text("Late, please".to_owned()))]).await?);
        assert_eq!(texted(&town, "+13725550013", "hello").await?, None);
        let all = surveys::responses(&mut town.engine.db.read().await?, survey).await?;
        assert_eq!(all.len(), 1, "one answer for the family");
        assert_eq!((all[0].via, all[0].complete, all[0].person), (Via::Link, true, Some(person(1_035))));
        assert_eq!(all[0].answers.len(), 3);
        // A changed mind takes what hung on it along.
        assert!(by_link(&town, &link, &[(1, no()), (2, no())]).await?);
        let all = surveys::responses(&mut town.engine.db.read().await?, survey).await?;
        assert_eq!(all[0].answers, Answers::from([(1, no())]));
        // What the page left empty, no later text answers.
        assert_eq!(texted(&town, "+13725550013", "running late today").await?, None);
        // The reminder passes that family by.
        town.clock.move_by(3 * DAY);
        let reminder = remind(&town.engine, survey, 3).await?.expect("five families are reminded");
        expand(&town.engine, reminder).await?;
        let sent = queued(&town, reminder).await?;
        assert!(!sent.is_empty());
        assert!(sent.iter().all(|(row, _)| !row.children.contains(&person(1_030))), "family 3 has answered");
        assert!(sent.iter().any(|(_, body)| body.starts_with("Reminder: ")), "{sent:?}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_key_in_the_call_answers_the_first_question_and_the_link_the_rest() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 4).await?;
        let (survey, message) = ask(&town, &Actor::command_line(), &conferences(&town)).await?;
        let rows = queued(&town, message).await?;
        let call = rows.iter().find(|(row, _)| row.channel == Channel::Voice && row.person == Some(person(1_030)));
        let (call, body) = call.expect("a call to the home phone of family 3");
        assert!(body.ends_with("has a survey for you: Conferences. Will you come?"), "{body}");
        let engine = &town.engine;
        engine.db.write("keys", async |tx| by_keys(engine, tx, call.delivery, "165").await).await?;
        let all = surveys::responses(&mut engine.db.read().await?, survey).await?;
        assert_eq!((all.len(), all[0].via, all[0].complete), (1, Via::Call, false));
        assert_eq!(all[0].answers, Answers::from([(1, yes())]), "the last key counts");
        engine.db.write("keys", async |tx| by_keys(engine, tx, call.delivery, "19").await).await?;
        let asks = texted(&town, "+13725550013", "friday").await?;
        assert_eq!(asks.as_deref(), Some("3 of 3: Anything else? Reply in your words. Or SKIP."));
        assert_eq!(texted(&town, "+13725550013", "skip").await?.as_deref(), Some("Thank you. Your answers are noted."));
        let all = surveys::responses(&mut engine.db.read().await?, survey).await?;
        assert_eq!((all.len(), all[0].via, all[0].complete, all[0].answers.len()), (1, Via::Text, true, 2));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_yes_to_a_question_is_no_consent_and_stop_stays_stop() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 4).await?;
        let (survey, _) = ask(&town, &Actor::command_line(), &conferences(&town)).await?;
        let entries = async || {
            let mut reads = town.engine.db.read().await?;
            Ok::<_, CommandError>(consent::ledger(&mut reads, "+13725550013").await?.len())
        };
        let before = entries().await?;
        texted(&town, "+13725550013", "yes").await?;
        assert_eq!(entries().await?, before, "nothing new in the ledger");
        let stopped = texted(&town, "+13725550013", "STOP").await?;
        assert!(stopped.is_some());
        let states = consent::states(&mut town.engine.db.read().await?, Program::Alerts, &["+13725550013"]).await?;
        assert_eq!(
            states.get("+13725550013"),
            Some(&schoolbell_domain::consent::ConsentState::Revoked),
            "in the middle of a survey, too"
        );
        let all = surveys::responses(&mut town.engine.db.read().await?, survey).await?;
        assert_eq!(all[0].answers, Answers::from([(1, yes())]));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_answer_for_each_child_and_one_for_each_guardian_have_their_seats() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 6).await?;
        let survey = Survey { seat: Seat::Child, ..conferences(&town) };
        let (_, message) = ask(&town, &Actor::command_line(), &survey).await?;
        let link = mailed(&queued(&town, message).await?, 1_025);
        let open = look_by_link(&town.engine, &link).await?;
        let about: Vec<&str> =
            open.places.iter().flat_map(|place| place.seat.about.iter().map(|(_, given)| given.as_str())).collect();
        assert_eq!(about, ["Ana", "Luis", "Mia"]);
        // Of two guardians each has a seat, and neither reads the other's answer.
        let survey = Survey { seat: Seat::Guardian, ..conferences(&town) };
        let (survey, message) = ask(&town, &Actor::command_line(), &survey).await?;
        let rows = queued(&town, message).await?;
        let (one, other) = (mailed(&rows, 1_035), mailed(&rows, 1_036));
        assert!(by_link(&town, &one, &[(1, no())]).await?);
        let seen = look_by_link(&town.engine, &other).await?;
        assert_eq!((seen.places.len(), seen.places[0].seat.answered), (1, false));
        town.clock.move_by(3 * DAY);
        let reminder = remind(&town.engine, survey, 3).await?.expect("the others are reminded");
        expand(&town.engine, reminder).await?;
        let people: Vec<_> = queued(&town, reminder).await?.iter().filter_map(|(row, _)| row.person).collect();
        assert!(!people.contains(&person(1_035)) && people.contains(&person(1_036)), "{people:?}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn another_of_the_family_learns_that_it_was_answered_and_not_what() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 4).await?;
        let (_, message) = ask(&town, &Actor::command_line(), &conferences(&town)).await?;
        let rows = queued(&town, message).await?;
        let (one, other) = (mailed(&rows, 1_035), mailed(&rows, 1_036));
        assert!(by_link(&town, &one, &[(1, no())]).await?);
        let seen = look_by_link(&town.engine, &other).await?;
        assert_eq!((seen.places[0].seat.answered, seen.places[0].answers.len()), (true, 0));
        let own = look_by_link(&town.engine, &one).await?;
        assert_eq!(own.places[0].answers.len(), 1);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_anonymous_survey_keeps_nobodys_name_and_takes_no_text() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 4).await?;
        let survey = Survey { anonymous: true, ..conferences(&town) };
        let (survey, message) = ask(&town, &Actor::command_line(), &survey).await?;
        let rows = queued(&town, message).await?;
        assert!(rows.iter().all(|(_, body)| !body.contains("Will you come?")), "no question for a text to answer");
        assert_eq!(texted(&town, "+13725550013", "no").await?, None);
        let link = mailed(&rows, 1_035);
        assert!(by_link(&town, &link, &[(1, no())]).await?);
        assert_eq!(look_by_link(&town.engine, &link).await?.places[0].answers.len(), 1, "they may change it");
        assert!(by_link(&town, &link, &[(1, yes()), (2, yes())]).await?);
        let all = surveys::responses(&mut town.engine.db.read().await?, survey).await?;
        assert_eq!((all.len(), all[0].seat, all[0].person), (1, None, None));
        assert_eq!(all[0].changed_at.as_second() % DAY, 0, "a day, no time");
        assert!(all[0].id.raw() < 1 << 53, "an id that tells no time");
        // Closed, nothing ties the answer to a seat any more.
        close_survey(&town.engine, &Actor::command_line(), survey).await?;
        let standing = surveys::lookup(&mut town.engine.db.read().await?, survey).await?.expect("the survey");
        assert_eq!((standing.state, standing.secret), (SurveyState::Closed, None));
        let seen = look_by_link(&town.engine, &link).await?;
        assert_eq!((seen.is_open, seen.places[0].answers.len()), (false, 0));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_deadline_ends_it_and_a_late_answer_is_refused_in_words() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 4).await?;
        let (survey, message) = ask(&town, &Actor::command_line(), &conferences(&town)).await?;
        let link = mailed(&queued(&town, message).await?, 1_035);
        town.clock.move_by(7 * DAY);
        let late = by_link(&town, &link, &[(1, no())]).await;
        assert!(late.is_err_and(|error| error.to_string().contains("this survey is closed")));
        assert_eq!(texted(&town, "+13725550013", "no").await?, None);
        close_surveys::run(&town.engine).await?;
        let standing = surveys::lookup(&mut town.engine.db.read().await?, survey).await?.expect("the survey");
        assert_eq!(standing.state, SurveyState::Closed);
        assert_eq!(remind(&town.engine, survey, 3).await?, None, "nobody is reminded of what is over");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a52_a_survey_goes_out_as_one_in_the_name_of_who_asks() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = town(db, 4).await?;
        let engine = &town.engine;
        let office = town.actor(Role::Office, Scope::School(OAK)).await?;
        let of_oak = Survey { owner: Some(OAK), ..conferences(&town) };
        assert!(save_survey(engine, &office, None, &of_oak).await.is_err(), "needs a sender's permission (A7)");
        let principal = town.actor(Role::Principal, Scope::School(OAK)).await?;
        assert!(save_survey(engine, &principal, None, &conferences(&town)).await.is_err(), "not for the district");
        let kept = save_survey(engine, &principal, None, &of_oak).await?;
        let message = begin_asking(engine, &principal, kept.id).await?;
        let draft = get(engine, message.id).await?.draft;
        assert_eq!((draft.category, draft.owner), (Some(Category::Surveys), Some(OAK)));
        // As anything else it cannot be sent.
        let general = schoolbell_domain::broadcast::Draft { category: Some(Category::General), ..draft };
        let version = save_draft(engine, &principal, Some((message.id, message.version)), &general).await?.version;
        let digest = preview_broadcast(engine, &principal, &general).await?.digest;
        let sent = send_broadcast(engine, &principal, (message.id, version), Some(&digest)).await;
        assert!(sent.is_err_and(|error| format!("{error:?}").contains("its kind is Surveys")));
        // An unfinished one is kept, and says what it lacks when it is to be asked.
        let empty = Survey { owner: Some(OAK), ..Survey::default() };
        let kept = save_survey(engine, &principal, None, &empty).await?;
        let asked = begin_asking(engine, &principal, kept.id).await;
        assert!(asked.is_err_and(|error| format!("{error:?}").contains("ask at least one question")));
        Ok(())
    })
    .await
    .unwrap();
}
