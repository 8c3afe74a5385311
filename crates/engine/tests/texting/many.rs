//! One text to many students, and the ready-made texts that people and schools keep, on both engines.

use schoolbell_domain::conversation::sticky_note::Requester;
use schoolbell_domain::conversation::text_template::{Group, Owner};
use schoolbell_domain::ids::PersonId;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::texting::keep_template::{Kept, keep_template, retire_template, templates_for};
use schoolbell_engine::commands::texting::record_sms_number::{Removal, remove_sms_number};
use schoolbell_engine::commands::texting::send_text::Stranger;
use schoolbell_engine::commands::texting::send_texts::{Done, Draft, NewTexts, Whom, drafts, send_texts};
use schoolbell_store::testing::on_both;

use crate::rules::{fields, rule};
use crate::world::{MARTA, MATEO, OAK, ROBERT, SARAH, World};

const BOTH: &[PersonId] = &[SARAH, MATEO];

fn texts<'a>(body: &'a str, batch: &'a str) -> NewTexts<'a> {
    NewTexts {
        students: BOTH,
        whom: Whom::StudentFirst,
        body,
        stranger: Stranger::No,
        reason: "",
        send_at: None,
        batch,
    }
}

fn bodies(done: &[(Draft, Done)]) -> Vec<&str> {
    done.iter().map(|(draft, _)| draft.body.as_str()).collect()
}

#[tokio::test]
async fn b20_one_text_to_many_goes_out_as_single_threads_filled_in_for_each_and_once() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let new = texts("Hi {{student}}, are you able to log on to {{course}} today?", "monday");
        let done = send_texts(&world.engine, &world.bell, &new).await?;
        assert_eq!(
            bodies(&done),
            [
                "Hi Sarah, are you able to log on to ELA today? - Mrs. Bell",
                "Hi Mateo, are you able to log on to ELA today? - Mrs. Bell"
            ]
        );
        let threads: Vec<_> = done
            .iter()
            .map(|(_, became)| match became {
                Done::Sent(text) => text.thread,
                other @ (Done::Already | Done::LeftOut(_)) => unreachable!("{other:?}"),
            })
            .collect();
        assert_ne!(threads[0], threads[1], "never a group");
        for (thread, (draft, _)) in threads.iter().zip(&done) {
            assert_eq!(world.bodies(*thread).await, std::slice::from_ref(&draft.body));
        }
        // Sent again, as by a second tap: it reaches nobody twice.
        let again = send_texts(&world.engine, &world.bell, &new).await?;
        assert!(again.iter().all(|(_, became)| matches!(became, Done::LeftOut(why) if why.contains("already"))));
        assert_eq!(world.texts(threads[0]).await.len(), 1);
        // Another batch goes on in the same threads.
        let more = send_texts(&world.engine, &world.bell, &texts("See you, {{student}}.", "tuesday")).await?;
        assert!(matches!(more[0].1, Done::Sent(text) if text.thread == threads[0]));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b19_b20_the_guard_judges_each_text_of_many_by_itself_and_nothing_leaves_before_it_is_answered() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        // Mateo may be named to Mateo's mother, not to Sarah's father.
        let named = texts("Mateo and I look forward to Monday.", "one");
        let mut reads = world.engine.reader().read().await?;
        let looked = drafts(&world.engine, &mut reads, &world.bell, &named).await?;
        drop(reads);
        assert_eq!(looked.iter().map(|draft| draft.hits.len()).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(fields(send_texts(&world.engine, &world.bell, &named).await), ["reason"]);
        let unanswered = NewTexts { stranger: Stranger::Unanswered, ..texts("Hello {{student}}.", "two") };
        assert_eq!(fields(send_texts(&world.engine, &world.bell, &unanswered).await), ["stranger"]);
        assert_eq!(fields(send_texts(&world.engine, &world.bell, &texts(" ", "three")).await), ["body"]);
        let nobody = NewTexts { students: &[], ..texts("Hello.", "four") };
        assert_eq!(fields(send_texts(&world.engine, &world.bell, &nobody).await), ["student"]);
        assert_eq!(rule(send_texts(&world.engine, &world.ortiz, &texts("Hello.", "five")).await), "B16");

        // Who cannot be texted any more is left out with the reason, the other gets it.
        let removal = Removal { student: MATEO, person: MARTA, requester: Requester::Parent, more: "" };
        remove_sms_number(&world.engine, &world.bell, &removal).await?;
        let done = send_texts(&world.engine, &world.bell, &texts("Hi {{student}}, at {{time}}?", "six")).await?;
        assert!(matches!(&done[0].1, Done::LeftOut(why) if why.contains("not filled in")), "{:?}", done[0].1);
        let done = send_texts(&world.engine, &world.bell, &texts("Hi {{student}}, ready?", "seven")).await?;
        assert!(matches!(done[0].1, Done::Sent(_)));
        assert!(matches!(&done[1].1, Done::LeftOut(why) if why.contains("no SMS contact number")), "{:?}", done[1].1);
        assert_eq!(done[0].0.to.as_ref().map(|(person, _)| *person), Some(ROBERT));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b22_b28_people_keep_texts_of_their_own_and_schools_share_theirs_each_with_when_to_use_it() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        let own = Owner::User(world.bell.user.unwrap_or(schoolbell_domain::ids::UserId::from_raw(0)));
        let kept = Kept {
            owner: own,
            group: Group::AdditionalTimes,
            body: "Hi {{student}}, the {{course}} trip is tomorrow. - {{teacher}}",
            when: "the day before a trip",
        };
        keep_template(&world.engine, &world.bell, &kept).await?;
        assert_eq!(rule(keep_template(&world.engine, &world.ortiz, &kept).await), "permission", "another's own");
        let shared = Kept { owner: Owner::School(OAK), when: "before a trip of the school", ..kept };
        assert_eq!(rule(keep_template(&world.engine, &world.bell, &shared).await), "permission");
        keep_template(&world.engine, &world.principal, &shared).await?;
        for (body, wrong) in [("{{mood}}?", "body"), ("You got a 92 on the test.", "body"), (" ", "body")] {
            assert_eq!(
                fields(keep_template(&world.engine, &world.bell, &Kept { body, ..kept }).await),
                [wrong],
                "{body}"
            );
        }
        assert_eq!(fields(keep_template(&world.engine, &world.bell, &Kept { when: "", ..kept }).await), ["when"]);

        let mut reads = world.engine.reader().read().await?;
        let bells = templates_for(&mut reads, &world.bell).await?;
        assert_eq!(bells.iter().map(|one| one.owner).collect::<Vec<_>>(), [own, Owner::School(OAK)]);
        assert_eq!((bells[0].when.as_str(), bells[0].kept_by.as_str()), ("the day before a trip", "Anna Bell"));
        let ortiz = templates_for(&mut reads, &world.ortiz).await?;
        assert_eq!(ortiz.iter().map(|one| one.owner).collect::<Vec<_>>(), [Owner::School(OAK)]);
        drop(reads);
        assert_eq!(rule(retire_template(&world.engine, &world.ortiz, ortiz[0].id).await), "permission");
        retire_template(&world.engine, &world.bell, bells[0].id).await?;
        let mut reads = world.engine.reader().read().await?;
        assert_eq!(templates_for(&mut reads, &world.bell).await?.len(), 1);
        Ok(())
    })
    .await
    .unwrap();
}
