//! A recording as what a call says: made ready, heard by staff and by the family that was called, by nobody else.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use schoolbell_domain::permission::Role;
use schoolbell_formats::voice::sound::{decode, to_wav};

use super::families::enter;
use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

/// Two seconds that sound like nothing else: a tone that climbs.
fn climbing_tone() -> Vec<u8> {
    let (mut phase, mut samples) = (0.0_f32, Vec::new());
    for n in 0_u16..16_000 {
        phase = (phase + (300.0 + f32::from(n) / 16.0) / 8_000.0).fract();
        samples.push(if phase < 0.5 { 6_000 } else { -6_000 });
    }
    to_wav(&samples)
}

/// A draft with a title and a kind, and not one word: the path of the page where its call is recorded.
async fn draft_without_words(principal: &mut Browser<'_>) -> Done<String> {
    let begin = principal.get("/broadcasts/new?template=blank").await?;
    let csrf = begin.csrf()?;
    let fields = [("csrf", csrf.as_str()), ("title", "Book fair"), ("category", "general"), ("go", "call")];
    let kept = principal.post("/broadcasts/new", &fields).await?;
    assert!(kept.to.ends_with("/call"), "{} {}", kept.to, kept.words());
    Ok(kept.to)
}

async fn upload(browser: &mut Browser<'_>, path: &str, page: &Answer, file: (&str, &[u8])) -> Done<Answer> {
    let (csrf, version) = (page.csrf()?, page.field("version")?);
    browser.upload(path, &[("csrf", &csrf), ("version", &version), ("language", "en")], file).await
}

/// Through who and review to a sent message; the path of its page.
async fn send(principal: &mut Browser<'_>, call: &str) -> Done<String> {
    let broadcast = call.trim_end_matches("/call").to_owned();
    let edit = format!("{broadcast}/edit");
    let who = principal.get(&format!("{edit}?step=who")).await?;
    let (csrf, version) = (who.csrf()?, who.field("version")?);
    let token = who.text.split("name=\"add\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.ok_or("nothing to add")?.to_owned();
    let add = [("csrf", csrf.as_str()), ("version", &version), ("step", "who"), ("add", &token)];
    principal.post(&edit, &add).await?;
    let review = principal.get(&format!("{edit}?step=review")).await?;
    assert!(review.text.contains("Call "), "{}", review.words());
    let (csrf, version, digest) = (review.csrf()?, review.field("version")?, review.field("digest")?);
    let fields = [("csrf", csrf.as_str()), ("version", &version), ("digest", &digest), ("when", "now")];
    let sent = principal.post(&format!("{broadcast}/send"), &fields).await?;
    assert_eq!((sent.status, sent.to.as_str()), (StatusCode::SEE_OTHER, broadcast.as_str()), "{}", sent.words());
    Ok(broadcast)
}

/// The addresses of the players on a page.
fn players(page: &Answer) -> Vec<String> {
    let tags = page.text.split("<audio ").skip(1).filter_map(|rest| rest.split('>').next());
    let sources = tags.filter_map(|tag| tag.split("src=\"").nth(1)?.split('"').next());
    sources.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_recording_is_checked_kept_played_to_families_and_heard_by_staff_and_the_family_a38() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    world.open_day_and_night().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    principal.until("/readyz", "\"drill-voice\":\"up\"").await?;
    let call = draft_without_words(&mut principal).await?;
    let page = principal.get(&call).await?;
    assert_eq!(page.headers["permissions-policy"], "camera=(), microphone=(self), geolocation=(), payment=()");
    assert!(principal.get("/").await?.headers["permissions-policy"].to_str()?.contains("microphone=()"));

    for (name, bytes, sentence) in [
        ("letter.docx", b"PK no sound at all".to_vec(), "is no sound file that is understood"),
        ("silent.wav", to_wav(&[0; 8_000]), "is silent; see whether the microphone was on"),
        ("short.wav", to_wav(&[4_000; 800]), "is shorter than half a second"),
        ("", Vec::new(), "Choose a sound file, or record one here"),
    ] {
        let no = upload(&mut principal, &call, &page, (name, &bytes)).await?;
        assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(no.words().contains(sentence), "{name}: {}", no.words());
    }
    let kept = upload(&mut principal, &call, &page, ("fair.wav", &climbing_tone())).await?;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.words());
    let page = principal.get(&call).await?;
    assert!(page.words().contains("Recorded, 2 seconds"), "{}", page.words());
    let heard = principal.get(&players(&page)[0]).await?;
    assert_eq!((heard.status, heard.headers[header::CONTENT_TYPE].to_str()?), (StatusCode::OK, "audio/wav"));
    let recorded = decode(&heard.bytes, "heard.wav")?;
    assert_eq!(recorded.len(), 16_000, "two seconds");
    let part = Request::builder().uri(&players(&page)[0]).header(header::RANGE, "bytes=0-43");
    let part = principal.send(part, Body::empty()).await?;
    assert_eq!((part.status, part.bytes.len()), (StatusCode::PARTIAL_CONTENT, 44));

    // Sent: what calls play holds the recording note for note, after who is calling (LAW-7).
    let broadcast = send(&mut principal, &call).await?;
    let sent = principal.until(&broadcast, "What the calls play").await?;
    let played = principal.get(&players(&sent)[0]).await?;
    let (spoken, kept) = (samples(&played), samples(&heard));
    let at = spoken.windows(kept.len()).position(|part| part == kept).ok_or("the recording is not in the call")?;
    assert!(at > 2 * 2 * 8_000, "two seconds and more of who is calling stand before it: {at}");

    // The family hears the same; another family, and the principal of another school, do not.
    let mut rosa = enter(&world, "rosa@example.org").await?;
    let message = format!("/family/messages{}", broadcast.trim_start_matches("/broadcasts"));
    let page = rosa.until(&message, "<audio ").await?;
    let theirs = players(&page)[0].clone();
    assert_eq!(samples(&rosa.get(&theirs).await?), spoken);
    let mut joan = enter(&world, "joan@example.org").await?;
    assert_eq!(joan.get(&theirs).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

/// The bytes of a wave file behind its header.
fn samples(answer: &Answer) -> Vec<u8> {
    answer.bytes.get(44..).unwrap_or_default().to_vec()
}

#[tokio::test]
async fn a_recording_belongs_to_whoever_may_compose_there_and_can_be_taken_back() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let call = draft_without_words(&mut principal).await?;
    let page = principal.get(&call).await?;
    upload(&mut principal, &call, &page, ("fair.wav", &climbing_tone())).await?;
    let page = principal.get(&call).await?;
    let address = players(&page)[0].clone();
    // Saved by somebody else meanwhile: nothing is overwritten.
    let stale = [("csrf", page.csrf()?), ("version", "1".to_owned()), ("language", "en".to_owned())];
    let stale: Vec<(&str, &str)> = stale.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(principal.post(&format!("{call}/remove"), &stale).await?.status, StatusCode::FORBIDDEN);
    let mut other = world.signed_in(Role::Office, Some("Riverside High School")).await?;
    for path in [&call, &address] {
        assert_eq!(other.get(path).await?.status, StatusCode::FORBIDDEN, "{path}");
    }
    let fields = [("csrf", page.csrf()?), ("version", page.field("version")?), ("language", "en".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    principal.post(&format!("{call}/remove"), &fields).await?;
    let page = principal.get(&call).await?;
    assert!(page.words().contains("nobody is called"), "{}", page.words());
    assert_eq!(principal.get(&address).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_schools_office_and_number_are_the_districts_to_choose() -> Done {
    let world = World::new().await?;
    let mut admin = world.signed_in(Role::DistrictAdministrator, None).await?;
    let page = admin.get("/settings/calls").await?;
    let (csrf, school) = (page.csrf()?, page.field("school")?);
    let kept = |office| [("csrf", csrf.as_str()), ("school", school.as_str()), ("office", office), ("caller_id", "")];
    let no = admin.post("/settings/calls", &kept("the front desk")).await?;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no.words().contains("write ten digits with area code"), "{}", no.words());
    assert_eq!(admin.post("/settings/calls", &kept("512-555-0190")).await?.status, StatusCode::SEE_OTHER);
    assert!(admin.get("/settings/calls").await?.text.contains("(512) 555-0190"), "shown as people write it");
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    assert_eq!(principal.get("/settings/calls").await?.status, StatusCode::FORBIDDEN);
    Ok(())
}
