//! The second door from the student information system's portal: a signed link, once, for people on the record (A34).

use axum::http::StatusCode;
use schoolbell_formats::jwt::sign_shared;
use serde_json::{Value, json};

use super::families::{JOAN, ROSA, enter};
use super::world::{Done, LAUNCH_SECRET, World};

const US: &str = "http://bell.example.org";

fn claims(world: &World, email: &str, number: &str) -> Value {
    let now = world.engine.now().as_second();
    json!({ "iss": "sis", "aud": US, "email": email, "jti": number, "iat": now, "exp": now + 120 })
}

fn link(claims: &Value, secret: &str) -> String {
    format!("/family/launch?token={}", sign_shared(claims, secret.as_bytes()))
}

#[tokio::test]
async fn a34_a_launch_link_shows_the_same_family_at_once_and_works_once() -> Done {
    let world = World::new().await?;
    let first = link(&claims(&world, "Rosa@Example.org", "1"), LAUNCH_SECRET);
    let mut portal = world.visitor();
    let inside = portal.get(&first).await?;
    assert_eq!((inside.status, inside.to.as_str()), (StatusCode::SEE_OTHER, "/family"));
    let mut door = enter(&world, ROSA).await?;
    let (one, other) = (portal.get("/family/ways").await?, door.get("/family/ways").await?);
    assert!(one.words().contains("rosa@example.org"));
    // What is chosen in one stands in the other at once.
    let card = one.text.split("<section").find(|card| card.contains("general:email")).ok_or("no mail card")?;
    let point = card.split("name=\"point\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("none")?;
    assert!(!other.words().contains("No e-mail."));
    let mut fields = vec![("csrf".to_owned(), one.csrf()?), ("point".to_owned(), point.to_owned())];
    for kind in
        ["attendance", "general", "surveys", "schools_out", "school_hours_emergency", "non_school_hours_emergency"]
    {
        fields.push((format!("was:{kind}:email"), "on".to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    portal.post("/family/ways", &fields).await?;
    assert!(door.get("/family/ways").await?.words().contains("No e-mail."));
    // Replay: in the same browser and in another.
    for mut visitor in [world.visitor(), world.visitor()] {
        let again = visitor.get(&first).await?;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
        assert_eq!(visitor.get("/family").await?.to, "/family/sign-in");
    }
    Ok(())
}

#[tokio::test]
async fn a31_every_launch_that_opens_nothing_reads_the_same() -> Done {
    let world = World::new().await?;
    let now = world.engine.now().as_second();
    let with = |number: &str, name: &str, value: Value| {
        let mut claims = claims(&world, ROSA, number);
        claims[name] = value;
        link(&claims, LAUNCH_SECRET)
    };
    let mut pages = Vec::new();
    for path in [
        link(&claims(&world, "nobody@example.org", "1"), LAUNCH_SECRET),
        link(&claims(&world, "principal@example.org", "2"), LAUNCH_SECRET),
        link(&claims(&world, "no address", "3"), LAUNCH_SECRET),
        link(&claims(&world, ROSA, "4"), "another secret of thirty-two letters!"),
        with("5", "aud", json!("https://other.example.org")),
        with("6", "exp", json!(now - 61)),
        with("7", "exp", json!(now + 301)),
        with("8", "iat", json!(now + 90)),
        "/family/launch".to_owned(),
        "/family/launch?token=x".to_owned(),
        // The other way in is not open here.
        "/family/portal".to_owned(),
        "/family/portal/back?state=a&code=b".to_owned(),
    ] {
        let mut visitor = world.visitor();
        let page = visitor.get(&path).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(visitor.get("/family").await?.to, "/family/sign-in", "{path}");
        pages.push(page.words());
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    assert!(pages[0].contains("registrar") && !pages[0].contains('@'));
    // The link of one family opens nothing of another.
    let mut joan = world.visitor();
    joan.get(&link(&claims(&world, JOAN, "9"), LAUNCH_SECRET)).await?;
    assert!(!joan.get("/family").await?.words().contains("Ortega"));
    Ok(())
}
