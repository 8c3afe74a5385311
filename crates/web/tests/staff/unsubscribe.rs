//! The one-click link of General and Surveys (RFC 8058, LAW-41), from the mail that carries it to the choice that it makes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures::future::BoxFuture;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_engine::commands::preview_broadcast::preview_broadcast;
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::send_broadcast::send_broadcast;
use schoolbell_engine::{Actor, run};
use schoolbell_gateways::{Capacity, Gateway, Health, InboundSink, Outcome, Outgoing, Running};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::world::{Done, World};

/// A relay that keeps what it took.
#[derive(Default)]
struct Relay {
    took: Mutex<Vec<Outgoing>>,
}

impl Gateway for Relay {
    fn name(&self) -> &'static str {
        "mail"
    }
    fn kind(&self) -> &'static str {
        "test"
    }
    fn channel(&self) -> Channel {
        Channel::Email
    }
    fn capacity(&self) -> Capacity {
        Capacity { window: 10, per_second: 1e6 }
    }
    fn start(self: Arc<Self>, _sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let (work, mut taken) = mpsc::channel::<Outgoing>(10);
        let (outcomes, heard) = mpsc::channel(10);
        let health = watch::channel(Health::Up).1;
        tokio::spawn(async move {
            while let Some(Some(mail)) = stop.run_until_cancelled(taken.recv()).await {
                let outcome = AttemptOutcome::Accepted { references: vec![mail.delivery.to_string()] };
                let outcome = Outcome { delivery: mail.delivery, attempt: mail.attempt, outcome };
                if let Ok(mut took) = self.took.lock() {
                    took.push(mail);
                }
                if outcomes.send(outcome).await.is_err() {
                    return;
                }
            }
        });
        Running { work, outcomes: heard, health }
    }
    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Ok("a relay of the tests".to_owned()) })
    }
}

fn draft(category: Category) -> Draft {
    Draft {
        title: "Lunch menu".to_owned(),
        category: Some(category),
        audience: Audience { include: vec![AudienceRule::District], except: Vec::new() },
        wordings: vec![Wording {
            email_subject: "The menu of the week".to_owned(),
            email_body: "Dear family,\n\nbeans.".to_owned(),
            ..Wording::default()
        }],
        ..Draft::default()
    }
}

/// Sends, and waits until the relay has the mails of both families of Lincoln and the one of Riverside.
async fn send(world: &World, relay: &Relay, category: Category, mails: usize) -> Done<Vec<Outgoing>> {
    let (engine, cli) = (&world.engine, Actor::command_line());
    let kept = save_draft(engine, &cli, None, &draft(category)).await?;
    let digest = preview_broadcast(engine, &cli, &draft(category)).await?.digest;
    send_broadcast(engine, &cli, (kept.id, kept.version), Some(&digest)).await?;
    for _ in 0..400 {
        let took = relay.took.lock().map_err(|_| "a broken relay")?.clone();
        if took.len() >= mails {
            relay.took.lock().map_err(|_| "a broken relay")?.clear();
            return Ok(took);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    Err("the mails did not leave within 10 s".into())
}

/// As a mailbox provider posts it: no cookie, no sign-in, no token of a form.
async fn one_click(world: &World, path: &str) -> Done<(StatusCode, String)> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("host", "bell.example.org")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = world.visitor().send(request, Body::from("List-Unsubscribe=One-Click")).await?;
    Ok((answer.status, answer.words()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_41_a_post_without_cookies_leaves_general_and_surveys_and_a_look_changes_nothing() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    let relay = Arc::new(Relay::default());
    let gateways: Vec<Arc<dyn Gateway>> = vec![relay.clone()];
    let stop = CancellationToken::new();
    tokio::spawn(run(world.engine.clone(), gateways, stop.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;

    let urgent = send(&world, &relay, Category::SchoolsOut, 3).await?;
    assert!(urgent.iter().all(|mail| mail.unsubscribe_url.is_none()), "an emergency carries no such link");
    let general = send(&world, &relay, Category::General, 3).await?;
    let rosa = general.iter().find(|mail| mail.to.expose() == "rosa@example.org").ok_or("no mail to Rosa")?;
    let url = rosa.unsubscribe_url.clone().ok_or("no link")?;
    let path = url.strip_prefix("http://bell.example.org").ok_or("not our address")?.to_owned();
    assert!(path.starts_with("/u/"), "{url}");

    let look = world.visitor().get(&path).await?;
    assert!(look.status == StatusCode::OK && look.words().contains("No more of these?"), "{}", look.words());
    assert_eq!(send(&world, &relay, Category::General, 3).await?.len(), 3, "a look changes nothing");

    let (status, words) = one_click(&world, &path).await?;
    assert!(status == StatusCode::OK && words.contains("Done"), "{status} {words}");
    assert_eq!(one_click(&world, &path).await?.0, StatusCode::OK, "twice is as once");
    for category in [Category::General, Category::Surveys] {
        let took = send(&world, &relay, category, 2).await?;
        assert!(took.iter().all(|mail| mail.to.expose() != "rosa@example.org"), "{category:?}");
    }
    let urgent = send(&world, &relay, Category::SchoolsOut, 3).await?;
    assert!(urgent.iter().any(|mail| mail.to.expose() == "rosa@example.org"), "emergencies still come");

    let mut wrong = path.clone();
    wrong.pop();
    assert_eq!(one_click(&world, &wrong).await?.0, StatusCode::NOT_FOUND);
    assert_eq!(world.visitor().get("/u/nothing").await?.status, StatusCode::NOT_FOUND);
    stop.cancel();
    Ok(())
}
