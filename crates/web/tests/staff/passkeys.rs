//! Passkeys as the pages have them: nothing dead to press, nothing to post from elsewhere. That they open is shown by
//! `crates/engine/src/tests/passkeys.rs` and, with a real browser, by `tests/browser/12-passkeys.test.mjs`.

use axum::http::StatusCode;

use super::families::{JOAN, ROSA, enter};
use super::world::{Done, World};

#[tokio::test]
async fn a31_the_door_offers_a_passkey_only_to_a_browser_that_has_them_and_opens_for_nonsense_never() -> Done {
    let world = World::new().await?;
    let mut visitor = world.visitor();
    let door = visitor.get("/family/sign-in").await?;
    let offer = door.text.split("<div").find(|part| part.contains("data-passkey")).ok_or("no offer")?;
    assert!(offer.split('>').next().is_some_and(|tag| tag.ends_with(" hidden")), "without a script there is no button");
    let csrf = door.csrf()?;
    for forged in ["", "no"] {
        let no = visitor.post("/family/passkeys/ask", &[("csrf", forged)]).await?;
        assert_eq!(no.status, StatusCode::FORBIDDEN);
    }
    let asked = visitor.post("/family/passkeys/ask", &[("csrf", &csrf)]).await?;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let asked: serde_json::Value = serde_json::from_str(&asked.text)?;
    assert_eq!(asked["options"]["rpId"], "bell.example.org");
    assert_eq!(asked["options"]["allowCredentials"], serde_json::json!([]), "the question names nobody");
    let token = asked["token"].as_str().ok_or("no token")?;
    let mut heard = Vec::new();
    for (token, answer) in [(token, "{}"), (token, "{}"), ("f00", "{}"), ("", "")] {
        let fields = [("csrf", csrf.as_str()), ("token", token), ("answer", answer)];
        let no = visitor.post("/family/passkeys/enter", &fields).await?;
        assert_eq!(no.status, StatusCode::FORBIDDEN);
        heard.push(no.words());
    }
    assert!(heard.iter().all(|words| *words == heard[0]), "{heard:?}");
    assert_eq!(visitor.get("/family").await?.to, "/family/sign-in");
    Ok(())
}

#[tokio::test]
async fn passkeys_are_offered_after_signing_in_and_every_step_needs_the_session_and_its_token() -> Done {
    let world = World::new().await?;
    let mut rosa = enter(&world, ROSA).await?;
    let home = rosa.get("/family").await?;
    let offer = home.text.split("<p").find(|part| part.contains("data-can-passkey")).ok_or("no offer")?;
    assert!(offer.contains("hidden") && offer.contains("/family/passkeys"), "shown by the script where it can be used");
    let page = rosa.get("/family/passkeys").await?;
    assert!(page.words().contains("Sign in without a code") && !page.text.contains("name=\"passkey\""));
    for path in ["/family/passkeys/new", "/family/passkeys", "/family/passkeys/remove"] {
        let forged = rosa.post(path, &[("csrf", "no"), ("passkey", "1")]).await?;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
        let stranger = world.visitor().post(path, &[("csrf", "no"), ("passkey", "1")]).await?;
        assert_eq!(stranger.to, "/family/sign-in", "{path}");
    }
    let csrf = page.csrf()?;
    let asked = rosa.post("/family/passkeys/new", &[("csrf", &csrf)]).await?;
    let asked: serde_json::Value = serde_json::from_str(&asked.text)?;
    assert_eq!(asked["options"]["user"]["name"], ROSA);
    // Joan's session does not keep what Rosa's asked for.
    let mut joan = enter(&world, JOAN).await?;
    let joans = joan.get("/family/passkeys").await?.csrf()?;
    let token = asked["token"].as_str().ok_or("no token")?;
    let fields = [("csrf", joans.as_str()), ("token", token), ("answer", "{}")];
    assert_eq!(joan.post("/family/passkeys", &fields).await?.status, StatusCode::FORBIDDEN);
    assert!(!joan.get("/family/passkeys").await?.text.contains("name=\"passkey\""));
    Ok(())
}
