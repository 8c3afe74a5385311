//! Supervision by sample, who read what, and copies for guardians, on both engines.

use jiff::SignedDuration;
use schoolbell_domain::conversation::sampling::{Coverage, Finding};
use schoolbell_domain::conversation::text::broken_link;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::ConversationId;
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::commands::texting::cancel_text::cancel_text;
use schoolbell_engine::commands::texting::read_thread::{read_log, read_thread};
use schoolbell_engine::commands::texting::send_text::{NewText, Stranger, Way, send_text};
use schoolbell_engine::commands::texting::supervise::{coverage, draw_samples, mark_sample};
use schoolbell_engine::{Actor, CommandError, CommandResult};
use schoolbell_store::read::{audit, district, supervision, threads};
use schoolbell_store::testing::on_both;

use crate::rules::{fields, rule};
use crate::world::{MARTA, MATEO, OAK, ROBERT, SARAH, World};

const MONTH: &str = "2027-01";

async fn covered(world: &World) -> CommandResult<Coverage> {
    let mut reads = world.engine.reader().read().await?;
    coverage(&mut reads, OAK, MONTH).await
}

async fn queue(world: &World) -> CommandResult<Vec<supervision::Sample>> {
    let mut reads = world.engine.reader().read().await?;
    Ok(supervision::queue(&mut reads, OAK, 50).await?)
}

#[tokio::test]
async fn law_55_threads_are_drawn_by_seed_read_by_somebody_else_and_counted() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let engine = &world.engine;
        world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell.").await?;
        world.text(&world.bell, (SARAH, ROBERT), "Are you there? - Mrs. Bell").await?;
        world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await?;
        let all = Coverage { threads: 2, texts: 3, ..Coverage::default() };
        assert_eq!(covered(&world).await?, all);
        assert_eq!(rule(draw_samples(engine, &world.bell, (OAK, MONTH), 1).await), "permission");
        assert_eq!(fields(draw_samples(engine, &world.principal, (OAK, "January"), 1).await), ["month"]);
        assert_eq!(draw_samples(engine, &world.principal, (OAK, "2026-12"), 5).await?, 0, "a month without texts");
        assert_eq!(draw_samples(engine, &world.principal, (OAK, MONTH), 1).await?, 1);
        let first = queue(&world).await?;
        let fine = (Finding::Fine, "");
        assert_eq!(rule(mark_sample(engine, &world.principal, first[0].id, fine).await), "supervision", "unread");
        read_thread(engine, &world.principal, first[0].thread).await?;
        let flag = (Finding::Flagged, " ");
        assert_eq!(fields(mark_sample(engine, &world.principal, first[0].id, flag).await), ["note"]);
        mark_sample(engine, &world.principal, first[0].id, (Finding::Flagged, "ask about the tone")).await?;
        assert_eq!(rule(mark_sample(engine, &world.principal, first[0].id, fine).await), "state", "once");

        // The rest, then nothing: no thread is drawn twice in a month.
        assert_eq!(draw_samples(engine, &world.principal, (OAK, MONTH), 10).await?, 1);
        assert_eq!(draw_samples(engine, &world.principal, (OAK, MONTH), 10).await?, 0);
        let second = queue(&world).await?;
        assert_ne!(second[0].thread, first[0].thread);
        read_thread(engine, &world.principal, second[0].thread).await?;
        mark_sample(engine, &world.principal, second[0].id, fine).await?;
        assert_eq!(covered(&world).await?, Coverage { drawn: 2, seen: 2, flagged: 1, texts_seen: 3, ..all });
        let mut reads = engine.reader().read().await?;
        let told = audit::of_subject(&mut reads, &OAK.to_string()).await?;
        assert!(told.iter().any(|line| line.action == "draw_samples" && line.detail.contains(&first[0].seed)));
        let looks = supervision::looks(&mut reads, OAK, None, 50).await?;
        assert_eq!(looks.iter().filter(|look| look.reader == "pat.okafor@example.org").count(), 2);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn nobody_supervises_their_own_thread_and_a_log_shows_only_threads_that_its_reader_may_read() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let engine = &world.engine;
        let own = world.text(&world.principal, (SARAH, ROBERT), "This is Pat Okafor. Please call.").await?;
        draw_samples(engine, &world.principal, (OAK, MONTH), 1).await?;
        read_thread(engine, &world.principal, own.thread).await?;
        let sample = queue(&world).await?;
        let marked = mark_sample(engine, &world.principal, sample[0].id, (Finding::Fine, "")).await;
        assert_eq!(rule(marked), "supervision");

        let mateos = world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await?;
        assert!(read_log(engine, &world.ortiz, MATEO).await?.is_empty(), "not his student");
        assert_eq!(read_log(engine, &world.ortiz, SARAH).await?.len(), 1, "he teaches Sarah");
        assert_eq!(read_log(engine, &world.principal, MATEO).await?.len(), 1);
        let mut reads = engine.reader().read().await?;
        let readers = |looks: Vec<(String, jiff::Timestamp)>| looks.into_iter().map(|(who, _)| who).collect::<Vec<_>>();
        assert_eq!(readers(threads::looks(&mut reads, mateos.thread, 9).await?), ["pat.okafor@example.org"]);
        let sarahs = readers(threads::looks(&mut reads, own.thread, 9).await?);
        assert!(sarahs.contains(&"luis.ortiz@example.org".to_owned()), "every reading is noted: {sarahs:?}");
        Ok(())
    })
    .await
    .unwrap();
}

async fn copies_on(world: &World) -> CommandResult<()> {
    let mut reads = world.engine.reader().read().await?;
    let found = district::get_district(&mut reads).await?;
    drop(reads);
    let mut settings = found.settings;
    settings.texting.guardian_copy = true;
    change_settings(&world.engine, &Actor::command_line(), &found.name, &found.zone_name, &settings).await
}

async fn thread_with_robert(world: &World) -> CommandResult<Option<ConversationId>> {
    let mut reads = world.engine.reader().read().await?;
    let all = threads::of_student(&mut reads, SARAH).await?;
    Ok(all.into_iter().find(|thread| thread.person == ROBERT).map(|thread| thread.id))
}

#[tokio::test]
async fn a_guardian_who_opted_in_gets_a_copy_of_a_text_to_the_student_and_no_copy_is_copied() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        world.record(SARAH, SARAH, "+13725550111").await?;
        world.text(&world.bell, (SARAH, SARAH), "Hi Sarah, are you able to get started?").await?;
        assert_eq!(thread_with_robert(&world).await?, None, "only where the district wants it");
        copies_on(&world).await?;
        world.text(&world.bell, (SARAH, SARAH), "Hi Sarah, how is it going?").await?;
        assert_eq!(thread_with_robert(&world).await?, None, "he has not opted in");

        let world = world.opted_in().await;
        let sent = world.text(&world.bell, (SARAH, SARAH), "Hi Sarah, see you at 1:00.").await?;
        let roberts = thread_with_robert(&world).await?.ok_or_else(|| CommandError::NotFound("thread".to_owned()))?;
        let copy = "Copy of a text to Sarah: Hi Sarah, see you at 1:00. - Mrs. Bell";
        assert_eq!(world.bodies(roberts).await, [copy]);
        assert_ne!(roberts, sent.thread, "his own thread, so that an answer has its place");
        world.text(&world.bell, (SARAH, ROBERT), "Thank you for calling. - Mrs. Bell").await?;
        assert_eq!(world.texts(sent.thread).await.len(), 3, "a text to a guardian has no copy");
        assert_eq!(world.texts(roberts).await.len(), 2);

        // Taken back, the copy does not leave either.
        let later = NewText {
            student: SARAH,
            person: SARAH,
            body: "See you tomorrow.",
            stranger: Stranger::No,
            reason: "",
            send_at: Some(world.engine.now() + SignedDuration::from_hours(3)),
            way: Way::Alone,
        };
        let later = send_text(&world.engine, &world.bell, &later).await?;
        cancel_text(&world.engine, &world.bell, later.thread, later.text).await?;
        let texts = world.texts(roberts).await;
        assert_eq!(texts[2].state, Some(DeliveryState::Cancelled));
        let links: Vec<_> = texts.into_iter().map(|line| line.link).collect();
        let mut reads = world.engine.reader().read().await?;
        let head = threads::lookup_thread(&mut reads, roberts).await?.map(|line| line.head_hash).unwrap_or_default();
        assert_eq!(broken_link(&links, &head), None, "B2");
        Ok(())
    })
    .await
    .unwrap();
}
