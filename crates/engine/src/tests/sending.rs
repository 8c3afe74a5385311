//! Send, stop, schedule and conflicts: what may happen twice happens once.

use schoolbell_domain::broadcast::{BroadcastState, Draft, Hint};
use schoolbell_domain::category::Category;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, ConsentEventId, OriginId};
use schoolbell_domain::permission::{Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::read::{consent, jobs, tallies};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::consent::{NewConsentEvent, record};

use super::town::{Town, draft};
use crate::commands::change_settings::change_settings;
use crate::commands::preview_broadcast::preview_broadcast;
use crate::commands::record_revocation::{Heard, HeardRevocation, Said, record_revocation};
use crate::commands::save_draft::save_draft;
use crate::commands::send_broadcast::{Sent, send_broadcast};
use crate::commands::stop_broadcast::{stop_broadcast, unschedule_broadcast};
use crate::jobs::{expand_broadcast, send_scheduled};
use crate::{Actor, CommandError};

async fn state(town: &Town, id: BroadcastId) -> Result<BroadcastState, CommandError> {
    let found = lookup_broadcast(&mut town.engine.db.read().await?, id).await?;
    Ok(found.map_or(BroadcastState::Discarded, |broadcast| broadcast.state))
}

async fn in_state(town: &Town, id: BroadcastId, kind: StateKind) -> Result<i64, CommandError> {
    let counts = tallies::counts(&mut town.engine.db.read().await?, OriginId::from(id)).await?;
    Ok(counts.iter().filter(|count| count.state.kind() == kind).map(|count| count.count).sum())
}

/// Somebody says STOP between the preview and Send.
async fn stop_a_number(town: &Town) -> Result<(), CommandError> {
    let event = NewConsentEvent {
        number: "+13725550001".to_owned(),
        program: Program::Alerts,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(town.engine.next_id()),
            kind: ConsentEventKind::Stopped,
            at: town.engine.now(),
            actor: "family".to_owned(),
            evidence: "{}".to_owned(),
        },
    };
    Ok(town.engine.db.write("stop", async |tx| record(tx, &[event]).await).await?)
}

#[tokio::test]
async fn a_double_click_sends_once() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 9).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let draft = draft(Category::General, None);
        let kept = save_draft(engine, &cli, None, &draft).await?;
        let digest = preview_broadcast(engine, &cli, &draft).await?.digest;
        let press = || send_broadcast(engine, &cli, (kept.id, kept.version), Some(&digest));
        let (first, second) = tokio::join!(press(), press());
        let mut sent = [first?, second?];
        sent.sort_by_key(|sent| *sent == Sent::Already);
        assert_eq!(sent, [Sent::Now, Sent::Already]);
        assert_eq!(jobs::open(&mut engine.db.read().await?).await?, 1);
        expand_broadcast::expand(engine, kept.id).await?;
        let queued = in_state(&town, kept.id, StateKind::Queued).await?;
        assert!(queued > 0);
        expand_broadcast::expand(engine, kept.id).await?;
        assert_eq!(in_state(&town, kept.id, StateKind::Queued).await?, queued, "expanded twice is once");
        assert_eq!(send_broadcast(engine, &cli, (kept.id, kept.version), Some(&digest)).await?, Sent::Already);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn people_who_changed_since_the_preview_hold_an_ordinary_message_and_never_an_urgent_one() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 9).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        for (category, goes) in [(Category::General, false), (Category::SchoolsOut, true)] {
            let draft = draft(category, None);
            let kept = save_draft(engine, &cli, None, &draft).await?;
            let digest = preview_broadcast(engine, &cli, &draft).await?.digest;
            assert_eq!(
                preview_broadcast(engine, &cli, &draft).await?.digest,
                digest,
                "the same people, the same digest"
            );
            stop_a_number(&town).await?;
            let sent = send_broadcast(engine, &cli, (kept.id, 1), Some(&digest)).await;
            if goes {
                assert_eq!(sent?, Sent::Now);
                assert_eq!(state(&town, kept.id).await?, BroadcastState::Expanding);
            } else {
                assert_eq!(
                    sent.unwrap_err().to_string(),
                    "the people changed since the preview: somebody's choices, consent or addresses are different now; \
                     look at the preview again, then send"
                );
                assert!(send_broadcast(engine, &cli, (kept.id, 1), None).await.is_err(), "no preview, no Send");
                let again = preview_broadcast(engine, &cli, &draft).await?.digest;
                assert_eq!(send_broadcast(engine, &cli, (kept.id, 1), Some(&again)).await?, Sent::Now);
            }
            // The number says YES again, so that the second round begins as the first.
            let number = NewConsentEvent {
                number: "+13725550001".to_owned(),
                program: Program::Alerts,
                event: ConsentEvent {
                    id: ConsentEventId::from_raw(engine.next_id()),
                    kind: ConsentEventKind::OptedIn,
                    at: engine.now(),
                    actor: "family".to_owned(),
                    evidence: "{}".to_owned(),
                },
            };
            engine.db.write("yes", async |tx| record(tx, &[number]).await).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn two_who_edit_one_draft_do_not_overwrite_each_other() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 3).await?;
        let engine = &town.engine;
        let (ana, ben) = (
            town.actor(Role::DistrictAdministrator, Scope::District).await?,
            town.actor(Role::DistrictAdministrator, Scope::District).await?,
        );
        let draft = draft(Category::General, None);
        let kept = save_draft(engine, &ana, None, &draft).await?;
        let after_ben = save_draft(engine, &ben, Some((kept.id, kept.version)), &draft).await?;
        assert_eq!(after_ben.version, 2);
        let late = save_draft(engine, &ana, Some((kept.id, kept.version)), &draft).await.unwrap_err().to_string();
        assert!(late.starts_with(&format!("{} changed this message at ", ben.name)), "{late}");
        let digest = preview_broadcast(engine, &ana, &draft).await?.digest;
        let sent = send_broadcast(engine, &ana, (kept.id, kept.version), Some(&digest)).await;
        assert!(sent.unwrap_err().to_string().starts_with(&ben.name), "an old version is not sent");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_cannot_be_rendered_cannot_be_sent_and_weather_is_hinted_at() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 3).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let mut broken = draft(Category::SchoolHoursEmergency, None);
        broken.wordings[0].sms_body = "Ice on {{road}} [[which road]]".to_owned();
        let preview = preview_broadcast(engine, &cli, &broken).await?;
        assert_eq!(preview.problems.iter().map(|problem| problem.field.as_str()).collect::<Vec<_>>(), ["sms_body"; 2]);
        assert!(preview.hints.iter().any(|hint| matches!(hint, Hint::Weather { .. })), "A49");
        let kept = save_draft(engine, &cli, None, &broken).await?;
        assert!(matches!(send_broadcast(engine, &cli, (kept.id, 1), None).await, Err(CommandError::BadInput(_))));
        let settings = DistrictSettings::default();
        change_settings(engine, &cli, "Example ISD", "America/Chicago", &settings).await?;
        let unfilled = preview_broadcast(engine, &cli, &draft(Category::SchoolsOut, None)).await?.problems;
        assert_eq!(
            unfilled.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(),
            ["`{{school_phone}}` has no value here; write the words instead"],
            "no school and no district has a phone"
        );
        let kept = save_draft(engine, &cli, None, &draft(Category::SchoolsOut, None)).await?;
        assert!(matches!(send_broadcast(engine, &cli, (kept.id, 1), None).await, Err(CommandError::BadInput(_))));
        let empty = save_draft(engine, &cli, None, &Draft::default()).await?;
        assert!(matches!(send_broadcast(engine, &cli, (empty.id, 1), None).await, Err(CommandError::BadInput(_))));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_stopped_message_keeps_nothing_waiting_and_writes_no_further_page() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 9).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let kept = save_draft(engine, &cli, None, &draft(Category::SchoolsOut, None)).await?;
        send_broadcast(engine, &cli, (kept.id, 1), None).await?;
        expand_broadcast::expand(engine, kept.id).await?;
        let queued = in_state(&town, kept.id, StateKind::Queued).await?;
        let cancelled = stop_broadcast(engine, &cli, kept.id).await?;
        assert_eq!(i64::try_from(cancelled).unwrap(), queued);
        assert_eq!(in_state(&town, kept.id, StateKind::Queued).await?, 0);
        assert_eq!(in_state(&town, kept.id, StateKind::Cancelled).await?, queued);
        assert_eq!(stop_broadcast(engine, &cli, kept.id).await?, 0, "stopped twice is once");

        let early = save_draft(engine, &cli, None, &draft(Category::SchoolsOut, None)).await?;
        send_broadcast(engine, &cli, (early.id, 1), None).await?;
        stop_broadcast(engine, &cli, early.id).await?;
        expand_broadcast::expand(engine, early.id).await?;
        assert_eq!(tallies::counts(&mut engine.db.read().await?, OriginId::from(early.id)).await?, []);
        assert!(
            send_broadcast(engine, &cli, (early.id, 1), None).await.is_err(),
            "what was stopped is copied, not sent"
        );
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_scheduled_message_leaves_at_its_time_and_not_after_it_was_taken_back() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 3).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let mut draft = draft(Category::General, None);
        let at = engine.now() + jiff::SignedDuration::from_hours(2);
        draft.send_at = Some(at);
        let digest = preview_broadcast(engine, &cli, &draft).await?.digest;
        let (goes, back) =
            (save_draft(engine, &cli, None, &draft).await?, save_draft(engine, &cli, None, &draft).await?);
        for kept in [goes, back] {
            assert_eq!(send_broadcast(engine, &cli, (kept.id, 1), Some(&digest)).await?, Sent::Scheduled(at));
        }
        unschedule_broadcast(engine, &cli, back.id).await?;
        send_scheduled::send(engine, goes.id).await?;
        assert_eq!(state(&town, goes.id).await?, BroadcastState::Scheduled, "not before its time");
        town.clock.move_by(2 * 3600);
        for kept in [goes, back] {
            send_scheduled::send(engine, kept.id).await?;
        }
        assert_eq!(state(&town, goes.id).await?, BroadcastState::Expanding);
        assert_eq!(state(&town, back.id).await?, BroadcastState::Draft);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn law_9_a_revocation_that_staff_heard_closes_the_number_at_once_and_what_waits_for_it() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 9).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let kept = save_draft(engine, &cli, None, &draft(Category::General, None)).await?;
        let digest = preview_broadcast(engine, &cli, &draft(Category::General, None)).await?.digest;
        send_broadcast(engine, &cli, (kept.id, 1), Some(&digest)).await?;
        expand_broadcast::expand(engine, kept.id).await?;
        let before = in_state(&town, kept.id, StateKind::Queued).await?;
        let office = town.actor(Role::Office, Scope::School(super::town::ELM)).await?;
        let heard = HeardRevocation {
            number: "(372) 555-0001",
            said: Said::Stop,
            how: Heard::ByPhone,
            note: "the mother called",
        };
        record_revocation(engine, &office, heard).await?;
        let after = in_state(&town, kept.id, StateKind::Queued).await?;
        assert!(after < before, "what waited for the number does not leave: {before} {after}");
        let ledger = consent::ledger(&mut engine.db.read().await?, "+13725550001").await?;
        let revoked = ledger.iter().filter(|entry| entry.link.event.kind == ConsentEventKind::RevokedByStaff);
        assert_eq!(revoked.count(), 3, "both text programs and the calls");
        let teacher = town.actor(Role::Teacher, Scope::District).await?;
        assert!(record_revocation(engine, &teacher, heard).await.is_err());
        let typo = record_revocation(engine, &office, HeardRevocation { number: "555", ..heard }).await;
        assert!(matches!(typo, Err(CommandError::BadInput(_))));
        Ok(())
    })
    .await
    .unwrap();
}
