//! The families' side as a browser without JavaScript meets it: the door, past notifications, nobody else's family.

use axum::http::{StatusCode, header};
use jiff::SignedDuration;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::family_sign_in::make_family_link;
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::send_broadcast::send_broadcast;

use super::world::{Browser, Done, World};

const ROSA: &str = "rosa@example.org";
const JOAN: &str = "joan@example.org";

pub async fn enter<'a>(world: &'a World, email: &str) -> Done<Browser<'a>> {
    let hour = SignedDuration::from_hours(1);
    let token = make_family_link(&world.engine, &Actor::command_line(), email, hour).await?;
    let mut browser = world.visitor();
    let path = format!("/family/link/{token}");
    let page = browser.get(&path).await?;
    let inside = browser.post(&path, &[("csrf", &page.csrf()?)]).await?;
    assert_eq!((inside.status, inside.to.as_str()), (StatusCode::SEE_OTHER, "/family"));
    Ok(browser)
}

/// Sends a message to all families of the first or second school.
async fn send(world: &World, school: usize, category: Category) -> Done<String> {
    let schools = schoolbell_store::read::district::schools(&mut world.engine.reader().read().await?).await?;
    let school = schools.get(school).ok_or("no such school")?.id;
    let draft = Draft {
        title: "Book fair".to_owned(),
        category: Some(category),
        audience: Audience { include: vec![AudienceRule::School { school }], except: Vec::new() },
        wordings: vec![Wording {
            email_subject: "Book fair for {{students}}".to_owned(),
            email_body: "Dear family of {{students}},\n\nthe **book fair** is on Friday.".to_owned(),
            voice_body: "The book fair is on Friday.".to_owned(),
            ..Wording::default()
        }],
        ..Draft::default()
    };
    let cli = Actor::command_line();
    let kept = save_draft(&world.engine, &cli, None, &draft).await?;
    let preview =
        schoolbell_engine::commands::preview_broadcast::preview_broadcast(&world.engine, &cli, &draft).await?;
    send_broadcast(&world.engine, &cli, (kept.id, kept.version), Some(&preview.digest)).await?;
    Ok(kept.id.to_string())
}

#[tokio::test]
async fn a31_and_a32_every_address_gets_the_same_page_and_the_way_to_the_registrar() -> Done {
    let world = World::new().await?;
    let mut pages = Vec::new();
    for email in [ROSA, "nobody@example.org", "principal@example.org"] {
        let mut visitor = world.visitor();
        let door = visitor.get("/family/sign-in").await?;
        assert!(door.words().contains("registrar"), "{}", door.words());
        let asked = visitor.post("/family/sign-in", &[("csrf", &door.csrf()?), ("email", email)]).await?;
        assert_eq!((asked.status, asked.to.as_str()), (StatusCode::SEE_OTHER, "/family/code"));
        let page = visitor.get("/family/code").await?;
        let wrong = visitor.post("/family/code", &[("csrf", &page.csrf()?), ("code", "000000")]).await?;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        pages.push(format!("{}{}", page.words(), wrong.words()));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    assert!(!pages[0].contains(ROSA), "the page never says the address back");
    let mut visitor = world.visitor();
    let door = visitor.get("/family/sign-in").await?;
    let odd = visitor.post("/family/sign-in", &[("csrf", &door.csrf()?), ("email", "rosa")]).await?;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(odd.text.contains("aria-invalid") && odd.words().contains("name@example.org"), "{}", odd.words());
    Ok(())
}

#[tokio::test]
async fn a38_a_family_sees_what_was_sent_before_it_signed_in_and_nobody_elses() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    world.visitor().until("/readyz", "\"drill-email\":\"up\"").await?;
    let lincoln = send(&world, 0, Category::General).await?;
    let riverside = send(&world, 1, Category::General).await?;
    let mut rosa = enter(&world, ROSA).await?;
    let list = rosa.until("/family/messages", "Book fair").await?;
    assert_eq!(list.text.matches("/family/messages/brd_").count(), 1, "{}", list.words());
    assert!(list.words().contains("Ana and Luis"), "{}", list.words());
    let one = rosa.until(&format!("/family/messages/{lincoln}"), "Dear family of").await?;
    assert!(one.words().contains("Dear family of Ana and Luis"), "{}", one.words());
    assert!(one.words().contains("your e-mail, rosa@example.org"), "{}", one.words());
    assert!(!one.text.contains("Nguy") && !one.text.contains("binh@"), "no other family stands in it");
    // Why: from the same rules that sent it.
    assert!(one.words().contains("Messages of this kind go here, unless you turn them off."), "{}", one.words());
    assert!(one.words().contains("Messages of this kind do not go here unless you choose it."), "her mobile");
    // Another family's message is not there, whoever guesses its address.
    let no = rosa.get(&format!("/family/messages/{riverside}")).await?;
    assert_eq!(no.status, StatusCode::NOT_FOUND);
    assert!(no.words().contains("belongs to another family"), "{}", no.words());
    let mut joan = enter(&world, JOAN).await?;
    assert_eq!(joan.get(&format!("/family/messages/{lincoln}")).await?.status, StatusCode::NOT_FOUND);
    joan.until(&format!("/family/messages/{riverside}"), "Tom").await?;
    // Search, and one child alone.
    assert!(rosa.get("/family/messages?search=BOOK").await?.text.contains("/family/messages/brd_"));
    assert!(rosa.get("/family/messages?search=snow").await?.words().contains("Nothing found"));
    let home = rosa.get("/family").await?;
    let child = home.text.split("child=").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no child")?;
    assert!(rosa.get(&format!("/family/messages?child={child}")).await?.text.contains("/family/messages/brd_"));
    assert!(joan.get(&format!("/family/messages?child={child}")).await?.words().contains("Nothing found"));
    Ok(())
}

#[tokio::test]
async fn staff_and_families_have_sessions_of_their_own_and_forms_need_their_token() -> Done {
    let world = World::new().await?;
    let mut rosa = enter(&world, ROSA).await?;
    assert_eq!(rosa.get("/").await?.to, "/sign-in?next=/");
    let mut staff = world.signed_in(schoolbell_domain::permission::Role::DistrictAdministrator, None).await?;
    for path in ["/family", "/family/messages", "/family/help", "/family/messages/brd_0000000000001"] {
        let page = staff.get(path).await?;
        assert_eq!((page.status, page.to.as_str()), (StatusCode::SEE_OTHER, "/family/sign-in"), "{path}");
    }
    for path in ["/family/sign-out", "/family/my-language", "/family/theme"] {
        assert_eq!(rosa.post(path, &[("language", "es")]).await?.status, StatusCode::FORBIDDEN, "{path}");
    }
    let home = rosa.get("/family").await?;
    let csrf = home.csrf()?;
    let spanish = rosa.post("/family/my-language", &[("csrf", &csrf), ("language", "es")]).await?;
    assert_eq!(spanish.status, StatusCode::SEE_OTHER);
    let home = rosa.get("/family").await?;
    assert!(home.text.contains("<html lang=\"es\"") && home.words().contains("Últimos mensajes"), "{}", home.words());
    let left = rosa.post("/family/sign-out", &[("csrf", &csrf)]).await?;
    assert!(left.headers[header::SET_COOKIE].to_str()?.contains("Max-Age=0"));
    assert_eq!(rosa.get("/family").await?.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a39_help_answers_the_three_questions() -> Done {
    let world = World::new().await?;
    let help = enter(&world, ROSA).await?.get("/family/help").await?.words();
    for question in ["How do I choose", "How do I change my phone number", "What are the kinds"] {
        assert!(help.contains(question), "{question}\n{help}");
    }
    assert!(help.contains("Call the registrar") && help.contains("At least one phone must stay on."));
    Ok(())
}
