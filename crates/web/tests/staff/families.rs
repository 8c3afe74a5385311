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

pub const ROSA: &str = "rosa@example.org";
pub const JOAN: &str = "joan@example.org";

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
pub async fn send(world: &World, school: usize, category: Category) -> Done<String> {
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

#[tokio::test]
async fn a36_and_a46_the_grid_saves_by_plain_form_explains_the_last_phone_and_refuses_in_words() -> Done {
    let world = World::new().await?;
    let mut rosa = enter(&world, ROSA).await?;
    let page = rosa.get("/family/ways").await?;
    let words = page.words();
    assert!(words.contains("Calls for everything.") && words.contains("your mobile"), "{words}");
    assert!(
        words.contains("No texts yet.") && words.contains("Must stay on: it is the last phone for this."),
        "{words}"
    );
    let (mut point, mut mobile) = (String::new(), String::new());
    for card in page.text.split("name=\"point\" value=\"").skip(1) {
        let id = card.split('"').next().unwrap_or("").to_owned();
        if card.contains("was:attendance:voice\" value=\"on\"") && point.is_empty() {
            point = id;
        } else if card.contains("was:attendance:voice\" value=\"off\"") && mobile.is_empty() {
            mobile = id;
        }
    }
    assert!(!point.is_empty() && !mobile.is_empty(), "home phones ring for attendance, the mobile does not");
    let csrf = page.csrf()?;
    let edit = |point: &str, was: &str| {
        vec![("csrf", csrf.clone()), ("point", point.to_owned()), ("was:attendance:voice", was.to_owned())]
    };
    // Turning the last phone off: refused with the name of the kind, nothing changed.
    let fields = edit(&point, "on");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = rosa.post("/family/ways", &fields).await?;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.words().contains("Not saved: for Attendance at least one phone must stay on"),
        "{}",
        refused.words()
    );
    // Another phone on first, then it goes; and back by undo.
    let on =
        [("csrf", csrf.as_str()), ("point", &mobile), ("was:attendance:voice", "off"), ("cell:attendance:voice", "on")];
    let saved = rosa.post("/family/ways", &on).await?;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.words());
    let shown = rosa.get(&saved.to).await?;
    assert!(shown.words().contains("Saved.") && shown.words().contains("Undo"), "{}", shown.words());
    let gone = rosa.post("/family/ways", &fields).await?;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.words());
    let save = gone.to.split("saved=").nth(1).ok_or("no save")?.to_owned();
    let back = rosa.post("/family/ways/undo", &[("csrf", &csrf), ("undo", &save)]).await?;
    assert_eq!(back.to, "/family/ways?child=&done=undone");
    // An old page that shows what stood changes nothing.
    let as_it_stood =
        [("csrf", csrf.as_str()), ("point", &point), ("was:attendance:voice", "on"), ("cell:attendance:voice", "on")];
    assert_eq!(rosa.post("/family/ways", &as_it_stood).await?.to, "/family/ways?child=");
    // htmx gets the fragment alone.
    let request = axum::http::Request::builder()
        .method(axum::http::Method::POST)
        .uri("/family/ways")
        .header("hx-request", "true")
        .header("x-csrf-token", &csrf)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = format!("point={mobile}&was%3Ageneral%3Avoice=off&cell%3Ageneral%3Avoice=on");
    let part = rosa.send(request, axum::body::Body::from(body)).await?;
    assert!(part.text.starts_with("<section") && part.text.contains("data-say=\"Saved.\""), "{}", part.text);
    another_family_finds_nothing_of(&world, &mobile).await
}

async fn another_family_finds_nothing_of(world: &World, mobile: &str) -> Done {
    let mut joan = enter(world, JOAN).await?;
    let joans = joan.get("/family/ways").await?.csrf()?;
    let foreign =
        [("csrf", joans.as_str()), ("point", mobile), ("was:general:voice", "off"), ("cell:general:voice", "on")];
    assert_eq!(joan.post("/family/ways", &foreign).await?.status, StatusCode::NOT_FOUND);
    let stop = joan.post("/family/ways/text-stop", &[("csrf", &joans), ("point", mobile)]).await?;
    assert_eq!(stop.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a18_a10_contacts_are_read_here_confirmed_here_and_changed_by_the_registrar_alone() -> Done {
    let world = World::new().await?;
    let mut rosa = enter(&world, ROSA).await?;
    let home = rosa.get("/family").await?;
    assert!(home.words().contains("Is what the school has for you still right?"), "{}", home.words());
    let page = rosa.get("/family/contacts").await?;
    assert!(
        page.words().contains("Lincoln Elementary School") && page.words().contains("(512) 555-0144"),
        "{}",
        page.words()
    );
    assert!(
        !page.text.contains("type=\"tel\"") && !page.text.contains("type=\"email\""),
        "nothing to type an address into"
    );
    let csrf = page.csrf()?;
    // A18: any other way is refused with the school to call.
    for method in
        [axum::http::Method::POST, axum::http::Method::PUT, axum::http::Method::PATCH, axum::http::Method::DELETE]
    {
        let request = axum::http::Request::builder()
            .method(method.clone())
            .uri("/family/contacts")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let no = rosa.send(request, axum::body::Body::from(format!("csrf={csrf}&mobile=5125550199"))).await?;
        assert_eq!(no.status, StatusCode::FORBIDDEN, "{method}");
        assert!(no.words().contains("Lincoln Elementary School") && no.words().contains("registrar"), "{}", no.words());
        assert!(!no.words().contains("Riverside"), "the right school");
    }
    let school = page.field("school")?;
    let empty =
        rosa.post("/family/contacts/review", &[("csrf", &csrf), ("school", &school), ("answer", "changed")]).await?;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wish = "My mobile is now 512-555-0199";
    let asked = [("csrf", csrf.as_str()), ("school", &school), ("answer", "changed"), ("wish", wish)];
    assert_eq!(rosa.post("/family/contacts/review", &asked).await?.to, "/family/contacts?done=changed");
    assert_eq!(rosa.post("/family/contacts/review", &asked).await?.to, "/family/contacts?done=changed");
    let page = rosa.get("/family/contacts").await?;
    assert!(page.words().contains(wish) && page.words().contains("(512) 555-0144"), "the record itself stays");
    let mut reads = world.engine.reader().read().await?;
    let tasks = schoolbell_store::read::contact_reviews::open_tasks(&mut reads, None, 10).await?;
    assert_eq!(tasks.len(), 1, "asked twice is one task");
    assert!(tasks[0].detail.contains(wish) && tasks[0].kind == "contact_change");
    assert!(!rosa.get("/family").await?.words().contains("still right?"), "asked again in a year");
    let mut joan = enter(&world, JOAN).await?;
    let csrf = joan.get("/family/contacts").await?.csrf()?;
    let foreign = [("csrf", csrf.as_str()), ("school", &school), ("answer", "right")];
    assert_eq!(joan.post("/family/contacts/review", &foreign).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}
