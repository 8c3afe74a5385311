//! A restored copy says on *Now* what it holds back, and the district administrator decides there.

use schoolbell_domain::permission::Role;

use super::world::{Done, World};

/// A closing that is scheduled for tomorrow.
async fn schedule_a_closing(world: &World) -> Done<String> {
    use schoolbell_domain::audience::{Audience, AudienceRule};
    use schoolbell_domain::broadcast::{Draft, Wording};
    use schoolbell_domain::category::Category;
    let actor = schoolbell_engine::Actor::command_line();
    let draft = Draft {
        title: "Closed tomorrow".to_owned(),
        category: Some(Category::SchoolsOut),
        audience: Audience { include: vec![AudienceRule::District], except: vec![] },
        wordings: vec![Wording { sms_body: "Schools stay closed tomorrow.".to_owned(), ..Wording::default() }],
        send_at: Some(world.engine.now() + jiff::SignedDuration::from_hours(24)),
        ..Draft::default()
    };
    let kept = schoolbell_engine::commands::save_draft::save_draft(&world.engine, &actor, None, &draft).await?;
    schoolbell_engine::commands::send_broadcast::send_broadcast(&world.engine, &actor, (kept.id, kept.version), None)
        .await?;
    Ok(kept.id.to_string())
}

#[tokio::test]
async fn a_restored_copy_shows_what_waits_and_the_district_decides() -> Done {
    let world = World::new().await?;
    let id = schedule_a_closing(&world).await?;
    let copy = world.restored().await?;
    copy.start_carriers();
    let mut principal = copy.signed_in(Role::Principal, Some("Lincoln Elementary School")).await?;
    let page = principal.get("/").await?;
    let words = page.words();
    assert!(
        words.contains("This is a restored copy") && words.contains("Your district administrator decides"),
        "{words}"
    );
    assert!(!page.text.contains(&format!("href=\"/broadcasts/{id}\"><div><p class=\"name\">Closed")), "not a school's");
    let refused = principal.post("/held", &[("csrf", &page.csrf()?), ("decision", "send")]).await?;
    assert_eq!(refused.status, 403);

    let mut district = copy.signed_in(Role::DistrictAdministrator, None).await?;
    let page = district.get("/").await?;
    assert!(page.words().contains("Closed tomorrow") && page.words().contains("Send all of it"), "{}", page.words());
    let neither = district.post("/held", &[("csrf", &page.csrf()?), ("decision", "maybe")]).await?;
    assert_eq!(neither.status, 422);
    let decided = district.post("/held", &[("csrf", &page.csrf()?), ("decision", "cancel")]).await?;
    assert_eq!(decided.to, "/");
    district.until("/", "Closed tomorrow").await?;
    for _ in 0..100 {
        if !district.get("/").await?.text.contains("This is a restored copy") {
            let draft = district.get(&format!("/broadcasts/{id}")).await?;
            assert_eq!(draft.to, format!("/broadcasts/{id}/edit"), "it is a draft again");
            assert!(district.get("/audit").await?.words().contains("Release held"));
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err("the hold never ended".into())
}
