//! Nobody sees another family (LAW-52): custody, one shared number, two households, a guardian who left, a student who turned 18.
//! Each over every page of the family, past notifications, preferences, and the rows of the plan.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use jiff::ToSpan;
use schoolbell_domain::category::Category;
use schoolbell_domain::permission::Role;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::family_sign_in::make_family_link;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::roster::{ImportRequest, Source};

use super::families::{enter, send};
use super::world::{Browser, Done, World};

pub const HEAD: &str = "Student_Number,Last_Name,First_Name,Grade_Level,SchoolID,School_Name,DOB,Enroll_Status\n";
const CONTACT_HEAD: &str = "Student_Number,Contact_ID,Contact_Priority,Contact_First_Name,Contact_Last_Name,Relationship,\
    Mobile_Phone,Email,Custody_Restricted,Custody_Document\n";

/// Nora at Lincoln, her brother Leo at Riverside, and Tadeo of another family at Lincoln.
pub const NORA: &str = "2001,Reyes,Nora,3,101,Lincoln Elementary School,2018-04-02,0\n";
pub const LEO: &str = "2002,Reyes,Leo,10,201,Riverside High School,2011-04-02,0\n";
pub const TADEO: &str = "2003,Baker,Tadeo,4,101,Lincoln Elementary School,2017-04-02,0\n";

pub const ELENA: &str = "elena@example.org";
const DIEGO: &str = "diego@example.org";
const JOAN: &str = "joan@example.org";

/// The indexes of the schools for `send`.
pub const LINCOLN: usize = 0;
pub const RIVERSIDE: usize = 1;

/// A line of contacts.csv: student, key, priority, name and mail of the contact, mobile, whether a court bars it.
pub fn contact(student: u32, key: &str, priority: u32, mobile: &str, barred: bool) -> String {
    let (given, family) = match key {
        "joan" => ("Joan", "Baker"),
        "elena" => ("Elena", "Reyes"),
        _ => ("Diego", "Marin"),
    };
    let (barred, document) = if barred { ("1", "Order 21-0143") } else { ("0", "") };
    format!("{student},{key},{priority},{given},{family},Parent,{mobile},{key}@example.org,{barred},{document}\n")
}

/// The two files of a student information system, read in as the roster that stands from now on.
pub async fn bring_in(world: &World, students: &[&str], contacts: &[String]) -> Done {
    static TIMES: AtomicU32 = AtomicU32::new(0);
    let folder = world.folder().join(format!("roster-{}", TIMES.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("students.csv"), format!("{HEAD}{}", students.concat()))?;
    std::fs::write(folder.join("contacts.csv"), format!("{CONTACT_HEAD}{}", contacts.concat()))?;
    let request = ImportRequest { accept: Some("a test".to_owned()), ..ImportRequest::of(Source::Path(folder)) };
    import_roster(&world.engine, &Actor::command_line(), request).await?;
    Ok(())
}

pub async fn district(students: &[&str], contacts: &[String]) -> Done<World> {
    let world = World::of(&format!("{HEAD}{}", students.concat())).await?;
    bring_in(&world, students, contacts).await?;
    world.open_day_and_night().await?;
    world.start_carriers();
    world.visitor().until("/readyz", "\"drill-email\":\"up\"").await?;
    Ok(world)
}

/// Everything that an account can open, as it is sent: its pages, and these messages where they are for it.
async fn everything(browser: &mut Browser<'_>, messages: &[&str]) -> Done<String> {
    let mut all = String::new();
    for path in ["", "/messages", "/ways", "/contacts", "/absences", "/help", "/app", "/passkeys"] {
        let page = browser.get(&format!("/family{path}")).await?;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        all.push_str(&page.text);
    }
    for message in messages {
        let page = browser.get(&format!("/family/messages/{message}")).await?;
        if page.status == StatusCode::OK {
            all.push_str(&page.text);
        }
    }
    Ok(all)
}

/// The rows of a message's plan as the school's office downloads them, once they stand.
async fn plan(world: &World, message: &str) -> Done<Vec<String>> {
    let mut office = world.signed_in(Role::DistrictAdministrator, None).await?;
    let path = format!("/broadcasts/{message}/export.csv");
    let rows = office.until(&path, "@example.org").await?;
    Ok(rows.text.lines().skip(1).map(str::to_owned).collect())
}

fn rows_of<'a>(plan: &'a [String], address: &str) -> Vec<&'a String> {
    plan.iter().filter(|row| row.contains(address)).collect()
}

/// The card of an address or number on "How we reach you", and the point that its form posts.
async fn card(browser: &mut Browser<'_>, address: &str) -> Done<(String, String, String)> {
    let ways = browser.get("/family/ways").await?;
    let card = ways.text.split("<section class=\"card point\"").find(|card| card.contains(address));
    let card = card.ok_or_else(|| format!("no card of {address}"))?.to_owned();
    let point = card.split("name=\"point\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
    Ok((card.clone(), point.to_owned(), ways.csrf()?))
}

fn none_of(text: &str, words: &[&str]) {
    for word in words {
        assert!(!text.contains(word), "{word} stands in what this family can open");
    }
}

#[tokio::test]
async fn law_52_custody_a_restricted_parent_finds_nothing_about_the_child_on_any_page_or_in_any_plan() -> Done {
    let contacts = [
        contact(2001, "elena", 1, "512-555-0150", false),
        contact(2002, "elena", 1, "512-555-0150", false),
        contact(2001, "diego", 2, "512-555-0151", true),
        contact(2002, "diego", 2, "512-555-0151", false),
    ];
    let world = district(&[NORA, LEO, TADEO], &contacts).await?;
    let (nora, leo) =
        (send(&world, LINCOLN, Category::General).await?, send(&world, RIVERSIDE, Category::General).await?);
    let mut diego = enter(&world, DIEGO).await?;
    diego.until(&format!("/family/messages/{leo}"), "Dear family of Leo").await?;
    let mut elena = enter(&world, ELENA).await?;
    elena.until(&format!("/family/messages/{nora}"), "Dear family of Nora").await?;
    // Pages and past notifications: the brother is there, and she, her school and her mother are not.
    let seen = everything(&mut diego, &[&nora, &leo]).await?;
    assert!(seen.contains("Leo"));
    none_of(&seen, &["Nora", "Lincoln", ELENA, "555-0150", "Elena"]);
    assert_eq!(diego.get(&format!("/family/messages/{nora}")).await?.status, StatusCode::NOT_FOUND);
    // The plan: what he is left out of says why, and nothing of hers goes to him.
    let rows = plan(&world, &nora).await?;
    assert!(!rows_of(&rows, DIEGO).is_empty(), "left out, and kept as a row: {rows:?}");
    for row in rows_of(&rows, DIEGO).into_iter().chain(rows_of(&rows, "5125550151")) {
        assert!(row.to_lowercase().contains("custody"), "{row}");
    }
    assert!(rows_of(&rows, ELENA).iter().any(|row| !row.to_lowercase().contains("custody")), "{rows:?}");
    // Preferences: a form that names her is no form of his.
    let home = elena.get("/family").await?.text;
    let link =
        home.split("child=").skip(1).find(|rest| rest.split("</a>").next().is_some_and(|it| it.contains("Nora")));
    let id = link.and_then(|rest| rest.split('"').next()).ok_or("no id of Nora")?.to_owned();
    let (_, point, csrf) = card(&mut diego, DIEGO).await?;
    let edit = [("csrf", csrf.as_str()), ("point", &point), ("child", &id), ("was:general:email", "on")];
    let no = diego.post("/family/ways", &edit).await?;
    assert!(no.status == StatusCode::NOT_FOUND || !no.to.contains("saved="), "{} {}", no.status, no.to);
    Ok(())
}

#[tokio::test]
async fn law_52_one_shared_number_rings_once_and_shows_each_family_its_own_children_alone() -> Done {
    let shared = "512-555-0160";
    let contacts = [contact(2001, "elena", 1, shared, false), contact(2003, "joan", 1, shared, false)];
    let world = district(&[NORA, TADEO], &contacts).await?;
    // A closing goes to every phone.
    let message = send(&world, LINCOLN, Category::SchoolsOut).await?;
    let mut elena = enter(&world, ELENA).await?;
    let mut joan = enter(&world, JOAN).await?;
    elena.until(&format!("/family/messages/{message}"), "Dear family of Nora").await?;
    joan.until(&format!("/family/messages/{message}"), "Dear family of Tadeo").await?;
    none_of(&everything(&mut elena, &[&message]).await?, &["Tadeo", "Baker", JOAN, "Joan"]);
    none_of(&everything(&mut joan, &[&message]).await?, &["Nora", "Reyes", ELENA, "Elena"]);
    // The plan: one call for both; the other row says that the phone had it.
    let rows = plan(&world, &message).await?;
    let calls: Vec<_> = rows_of(&rows, "5125550160").into_iter().filter(|row| row.contains(",voice,")).collect();
    let merged = calls.iter().filter(|row| row.contains("same phone") || row.contains("erged")).count();
    assert_eq!(calls.len() - merged, 1, "{calls:?}");
    // Preferences: what one family turns off stays on for the other, and the phone still rings for it.
    let (_, point, csrf) = card(&mut elena, "555-0160").await?;
    let off = [("csrf", csrf.as_str()), ("point", &point), ("was:general:voice", "off"), ("cell:general:voice", "on")];
    assert!(elena.post("/family/ways", &off).await?.to.contains("saved="));
    let general = |card: &str| card.contains("name=\"was:general:voice\" value=\"on\"");
    assert!(general(&card(&mut elena, "555-0160").await?.0));
    assert!(!general(&card(&mut joan, "555-0160").await?.0), "Joan's own choice is hers");
    Ok(())
}

#[tokio::test]
async fn law_52_two_households_share_the_child_and_nothing_of_each_other() -> Done {
    let contacts = [contact(2001, "elena", 1, "512-555-0150", false), contact(2001, "diego", 2, "512-555-0151", false)];
    let world = district(&[NORA, TADEO], &contacts).await?;
    let message = send(&world, LINCOLN, Category::General).await?;
    let mut elena = enter(&world, ELENA).await?;
    let mut diego = enter(&world, DIEGO).await?;
    for parent in [&mut elena, &mut diego] {
        parent.until(&format!("/family/messages/{message}"), "Dear family of Nora").await?;
    }
    // What one of them tells the school stays with him.
    let page = diego.get("/family/absences").await?;
    let csrf = page.csrf()?;
    let child = page.text.split("<option value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
    let told = [
        ("csrf", csrf.as_str()),
        ("child", child),
        ("first_day", "2027-01-14"),
        ("last_day", "2027-01-14"),
        ("reason", "appointment"),
        ("note", "seeing my lawyer"),
    ];
    assert_eq!(diego.post("/family/absences", &told).await?.to, "/family/absences?done=yes");
    assert!(diego.get("/family/absences").await?.text.contains("seeing my lawyer"));
    none_of(&everything(&mut elena, &[&message]).await?, &[DIEGO, "555-0151", "Diego", "Marin", "lawyer"]);
    none_of(&everything(&mut diego, &[&message]).await?, &[ELENA, "555-0150", "Elena"]);
    // Preferences: each its own.
    let (_, point, csrf) = card(&mut diego, DIEGO).await?;
    let off = [("csrf", csrf.as_str()), ("point", &point), ("was:general:email", "on")];
    assert!(diego.post("/family/ways", &off).await?.to.contains("saved="));
    assert!(card(&mut elena, ELENA).await?.0.contains("name=\"was:general:email\" value=\"on\""));
    let csrf = card(&mut elena, ELENA).await?.2;
    let theirs = [("csrf", csrf.as_str()), ("point", &point), ("was:general:email", "on")];
    let no = elena.post("/family/ways", &theirs).await?;
    assert_eq!(no.status, StatusCode::NOT_FOUND, "a point of the other household");
    // The plan of the next message: hers goes, his is left out by his own choice.
    let next = send(&world, LINCOLN, Category::General).await?;
    let rows = plan(&world, &next).await?;
    assert!(rows_of(&rows, DIEGO).iter().all(|row| row.to_lowercase().contains("turned")), "{rows:?}");
    assert!(rows_of(&rows, ELENA).iter().any(|row| !row.to_lowercase().contains("turned")), "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn law_52_a_guardian_who_left_is_out_at_the_next_click_and_out_of_the_next_plan() -> Done {
    let (elena, diego) =
        (contact(2001, "elena", 1, "512-555-0150", false), contact(2001, "diego", 2, "512-555-0151", false));
    let world = district(&[NORA, TADEO], &[elena.clone(), diego.clone()]).await?;
    let message = send(&world, LINCOLN, Category::General).await?;
    let mut inside = enter(&world, DIEGO).await?;
    inside.until(&format!("/family/messages/{message}"), "Dear family of Nora").await?;
    let csrf = inside.get("/family/ways").await?.csrf()?;
    bring_in(&world, &[NORA, TADEO], &[elena]).await?;
    for path in ["", "/messages", "/ways", "/contacts", "/absences"] {
        assert_eq!(inside.get(&format!("/family{path}")).await?.to, "/family/sign-in", "{path}");
    }
    let past = inside.get(&format!("/family/messages/{message}")).await?;
    assert_eq!(past.to, "/family/sign-in", "also what was once his to read");
    let edit = [("csrf", csrf.as_str()), ("point", "1"), ("was:general:email", "on")];
    assert_eq!(inside.post("/family/ways", &edit).await?.to, "/family/sign-in");
    let hour = jiff::SignedDuration::from_hours(1);
    let link = make_family_link(&world.engine, &Actor::command_line(), DIEGO, hour).await;
    assert!(link.is_err(), "no door opens for the address");
    let next = send(&world, LINCOLN, Category::SchoolsOut).await?;
    let rows = plan(&world, &next).await?;
    assert!(rows_of(&rows, DIEGO).is_empty() && rows_of(&rows, "5125550151").is_empty(), "{rows:?}");
    assert!(!rows_of(&rows, ELENA).is_empty());
    // Back on the record he reads again what was addressed to him.
    bring_in(&world, &[NORA, TADEO], &[contact(2001, "elena", 1, "512-555-0150", false), diego]).await?;
    inside.until(&format!("/family/messages/{message}"), "Dear family of Nora").await?;
    Ok(())
}

#[tokio::test]
async fn law_52_a_student_who_turned_18_keeps_attendance_to_himself_and_a_closing_still_reaches_the_family() -> Done {
    let contacts = [contact(2002, "elena", 1, "512-555-0150", false), contact(2003, "joan", 1, "512-555-0152", false)];
    let world = district(&[LEO, TADEO], &contacts).await?;
    let absent = send(&world, RIVERSIDE, Category::Attendance).await?;
    let closed = send(&world, RIVERSIDE, Category::SchoolsOut).await?;
    let mut elena = enter(&world, ELENA).await?;
    elena.until(&format!("/family/messages/{absent}"), "Dear family of Leo").await?;
    elena.until(&format!("/family/messages/{closed}"), "Dear family of Leo").await?;
    assert!(!elena.get("/family").await?.words().contains("18 or older"));
    // Today is his birthday.
    let today = world.engine.now().to_zoned(jiff::tz::TimeZone::get("America/Chicago")?).date();
    let grown = LEO.replace("2011-04-02", &today.saturating_sub(18.years()).to_string());
    bring_in(&world, &[&grown, TADEO], &contacts).await?;
    assert_eq!(elena.get(&format!("/family/messages/{absent}")).await?.status, StatusCode::NOT_FOUND);
    let list = elena.get("/family/messages").await?;
    assert!(!list.text.contains(&absent) && list.text.contains(&closed), "{}", list.words());
    assert!(elena.get(&format!("/family/messages/{closed}")).await?.words().contains("Dear family of Leo"));
    assert!(elena.get("/family").await?.words().contains("18 or older"), "the page says what changed");
    // Preferences still stand, and the plan of a closing still has the family.
    let (shown, _, _) = card(&mut elena, ELENA).await?;
    assert!(shown.contains("schools_out:email"));
    let next = send(&world, RIVERSIDE, Category::SchoolsOut).await?;
    assert!(!rows_of(&plan(&world, &next).await?, ELENA).is_empty());
    Ok(())
}
