//! A whole conversation as plain forms: set up, number, first text, answer, removal (B1, B5, B8 to B15, B18, B22, B28, B29).

use schoolbell_domain::permission::Role;

use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

/// The part of an address that begins with `per_`, of the first link whose text holds the name.
pub fn person_of(page: &str, name: &str) -> Done<String> {
    let at = page.find(name).ok_or(format!("no {name}"))?;
    let link = page[..at].rfind("per_").ok_or("no link before it")?;
    Ok(page[link..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
}

pub async fn set_up(world: &World) -> Done {
    let mut district = world.signed_in(Role::DistrictAdministrator, None).await?;
    let page = district.get("/texting/settings").await?;
    let csrf = page.csrf()?;
    let school = page.field("school")?;
    district
        .post("/texting/settings", &[("csrf", &csrf), ("act", "school"), ("school", &school), ("part", "takes")])
        .await?;
    district.post("/texting/settings", &[("csrf", &csrf), ("act", "add"), ("number", "370-555-0001")]).await?;
    let page = district.get("/texting/settings").await?;
    assert!(page.words().contains("Takes part") && page.words().contains("(370) 555-0001"), "{}", page.words());
    Ok(())
}

pub async fn record(principal: &mut Browser<'_>, student: &str, number: &str) -> Done<String> {
    let edit = format!("/texting/students/{student}/edit");
    let page = principal.get(&edit).await?;
    assert!(page.words().contains("instruct the parent to contact the school"), "B8: {}", page.words());
    // The student stands first, then the mother.
    let mother = person_of(page.text.split("Rosa Ortega").nth(1).unwrap_or(""), "SMS contact number")?;
    let form = [
        ("csrf", page.csrf()?),
        ("person", mother.clone()),
        ("number", number.to_owned()),
        ("evidence", "form of January 4".to_owned()),
        ("opted_in_by", "guardian".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let saved = principal.post(&edit, &fields).await?;
    assert_eq!(saved.to, format!("/texting/students/{student}"), "{}", saved.words());
    Ok(mother)
}

/// Posts the composer's form.
async fn post(browser: &mut Browser<'_>, path: &str, csrf: &str, (body, stranger): (&str, &str)) -> Done<Answer> {
    browser.post(path, &[("csrf", csrf), ("body", body), ("stranger", stranger)]).await
}

/// Writes the first text, past everything that stops one; the path of its thread.
async fn write_first(principal: &mut Browser<'_>, write: &str) -> Done<String> {
    let page = principal.get(&format!("{write}?template=log_on")).await?;
    let words = page.words();
    assert!(words.contains("would they know who I was referring to?"), "B18");
    assert!(words.contains("Start of Course") && words.contains("When:"), "B22, B28");
    assert!(page.text.contains("Hi Ana, this is Dana Principal, your teacher for [[course]]"), "{}", page.text);
    let csrf = page.csrf()?;
    let marked = post(principal, write, &csrf, ("Ana Ortega got a 92 on the test.", "no")).await?;
    assert_eq!(marked.status, 422);
    assert!(
        marked.words().contains("Grades and scores.") && marked.words().contains("Use the first name alone."),
        "B19"
    );
    let unanswered = post(principal, write, &csrf, ("Are you able to log on?", "")).await?;
    assert!(unanswered.words().contains("Answer the question about a stranger."), "B18");
    let first = post(principal, write, &csrf, ("Are you able to log on?", "no")).await?;
    let thread = first.to.strip_suffix("#end").ok_or("no thread")?.to_owned();
    assert!(thread.starts_with("/texting/threads/thr_"));
    Ok(thread)
}

#[tokio::test]
async fn b8_b9_b11_b18_b26_b27_a_conversation_works_without_javascript_from_the_first_text_to_the_removal() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    world.start_carriers();
    set_up(&world).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let list = principal.get("/texting/enrollments").await?;
    assert!(list.words().contains("No: there is no SMS contact number on the record"), "B3: {}", list.words());
    let ana = person_of(&list.text, ">Ana Ortega")?;
    let mother = record(&mut principal, &ana, "370-555-0141").await?;
    let student = principal.get(&format!("/texting/students/{ana}")).await?;
    assert!(student.words().contains("SMS Enabled:\nYes"), "{}", student.words());

    let csrf = student.csrf()?;
    let thread = write_first(&mut principal, &format!("/texting/students/{ana}/write/{mother}")).await?;

    // The drill's phone answers what asks; the page shows the state of our text and the answer.
    let page = principal.until(&thread, "Yes, I can log on now. Thank you!").await?;
    assert!(page.text.contains("Are you able to log on? - Dana Principal"), "B26");
    principal.until(&thread, "Delivered").await?;
    let inbox = principal.get("/texting").await?;
    assert!(
        inbox.words().contains("Rosa Ortega") && inbox.words().contains("only approved method"),
        "B1: {}",
        inbox.words()
    );
    let log = principal.get(&format!("/texting/students/{ana}")).await?;
    assert!(log.words().contains("Text received") && log.words().contains("Text sent"), "B27: {}", log.words());

    let removal =
        [("csrf", csrf.as_str()), ("person", &mother), ("act", "remove"), ("requester", "parent"), ("more", "")];
    principal.post(&format!("/texting/students/{ana}/edit"), &removal).await?;
    let student = principal.get(&format!("/texting/students/{ana}")).await?;
    let words = student.words();
    assert!(
        words.contains("Parent requested no texting, removed SMS number, ") && words.contains("- D.Principal"),
        "B11: {words}"
    );
    assert!(words.contains("SMS Enabled:\nNo"), "B10");
    let closed = principal.get(&thread).await?;
    assert!(closed.words().contains("This thread is closed. It stays readable."), "{}", closed.words());
    Ok(())
}

#[tokio::test]
async fn b1_b5_b7_b13_b29_calls_are_logged_columns_are_kept_and_the_guidance_stands_in_the_product() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let list = principal.get("/texting/enrollments").await?;
    let csrf = list.csrf()?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    let path = format!("/texting/students/{ana}/communications");
    let page = principal.get(&format!("/texting/students/{ana}")).await?;
    assert!(page.words().contains("never called"), "B13");
    let at = page.text.split("name=\"at\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no time")?;
    let call = [
        ("csrf", csrf.as_str()),
        ("kind", "call"),
        ("outcome", "reached"),
        ("at", at),
        ("note", "spoke about reading"),
    ];
    let refused = principal.post(&path, &call).await?;
    assert_eq!(refused.status, 422);
    assert!(refused.words().contains("Choose how you knew with whom you spoke"), "B15: {}", refused.words());
    let mut call = call.to_vec();
    call.push(("identity", "known_voice"));
    assert_eq!(principal.post(&path, &call).await?.status, 303);
    let page = principal.get(&format!("/texting/students/{ana}")).await?;
    assert!(
        page.words().contains("last call today") && page.words().contains("Phone call: Reached"),
        "{}",
        page.words()
    );

    principal.post("/texting/columns", &[("csrf", &csrf), ("column", "grade"), ("column", "week")]).await?;
    let list = principal.get("/texting/enrollments").await?;
    assert!(
        list.text.contains("<th scope=\"col\">Grade</th>") && !list.text.contains("<th scope=\"col\">Last text</th>"),
        "B5"
    );
    let left = principal.get("/texting/enrollments?only=not_yet").await?;
    assert!(!left.text.contains(">Ana Ortega") && left.text.contains(">Luis Ortega"), "B20");
    let csv = principal.get("/texting/enrollments.csv").await?;
    assert!(
        csv.text
            .starts_with("Student,Section,Grade,SMS Enabled,Last call,Last text,Days since any contact,This week\r\n")
    );
    assert!(csv.text.contains("Ana Ortega,"));

    let record = principal.get(&format!("/texting/students/{ana}/record.csv")).await?;
    assert!(record.text.contains("Phone call: Reached") && record.text.contains("spoke about reading"), "B14");
    let guide = principal.get("/texting/guidance").await?;
    for words in ["only approved method", "This list is ours", "Amendment", "Office numbers are for phone calls only"] {
        assert!(guide.words().contains(words), "B1, B7, B14, B19, B29: {words}");
    }
    let mut observer = world.signed_in(Role::Observer, Some(LINCOLN)).await?;
    assert_eq!(observer.get("/texting").await?.status, 403);
    assert_eq!(observer.get(&format!("/texting/students/{ana}")).await?.status, 403);
    Ok(())
}
