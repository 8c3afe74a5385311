//! One text to many, weekly outreach, ready-made texts, office hours and cover as plain forms (B19, B20, B22, B28).

use schoolbell_domain::permission::Role;

use super::texting::{person_of, record, set_up};
use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

/// Every hidden field and ticked box of the form that `/texting/many` answered, with what is added.
fn form_of(page: &Answer, add: &[(&str, &str)]) -> Vec<(String, String)> {
    let form = page.text.split("id=\"many\"").nth(1).unwrap_or("");
    let mut fields: Vec<(String, String)> = Vec::new();
    for tag in form.split("<input ").skip(1).map(|tag| tag.split('>').next().unwrap_or("")) {
        let of = |name: &str| tag.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        let sent = tag.contains("type=\"hidden\"") || (tag.contains("type=\"checkbox\"") && tag.contains(" checked"));
        if let (true, Some(name)) = (sent, of("name")) {
            fields.push((name.to_owned(), of("value").unwrap_or("").to_owned()));
        }
    }
    fields.extend(add.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

async fn post(browser: &mut Browser<'_>, path: &str, fields: &[(String, String)]) -> Done<Answer> {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &pairs).await
}

#[tokio::test]
async fn b20_who_was_not_contacted_this_week_is_texted_in_three_taps_each_alone() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    world.start_carriers();
    set_up(&world).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let list = principal.get("/texting/enrollments").await?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    record(&mut principal, &ana, "370-555-0150").await?;

    let week = principal.get("/texting/outreach").await?;
    let words = week.words();
    assert!(words.contains("0 of 3 contacted this week"), "{words}");
    assert!(words.contains("can be texted\n") && words.contains("call these"), "{words}");
    assert!(words.contains("there is no SMS contact number on the record"), "who cannot be texted is to be called");
    let csrf = week.csrf()?;
    let tapped =
        principal.post("/texting/many", &[("csrf", &csrf), ("student", &ana), ("template", "great_work")]).await?;
    let words = tapped.words();
    assert!(words.contains("Hi Ana, great work this week in your [[course]] class!"), "{words}");
    assert!(words.contains("is not filled in for this student"), "{words}");

    // Written by hand, looked at, then sent; what was not looked at does not go.
    let body = "Hi {{student}}, are you able to log on today?";
    let unseen = form_of(&tapped, &[("body", body), ("step", "send"), ("stranger", "no")]);
    let refused = post(&mut principal, "/texting/many", &unseen).await?;
    assert_eq!(refused.status, 422);
    assert!(refused.words().contains("The texts have changed since you looked at them"), "{}", refused.words());
    let looked = post(&mut principal, "/texting/many", &form_of(&refused, &[("body", body), ("step", "look")])).await?;
    assert!(looked.words().contains("Hi Ana, are you able to log on today? - Dana Principal"), "{}", looked.words());
    let unanswered =
        post(&mut principal, "/texting/many", &form_of(&looked, &[("body", body), ("step", "send")])).await?;
    assert!(unanswered.words().contains("Answer the question about a stranger."), "B18");
    let form = form_of(&looked, &[("body", body), ("step", "send"), ("stranger", "no")]);
    let sent = post(&mut principal, "/texting/many", &form).await?;
    assert_eq!(sent.status, 200);
    assert!(sent.words().contains("1 text sent") && sent.words().contains("To Rosa Ortega"), "{}", sent.words());
    let again = post(&mut principal, "/texting/many", &form).await?;
    assert_eq!(again.status, 422, "the same form twice: everybody has it, so what was looked at is no more so");
    let link = person_of(&sent.text, "Ana Ortega").is_ok();
    assert!(link || sent.text.contains("/texting/threads/thr_"));
    let week = principal.get("/texting/outreach").await?;
    assert!(week.words().contains("1 of 3 contacted this week"), "{}", week.words());
    Ok(())
}

#[tokio::test]
async fn b28_ready_made_texts_are_kept_shared_and_taken_out_and_stand_in_the_composer() -> Done {
    let world = World::new().await?;
    set_up(&world).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let page = principal.get("/texting/templates").await?;
    for words in ["Start of Course", "Engagement and Pacing", "Additional Times", "When: ", "{{student}}"] {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
    let csrf = page.csrf()?;
    let body = "Hi {{student}}, the field trip is tomorrow. - {{teacher}}";
    let when = "the day before a trip";
    let kept =
        [("csrf", csrf.as_str()), ("owner", "own"), ("group", "additional_times"), ("body", body), ("when", when)];
    assert_eq!(principal.post("/texting/templates", &kept).await?.status, 303);
    let bad = principal.post("/texting/templates", &[("csrf", &csrf), ("owner", "own"), ("group", "x")]).await?;
    assert_eq!(bad.status, 422);
    let page = principal.get("/texting/templates").await?;
    assert!(page.words().contains("Yours") && page.words().contains("When: the day before a trip"), "{}", page.words());

    let list = principal.get("/texting/enrollments").await?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    let mother = record(&mut principal, &ana, "370-555-0150").await?;
    let composer = principal.get(&format!("/texting/students/{ana}/write/{mother}")).await?;
    assert!(composer.words().contains("Hi Ana, the field trip is tomorrow."), "{}", composer.words());
    assert!(composer.words().contains("Yours. the day before a trip"), "B28: {}", composer.words());
    let id = page.field("id")?;
    principal.post("/texting/templates", &[("csrf", &csrf), ("act", "retire"), ("id", &id)]).await?;
    assert!(!principal.get("/texting/templates").await?.words().contains("field trip"));
    Ok(())
}

#[tokio::test]
async fn office_hours_and_cover_are_set_on_one_page_and_a_late_text_is_taken_back() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    set_up(&world).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    world.signed_in(Role::Office, Some(LINCOLN)).await?;
    let page = principal.get("/texting/hours").await?;
    assert!(page.words().contains("Office hours: Yours") && page.words().contains(LINCOLN), "{}", page.words());
    let csrf = page.csrf()?;
    let half = [("csrf", csrf.as_str()), ("place", "own"), ("act", "set"), ("opens-0", "08:00")];
    let refused = principal.post("/texting/hours", &half).await?;
    assert!(refused.words().contains("On Monday write when the office opens"), "{}", refused.words());
    let hours =
        [("csrf", csrf.as_str()), ("place", "own"), ("act", "set"), ("opens-0", "08:00"), ("closes-0", "16:00")];
    assert_eq!(principal.post("/texting/hours", &hours).await?.status, 303);
    assert!(principal.get("/texting/hours").await?.words().contains("These hours hold."));

    let user = |name: &str| -> Done<String> {
        let option =
            page.text.split(&format!(">{name}</option>")).next().and_then(|before| before.rsplit("value=\"").next());
        Ok(option.and_then(|rest| rest.split('"').next()).ok_or("no option")?.to_owned())
    };
    let (away, substitute) = (user("Dana Principal")?, user("Dana Office")?);
    let cover = [
        ("csrf", csrf.as_str()),
        ("act", "cover"),
        ("away", &away),
        ("substitute", &substitute),
        ("first_day", "2099-01-04"),
        ("last_day", "2099-01-05"),
    ];
    assert_eq!(principal.post("/texting/hours", &cover).await?.status, 303, "{away} {substitute}");
    let page = principal.get("/texting/hours").await?;
    assert!(page.words().contains("Dana Office for Dana Principal"), "{}", page.words());

    let list = principal.get("/texting/enrollments").await?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    let mother = record(&mut principal, &ana, "370-555-0150").await?;
    let write = format!("/texting/students/{ana}/write/{mother}");
    let later =
        [("csrf", csrf.as_str()), ("body", "See you at 1:00."), ("stranger", "no"), ("send_at", "2099-01-04T12:00")];
    let thread = principal.post(&write, &later).await?.to.replace("#end", "");
    let page = principal.get(&thread).await?;
    assert!(page.words().contains("Take it back"), "{}", page.words());
    let cancel = page.text.split("action=\"").find(|part| part.contains("/cancel\"")).ok_or("no form")?;
    let cancel = cancel.split('"').next().unwrap_or("").to_owned();
    assert_eq!(principal.post(&cancel, &[("csrf", &csrf)]).await?.status, 303);
    let page = principal.get(&thread).await?;
    assert!(page.words().contains("Taken back") && !page.words().contains("Take it back"), "{}", page.words());
    Ok(())
}
