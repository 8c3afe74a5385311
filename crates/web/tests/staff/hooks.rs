//! Web hooks: what Twilio's own library signs is believed, and nothing else.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures::StreamExt;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_store::read;

use super::families::enter;
use super::world::{Done, TWILIO_TOKEN, World};

const URL: &str = "http://bell.example.org";

/// The signature that Twilio would send, by its own library.
fn sign(path: &str, fields: &[(&str, &str)]) -> Done<String> {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/twilio_sign.py");
    let mut child = Command::new("python3").arg(peer).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let asked = serde_json::json!({ "token": TWILIO_TOKEN, "url": format!("{URL}{path}"), "fields": fields });
    child.stdin.take().ok_or("no input")?.write_all(asked.to_string().as_bytes())?;
    let said = String::from_utf8(child.wait_with_output()?.stdout)?;
    let signature = said.lines().next().unwrap_or_default().to_owned();
    if signature.is_empty() {
        return Err("PyPI `twilio` is missing; `scripts/setup` installs it".into());
    }
    Ok(signature)
}

fn coded(fields: &[(&str, &str)]) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let coded = |text: &str| text.bytes().map(byte).collect::<String>();
    fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect::<Vec<_>>().join("&")
}

async fn call(world: &World, path: &str, fields: &[(&str, &str)], signature: &str) -> Done<(StatusCode, String)> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("host", "bell.example.org")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature);
    let answer = world.visitor().send(request, Body::from(coded(fields))).await?;
    Ok((answer.status, answer.text))
}

#[tokio::test]
async fn a_text_that_twilio_signed_is_handled_once_and_a_forged_one_is_not() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    let path = "/hooks/twilio/texts/inbound";
    let fields = [
        ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
        ("From", "+15125550144"),
        ("To", "68453"),
        ("Body", "¡Sí, por favor! 🏫"),
        ("NumMedia", "1"),
        ("MediaUrl0", "https://api.example.org/media/1"),
    ];
    let genuine = sign(path, &fields)?;
    let (status, said) = call(&world, path, &fields, &genuine).await?;
    assert_eq!((status, said.contains("<Response/>")), (StatusCode::OK, true), "{said}");
    // The carrier brings it again: it is one text.
    assert_eq!(call(&world, path, &fields, &genuine).await?.0, StatusCode::OK);
    let mut changed = fields;
    changed[3].1 = "STOP";
    assert_eq!(call(&world, path, &changed, &genuine).await?.0, StatusCode::FORBIDDEN);
    assert_eq!(call(&world, path, &fields, "").await?.0, StatusCode::FORBIDDEN);
    assert_eq!(call(&world, "/hooks/twilio/other/inbound", &fields, &genuine).await?.0, StatusCode::NOT_FOUND);
    until_state(&world, "+15125550144", ConsentState::OptedIn).await?;
    let ledger = read::consent::ledger(&mut world.engine.reader().read().await?, "+15125550144").await?;
    let yes: Vec<_> = ledger.iter().filter(|entry| entry.link.event.evidence.contains("por favor")).collect();
    assert_eq!(yes.len(), 1);
    assert!(yes[0].link.event.evidence.contains("https://api.example.org/media/1"), "media is kept");
    Ok(())
}

async fn until_state(world: &World, number: &str, wanted: ConsentState) -> Done {
    for _ in 0..200 {
        let mut reads = world.engine.reader().read().await?;
        let consent = read::consent::states(&mut reads, Program::Alerts, &[number]).await?;
        if consent.get(number) == Some(&wanted) {
            return Ok(());
        }
        drop(reads);
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    Err(format!("{number} was not {wanted:?} within 5 s").into())
}

/// LAW-9, A26: whoever looks at the portal while a phone says STOP sees it there within a second; a text from another
/// family's phone is no news.
#[tokio::test]
async fn law_9_a_stop_is_seen_in_the_open_portal_within_a_second() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    // The invitation is a change of its own.
    until_state(&world, "+15125550144", ConsentState::Invited).await?;
    let rosa = enter(&world, "rosa@example.org").await?;
    let mut page = rosa.listen("/family/events").await?;
    let path = "/hooks/twilio/texts/inbound";
    let text = |sid: &'static str, from: &'static str, body: &'static str| {
        [("MessageSid", sid), ("From", from), ("To", "68453"), ("Body", body)]
    };
    let other = text("SM00000000000000000000000000000001", "+15125550148", "STOP");
    assert_eq!(call(&world, path, &other, &sign(path, &other)?).await?.0, StatusCode::OK);
    let quiet = tokio::time::timeout(std::time::Duration::from_secs(2), page.next()).await;
    assert!(quiet.is_err(), "a text of another family: {quiet:?}");
    let own = text("SM00000000000000000000000000000002", "+15125550144", "STOP");
    let signature = sign(path, &own)?;
    let since = std::time::Instant::now();
    assert_eq!(call(&world, path, &own, &signature).await?.0, StatusCode::OK);
    let news = tokio::time::timeout(std::time::Duration::from_secs(5), page.next()).await?.ok_or("it ended")??;
    let after = since.elapsed();
    let news = String::from_utf8_lossy(&news).into_owned();
    assert!(news.contains("event: changed") && news.contains("data: ways"), "{news}");
    assert!(after < std::time::Duration::from_secs(1), "{after:?}");
    Ok(())
}

#[tokio::test]
async fn a_status_that_twilio_signed_is_kept_as_a_receipt_and_an_unknown_one_is_not_asked_for_again() -> Done {
    let world = World::new().await?;
    let path = "/hooks/twilio/texts/status";
    let fields = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30005")];
    assert_eq!(call(&world, path, &fields, &sign(path, &fields)?).await?.0, StatusCode::NO_CONTENT);
    let strange = [("MessageSid", "SM1"), ("MessageStatus", "teleported")];
    assert_eq!(call(&world, path, &strange, &sign(path, &strange)?).await?.0, StatusCode::NO_CONTENT);
    assert_eq!(call(&world, path, &fields, &sign("/elsewhere", &fields)?).await?.0, StatusCode::FORBIDDEN);
    Ok(())
}
