//! The families' door: the address on record alone, one answer for everything else, codes that work once (A31-A33).

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::language::Language;
use schoolbell_store::StoreError;
use schoolbell_store::read::content;
use schoolbell_store::testing::on_both;
use schoolbell_store::write::queue::lock_queued;
use schoolbell_store::write::roster::{PersonRow, PointRow, RelationshipRow, RosterRow};

use super::town::Town;
use crate::commands::family_session::{choose_page_language, family_session, leave};
use crate::commands::family_sign_in::{ask_for_code, make_family_link, sign_in_with_code, sign_in_with_family_link};
use crate::commands::sign_in::token_hash;
use crate::jobs::send_family_code::send;
use crate::{Actor, CommandError};

/// The first guardian of the second family: two children, one at each school.
const PAT: &str = "g1015@example.org";

/// Asks, lets the job run, and reads the codes that stand in the mailbox's queue.
async fn asked(town: &Town, email: &str) -> Result<(String, Vec<String>), CommandError> {
    let engine = &town.engine;
    let challenge = ask_for_code(engine, email).await?;
    send(engine, &token_hash(&challenge)).await?;
    let codes = engine
        .db
        .write("look into the mailbox", async |tx| {
            let waiting = lock_queued(tx, &email.to_lowercase(), Channel::Email).await?;
            let ids: Vec<_> = waiting.iter().filter_map(|row| row.content).collect();
            let mut mails = content::by_ids(tx, &ids).await?;
            mails.sort_by_key(|mail| mail.id);
            Ok::<_, StoreError>(mails.into_iter().map(|mail| mail.subject.chars().take(6).collect()).collect())
        })
        .await?;
    Ok((challenge, codes))
}

fn sentence<T>(result: Result<T, CommandError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a31_a33_the_address_on_record_signs_in_with_its_code_and_every_other_gets_the_same_answer_and_no_mail() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = &town.engine;
        asked(&town, "G1015@Example.org").await?;
        let (challenge, codes) = asked(&town, PAT).await?;
        assert_eq!(codes.len(), 2, "one mail for each time");
        let code = codes.last().cloned().unwrap_or_default();
        assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()), "{code}");
        // Staff and strangers: a challenge, and no mail.
        for other in ["sam@example.org", "nobody@example.org"] {
            let (challenge, codes) = asked(&town, other).await?;
            assert!(codes.is_empty(), "{other}");
            let wrong = sentence(sign_in_with_code(engine, &challenge, "000000", "ua").await);
            let right = sentence(sign_in_with_code(engine, "f00", "000000", "ua").await);
            assert_eq!(wrong, right, "a challenge that nobody has reads the same");
        }
        let session = sign_in_with_code(engine, &challenge, &format!(" {} {}", &code[..3], &code[3..]), "ua").await?;
        let inside = family_session(engine, &session.token).await?.ok_or(CommandError::NotFound("session".into()))?;
        // A33: both children, although they go to two schools.
        assert_eq!(inside.family.children().len(), 2);
        let schools: Vec<_> = inside.family.children().iter().filter_map(|child| child.school).collect();
        assert!(schools.len() == 2 && schools[0] != schools[1], "{schools:?}");
        assert!(matches!(ask_for_code(engine, "no address").await, Err(CommandError::BadInput(_))));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_for_five_tries_and_in_its_own_browser() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = &town.engine;
        let (challenge, codes) = asked(&town, PAT).await?;
        let code = codes[0].as_str();
        let (other_browser, _) = asked(&town, "nobody@example.org").await?;
        assert!(sign_in_with_code(engine, &other_browser, code, "ua").await.is_err(), "the challenge belongs to it");
        // Replay: the same code at the same instant from two windows, and later.
        let (one, two) = tokio::join!(
            sign_in_with_code(engine, &challenge, code, "one"),
            sign_in_with_code(engine, &challenge, code, "two")
        );
        assert_eq!([one.is_ok(), two.is_ok()].into_iter().filter(|ok| *ok).count(), 1);
        assert!(sign_in_with_code(engine, &challenge, code, "ua").await.is_err());
        // Too old.
        let (late, codes) = asked(&town, PAT).await?;
        town.clock.move_by(601);
        assert!(sign_in_with_code(engine, &late, codes.last().unwrap(), "ua").await.is_err());
        // Guessing: the sixth try is one too many, right or not.
        let (guessed, codes) = asked(&town, PAT).await?;
        let right = codes.last().unwrap().clone();
        for _ in 0..5 {
            let guess = if right == "123456" { "123457" } else { "123456" };
            assert!(sign_in_with_code(engine, &guessed, guess, "ua").await.is_err());
        }
        assert!(sign_in_with_code(engine, &guessed, &right, "ua").await.is_err());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn guessing_over_many_browsers_is_guessing_at_one_door() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = &town.engine;
        // Four browsers, five wrong answers each, spread over an hour so that each gets a code.
        for _ in 0..4 {
            let (challenge, _) = asked(&town, PAT).await?;
            for _ in 0..5 {
                assert!(sign_in_with_code(engine, &challenge, "no digits", "ua").await.is_err());
            }
            town.clock.move_by(16 * 60);
        }
        let (challenge, codes) = asked(&town, PAT).await?;
        let right = codes.last().unwrap().clone();
        let locked = sentence(sign_in_with_code(engine, &challenge, &right, "ua").await);
        let wrong = sentence(sign_in_with_code(engine, "f00", "000000", "ua").await);
        assert_eq!(locked, wrong, "the twenty-first answer opens nothing, and does not say why");
        // Another address is not touched; whoever shows himself at the desk comes in; and after a day all is as before.
        let (other, codes) = asked(&town, "g1005@example.org").await?;
        sign_in_with_code(engine, &other, codes.last().unwrap(), "ua").await?;
        let link = make_family_link(engine, &Actor::command_line(), PAT, SignedDuration::from_hours(1)).await?;
        sign_in_with_family_link(engine, &link, "ua").await?;
        town.clock.move_by(24 * 3600);
        let (challenge, codes) = asked(&town, PAT).await?;
        sign_in_with_code(engine, &challenge, codes.last().unwrap(), "ua").await?;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn codes_for_one_address_are_few_and_signing_in_voids_the_rest() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = &town.engine;
        let (first, codes) = asked(&town, PAT).await?;
        let first_code = codes[0].clone();
        let mut last = (first.clone(), codes);
        for _ in 0..6 {
            last = asked(&town, PAT).await?;
        }
        assert_eq!(last.1.len(), 5, "five in a quarter of an hour, and the answer stays the same");
        assert!(sign_in_with_code(engine, &last.0, "000000", "ua").await.is_err());
        sign_in_with_code(engine, &first, &first_code, "ua").await?;
        town.clock.move_by(16 * 60);
        let (_, codes) = asked(&town, PAT).await?;
        assert_eq!(codes.len(), 6, "after a while again");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_session_ends_with_leaving_with_time_and_with_the_record() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = &town.engine;
        let cli = Actor::command_line();
        let hour = SignedDuration::from_hours(1);
        let enter = async || -> Result<String, CommandError> {
            let link = make_family_link(engine, &cli, PAT, hour).await?;
            let session = sign_in_with_family_link(engine, &link, "ua").await?;
            assert!(sign_in_with_family_link(engine, &link, "ua").await.is_err(), "a link works once");
            Ok(session.token)
        };
        assert!(make_family_link(engine, &cli, "sam@example.org", hour).await.is_err(), "staff are no family");
        let token = enter().await?;
        let inside = family_session(engine, &token).await?.unwrap();
        choose_page_language(engine, &inside, &Language::of("es")).await?;
        assert_eq!(family_session(engine, &token).await?.unwrap().language.tag(), "es");
        leave(engine, &inside).await?;
        assert!(family_session(engine, &token).await?.is_none());
        let token = enter().await?;
        town.clock.move_by(91 * 24 * 3600);
        assert!(family_session(engine, &token).await?.is_none(), "ninety days without a visit");
        // The guardian left: the next click finds nobody.
        let token = enter().await?;
        assert!(family_session(engine, &token).await?.is_some());
        town.change(async |tx| {
            let gone = PersonRow { active: false, ..super::town::guardian(1015) };
            PersonRow::upsert(tx, &[gone]).await.map(drop)
        })
        .await?;
        assert!(family_session(engine, &token).await?.is_none());
        assert!(asked(&town, PAT).await?.1.is_empty(), "and no code goes to the address any more");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_custody_order_that_an_import_brings_holds_at_the_next_click() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = &town.engine;
        let link = make_family_link(engine, &Actor::command_line(), PAT, SignedDuration::from_hours(1)).await?;
        let session = sign_in_with_family_link(engine, &link, "ua").await?;
        let before = family_session(engine, &session.token).await?.unwrap();
        let child = before.family.circle.children[0].id;
        town.change(async |tx| {
            let tie = super::town::relationship((1015, child.raw()), 1, true);
            RelationshipRow::upsert(tx, &[tie]).await.map(drop)
        })
        .await?;
        let after = family_session(engine, &session.token).await?.unwrap();
        assert!(!after.family.circle.has_child(child));
        assert_eq!(after.family.circle.children.len(), before.family.circle.children.len() - 1);
        // A new address for somebody is no address for the old one: the point rests inactive.
        town.change(async |tx| {
            let mut points = Vec::new();
            for school in [1, 2] {
                let at = super::town::point((10_150 + school + 4, 1015, school), 6, PAT.to_owned());
                points.push(PointRow { active: false, ..at });
            }
            PointRow::upsert(tx, &points).await.map(drop)
        })
        .await?;
        assert!(family_session(engine, &session.token).await?.is_none());
        Ok(())
    })
    .await
    .unwrap();
}
