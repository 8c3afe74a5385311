//! The families' app from the server's side: set up on a device, told, heard from, renewed and taken off.

use std::sync::{Arc, Mutex};

use axum::http::{StatusCode, header};
use futures::future::BoxFuture;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_engine::run;
use schoolbell_gateways::push::Notice;
use schoolbell_gateways::{Capacity, Gateway, Health, InboundSink, Outcome, Running};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::families::{JOAN, ROSA, enter, send};
use super::world::{Browser, Done, World};

/// A push service that takes everything and remembers it, and knows one endpoint no more.
#[derive(Default)]
struct Phones {
    shown: Mutex<Vec<Notice>>,
}

const GONE: &str = "https://devices.invalid/gone";

impl Gateway for Phones {
    fn name(&self) -> &'static str {
        "app"
    }
    fn kind(&self) -> &'static str {
        "webpush"
    }
    fn channel(&self) -> Channel {
        Channel::Push
    }
    fn capacity(&self) -> Capacity {
        Capacity { window: 10, per_second: 1_000.0 }
    }
    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let (work, mut taken) = mpsc::channel(10);
        let (outcomes, heard) = mpsc::channel(10);
        let (_, health) = watch::channel(Health::Up);
        tokio::spawn(async move {
            while let Some(Some(outgoing)) = stop.run_until_cancelled(taken.recv()).await {
                let outgoing: schoolbell_gateways::Outgoing = outgoing;
                let Some(notice) = outgoing.notice.clone() else { continue };
                let gone: Vec<String> =
                    notice.devices.iter().map(|device| device.endpoint.clone()).filter(|to| to == GONE).collect();
                if !gone.is_empty() && sink.gone("app", gone).await.is_err() {
                    return;
                }
                let outcome = AttemptOutcome::Accepted { references: vec![notice.reference.clone()] };
                self.shown.lock().expect("no test panics holding it").push(*notice);
                let answer = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
                if outcomes.send(answer).await.is_err() {
                    return;
                }
            }
        });
        Running { work, outcomes: heard, health }
    }
    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Ok("phones".to_owned()) })
    }
}

impl Phones {
    fn start(world: &World) -> Arc<Self> {
        let phones = Arc::new(Self::default());
        tokio::spawn(run(world.engine.clone(), vec![phones.clone() as Arc<dyn Gateway>], world.stop.clone()));
        phones
    }

    async fn shown(&self, count: usize) -> Done<Vec<Notice>> {
        for _ in 0..200 {
            let shown = self.shown.lock().map_err(|_| "poisoned")?.clone();
            if shown.len() >= count {
                return Ok(shown);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Err("nothing was shown".into())
    }
}

fn keys() -> (String, String) {
    (format!("B{}", "A".repeat(86)), "A".repeat(22))
}

async fn set_up(browser: &mut Browser<'_>, endpoint: &str) -> Done<StatusCode> {
    let csrf = browser.get("/family/app").await?.token()?;
    let (key, auth) = keys();
    let fields = [("csrf", csrf.as_str()), ("endpoint", endpoint), ("key", &key), ("auth", &auth)];
    Ok(browser.post("/family/app/devices", &fields).await?.status)
}

#[tokio::test]
async fn a34_the_app_is_told_and_what_it_shows_and_opens_is_known_to_the_family() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    let phones = Phones::start(&world);
    world.visitor().until("/readyz", "\"app\":\"up\"").await?;
    let mut rosa = enter(&world, ROSA).await?;
    assert_eq!(set_up(&mut rosa, "https://devices.invalid/phone").await?, StatusCode::NO_CONTENT);
    // The same again changes nothing.
    assert_eq!(set_up(&mut rosa, "https://devices.invalid/phone").await?, StatusCode::NO_CONTENT);
    let page = rosa.get("/family/app").await?;
    assert_eq!(page.text.matches("name=\"device\"").count(), 1);
    let message = send(&world, 0, Category::SchoolHoursEmergency).await?;
    let shown = phones.shown(1).await?;
    // Rosa's address stands once for both of her children; nobody else has the app.
    assert_eq!(shown.len(), 1);
    let said: serde_json::Value = serde_json::from_str(&shown[0].payload)?;
    assert_eq!(said["title"], "Book fair for Ana and Luis");
    assert_eq!(said["body"], "The book fair is on Friday.");
    assert_eq!(
        (said["stay"].as_bool(), said["url"].as_str()),
        (Some(true), Some(&*format!("/family/messages/{message}")))
    );
    let path = format!("/family/messages/{message}");
    rosa.until(&path, "Notification in the app").await?;
    // The worker has no session; the reference is enough, and no other is.
    let reference = said["reference"].as_str().ok_or("no reference")?;
    let mut worker = world.visitor();
    for (wrong, seen) in
        [("dlv_1-1", "shown"), (&*format!("{reference}0"), "shown"), (reference, "eaten"), ("", "shown")]
    {
        let answer = worker.post("/family/app/seen", &[("reference", wrong), ("seen", seen)]).await?;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong} {seen}");
    }
    for seen in ["shown", "shown", "opened"] {
        let answer = worker.post("/family/app/seen", &[("reference", reference), ("seen", seen)]).await?;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let seen = rosa.until(&path, "opened").await?;
    assert!(seen.words().contains("You turned on notifications in the app."), "{}", seen.words());
    Ok(())
}

#[tokio::test]
async fn a36_the_app_has_a_switch_beside_each_kind_and_a_message_that_is_turned_off_does_not_come() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    let phones = Phones::start(&world);
    world.visitor().until("/readyz", "\"app\":\"up\"").await?;
    let mut rosa = enter(&world, ROSA).await?;
    assert!(!rosa.get("/family/ways").await?.text.contains("general:push"), "no switch before it is set up");
    set_up(&mut rosa, "https://devices.invalid/phone").await?;
    let ways = rosa.get("/family/ways").await?;
    assert!(ways.words().contains("Notifications for everything."), "{}", ways.words());
    let card = ways.text.split("<section").find(|card| card.contains("general:push")).ok_or("no switch")?;
    assert!(card.contains("the app") && !card.contains("general:email"), "the app is no part of a mailbox: {card}");
    let point =
        card.split("name=\"point\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no point")?;
    let fields = [("csrf", &*ways.csrf()?), ("point", point), ("child", ""), ("was:general:push", "on")];
    rosa.post("/family/ways", &fields).await?;
    assert!(!rosa.get("/family/ways").await?.words().contains("Notifications for everything."));
    let general = send(&world, 0, Category::General).await?;
    let closing = send(&world, 0, Category::SchoolsOut).await?;
    let shown = phones.shown(1).await?;
    assert!(shown[0].payload.contains(&closing) && !shown[0].payload.contains(&general));
    let page = rosa.until(&format!("/family/messages/{general}"), "Notification in the app").await?;
    assert!(page.words().contains("You turned this off."), "{}", page.words());
    Ok(())
}

#[tokio::test]
async fn devices_are_renewed_by_who_knows_them_taken_off_by_their_own_family_and_gone_after_signing_out() -> Done {
    let world = World::new().await?;
    let mut rosa = enter(&world, ROSA).await?;
    set_up(&mut rosa, "https://devices.invalid/one").await?;
    let (key, auth) = keys();
    let mut worker = world.visitor();
    let mut renew = async |old: &str, fresh: &str| {
        let fields = [("old", old), ("endpoint", fresh), ("key", &*key), ("auth", &*auth)];
        worker.post("/family/app/renew", &fields).await.map(|answer| answer.status)
    };
    assert_eq!(renew("https://devices.invalid/unknown", "https://devices.invalid/x").await?, StatusCode::NOT_FOUND);
    let elsewhere = renew("https://devices.invalid/one", "https://10.0.0.1/x").await?;
    assert_eq!(elsewhere, StatusCode::UNPROCESSABLE_ENTITY, "only push services");
    let fresh = renew("https://devices.invalid/one", "https://devices.invalid/two").await?;
    assert_eq!(fresh, StatusCode::NO_CONTENT);
    let again = renew("https://devices.invalid/one", "https://devices.invalid/three").await?;
    assert_eq!(again, StatusCode::NOT_FOUND, "the old one is gone");
    // Another family neither sees nor takes it.
    let id = rosa.get("/family/app").await?;
    let id = id.text.split("name=\"device\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("none")?;
    let mut joan = enter(&world, JOAN).await?;
    let page = joan.get("/family/app").await?;
    assert!(!page.text.contains("name=\"device\""));
    joan.post("/family/app/devices/remove", &[("csrf", &page.csrf()?), ("device", id)]).await?;
    assert!(rosa.get("/family/app").await?.text.contains("name=\"device\""));
    // Signing out takes it off: the next reader of this device is somebody else.
    let csrf = rosa.get("/family").await?.csrf()?;
    rosa.post("/family/sign-out", &[("csrf", &csrf)]).await?;
    let mut rosa = enter(&world, ROSA).await?;
    assert!(!rosa.get("/family/app").await?.text.contains("name=\"device\""));
    // And by hand.
    set_up(&mut rosa, "https://devices.invalid/one").await?;
    let page = rosa.get("/family/app").await?;
    let id =
        page.text.split("name=\"device\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("none")?;
    let off = rosa.post("/family/app/devices/remove", &[("csrf", &page.csrf()?), ("device", id)]).await?;
    assert_eq!(off.to, "/family/app?done=off");
    assert!(!rosa.get("/family/app").await?.text.contains("name=\"device\""));
    Ok(())
}

#[tokio::test]
async fn an_endpoint_that_the_push_service_knows_no_more_is_taken_off() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    let phones = Phones::start(&world);
    world.visitor().until("/readyz", "\"app\":\"up\"").await?;
    let mut rosa = enter(&world, ROSA).await?;
    set_up(&mut rosa, GONE).await?;
    set_up(&mut rosa, "https://devices.invalid/phone").await?;
    assert_eq!(rosa.get("/family/app").await?.text.matches("name=\"device\"").count(), 2);
    send(&world, 0, Category::SchoolsOut).await?;
    phones.shown(1).await?;
    assert_eq!(rosa.get("/family/app").await?.text.matches("name=\"device\"").count(), 1);
    // Nobody points our requests at another machine, and what is no key is none.
    assert_eq!(set_up(&mut rosa, "https://10.0.0.1/x").await?, StatusCode::UNPROCESSABLE_ENTITY);
    let csrf = rosa.get("/family/app").await?.token()?;
    let fields = [("csrf", &*csrf), ("endpoint", "https://devices.invalid/y"), ("key", "x"), ("auth", "y")];
    assert_eq!(rosa.post("/family/app/devices", &fields).await?.status, StatusCode::UNPROCESSABLE_ENTITY);
    Ok(())
}

#[tokio::test]
async fn the_app_can_be_installed_its_worker_stays_under_family_and_works_without_a_connection() -> Done {
    let world = World::new().await?;
    let mut visitor = world.visitor();
    let manifest = visitor.get("/family/manifest.webmanifest").await?;
    assert_eq!(manifest.headers[header::CONTENT_TYPE], "application/manifest+json");
    let read: serde_json::Value = serde_json::from_str(&manifest.text)?;
    assert_eq!((read["scope"].as_str(), read["start_url"].as_str()), (Some("/family"), Some("/family")));
    let icons = read["icons"].as_array().ok_or("no icons")?;
    assert!(icons.iter().any(|icon| icon["purpose"] == "maskable"));
    for icon in icons {
        let served = visitor.get(icon["src"].as_str().ok_or("no src")?).await?;
        assert_eq!((served.status, &served.headers[header::CONTENT_TYPE]), (StatusCode::OK, &"image/png".parse()?));
    }
    let worker = visitor.get("/family/worker.js").await?;
    assert_eq!(worker.headers["service-worker-allowed"], "/family");
    assert_eq!(worker.headers[header::CACHE_CONTROL], "no-cache");
    let shell = worker.text.lines().find_map(|line| line.strip_prefix("const SHELL = ")).ok_or("no shell")?;
    let shell: Vec<String> = serde_json::from_str(shell.trim_end_matches(';'))?;
    for path in &shell {
        assert_eq!(visitor.get(path).await?.status, StatusCode::OK, "{path}");
    }
    let offline = visitor.get("/family/offline").await?;
    assert!(offline.words().contains("No connection") && !offline.text.contains("@example.org"));
    Ok(())
}
