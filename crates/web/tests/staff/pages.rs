//! What the main pages say, held by snapshots; and how much they weigh.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use schoolbell_domain::permission::Role;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::record_revocation::{Heard, HeardRevocation, Said, record_revocation};
use schoolbell_engine::roster::{ImportRequest, Source};

use super::world::{Done, World};

/// Ids, times and hashes change from run to run.
fn settled(words: &str) -> String {
    let mut out = String::new();
    for line in words.lines() {
        let clock = line.contains("a.m.") || line.contains("p.m.");
        let greets = line.starts_with("Good ");
        out.push_str(if clock {
            "(a time)"
        } else if greets {
            "Good day, Dana"
        } else {
            line
        });
        out.push('\n');
    }
    out
}

#[tokio::test]
async fn the_main_pages_say_what_they_always_said() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::DistrictAdministrator, None).await?;
    for (name, path) in [
        ("now", "/"),
        ("messages", "/broadcasts"),
        ("begin", "/broadcasts/new"),
        ("students", "/people?search=ortega"),
        ("roster", "/roster"),
        ("import", "/roster/imports/new"),
        ("settings", "/settings"),
        ("nothing", "/nowhere"),
    ] {
        let page = staff.get(path).await?;
        insta::assert_snapshot!(name, settled(&page.words()));
    }
    Ok(())
}

#[tokio::test]
async fn a_person_page_tells_contacts_by_school_and_whom_to_call_a20() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::DistrictAdministrator, None).await?;
    let found = staff.get("/people?search=ana%20ortega").await?;
    let (_, rest) = found.text.split_once("href=\"/people/per_").ok_or("nobody found")?;
    let page = staff.get(&format!("/people/per_{}", &rest[..13])).await?;
    let words = page.words();
    for wanted in
        ["Ana Ortega", "Rosa Ortega", "(512) 555-0143", "To change: the registrar of Lincoln Elementary School"]
    {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
    assert!(words.contains("last synced") && words.contains("Texts: "), "{words}");
    assert!(words.contains("Mother, main contact"), "{words}");
    Ok(())
}

#[tokio::test]
async fn an_upload_is_imported_its_page_shows_the_difference_and_it_can_be_rolled_back() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::DistrictAdministrator, None).await?;
    let form = staff.get("/roster/imports/new").await?;
    let roster = "Student_Number,Last_Name,First_Name,Grade_Level,SchoolID,School_Name,Home_Phone,Enroll_Status\n\
        1001,Ortega,Ana,4,101,Lincoln Elementary School,(512) 555-0143,0\n";
    let answer =
        staff.upload("/roster/imports/new", &[("csrf", &form.csrf()?)], ("students.csv", roster.as_bytes())).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.words());
    let held = staff.get(&answer.to).await?;
    assert!(
        held.text.contains("More would change than usual") && held.text.contains("students would leave"),
        "{}",
        held.words()
    );
    let csrf = held.csrf()?;
    let no_reason = staff.post(&answer.to, &[("csrf", &csrf), ("do", "release"), ("reason", " ")]).await?;
    assert!(no_reason.to.ends_with("problem=reason"));
    staff.post(&answer.to, &[("csrf", &csrf), ("do", "release"), ("reason", "schools merged")]).await?;
    let applied = staff.get(&answer.to).await?;
    assert!(applied.text.contains("Applied") && applied.text.contains("schools merged"), "{}", applied.words());
    staff.post(&answer.to, &[("csrf", &csrf), ("do", "roll-back"), ("reason", "wrong file")]).await?;
    let back = staff.get(&answer.to).await?;
    assert!(back.text.contains("Rolled back"), "{}", back.words());
    assert_eq!(
        std::fs::read_dir(world.folder())?
            .filter(|file| file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().starts_with("roster-")))
            .count(),
        0,
        "no upload is left behind"
    );
    Ok(())
}

#[tokio::test]
async fn no_page_weighs_more_than_sixty_kilobytes_on_the_wire() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::DistrictAdministrator, None).await?;
    for path in
        ["/", "/broadcasts/new?template=emergency", "/people", "/audit", "/settings", "/settings/users", "/rules"]
    {
        let request = Request::builder().method(Method::GET).uri(path).header(header::ACCEPT_ENCODING, "gzip");
        let page = staff.send(request, Body::empty()).await?;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.headers[header::CONTENT_ENCODING], "gzip", "{path}");
        // The text is read lossily here, which only makes it longer.
        assert!(page.text.len() < 60 * 1024, "{path}: {}", page.text.len());
    }
    Ok(())
}

#[tokio::test]
async fn law_9_staff_write_a_revocation_down_on_the_persons_page() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::Office, Some("Lincoln Elementary School")).await?;
    let found = staff.get("/people?search=ana%20ortega").await?;
    let (_, rest) = found.text.split_once("href=\"/people/per_").ok_or("nobody found")?;
    let path = format!("/people/per_{}", &rest[..13]);
    let page = staff.get(&path).await?;
    let csrf = page.csrf()?;
    assert!(page.text.contains("action=\"/people/per_"), "the form stands there");
    let fields = [("csrf", csrf.as_str()), ("number", "+15125550143"), ("said", "stop"), ("how", "phone")];
    let no_proof = staff.post(&format!("{path}/revocation"), &fields).await?;
    assert_eq!(no_proof.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", no_proof.words());
    let strange: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "number").collect();
    let strange = [&strange[..], &[("number", "+15125550199"), ("note", "x")]].concat();
    assert_eq!(staff.post(&format!("{path}/revocation"), &strange).await?.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = [&fields[..], &[("note", "Rosa called on Monday")]].concat();
    let done = staff.post(&format!("{path}/revocation"), &told).await?;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.words());
    let after = staff.get(&format!("{path}?noted=stop")).await?;
    let words = after.words();
    assert!(words.contains("Asked not to be called") && words.contains("Noted."), "{words}");
    Ok(())
}

#[tokio::test]
async fn a11_the_desk_lists_what_a_human_must_mend_and_whom_to_call_until_the_next_import_mends_it() -> Done {
    let world = World::new().await?;
    let mut staff = world.signed_in(Role::Registrar, None).await?;
    let empty = staff.get("/desk").await?;
    assert!(empty.status == StatusCode::OK && empty.words().contains("Nothing to mend"), "{}", empty.words());
    let cli = Actor::command_line();
    let wrong = HeardRevocation {
        number: "(512) 555-0144",
        said: Said::NotTheirs,
        how: Heard::ByPhone,
        note: "a stranger answered",
    };
    record_revocation(&world.engine, &cli, wrong).await?;
    for number in ["(512) 555-0147", "(512) 555-0148"] {
        let stop = HeardRevocation { number, said: Said::Stop, note: "Joan called", ..wrong };
        record_revocation(&world.engine, &cli, stop).await?;
    }
    let desk = staff.get("/desk").await?;
    let words = desk.words();
    for wanted in ["Rosa Ortega", "Wrong number", "reaches a stranger", "Tom Baker", "Only emergencies ring"] {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
    let mut lincoln = world.signed_in(Role::Principal, Some("Lincoln Elementary School")).await?;
    let own = lincoln.get("/desk").await?.words();
    assert!(own.contains("Rosa Ortega") && !own.contains("Tom Baker"), "a school sees its own: {own}");
    let roster = world.folder().join("mended.csv");
    std::fs::write(&roster, super::world::STUDENTS.replace("(512) 555-0144", "(512) 555-0149"))?;
    import_roster(&world.engine, &cli, ImportRequest::of(Source::Path(roster))).await?;
    let after = staff.get("/desk").await?.words();
    assert!(!after.contains("Wrong number") && after.contains("Tom Baker"), "{after}");
    Ok(())
}
