//! Absences from the file to the family: told once, corrected, explained, held.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schoolbell_domain::attendance::answer::{AnswerState, Reason};
use schoolbell_domain::attendance::rule::{SafeArrival, SchoolRule};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{AttendanceRunId, BroadcastId, InboundId, OriginId, PersonId};
use schoolbell_domain::permission::{Role, Scope};
use schoolbell_domain::phone::Phone;
use schoolbell_formats::attendance::AttendanceColumns;
use schoolbell_store::read::report::{self, Recipient};
use schoolbell_store::read::{absences, attendance, content, holds};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::inbound::NewInbound;
use schoolbell_store::write::queue;

use super::town::{OAK, Town, draft};
use crate::attendance::answer;
use crate::attendance::run::tell_due;
use crate::commands::answer_absence::{answer_by_link, look_at_absence};
use crate::commands::decide_hold::{give_up_hold, release_hold};
use crate::commands::import_attendance::{AttendanceFile, AttendanceReport, import_attendance};
use crate::commands::preview_broadcast::preview_broadcast;
use crate::commands::save_draft::save_draft;
use crate::commands::send_broadcast::{Sent, send_broadcast};
use crate::commands::set_school_day::set_attendance_rule;
use crate::jobs::expand_broadcast::expand;
use crate::{Actor, CommandError};

/// Wednesday; the town's clock stands at noon.
const DAY: &str = "2027-01-13";

async fn file(town: &Town, rows: &[(i64, &str)]) -> Result<AttendanceReport, CommandError> {
    let mut text = String::from("Student_Number,Att_Date,Att_Code\n");
    text.extend(rows.iter().map(|(student, code)| format!("N{student},{DAY},{code}\n")));
    let file = AttendanceFile {
        name: "daily.csv".to_owned(),
        bytes: text.into_bytes(),
        columns: AttendanceColumns::default(),
    };
    import_attendance(&town.engine, &Actor::command_line(), file).await
}

/// Everything that is to leave of a message, with its text.
async fn queued(town: &Town, id: BroadcastId) -> Result<Vec<(Recipient, String)>, CommandError> {
    let mut reads = town.engine.db.read().await?;
    let mut found = Vec::new();
    for row in report::all(&mut reads, OriginId::from(id), None, 1_000_000).await? {
        if row.state.kind() == StateKind::Queued {
            found.push(row);
        }
    }
    drop(reads);
    let mut rows = Vec::new();
    for row in found {
        let standing = town.engine.db.write("look", async |tx| queue::lock(tx, &[row.delivery]).await).await?;
        let content: Vec<_> = standing.iter().filter_map(|standing| standing.content).collect();
        let text = content::by_ids(&mut town.engine.db.read().await?, &content).await?.pop();
        rows.push((row, text.map(|text| text.body).unwrap_or_default()));
    }
    Ok(rows)
}

async fn told(town: &Town) -> Result<BroadcastId, CommandError> {
    let told = tell_due(&town.engine).await?;
    let id = told.broadcast.expect("something is told");
    expand(&town.engine, id).await?;
    Ok(id)
}

fn ids(raw: &[i64]) -> Vec<PersonId> {
    raw.iter().copied().map(PersonId::from_raw).collect()
}

#[tokio::test]
async fn a6_a40_a_file_becomes_one_message_for_each_address_naming_all_absent_children_also_at_two_schools() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 30).await?;
        // Family 2 has three children, 1020 and 1022 at one school, 1021 at the other.
        let report = file(&town, &[(1_020, "UA"), (1_021, "A"), (1_022, "EX"), (1_000, "T")]).await?;
        assert_eq!((report.seen, report.changed, report.errors), (4, 4, 0));
        let id = told(&town).await?;
        let rows = queued(&town, id).await?;
        assert!(!rows.is_empty());
        for (row, text) in &rows {
            assert_eq!(row.children, ids(&[1_020, 1_021]), "{text}");
            assert!(text.contains("Ana was absent from") && text.contains("Luis was absent from"), "{text}");
            assert!(text.contains("Wednesday, January 13"), "{text}");
            assert!(!text.contains("{{"), "{text}");
        }
        let places: BTreeSet<_> = rows.iter().map(|(row, _)| (row.channel, row.address.clone())).collect();
        assert_eq!(places.len(), rows.len(), "one for each address and channel");
        // The same file again changes nothing, and the same run again tells nothing.
        let again = file(&town, &[(1_020, "UA"), (1_021, "A"), (1_022, "EX"), (1_000, "T")]).await?;
        assert_eq!((again.changed, again.corrected), (0, 0));
        town.clock.move_by(60);
        assert_eq!(tell_due(&town.engine).await?.broadcast, None);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a48_a_later_period_is_told_again_and_a_correction_cancels_what_has_not_left() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 12).await?;
        file(&town, &[(1_020, "UA"), (1_021, "UA"), (1_030, "UA")]).await?;
        let id = told(&town).await?;
        let before = queued(&town, id).await?;
        let of = |rows: &[(Recipient, String)], child: i64| {
            rows.iter().filter(|(row, _)| row.children.contains(&PersonId::from_raw(child))).count()
        };
        assert!(of(&before, 1_021) > 0 && of(&before, 1_030) > 0);
        // Luis sat in the library, and the only child of family 3 is in school as well.
        let report = file(&town, &[(1_021, "P"), (1_030, "EX")]).await?;
        assert_eq!(report.corrected, 2);
        let after = queued(&town, id).await?;
        assert_eq!((of(&after, 1_021), of(&after, 1_030)), (0, 0));
        assert_eq!(of(&after, 1_020), of(&before, 1_020), "his sister's rows stay");
        assert!(after.iter().all(|(_, text)| !text.contains("Luis")));
        // Absent after all: that is news.
        town.clock.move_by(60);
        file(&town, &[(1_021, "UA")]).await?;
        let second = told(&town).await?;
        assert!(queued(&town, second).await?.iter().all(|(row, _)| row.children == ids(&[1_021])));
        Ok(())
    })
    .await
    .unwrap();
}

async fn texted(town: &Town, number: &str, body: &str) -> Result<Option<String>, CommandError> {
    let phone = Phone::from_e164(number).expect("a number");
    let text = NewInbound {
        id: InboundId::from_raw(town.engine.next_id()),
        gateway: "texts".to_owned(),
        channel: Channel::Sms,
        from: number.to_owned(),
        to: "67587".to_owned(),
        body: body.to_owned(),
        reference: None,
        media: Vec::new(),
        received_at: town.engine.now(),
    };
    let engine = &town.engine;
    Ok(engine.db.write("text", async |tx| answer::by_text(engine, tx, &phone, &text).await).await?)
}

async fn states(town: &Town, students: &[i64]) -> Result<Vec<(i64, AnswerState, String)>, CommandError> {
    let day = DAY.parse().expect("a day");
    let answers = absences::answers_on(&mut town.engine.db.read().await?, day, &ids(students)).await?;
    Ok(answers.into_iter().map(|answer| (answer.student.raw(), answer.state, answer.source)).collect())
}

#[tokio::test]
async fn a_text_and_a_key_answer_an_absence_and_a_family_that_reported_ahead_is_not_called() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 12).await?;
        file(&town, &[(1_000, "UA"), (1_030, "UA"), (1_060, "UA")]).await?;
        // Family 6 reports before anything is told: nobody calls them.
        let thanks = texted(&town, "+13725550025", "Absent today, fever").await?;
        assert_eq!(thanks.as_deref(), Some("Thank you. We noted for Ana, Wednesday, January 13: ill."));
        let id = told(&town).await?;
        let rows = queued(&town, id).await?;
        assert!(rows.iter().all(|(row, _)| row.children != ids(&[1_060])), "reported before the cut-off");
        // Family 0 answers by text, on the number that said YES.
        let sms = rows.iter().find(|(row, _)| row.channel == Channel::Sms && row.children == ids(&[1_000]));
        let number = sms.and_then(|(row, _)| row.address.clone()).expect("a text");
        assert!(texted(&town, &number, "4").await?.is_some_and(|thanks| thanks.contains("looks into it at once")));
        // Family 3 presses a key.
        let call = rows.iter().find(|(row, _)| row.channel == Channel::Voice && row.children == ids(&[1_030]));
        let delivery = call.map(|(row, _)| row.delivery).expect("a call");
        let engine = &town.engine;
        engine.db.write("keys", async |tx| answer::by_keys(engine, tx, delivery, "16").await).await?;
        assert_eq!(
            states(&town, &[1_000, 1_030, 1_060]).await?,
            [
                (1_060, AnswerState::Explained, "text".to_owned()),
                (1_000, AnswerState::NeedsHuman, "text".to_owned()),
                (1_030, AnswerState::Explained, "call".to_owned()),
            ]
        );
        // What waited for them does not leave any more.
        assert_eq!(queued(&town, id).await?.len(), 0);
        assert_eq!(
            texted(&town, "+13725559999", "absent").await?.map(|text| text.contains("no student's record")),
            Some(true)
        );
        assert_eq!(texted(&town, "+13725559999", "hello").await?, None);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn incident_absence_calls_to_every_family_wait_for_a_person_and_the_other_school_is_told() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 60).await?;
        let (mut oak, mut elm) = (Vec::new(), Vec::new());
        for family in 0..60_i64 {
            for child in 0..=(family % 3) {
                let id = 1_000 + family * 10 + child;
                if (family + child) % 2 == 0 { oak.push((id, "UA")) } else { elm.push((id, "UA")) }
            }
        }
        elm.truncate(3);
        file(&town, &[oak.clone(), elm.clone()].concat()).await?;
        let told = tell_due(&town.engine).await?;
        assert_eq!((told.held.len(), told.broadcast.is_some()), (1, true));
        let named =
            attendance::absences(&mut town.engine.db.read().await?, run_of(&town, told.broadcast).await?).await?;
        assert_eq!(named.len(), 3, "Elm is told");
        let open = holds::open(&mut town.engine.db.read().await?).await?;
        let sentences: Vec<_> =
            open.iter().flat_map(|hold| hold.reasons.iter().map(schoolbell_domain::brake::Brake::sentence)).collect();
        let wanted = format!("{0} of {0} students would be reported absent, and there is no history yet", oak.len());
        assert_eq!(sentences, [wanted]);
        // Asking again holds it no second time; a stranger decides nothing; an empty reason neither.
        town.clock.move_by(60);
        assert_eq!(tell_due(&town.engine).await?, crate::attendance::run::Told::default());
        let hold = open[0].id;
        let teacher = town.actor(Role::Teacher, Scope::School(OAK)).await?;
        assert!(release_hold(&town.engine, &teacher, hold, "fine").await.is_err());
        let principal = town.actor(Role::Principal, Scope::School(OAK)).await?;
        assert!(release_hold(&town.engine, &principal, hold, " ").await.is_err());
        release_hold(&town.engine, &principal, hold, "a storm, I looked").await?;
        assert!(release_hold(&town.engine, &principal, hold, "again").await.is_err(), "decided once");
        let run = attendance::lookup_run(&mut town.engine.db.read().await?, told.held[0]).await?;
        assert!(run.is_some_and(|run| run.state == "sent" && run.broadcast.is_some()));
        Ok(())
    })
    .await
    .unwrap();
}

async fn run_of(town: &Town, id: Option<BroadcastId>) -> Result<AttendanceRunId, CommandError> {
    let id = id.expect("a message");
    let run = attendance::lookup_run_of(&mut town.engine.db.read().await?, id).await?;
    Ok(run.expect("its run").id)
}

#[tokio::test]
async fn incident_a_run_that_is_given_up_reaches_nobody() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 40).await?;
        let all: Vec<(i64, &str)> = (0..40).map(|family| (1_000 + family * 10, "UA")).collect();
        file(&town, &all).await?;
        let told = tell_due(&town.engine).await?;
        assert_eq!(told.broadcast, None);
        let open = holds::open(&mut town.engine.db.read().await?).await?;
        for hold in &open {
            give_up_hold(&town.engine, &Actor::command_line(), hold.id, "wrong file").await?;
        }
        assert_eq!(holds::open(&mut town.engine.db.read().await?).await?, []);
        town.clock.move_by(60);
        assert_eq!(tell_due(&town.engine).await?.broadcast, None);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_unexplained_are_asked_once_more_and_then_are_the_office_s() {
    use crate::attendance::escalate::{Kind, Step, escalate};
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 12).await?;
        let rule = SchoolRule {
            remind_after_min: Some(30),
            safe_arrival: Some(SafeArrival { grades: vec!["03".to_owned()], ..SafeArrival::default() }),
            ..SchoolRule::default()
        };
        set_attendance_rule(&town.engine, &Actor::command_line(), OAK, &rule).await?;
        // Of grades 03 and 04; the mother of the third answers.
        file(&town, &[(1_000, "UA"), (1_100, "UA"), (1_020, "UA")]).await?;
        let id = told(&town).await?;
        let run = run_of(&town, Some(id)).await?;
        let engine = &town.engine;
        let students = ids(&[1_020]);
        let day = DAY.parse().expect("a day");
        let telling = answer::Telling {
            students: &students,
            days: (day, day),
            said: schoolbell_domain::attendance::answer::of_text("1"),
            note: "",
            source: "portal",
            person: None,
            said_by: "family",
        };
        engine.db.write("answer", async |tx| answer::keep(engine, tx, &telling).await).await?;
        let step = |kind| Step { kind, school: OAK, minutes: 30 };
        for _ in 0..2 {
            escalate(engine, run, &step(Kind::Second)).await?;
            escalate(engine, run, &step(Kind::YoungOffice)).await?;
        }
        let runs = attendance::runs_since(&mut engine.db.read().await?, Timestamp::UNIX_EPOCH).await?;
        let reminders: Vec<_> = runs.iter().filter(|run| run.kind == "reminder").collect();
        assert_eq!(reminders.len(), 1, "asked once");
        let named = attendance::absences(&mut engine.db.read().await?, reminders[0].id).await?;
        let mut named: Vec<i64> = named.keys().map(|id| id.raw()).collect();
        named.sort_unstable();
        assert_eq!(named, [1_000, 1_100]);
        let listed = absences::list(&mut engine.db.read().await?, day, None).await?;
        let late: Vec<i64> = listed.iter().filter(|line| line.late).map(|line| line.student.raw()).collect();
        assert_eq!(late, [1_000, 1_100]);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_same_words_within_the_hour_wait_and_what_is_urgent_goes_and_is_looked_at_after() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 9).await?;
        let principal = town.actor(Role::DistrictAdministrator, Scope::District).await?;
        let send = async |category| {
            let draft = draft(category, None);
            let kept = save_draft(&town.engine, &principal, None, &draft).await?;
            let digest = preview_broadcast(&town.engine, &principal, &draft).await?.digest;
            send_broadcast(&town.engine, &principal, (kept.id, 1), Some(&digest)).await
        };
        assert_eq!(send(Category::General).await?, Sent::Now);
        let second = send(Category::General).await?;
        let Sent::Held(hold) = second else { return Err(CommandError::bad("sent", format!("{second:?}"))) };
        let waiting = holds::lookup(&mut town.engine.db.read().await?, hold).await?;
        assert_eq!(waiting.as_ref().map(|hold| hold.state.as_str()), Some("waits"));
        release_hold(&town.engine, &principal, hold, "the first one went to nobody").await?;
        let after = holds::lookup(&mut town.engine.db.read().await?, hold).await?;
        assert_eq!(after.map(|hold| hold.state), Some("released".to_owned()));
        // An emergency with the same words is never held.
        assert_eq!(send(Category::SchoolsOut).await?, Sent::Now);
        let open = holds::open(&mut town.engine.db.read().await?).await?;
        assert_eq!(open.iter().map(|hold| hold.state.as_str()).collect::<Vec<_>>(), ["after"]);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_link_in_a_mail_answers_for_its_own_children_without_signing_in() {
    on_both(async |db| -> Result<(), CommandError> {
        let mut town = Town::build(db, 12).await?;
        town.engine = town.engine.clone().reached_at("https://bell.example.org");
        file(&town, &[(1_010, "UA"), (1_011, "UA"), (1_030, "UA")]).await?;
        let id = told(&town).await?;
        let rows = queued(&town, id).await?;
        let mail = rows.iter().find(|(row, _)| row.channel == Channel::Email && row.children == ids(&[1_010, 1_011]));
        let (_, text) = mail.expect("a mail about both");
        let (_, rest) = text.split_once("https://bell.example.org/absence/").expect("a link");
        let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
        let linked = look_at_absence(&town.engine, &token).await?;
        let given: Vec<_> = linked.children.iter().map(|(given, ..)| given.as_str()).collect();
        assert_eq!(given, ["Ana", "Luis"]);
        assert_eq!(states(&town, &[1_010, 1_011]).await?, [], "a look changes nothing");
        answer_by_link(&town.engine, &token, Reason::Appointment, "dentist").await?;
        let said = states(&town, &[1_010, 1_011, 1_030]).await?;
        assert_eq!(said.iter().map(|(student, ..)| *student).collect::<Vec<_>>(), [1_010, 1_011]);
        assert!(said.iter().all(|(_, state, source)| *state == AnswerState::Explained && source == "link"));
        assert!(look_at_absence(&town.engine, "none-of-ours").await.is_err());
        town.clock.move_by(15 * 24 * 3600);
        assert!(look_at_absence(&town.engine, &token).await.is_err(), "after two weeks the office is to be called");
        Ok(())
    })
    .await
    .unwrap();
}
