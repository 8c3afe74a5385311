//! From a blank page to a message that has arrived, by plain form posts.

use axum::http::StatusCode;
use schoolbell_domain::permission::Role;

use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

/// Every field of the first step as the page holds it, with the blanks filled in.
fn first_step(page: &Answer) -> Done<Vec<(String, String)>> {
    let mut fields = vec![("csrf".to_owned(), page.csrf()?), ("title".to_owned(), "Ice day".to_owned())];
    fields.push(("category".to_owned(), "schools_out".to_owned()));
    for name in ["sms_body", "voice_body", "email_body"] {
        let (_, rest) = page.text.split_once(&format!("name=\"{name}\"")).ok_or(name)?;
        let (_, rest) = rest.split_once('>').ok_or(name)?;
        fields.push((name.to_owned(), rest.split("</textarea>").next().unwrap_or("").to_owned()));
    }
    fields.push(("email_subject".to_owned(), "{{school}} is closed on {{date}}".to_owned()));
    for part in page.text.split("name=\"blank:").skip(1) {
        fields.push((format!("blank:{}", part.split('"').next().unwrap_or("")), "ice".to_owned()));
    }
    Ok(fields)
}

async fn post(browser: &mut Browser<'_>, path: &str, fields: &[(String, String)]) -> Done<Answer> {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).await
}

/// To the review of a closing of Lincoln; the path of the draft's editor and the page.
async fn to_review(browser: &mut Browser<'_>) -> Done<(String, Answer)> {
    let blank = browser.get("/broadcasts/new?template=school_closing").await?;
    let kept = post(browser, "/broadcasts/new", &first_step(&blank)?).await?;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.words());
    let who = browser.get(kept.to.split('#').next().unwrap_or("")).await?;
    assert!(who.text.contains("Families of Lincoln Elementary School"), "{}", who.words());
    let path = kept.to.split('?').next().unwrap_or("").to_owned();
    let (csrf, version) = (who.csrf()?, who.field("version")?);
    let fields = [("csrf", csrf.as_str()), ("version", &version), ("step", "who"), ("go", "review")];
    let next = browser.post(&path, &fields).await?;
    let review = browser.get(next.to.split('#').next().unwrap_or("")).await?;
    Ok((path, review))
}

#[tokio::test]
async fn a_principal_sends_a_closing_and_watches_it_arrive_without_javascript() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    principal.until("/readyz", "\"drill-email\":\"up\"").await?;
    let (path, review) = to_review(&mut principal).await?;
    // Homes of the Ortegas (one, for two children) and the Nguyễns, and two mobiles; two mails; nobody said YES to texts.
    assert!(review.text.contains("Call 4 phones and e-mail 2"), "{}", review.words());
    assert!(review.text.contains("2 families"), "{}", review.words());
    assert!(review.text.contains("Nobody has said YES to texts on this number."), "A23");

    let broadcast = path.trim_end_matches("/edit").to_owned();
    let (csrf, version, digest) = (review.csrf()?, review.field("version")?, review.field("digest")?);
    let fields = [("csrf", csrf.as_str()), ("version", &version), ("digest", &digest), ("when", "now")];
    let sent = principal.post(&format!("{broadcast}/send"), &fields).await?;
    assert_eq!((sent.status, sent.to.as_str()), (StatusCode::SEE_OTHER, broadcast.as_str()), "{}", sent.words());
    let done = principal.until(&broadcast, "6 deliveries").await?;
    assert!(done.text.contains("Call") && done.text.contains("School by school"), "{}", done.words());
    let again = principal.post(&format!("{broadcast}/send"), &fields).await?;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "a second press of Send is no error");

    let people = principal.get(&format!("{broadcast}/people")).await?;
    assert!(people.text.contains("Rosa Ortega") && people.text.contains("Home of"), "{}", people.words());
    let export = principal.get(&format!("{broadcast}/export.csv")).await?;
    assert!(export.text.starts_with("delivery,given,family"));
    // Two mobiles could take a text and nobody said YES: rows of their own, with the reason.
    assert_eq!(
        export.text.matches("nobody has said YES").count() + export.text.matches("Nobody has said YES").count(),
        2
    );
    let person = export.text.split("per_").nth(1).map(|rest| format!("per_{}", &rest[..13])).ok_or("no person")?;
    let why = principal.get(&format!("{broadcast}/people/{person}")).await?;
    assert!(why.text.contains("What the rules say"), "{}", why.words());
    let id = broadcast.trim_start_matches("/broadcasts/");
    let status = principal.get(&format!("/api/v1/broadcasts/{id}")).await?;
    assert!(status.text.contains("\"category\":\"schools_out\""), "{}", status.text);
    let explained = principal.get(&format!("/api/v1/broadcasts/{id}/people/{person}")).await?;
    assert!(
        explained.text.contains("\"in_audience\":true") && explained.text.contains("\"rule\":\"A44\""),
        "{}",
        explained.text
    );
    let nobody = world.visitor().get(&format!("/api/v1/broadcasts/{id}")).await?;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_blank_left_open_keeps_the_message_and_says_what_to_fill_in() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let page = principal.get("/broadcasts/new?template=school_closing").await?;
    let mut fields = first_step(&page)?;
    fields.retain(|(name, _)| name != "blank:reason");
    let again = post(&mut principal, "/broadcasts/new", &fields).await?;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("Fill in: reason.") && again.text.contains("[[reason]]"), "{}", again.words());
    Ok(())
}

#[tokio::test]
async fn the_office_may_write_a_general_message_and_not_send_it_a7() -> Done {
    let world = World::new().await?;
    let mut office = world.signed_in(Role::Office, Some(LINCOLN)).await?;
    let page = office.get("/broadcasts/new?template=blank").await?;
    assert!(!page.text.contains("value=\"general\""), "a category that one may not send is not offered");
    let csrf = page.csrf()?;
    let fields =
        [("csrf", csrf.as_str()), ("title", "Picnic"), ("category", "general"), ("sms_body", "Picnic on Friday")];
    let kept = office.post("/broadcasts/new", &fields).await?;
    let path = kept.to.split('?').next().unwrap_or("").to_owned();
    let review = office.get(&format!("{path}?step=review")).await?;
    assert!(review.text.contains("Your role does not allow this here") && !review.text.contains("name=\"when\""));
    let (csrf, version) = (review.csrf()?, review.field("version").unwrap_or_else(|_| "1".to_owned()));
    let fields = [("csrf", csrf.as_str()), ("version", &version), ("when", "now")];
    let refused = office.post(&format!("{}/send", path.trim_end_matches("/edit")), &fields).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn the_review_leads_to_every_person_of_the_plan_with_the_reason() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    principal.until("/readyz", "\"drill-email\":\"up\"").await?;
    let (path, review) = to_review(&mut principal).await?;
    let plan = path.replace("/edit", "/plan");
    assert!(review.text.contains(&format!("href=\"{plan}\"")), "{}", review.words());
    let all = principal.get(&plan).await?;
    for says in ["Home of Ana Ortega", "Rosa Ortega", "Binh Nguyễn", "Gets it", "Left out", "(512) 555-0143"] {
        assert!(all.text.contains(says), "{says}: {}", all.words());
    }
    assert!(!all.text.contains("Joan Baker"), "she is at another school");
    let goes = principal.get(&format!("{plan}?show=goes")).await?;
    assert_eq!(goes.text.matches("Gets it</span>").count(), 6, "4 calls and 2 mails: {}", goes.words());
    let one = principal.get(&format!("{plan}?search=nguyen+binh")).await?;
    assert!(one.text.contains("Binh Nguyễn") && !one.text.contains("Rosa Ortega"), "{}", one.words());
    let (_, code) = review.text.split_once(&format!("{plan}?reason=")).unwrap_or(("", "3"));
    let code = code.split('"').next().unwrap_or("");
    let because = principal.get(&format!("{plan}?reason={code}")).await?;
    assert!(because.text.contains("Left out: ") && !because.text.contains("Gets it</span>"), "{}", because.words());
    assert_eq!(principal.get(&format!("{plan}?reason=x")).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_message_is_written_in_two_languages_and_each_family_reads_its_own() -> Done {
    let world = World::new().await?;
    world.start_carriers();
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    principal.until("/readyz", "\"drill-email\":\"up\"").await?;
    let (path, review) = to_review(&mut principal).await?;
    let hint = "Not written in the language of 2 people (2 Vietnamese)";
    assert!(review.text.contains(hint), "Binh and the home of Mai: {}", review.words());
    let english = principal.get(&format!("{path}?step=what")).await?;
    assert!(english.text.contains("Vietnamese: 1 guardian"), "{}", english.words());

    // "Add" keeps what stands and opens the other language.
    let (csrf, version) = (english.csrf()?, english.field("version")?);
    let mut fields = first_step(&english)?;
    for (name, value) in [("version", version.as_str()), ("step", "what"), ("language", "en")] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    fields.extend([("go", "another-language"), ("another", "vi")].map(|(name, value)| (name.into(), value.into())));
    let added = post(&mut principal, &path, &fields).await?;
    assert_eq!(added.to, format!("{path}?step=what&language=vi#texts"), "{}", added.words());
    let open = principal.get(added.to.split('#').next().unwrap_or("")).await?;
    assert!(open.text.contains("you are writing Vietnamese"), "{}", open.words());
    assert!(open.text.contains("What it says in English") && open.text.contains("is closed on"), "{}", open.words());

    let version = open.field("version")?;
    let shared = [("csrf", csrf.as_str()), ("version", &version), ("step", "what"), ("language", "vi")];
    let texts = [
        ("title", "Ice day"),
        ("category", "schools_out"),
        ("email_subject", "{{school}} đóng cửa"),
        ("email_body", "{{school}} đóng cửa vì [[reason]]."),
        ("voice_body", "{{school}} đóng cửa."),
        ("sms_body", "{{school}} đóng cửa."),
        ("go", "review"),
    ];
    let refused = principal.post(&path, &[&shared[..], &texts[..]].concat()).await?;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Fill in, in Vietnamese: reason."), "{}", refused.words());
    let version = refused.field("version")?;
    let shared = [("csrf", csrf.as_str()), ("version", &version), ("step", "what"), ("language", "vi")];
    let done = principal.post(&path, &[&shared[..], &texts[..], &[("blank:reason", "băng")]].concat()).await?;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.words());
    let review = principal.get(done.to.split('#').next().unwrap_or("")).await?;
    assert!(review.text.contains("đóng cửa vì băng"), "a sample family reads it: {}", review.words());
    assert!(review.text.contains("Lincoln Elementary School is closed on"), "{}", review.words());
    assert!(!review.text.contains("Not written in the language"), "{}", review.words());
    Ok(())
}

#[tokio::test]
async fn a_list_of_ids_is_pasted_or_uploaded_kept_and_its_unknown_lines_told() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::DistrictAdministrator, None).await?;
    let (path, review) = to_review(&mut principal).await?;
    let list = path.replace("/edit", "/list");
    let csrf = review.csrf()?;
    let fields = [("csrf", csrf.as_str()), ("name", "Choir trip"), ("mode", "include")];
    let none = principal.upload(&list, &[("csrf", &csrf), ("name", "Nobody")], ("ids.csv", b"x1\nx2\n")).await?;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.text.contains("No line of the file is a student"), "{}", none.words());
    let done = principal
        .upload(&list, &fields, ("ids.csv", b"Student number,Name\r\n1001,Ana\r\n1004,Tom\r\n7777,Who\r\n"))
        .await?;
    assert_eq!(done.status, StatusCode::OK, "{}", done.words());
    assert!(done.text.contains("holds 2 people") && done.text.contains("1 line means nobody"), "{}", done.words());
    assert!(done.text.contains("<td>7777</td>"), "{}", done.text);
    let both = principal.upload(&list, &[("csrf", &csrf), ("name", "x"), ("ids", "1")], ("ids.csv", b"1001")).await?;
    assert!(both.text.contains("Paste the ids or choose a file, not both"), "{}", both.words());
    let pasted = [("csrf", csrf.as_str()), ("name", "Not these"), ("ids", "1003"), ("mode", "except")];
    let done = principal.upload(&list, &pasted, ("", b"")).await?;
    assert!(done.text.contains("They are left out of this message."), "{}", done.words());
    let who = principal.get(&format!("{path}?step=who")).await?;
    assert!(who.text.contains("List: Not these"), "{}", who.words());
    assert!(who.text.contains("List: Choir trip"), "{}", who.words());
    let forged = principal.upload(&list, &[("csrf", "no"), ("name", "x")], ("ids.csv", b"1001\n")).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    Ok(())
}
