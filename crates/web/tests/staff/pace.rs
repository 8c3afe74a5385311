//! Long lists of texting. The measures print what they saw and judge nothing: `scripts/bench texting` runs them.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::try_join_all;
use jiff::SignedDuration;
use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::conversation::text::{Direction, Text};
use schoolbell_domain::ids::{ConversationId, PersonId, TextId};
use schoolbell_domain::permission::Role;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::texting::record_sms_number::{NewNumber, Shared, record_sms_number};
use schoolbell_engine::commands::texting::set_up_texting::{Part, add_number, set_school};
use schoolbell_store::read::{district, texting, users};
use schoolbell_store::write::threads::{Standing, append, open};

use super::texting::person_of;
use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";
/// Staff who text at once, each in a thread of their own whose page is open.
const STAFF: u32 = 200;
/// Between two texts of all of them: twenty a second.
const BETWEEN: Duration = Duration::from_millis(50);
/// Texts of each.
const ROUNDS: u32 = 2;
/// The worst inbox there could be.
const THREADS: i64 = 50_000;

/// A school with so many students.
fn roster(students: usize) -> String {
    let head = super::world::STUDENTS.lines().next().unwrap_or_default();
    // A number that half a school shares would be an office's.
    let phone = |area: usize, number: usize| match students {
        ..=1_000 => format!("(512) 555-01{:02}", (number + area) % 100),
        _ => format!("({area}) 234-{number:04}"),
    };
    let line = |number: usize| {
        format!(
            "{},Student{number},Kim,3,101,{LINCOLN},{},en,0,12,Parent{number} Student,Mother,{},p{number}@example.org",
            10_000 + number,
            phone(370, number),
            phone(371, number)
        )
    };
    std::iter::once(head.to_owned()).chain((0..students).map(line)).collect::<Vec<_>>().join("\n") + "\n"
}

/// The times of so many requests, in milliseconds: half, slowest.
pub async fn served(browser: &mut Browser<'_>, path: &str) -> Done<(u128, u128)> {
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        assert_eq!(browser.get(path).await?.status, 200);
        times.push(began.elapsed().as_millis());
    }
    times.sort_unstable();
    Ok((times[10], times[19]))
}

#[tokio::test]
async fn b3_a_long_list_is_paged_and_sorted_by_the_server() -> Done {
    let world = World::of(&roster(230)).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let first = principal.get("/texting/enrollments?sort=name").await?;
    assert!(first.words().contains("230 lines, page 1 of 3"), "{}", first.words());
    assert_eq!(first.text.matches("data-label=\"SMS Enabled\"").count(), 100, "a browser never holds more");
    assert!(first.text.contains("/texting/enrollments?sort=name&#38;page=2"), "the choice goes along");
    let last = principal.get("/texting/enrollments?sort=name&page=3").await?;
    assert_eq!(last.text.matches("data-label=\"SMS Enabled\"").count(), 30);
    let past = principal.get("/texting/enrollments?sort=name&page=99").await?;
    assert!(past.words().contains("page 3 of 3"), "a page past the end is the last");
    let found = principal.get("/texting/enrollments?search=student229").await?;
    assert!(found.words().contains("1 line"), "{}", found.words());
    assert!(principal.get("/texting/enrollments.csv").await?.text.lines().count() == 231, "the file has them all");
    Ok(())
}

#[tokio::test]
async fn an_inbox_goes_on_to_older_threads_page_by_page() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    fill(&world, &mut principal, 120).await?;
    let mut path = "/texting".to_owned();
    let mut seen = std::collections::HashSet::new();
    for pages in [50, 50, 19] {
        let page = principal.get(&path).await?;
        let threads: Vec<_> =
            page.text.split("href=\"/texting/threads/").skip(1).map(|rest| rest[..17].to_owned()).collect();
        let unread = usize::from(path == "/texting");
        assert_eq!(threads.len(), pages + unread, "{path}: the unread one stands first, once");
        assert!(threads.into_iter().all(|thread| seen.insert(thread)), "no thread twice");
        let older = page.text.split("href=\"/texting?before=").nth(1).and_then(|rest| rest.split('"').next());
        path = format!("/texting?before={}", older.unwrap_or("0"));
    }
    assert_eq!(seen.len(), 120);
    Ok(())
}

#[tokio::test]
#[ignore = "measures; scripts/bench texting runs it"]
async fn measure_current_enrollments_of_five_thousand() -> Done {
    let world = World::of(&roster(5_000)).await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let (half, most) = served(&mut principal, "/texting/enrollments?sort=days").await?;
    println!("Current Enrollments of 5,000, served: half {half} ms, slowest of 20 {most} ms");
    let (half, most) = served(&mut principal, "/texting/outreach").await?;
    println!("weekly outreach of 5,000, served: half {half} ms, slowest of 20 {most} ms");
    Ok(())
}

#[tokio::test]
#[ignore = "measures; scripts/bench texting runs it"]
async fn measure_the_served_inbox_of_fifty_thousand_threads() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    fill(&world, &mut principal, THREADS).await?;
    let (half, most) = served(&mut principal, "/texting").await?;
    println!("the inbox of {THREADS} threads, served: half {half} ms, slowest of 20 {most} ms");
    let (half, most) = served(&mut principal, "/texting?whose=school").await?;
    println!("all {THREADS} threads of a school, served: half {half} ms, slowest of 20 {most} ms");
    let (half, most) = served(&mut principal, "/texting?search=ortega").await?;
    println!("a search in {THREADS} threads, served: half {half} ms, slowest of 20 {most} ms");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; scripts/bench texting runs it"]
async fn measure_from_send_to_shown_with_two_hundred_staff_at_twenty_texts_a_second() -> Done {
    let world = World::of(&roster(STAFF as usize)).await?;
    world.open_day_and_night().await?;
    world.start_carriers();
    let mut staff = Vec::new();
    for (number, student) in (0_u32..).zip(opted_in(&world).await?) {
        let mut browser = world.signed_in_as(Role::Principal, Some(LINCOLN), &format!("p{number}@example.org")).await?;
        let write = format!("/texting/students/{student}/write/{student}");
        let csrf = browser.get(&write).await?.csrf()?;
        let thread = browser.post(&write, &text(&csrf)).await?.to.replace("#end", "");
        staff.push((number, browser, thread));
    }
    let start = Instant::now() + Duration::from_secs(2);
    let all = staff.into_iter().map(|(number, browser, thread)| talk(number, browser, thread, start));
    let mut waits: Vec<(Duration, Duration)> = try_join_all(all).await?.into_iter().flatten().collect();
    for (what, of) in [("to the page with the text", 0), ("to the page that says sent", 1)] {
        waits.sort_unstable_by_key(|wait| [wait.0, wait.1][of]);
        let at =
            |share: usize| [waits[(waits.len() - 1) * share / 100].0, waits[(waits.len() - 1) * share / 100].1][of];
        println!(
            "{STAFF} staff with open pages, 20 texts a second, {} texts, from Send {what}: p50 {:?}, p95 {:?}, most {:?}",
            waits.len(),
            at(50),
            at(95),
            at(100)
        );
    }
    Ok(())
}

/// Every student with a number of their own that was opted in.
async fn opted_in(world: &World) -> Done<Vec<PersonId>> {
    let system = Actor::command_line();
    let mut reads = world.engine.reader().read().await?;
    let schools = district::schools(&mut reads).await?;
    let school = schools.iter().find(|school| school.name == LINCOLN).ok_or("no school")?.id;
    let students: Vec<PersonId> =
        texting::of_school(&mut reads, school, 1_000).await?.into_iter().map(|row| row.student).collect();
    drop(reads);
    set_school(&world.engine, &system, school, Part::Takes).await?;
    add_number(&world.engine, &system, "+13705550009", None).await?;
    for (number, student) in students.iter().enumerate() {
        // The drill's phones that take every text and say nothing back end with 00 to 29.
        let phone = format!("+1370234{:02}{:02}", number / 30, number % 30);
        let new = NewNumber {
            student: *student,
            person: *student,
            number: &phone,
            opted_in_by: Whose::Guardian,
            evidence: "form of January 4",
            shared: Shared::Unasked,
        };
        record_sms_number(&world.engine, &system, &new).await?;
    }
    Ok(students)
}

const fn text(csrf: &str) -> [(&str, &str); 3] {
    [("csrf", csrf), ("body", "See you at 1:00."), ("stranger", "no")]
}

/// Texts when it is their turn, as a browser does: posts, follows to the thread's page, and fetches its texts whenever the live
/// events name one. Of each text: until its page was there, until it said that the text is sent.
async fn talk(
    number: u32,
    mut browser: Browser<'_>,
    thread: String,
    start: Instant,
) -> Done<Vec<(Duration, Duration)>> {
    let mut live = browser.listen("/events").await?;
    let csrf = browser.get(&thread).await?.csrf()?;
    let mut waits = Vec::new();
    for round in 0..ROUNDS {
        let turn = tokio::time::sleep_until((start + BETWEEN * (number + round * STAFF)).into());
        tokio::pin!(turn);
        // The open page hears what happens in other threads meanwhile.
        loop {
            tokio::select! {
                () = &mut turn => break,
                heard = live.next() => drop(heard.ok_or("the events ended")??),
            }
        }
        let began = Instant::now();
        assert_eq!(browser.post(&thread, &text(&csrf)).await?.status, 303);
        let mut page = browser.get(&thread).await?;
        let shown = began.elapsed();
        while !last_is_sent(&page) {
            let heard = live.next().await.ok_or("the events ended")??;
            let heard = String::from_utf8_lossy(&heard).into_owned();
            let names = page.text.split("data-changed=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
            if heard.contains("data: all") || names.split(' ').any(|name| heard.contains(name)) {
                page = browser.get(&format!("{thread}/texts")).await?;
            }
        }
        waits.push((shown, began.elapsed()));
    }
    Ok(waits)
}

/// Whether the last text of ours on the page has left.
fn last_is_sent(page: &Answer) -> bool {
    let last = page.text.rsplit("<li class=\"ours\">").next().unwrap_or("");
    let line = last.split("</li>").next().unwrap_or("");
    line.contains("Sent") || line.contains("Delivered")
}

async fn fill(world: &World, principal: &mut Browser<'_>, threads: i64) -> Done {
    let list = principal.get("/texting/enrollments").await?;
    let ana: PersonId = person_of(&list.text, ">Ana Ortega")?.parse()?;
    let mut reads = world.engine.reader().read().await?;
    let schools = district::schools(&mut reads).await?;
    let school = schools.iter().find(|school| school.name == LINCOLN).ok_or("no school")?.id;
    let user = users::lookup_user_by_email(&mut reads, "principal@example.org").await?.ok_or("no user")?.id;
    drop(reads);
    let from = world.engine.now() - SignedDuration::from_hours(24);
    let mut tx = world.db.begin().await?;
    for number in 0..threads {
        let mut thread = Standing {
            id: ConversationId::from_raw(1_000 + number),
            student: ana,
            person: ana,
            school,
            user,
            our_number: "+13705550009".to_owned(),
            their_number: format!("+1373{number:07}"),
            head_hash: String::new(),
        };
        open(&mut tx, &thread, from).await?;
        let text = Text {
            id: TextId::from_raw(1_000 + number),
            conversation: thread.id,
            direction: if number % 1_000 == 0 { Direction::In } else { Direction::Out },
            author: "Dana Principal".to_owned(),
            body: "See you at 1:00. - Dana Principal".to_owned(),
            at: from + SignedDuration::from_secs(number),
            detail: "{}".to_owned(),
        };
        append(&mut tx, &mut thread, &text, false).await?;
    }
    tx.commit().await?;
    Ok(())
}
