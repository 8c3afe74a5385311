//! The office's list, a family's report, the rule and calendar of a school, what waits, and files from programs.

use axum::body::Body;
use axum::http::{Method, Request, header};
use jiff::SignedDuration;
use schoolbell_domain::permission::Role;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::family_sign_in::make_family_link;

use super::world::{ATTENDANCE_TOKEN, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";
const FILE: &[u8] = b"Student_Number,Att_Code\n1001,UA\n1002,EX\n1004,UA\n9999,UA\n";

#[tokio::test]
async fn a40_the_office_brings_a_file_in_sees_its_own_school_writes_down_and_downloads() -> Done {
    let world = World::new().await?;
    let mut office = world.signed_in(Role::Office, Some(LINCOLN)).await?;
    let form = office.get("/attendance/files/new").await?;
    let came = office.upload("/attendance/files/new", &[("csrf", &form.csrf()?)], ("daily.csv", FILE)).await?;
    let words = came.words();
    // Another school's student and a number that nobody has are told, with their line.
    assert!(words.contains("line 4") && words.contains("line 5"), "{words}");
    let list = office.get("/attendance").await?;
    assert!(list.words().contains("Ana Ortega") && list.words().contains("Unexplained (1)"), "{}", list.words());
    assert!(!list.words().contains("Tom Baker"), "a student of another school");
    let fields = [
        ("csrf", list.csrf()?),
        ("student", list.field("student")?),
        ("school", list.field("school")?),
        ("day", list.field("day")?),
        ("reason", "illness".to_owned()),
        ("note", "mother called, fever".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let written = office.post("/attendance/answers", &fields).await?;
    assert!(written.to.starts_with("/attendance?day="), "{}", written.to);
    let after = office.get("/attendance?show=explained").await?;
    assert!(after.words().contains("mother called, fever"), "{}", after.words());
    let csv = office.get("/attendance.csv").await?.text;
    assert!(
        csv.contains("1001,101,") && csv.contains("UA,explained,illness,\"mother called, fever\",office,"),
        "{csv}"
    );
    // Where nobody may, nobody can.
    let mut teacher = world.signed_in(Role::Teacher, Some(LINCOLN)).await?;
    assert_eq!(teacher.get("/attendance").await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a50_a_principal_sets_times_and_pastes_the_school_year_and_a_slip_is_told() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let schools = principal.get("/attendance/schools").await?;
    let (_, rest) = schools.text.split_once("/attendance/schools/sch_").ok_or("no school")?;
    let path = format!("/attendance/schools/sch_{}", rest.split('"').next().unwrap_or(""));
    let page = principal.get(&path).await?;
    let csrf = page.csrf()?;
    let rule = |times| [("csrf", csrf.as_str()), ("sends", "yes"), ("run_at", times), ("until", "16:00")];
    let wrong = principal.post(&format!("{path}/rule"), &rule("half past ten")).await?;
    assert_eq!(wrong.status, 422);
    assert!(wrong.words().contains("no time"), "{}", wrong.words());
    assert_eq!(principal.post(&format!("{path}/rule"), &rule("09:30, 11:00")).await?.status, 303);
    assert!(principal.get("/attendance/schools").await?.words().contains("daily, at 09:30, 11:00"));
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270119\nSUMMARY:Staff Holiday\nEND:VEVENT\nEND:VCALENDAR\n";
    let calendar = [("csrf", csrf.as_str()), ("opens", "08:00"), ("closes", "15:00"), ("ics", ics)];
    assert_eq!(principal.post(&format!("{path}/calendar"), &calendar).await?.status, 303);
    assert!(principal.get(&path).await?.words().contains("2027-01-19: Staff Holiday, no school"));
    // The other school is not theirs.
    let mut district = world.signed_in(Role::DistrictAdministrator, None).await?;
    let all = district.get("/attendance/schools").await?.text;
    let other = all.split("/attendance/schools/").skip(1).filter_map(|rest| rest.split('"').next());
    let other = other.map(|id| format!("/attendance/schools/{id}")).find(|found| *found != path).ok_or("one school")?;
    assert_eq!(principal.get(&other).await?.status, 403);
    assert_eq!(district.get("/attendance/trend").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_family_reports_ahead_for_its_own_child_alone() -> Done {
    let world = World::new().await?;
    let token =
        make_family_link(&world.engine, &Actor::command_line(), "rosa@example.org", SignedDuration::from_hours(1))
            .await?;
    let mut rosa = world.visitor();
    let door = rosa.get(&format!("/family/link/{token}")).await?;
    let fields = [("csrf", door.csrf().unwrap_or_default())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    rosa.post(&format!("/family/link/{token}"), &fields).await?;
    let page = rosa.get("/family/absences").await?;
    assert!(page.words().contains("Ana") && page.words().contains("Luis"), "{}", page.words());
    let child = page.text.split_once("<option value=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap_or(""));
    let csrf = page.csrf()?;
    let report = |child| {
        [
            ("csrf", csrf.as_str()),
            ("child", child),
            ("first_day", "2027-01-14"),
            ("last_day", "2027-01-15"),
            ("reason", "illness"),
            ("note", "flu"),
        ]
    };
    assert_eq!(rosa.post("/family/absences", &report(child)).await?.to, "/family/absences?done=yes");
    let after = rosa.get("/family/absences").await?;
    assert!(after.words().contains("2027-01-14 – 2027-01-15"), "{}", after.words());
    assert_eq!(rosa.post("/family/absences", &report("per_0000000000001")).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn the_same_words_twice_wait_and_the_sender_may_release_them() -> Done {
    use schoolbell_domain::audience::{Audience, AudienceRule};
    use schoolbell_domain::broadcast::{Draft, Wording};
    use schoolbell_domain::category::Category;
    use schoolbell_engine::commands::{preview_broadcast, save_draft, send_broadcast};
    let world = World::new().await?;
    let mut district = world.signed_in(Role::DistrictAdministrator, None).await?;
    let draft = Draft {
        title: "Picture day".to_owned(),
        category: Some(Category::General),
        audience: Audience { include: vec![AudienceRule::District], except: vec![] },
        wordings: vec![Wording { sms_body: "Picture day is Friday.".to_owned(), ..Wording::default() }],
        ..Draft::default()
    };
    let users = schoolbell_store::read::users::users(&mut world.engine.reader().read().await?).await?;
    let user = users.first().map(|(user, _)| user.id);
    let actor = Actor { user, ..Actor::command_line() };
    for _ in 0..2 {
        let kept = save_draft::save_draft(&world.engine, &actor, None, &draft).await?;
        let digest = preview_broadcast::preview_broadcast(&world.engine, &actor, &draft).await?.digest;
        send_broadcast::send_broadcast(&world.engine, &actor, (kept.id, kept.version), Some(&digest)).await?;
    }
    let page = district.get("/holds").await?;
    assert!(page.words().contains("The same words left 0 minutes ago"), "{}", page.words());
    let (_, rest) = page.text.split_once("action=\"/holds/").ok_or("nothing waits")?;
    let path = format!("/holds/{}", rest.split('"').next().unwrap_or(""));
    let empty = district.post(&path, &[("csrf", &page.csrf()?), ("decision", "release"), ("note", "")]).await?;
    assert_eq!(empty.status, 422);
    let fields = [("csrf", page.csrf()?), ("decision", "give_up".to_owned()), ("note", "sent by mistake".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(district.post(&path, &fields).await?.to, "/holds");
    let after = district.get("/holds").await?.words();
    assert!(after.contains("Nothing waits") && after.contains("sent by mistake"), "{after}");
    Ok(())
}

#[tokio::test]
async fn a_program_brings_a_file_in_with_the_token_and_not_without() -> Done {
    let world = World::new().await?;
    let mut program = world.visitor();
    let call = |token: &str| {
        let request = Request::builder().method(Method::POST).uri("/api/v1/attendance");
        request.header(header::AUTHORIZATION, format!("Bearer {token}")).header(header::CONTENT_TYPE, "text/csv")
    };
    assert_eq!(program.send(call("wrong"), Body::from(FILE)).await?.status, 401);
    let came = program.send(call(ATTENDANCE_TOKEN), Body::from(FILE)).await?;
    assert!(came.text.contains("\"changed\":3") && came.text.contains("\"errors\":1"), "{}", came.text);
    assert_eq!(program.send(call(ATTENDANCE_TOKEN), Body::from("Name\nAna\n")).await?.status, 422);
    Ok(())
}
