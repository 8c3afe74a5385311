//! Texts that joined no thread: the office sees them with the reason, asks a supervisor, and settles them (B16, B21).

use schoolbell_domain::permission::Role;
use schoolbell_engine::hooks::{self, HookText};
use schoolbell_store::read::audit;

use super::texting::{person_of, record, set_up};
use super::world::{Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

async fn comes(world: &World, reference: &str, (from, body): (&str, &str)) -> Done {
    let text = HookText {
        reference: reference.to_owned(),
        from: from.to_owned(),
        to: "+13705550001".to_owned(),
        body: body.to_owned(),
        media: Vec::new(),
    };
    hooks::text(&world.engine, "an account of another node", text).await?;
    Ok(())
}

/// The address at which the held text with these words is settled.
fn action_of(page: &str, words: &str) -> Done<String> {
    let after = page.split(words).nth(1).ok_or(format!("no {words}"))?;
    let action = after.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no form")?;
    Ok(action.to_owned())
}

#[tokio::test]
async fn b16_b21_a_text_that_nobody_asked_for_is_held_for_the_office_which_asks_a_supervisor() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    set_up(&world).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let list = principal.get("/texting/enrollments").await?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    record(&mut principal, &ana, "370-555-0150").await?;
    comes(&world, "MM1", ("+13705550150", "Is this the school?")).await?;
    comes(&world, "MM2", ("+13705550177", "Which class is Ana in?")).await?;
    principal.until("/texting", "Is this the school?").await?;
    let page = principal.until("/texting", "Which class is Ana in?").await?;
    let words = page.words();
    assert!(words.contains("Held texts") && words.contains("Never share anything with a number that is on no record"));
    assert!(words.contains("No threads yet"), "held is no thread: {words}");
    assert_eq!(words.matches("Answered once").count(), 2);

    let known = action_of(&page.text, "Is this the school?")?;
    let strange = action_of(&page.text, "Which class is Ana in?")?;
    let csrf = page.csrf()?;
    assert_eq!(principal.post(&strange, &[("csrf", &csrf), ("step", "hm")]).await?.status, 422);
    assert_eq!(principal.post(&strange, &[("csrf", &csrf), ("step", "ask")]).await?.status, 303);
    let page = principal.get("/texting").await?;
    assert!(page.words().contains("Supervisor asked by principal@example.org"), "{}", page.words());
    let mut reads = world.engine.reader().read().await?;
    let subject = strange.rsplit('/').next().unwrap_or("");
    let told = audit::of_subject(&mut reads, subject).await?;
    assert_eq!(told.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["ask_supervisor"]);
    drop(reads);

    // Whose number it is decides who sees it; one that is on no record is for every office, and for no teacher.
    let mut river = world.signed_in(Role::Office, Some("Riverside High School")).await?;
    let page = river.get("/texting").await?;
    assert!(page.text.contains("Which class is Ana in?") && !page.text.contains("Is this the school?"));
    let csrf_of_river = page.csrf()?;
    assert_eq!(river.post(&known, &[("csrf", &csrf_of_river), ("step", "settle")]).await?.status, 403);
    let mut teacher = world.signed_in(Role::Teacher, Some(LINCOLN)).await?;
    let page = teacher.get("/texting").await?;
    assert!(!page.text.contains("Which class is Ana in?") && !page.words().contains("Held texts"));
    let csrf_of_teacher = page.csrf()?;
    assert_eq!(teacher.post(&strange, &[("csrf", &csrf_of_teacher), ("step", "settle")]).await?.status, 403);

    assert_eq!(principal.post(&strange, &[("csrf", &csrf), ("step", "settle")]).await?.status, 303);
    let page = principal.get("/texting").await?;
    assert!(page.text.contains("Is this the school?") && !page.text.contains("Which class is Ana in?"));
    Ok(())
}
