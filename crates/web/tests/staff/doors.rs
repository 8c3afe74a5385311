//! Who comes in, and what is refused: sessions, forged posts, roles, headers.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use schoolbell_domain::permission::Role;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::set_password::set_password;
use schoolbell_store::read::users;

use super::world::{Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

#[tokio::test]
async fn a_visitor_is_sent_to_sign_in_and_back_to_the_page_they_wanted() -> Done {
    let world = World::new().await?;
    let mut visitor = world.visitor();
    let page = visitor.get("/people?search=ana").await?;
    assert_eq!((page.status, page.to.as_str()), (StatusCode::SEE_OTHER, "/sign-in?next=/people%3Fsearch%3Dana"));
    world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let all = users::users(&mut world.engine.reader().read().await?).await?;
    let user = all.iter().find(|(user, _)| user.email == "principal@example.org").ok_or("no principal")?.0.id;
    set_password(&world.engine, &Actor::command_line(), user, "four words of snow").await?;

    let form = visitor.get(&page.to).await?;
    let fields = |password: &'static str| [("email", "principal@example.org"), ("password", password)];
    let mut wrong = vec![("csrf", form.csrf()?), ("next", form.field("next")?)];
    wrong.extend(fields("guess").map(|(name, value)| (name, value.to_owned())));
    let borrowed: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let no = visitor.post("/sign-in", &borrowed).await?;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no.text.contains("do not fit together"), "{}", no.words());
    let right = [("csrf", no.csrf()?), ("next", no.field("next")?)];
    let mut right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    right.extend(fields("four words of snow"));
    let yes = visitor.post("/sign-in", &right).await?;
    assert_eq!((yes.status, yes.to.as_str()), (StatusCode::SEE_OTHER, "/people?search=ana"));
    let cookie = yes.headers[header::SET_COOKIE].to_str()?;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(visitor.get("/people?search=ana").await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn ones_own_password_is_set_in_the_pages_and_opens_the_door() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let page = staff.get("/settings/password").await?;
    assert!(!page.text.contains("name=\"current\""), "who came by a link has no password yet");
    let short = staff.post("/settings/password", &[("csrf", &page.csrf()?), ("password", "snow")]).await?;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.text.contains("The password has 4 characters"), "{}", short.words());
    let set = [("csrf", page.csrf()?), ("password", " four words of snow".to_owned())];
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = staff.post("/settings/password", &set).await?;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.words());
    let told = staff.get(&done.to).await?;
    assert!(told.text.contains("Your password is changed.") && told.text.contains("name=\"current\""));
    let without = staff.post("/settings/password", &set).await?;
    assert!(without.text.contains("This is not the password of now"), "{}", without.words());

    let mut other = world.visitor();
    let door = other.get("/sign-in").await?;
    let csrf = door.csrf()?;
    let fields = [("csrf", csrf.as_str()), ("email", "principal@example.org"), ("password", " four words of snow")];
    assert_eq!(other.post("/sign-in", &fields).await?.status, StatusCode::SEE_OTHER, "the blank counts");
    Ok(())
}

#[tokio::test]
async fn every_post_without_the_session_token_is_refused() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::DistrictAdministrator, None).await?;
    let paths = [
        "/theme",
        "/sign-out",
        "/settings/sessions",
        "/settings/users",
        "/settings/password",
        "/broadcasts/new",
        "/compose/previews",
        "/broadcasts/brd_0000000000001/edit",
        "/broadcasts/brd_0000000000001/send",
        "/broadcasts/brd_0000000000001/discard",
        "/broadcasts/brd_0000000000001/copy",
        "/broadcasts/brd_0000000000001/stop",
        "/broadcasts/brd_0000000000001/unschedule",
        "/roster/imports/imp_0000000000001",
    ];
    for path in paths {
        let without = staff.post(path, &[("do", "create")]).await?;
        assert_eq!(without.status, StatusCode::FORBIDDEN, "{path}: {}", without.words());
        assert!(without.text.contains("/rules#forged-form"), "{path}");
        let forged = staff.post(path, &[("csrf", &"0".repeat(64))]).await?;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
    }
    let upload = staff.upload("/roster/imports/new", &[("csrf", "no")], ("students.csv", b"a,b\n")).await?;
    assert_eq!(upload.status, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn a_post_that_another_site_made_the_browser_send_is_refused_even_with_the_token() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let csrf = staff.get("/menu").await?.csrf()?;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/theme")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = staff.send(request, Body::from(format!("csrf={csrf}&theme=dark"))).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn a_role_sees_its_own_pages_and_a_refusal_names_the_rule() -> Done {
    let world = World::new().await?;
    let mut teacher = world.signed_in(Role::Teacher, Some(LINCOLN)).await?;
    for path in ["/broadcasts", "/broadcasts/new", "/roster", "/roster/imports/new", "/audit", "/settings/users"] {
        let page = teacher.get(path).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.text.contains("/rules#permission"), "{path}");
    }
    assert_eq!(teacher.get("/").await?.status, StatusCode::OK);
    let found = teacher.get("/people?search=ortega").await?;
    assert!(found.text.contains("Ana Ortega") && found.text.contains("Rosa Ortega"));
    let elsewhere = teacher.get("/people?search=baker").await?;
    assert!(elsewhere.text.contains("Nobody found"), "a teacher sees her own school's people alone");
    Ok(())
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers_and_no_page_holds_inline_script_or_style() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::DistrictAdministrator, None).await?;
    for path in ["/", "/broadcasts/new?template=school_closing", "/people", "/settings", "/nowhere"] {
        let page = staff.get(path).await?;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str()?;
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(
            !page.text.contains("style=") && !page.text.contains("<style") && !page.text.contains("onclick="),
            "{path}"
        );
        assert!(page.text.split("<script").skip(1).all(|script| script.starts_with(" src=\"/static/")), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn health_says_alive_and_not_ready_before_a_carrier_is_up() -> Done {
    let world = World::new().await?;
    let mut visitor = world.visitor();
    assert_eq!(visitor.get("/healthz").await?.status, StatusCode::OK);
    world.start_carriers();
    let ready = visitor.until("/readyz", "\"drill-email\":\"up\"").await?;
    assert!(ready.text.contains("\"database\":\"ok\""), "{}", ready.text);
    Ok(())
}
