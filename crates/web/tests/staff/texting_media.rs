//! A picture that came with a text, on its pages: nobody sees it before somebody looked, and then only as a picture.

use schoolbell_domain::conversation::media::MediaKind;
use schoolbell_domain::ids::{ConversationId, InboundId};
use schoolbell_domain::permission::Role;
use schoolbell_engine::hooks::{self, HookText};
use schoolbell_store::read::text_media::of_thread;
use schoolbell_store::write::text_media::{Kept, MediaId, keep};

use super::texting::{person_of, record, set_up};
use super::world::{Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

/// A text with a picture comes in; the picture is there. Its address on the pages.
async fn picture_comes(world: &World, thread: ConversationId) -> Done<String> {
    let text = HookText {
        reference: "MM1".to_owned(),
        from: "+13705550150".to_owned(),
        to: "+13705550001".to_owned(),
        body: "here it is".to_owned(),
        media: vec!["https://carrier.example.org/1".to_owned()],
    };
    hooks::text(&world.engine, "an account of another node", text).await?;
    let mut inbound: Option<InboundId> = None;
    for _ in 0..200 {
        let mut reads = world.engine.reader().read().await?;
        inbound = of_thread(&mut reads, thread).await?.first().map(|one| one.id.inbound);
        if inbound.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let id = MediaId { inbound: inbound.ok_or("no picture")?, place: 0 };
    let mut tx = world.db.begin().await?;
    // The eight octets of a PNG, as base64.
    keep(&mut tx, id, Kept { kind: MediaKind::Png, text: "iVBORw0KGgo=", size: 8, digest: "" }).await?;
    tx.commit().await?;
    Ok(format!("/texting/threads/{thread}/media/{}/0", id.inbound))
}

#[tokio::test]
async fn a_picture_is_shown_after_a_look_as_nothing_but_a_picture_and_goes_with_the_record() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    world.start_carriers();
    set_up(&world).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let list = principal.get("/texting/enrollments").await?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    let mother = record(&mut principal, &ana, "370-555-0150").await?;
    let csrf = list.csrf()?;
    let first = [("csrf", csrf.as_str()), ("body", "Could you send me the form?"), ("stranger", "no")];
    let page = principal.post(&format!("/texting/students/{ana}/write/{mother}"), &first).await?.to.replace("#end", "");
    let thread: ConversationId = page.rsplit('/').next().unwrap_or("").parse()?;
    let picture = picture_comes(&world, thread).await?;

    let before = principal.get(&page).await?;
    assert!(
        before.words().contains("Nobody has looked at it yet.") && !before.text.contains("<img"),
        "{}",
        before.words()
    );
    assert_eq!(principal.get(&picture).await?.status, 404, "not before a look");
    assert_eq!(principal.post(&picture, &[("csrf", &csrf), ("verdict", "hm")]).await?.status, 422);
    assert_eq!(principal.post(&picture, &[("csrf", &csrf), ("verdict", "shown")]).await?.status, 303);
    let after = principal.get(&page).await?;
    assert!(after.text.contains(&format!("src=\"{picture}\"")), "{}", after.text);
    let shown = principal.get(&picture).await?;
    assert_eq!(shown.headers["content-type"], "image/png", "our word, not the carrier's");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
    assert!(shown.headers["content-security-policy"].to_str()?.starts_with("default-src 'none'"));
    assert_eq!(shown.headers["cache-control"], "no-store");
    let mut observer = world.signed_in(Role::Observer, Some(LINCOLN)).await?;
    assert_eq!(observer.get(&picture).await?.status, 403);

    let packed = principal.get(&format!("/texting/students/{ana}/record.zip")).await?;
    assert_eq!(packed.headers["content-type"], "application/zip");
    assert!(packed.text.contains("record.csv") && packed.text.contains("-0.png"), "B14");
    let csv = principal.get(&format!("/texting/students/{ana}/record.csv")).await?;
    assert!(csv.text.contains("-0.png]"), "the record names it: {}", csv.text);

    assert_eq!(principal.post(&picture, &[("csrf", &csrf), ("verdict", "withheld")]).await?.status, 303);
    assert_eq!(principal.get(&picture).await?.status, 404);
    let page = principal.get(&page).await?;
    assert!(
        page.words().contains("was withheld by") && page.words().contains("Words here need a human now."),
        "{}",
        page.words()
    );
    let packed = principal.get(&format!("/texting/students/{ana}/record.zip")).await?;
    assert!(!packed.text.contains("-0.png"), "what is withheld is not handed out");
    Ok(())
}
