//! Rosters through the importer, on both engines: what comes in, what the guard stops, what is put back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_domain::roster::diff::Stored;
use schoolbell_domain::roster::guard::Hold;
use schoolbell_domain::roster::snapshot::{Coverage, Point};
use schoolbell_engine::commands::discard_import::discard_import;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::release_import::release_import;
use schoolbell_engine::commands::roll_back_import::roll_back_import;
use schoolbell_engine::roster::compare::Standing;
use schoolbell_engine::roster::{ImportReport, ImportRequest, Outcome, Source};
use schoolbell_engine::{Actor, CommandError, Engine};
use schoolbell_formats::district_csv::ColumnMap;
use schoolbell_store::read::imports::{ImportState, issues, last_sync, lookup_import, newest_imports};
use schoolbell_store::read::{consent, jobs, roster};
use schoolbell_store::testing::on_both;
use schoolbell_store::{Db, StoreError};

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn engine(db: Db) -> Engine {
    Engine::new(db, Arc::new(At(Timestamp::from_second(1_768_230_000).unwrap())), 1)
}

/// A district in a folder, as a flat export.
struct District {
    folder: tempfile::TempDir,
}

/// One family: a student at a school, two contacts with mobiles made of the number.
#[derive(Clone)]
struct Child {
    number: u32,
    school: u32,
    mobile: String,
    home: String,
}

impl Child {
    fn new(number: u32) -> Self {
        let school = 101 + number % 2;
        Self {
            number,
            school,
            mobile: format!("201555{:04}", 1000 + number),
            home: format!("202555{:04}", 1000 + number),
        }
    }
}

fn children(count: u32) -> Vec<Child> {
    (0..count).map(Child::new).collect()
}

impl District {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn write(&self, children: &[Child]) {
        let mut students =
            String::from("Student_Number,Last_Name,First_Name,Grade_Level,SchoolID,Home_Room,Home_Phone\n");
        let mut contacts = String::from(
            "Student_Number,SchoolID,Contact_ID,Contact_Priority,Contact_First_Name,Contact_Last_Name,Relationship,\
             Data_Access,Phone1_Type,Phone1,Phone2_Type,Phone2,Email\n",
        );
        for Child { number, school, mobile, home } in children {
            // Two children each have the same parents.
            let parent = number / 2;
            writeln!(students, "{number},Lee,Kid{number},3,{school},HR{school},{home}").unwrap();
            writeln!(
                contacts,
                "{number},{school},m{parent},1,Ada,Lee,Mother,1,Mobile,{mobile},,,ada{parent}@example.org"
            )
            .unwrap();
            writeln!(
                contacts,
                "{number},{school},f{parent},2,Bob,Lee,Father,1,Work,2035550100,Mobile,204555{:04},",
                1000 + parent
            )
            .unwrap();
        }
        std::fs::write(self.folder.path().join("students.csv"), students).unwrap();
        std::fs::write(self.folder.path().join("contacts.csv"), contacts).unwrap();
    }

    async fn import(&self, engine: &Engine) -> ImportReport {
        let request = ImportRequest::of(Source::Path(self.path()));
        import_roster(engine, &Actor::command_line(), request).await.unwrap()
    }
}

async fn standing(engine: &Engine) -> Standing {
    let mut reads = engine.reader().read().await.unwrap();
    let mut standing =
        Standing::load(&mut reads, Coverage { contacts: true, staff: true, sections: true }).await.unwrap();
    // Rows that rest are not part of what a family or a page sees.
    standing.version = 0;
    standing.schools.retain(|row| row.active);
    standing.students.retain(|row| row.active);
    standing.guardians.retain(|row| row.active);
    standing.relationships.retain(|row| row.active);
    standing.points.retain(|row| row.active);
    standing.sections.retain(|row| row.active);
    standing.enrollments.retain(|row| row.active);
    standing
}

/// Everything that is active, in an order of its own.
async fn picture(engine: &Engine) -> Vec<String> {
    let standing = standing(engine).await;
    let mut lines: Vec<String> = Vec::new();
    lines.extend(standing.schools.iter().map(|row| format!("{row:?}")));
    lines.extend(standing.students.iter().map(|row| format!("{row:?}")));
    lines.extend(standing.guardians.iter().map(|row| format!("{row:?}")));
    lines.extend(standing.relationships.iter().map(|row| format!("{row:?}")));
    let point = |row: &Stored<Point>| format!("{row:?} {}", row.row.address.expose());
    lines.extend(standing.points.iter().map(point));
    lines.extend(standing.sections.iter().map(|row| format!("{row:?}")));
    lines.extend(standing.enrollments.iter().map(|row| format!("{row:?}")));
    let mut reads = engine.reader().read().await.unwrap();
    let households = roster::people_households(&mut reads).await.unwrap();
    lines.extend(households.iter().map(|row| format!("{row:?}")));
    lines.sort();
    lines
}

async fn run(test: impl AsyncFn(Engine, District)) {
    on_both(async |db| -> Result<(), StoreError> {
        test(engine(db), District::new()).await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_roster_goes_in_and_the_same_again_changes_nothing() {
    run(async |engine, district| {
        district.write(&children(40));
        let report = district.import(&engine).await;
        assert_eq!(report.outcome, Outcome::Applied, "{:?}", report.summary);
        let counts = report.summary.counts;
        assert_eq!([counts.students.added, counts.guardians.added, counts.schools.added], [40, 40, 2]);
        let before = picture(&engine).await;
        let again = district.import(&engine).await;
        assert_eq!(again.outcome, Outcome::Unchanged, "{:?}", again.summary.counts);
        assert_eq!(picture(&engine).await, before);
        let mut reads = engine.reader().read().await.unwrap();
        // A22: both runs say that the roster is that of the source.
        assert_eq!(last_sync(&mut reads).await.unwrap(), Some(engine.now()));
        // Siblings and their parents are one household.
        let households: std::collections::HashSet<i64> =
            roster::people_households(&mut reads).await.unwrap().into_iter().map(|(_, household)| household).collect();
        assert_eq!(households.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing_at_all() {
    run(async |engine, district| {
        district.write(&children(4));
        let request = ImportRequest { dry_run: true, ..ImportRequest::of(Source::Path(district.path())) };
        let report = import_roster(&engine, &Actor::command_line(), request).await.unwrap();
        assert_eq!((report.outcome, report.id, report.summary.counts.students.added), (Outcome::Tried, None, 4));
        assert!(picture(&engine).await.is_empty());
        let mut reads = engine.reader().read().await.unwrap();
        assert!(newest_imports(&mut reads, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_school_that_would_empty_waits_for_a_person() {
    run(async |engine, district| {
        district.write(&children(40));
        district.import(&engine).await;
        let full = picture(&engine).await;
        district.write(&children(30));
        let held = district.import(&engine).await;
        assert_eq!(held.outcome, Outcome::Held);
        assert!(
            held.summary.holds.contains(&Hold::StudentsLeaving { left: 10, before: 40 }),
            "{:?}",
            held.summary.holds
        );
        assert_eq!(picture(&engine).await, full, "a held import changes nothing");
        let (actor, id) = (Actor::command_line(), held.id.unwrap());
        let mute = release_import(&engine, &actor, id, " ", ColumnMap::default()).await;
        assert!(matches!(mute, Err(CommandError::BadInput(_))), "a reason is needed");
        // The files that were shown, and no others.
        district.write(&children(20));
        let other = release_import(&engine, &actor, id, "they moved", ColumnMap::default()).await;
        assert!(matches!(other, Err(CommandError::Refused { .. })));
        district.write(&children(30));
        let released = release_import(&engine, &actor, id, "ten moved away", ColumnMap::default()).await.unwrap();
        assert_eq!((released.outcome, released.id), (Outcome::Applied, Some(id)));
        assert_eq!(standing(&engine).await.students.len(), 30);
        let mut reads = engine.reader().read().await.unwrap();
        let row = lookup_import(&mut reads, id).await.unwrap().unwrap();
        assert_eq!((row.state, row.reason.as_deref()), (ImportState::Applied, Some("ten moved away")));
    })
    .await;
}

#[tokio::test]
async fn a_discarded_import_is_gone_and_cannot_be_released() {
    run(async |engine, district| {
        district.write(&children(20));
        district.import(&engine).await;
        district.write(&children(5));
        let id = district.import(&engine).await.id.unwrap();
        discard_import(&engine, &Actor::command_line(), id).await.unwrap();
        let late = release_import(&engine, &Actor::command_line(), id, "why", ColumnMap::default()).await;
        assert!(matches!(late, Err(CommandError::Refused { .. })));
        assert_eq!(standing(&engine).await.students.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_cut_off_file_changes_nothing_and_stays_in_the_list_as_failed() {
    run(async |engine, district| {
        district.write(&children(20));
        district.import(&engine).await;
        let full = picture(&engine).await;
        let file = district.path().join("contacts.csv");
        let text = std::fs::read(&file).unwrap();
        // Wherever the copy stopped, no contact is lost without a word.
        for end in (200..text.len() - 1).step_by(61) {
            std::fs::write(&file, &text[..end]).unwrap();
            let request = ImportRequest::of(Source::Path(district.path()));
            match import_roster(&engine, &Actor::command_line(), request).await {
                Err(CommandError::BadInput(_)) => {}
                Err(error) => panic!("cut at {end}: {error}"),
                Ok(report) => {
                    let small = report.summary.counts.guardians.left * 100 <= 15 * 20;
                    assert!(report.outcome != Outcome::Applied || small, "cut at {end}: {:?}", report.summary.counts);
                    if report.outcome == Outcome::Applied {
                        roll_back_import(&engine, &Actor::command_line(), report.id.unwrap(), "test").await.unwrap();
                    }
                }
            }
            assert_eq!(picture(&engine).await, full, "cut at {end}");
        }
        let mut reads = engine.reader().read().await.unwrap();
        let failed = newest_imports(&mut reads, 500).await.unwrap();
        assert!(failed.iter().any(|row| row.state == ImportState::Failed && row.summary.contains("cut off")));
    })
    .await;
}

#[tokio::test]
async fn rolling_back_restores_what_stood_row_by_row() {
    run(async |engine, district| {
        let mut pupils = children(40);
        district.write(&pupils);
        district.import(&engine).await;
        let first = picture(&engine).await;
        pupils[3].mobile = "2055550199".to_owned();
        pupils[4].school = 102;
        pupils.remove(9);
        pupils.push(Child::new(77));
        district.write(&pupils);
        let second = district.import(&engine).await;
        assert_eq!(second.outcome, Outcome::Applied, "{:?}", second.summary.holds);
        let changed = picture(&engine).await;
        assert_ne!(changed, first);
        pupils[5].home = "2055550198".to_owned();
        district.write(&pupils);
        district.import(&engine).await;
        let actor = Actor::command_line();
        let undone = roll_back_import(&engine, &actor, second.id.unwrap(), "wrong file").await.unwrap();
        assert_eq!(undone.len(), 2, "the later import goes as well");
        assert_eq!(picture(&engine).await, first);
        // And forward again: the rows that rested are the same rows.
        pupils[5].home = Child::new(5).home;
        district.write(&pupils);
        assert_eq!(district.import(&engine).await.outcome, Outcome::Applied);
        assert_eq!(picture(&engine).await, changed);
    })
    .await;
}

/// A20, A21: a family's choice hangs on the contact point, which moves with the student.
#[tokio::test]
async fn a21_a_transfer_takes_the_contact_points_along() {
    run(async |engine, district| {
        let mut pupils = children(20);
        district.write(&pupils);
        district.import(&engine).await;
        let ids = |standing: Standing, school: &'static str| -> Vec<i64> {
            let at = |row: &&Stored<Point>| row.row.school == school && row.row.address.expose() == "+12025551004";
            standing.points.iter().filter(at).map(|row| row.id).collect()
        };
        let before = ids(standing(&engine).await, "101");
        assert_eq!(before.len(), 1);
        pupils[4].school = 102;
        district.write(&pupils);
        let report = district.import(&engine).await;
        assert_eq!(report.outcome, Outcome::Applied);
        assert_eq!(ids(standing(&engine).await, "102"), before);
        assert!(ids(standing(&engine).await, "101").is_empty());
    })
    .await;
}

/// Entries of all ledgers, and the jobs that wait.
/// Entries of the alerts, entries of calls, and open jobs.
async fn ledgers(engine: &Engine) -> (usize, usize, i64) {
    let mut reads = engine.reader().read().await.unwrap();
    let numbers = consent::numbers_after(&mut reads, "", 1_000).await.unwrap();
    let (mut alerts, mut calls) = (0, 0);
    for number in numbers {
        let ledger = consent::ledger(&mut reads, &number).await.unwrap();
        alerts += ledger.iter().filter(|entry| entry.program == Program::Alerts).count();
        calls += ledger.iter().filter(|entry| entry.program == Program::Voice).count();
    }
    (alerts, calls, jobs::open(&mut reads).await.unwrap())
}

/// A24: a mobile is entered and invited once, whatever is imported again. LAW-2: every phone is entered once for calls.
#[tokio::test]
async fn a_new_mobile_is_provided_once_and_one_job_invites() {
    run(async |engine, district| {
        let mut pupils = children(20);
        district.write(&pupils);
        district.import(&engine).await;
        // Texts: 20 mobiles of mothers, 10 of fathers. Calls: the homes and the office's line too.
        assert_eq!(ledgers(&engine).await, (30, 51, 1));
        district.import(&engine).await;
        pupils[0].home = "2055550197".to_owned();
        district.write(&pupils);
        assert_eq!(district.import(&engine).await.outcome, Outcome::Applied);
        assert_eq!(ledgers(&engine).await, (30, 52, 1));
        pupils[0].mobile = "2055550196".to_owned();
        district.write(&pupils);
        district.import(&engine).await;
        assert_eq!(ledgers(&engine).await, (31, 53, 1));
        let mut reads = engine.reader().read().await.unwrap();
        let states = consent::states(&mut reads, Program::Alerts, &["+12055550196"]).await.unwrap();
        assert_eq!(states["+12055550196"], ConsentState::Provided);
    })
    .await;
}

#[tokio::test]
async fn one_number_for_everybody_waits_also_at_the_first_import() {
    run(async |engine, district| {
        let mut pupils = children(60);
        for child in &mut pupils {
            child.mobile = "2015550100".to_owned();
        }
        district.write(&pupils);
        let report = district.import(&engine).await;
        assert_eq!(report.outcome, Outcome::Held);
        assert!(
            matches!(&report.summary.holds[..], [Hold::SharedNumber(shared)] if shared.people == 30),
            "{:?}",
            report.summary.holds
        );
    })
    .await;
}

#[tokio::test]
async fn strict_takes_all_or_nothing_and_keeps_the_issues() {
    run(async |engine, district| {
        let mut pupils = children(6);
        pupils[2].home = "none".to_owned();
        district.write(&pupils);
        let request = ImportRequest { strict: true, ..ImportRequest::of(Source::Path(district.path())) };
        let report = import_roster(&engine, &Actor::command_line(), request).await.unwrap();
        assert_eq!((report.outcome, report.summary.errors), (Outcome::Refused, 1));
        assert!(picture(&engine).await.is_empty());
        let mut reads = engine.reader().read().await.unwrap();
        let kept = issues(&mut reads, report.id.unwrap(), 0, 100).await.unwrap();
        assert_eq!(kept, report.issues);
        assert_eq!((kept[0].file.as_str(), kept[0].line, kept[0].value.as_str()), ("students.csv", 4, "none"));
    })
    .await;
}

/// A crash in the middle leaves the old roster: the import is dropped at whatever it was doing.
#[tokio::test]
async fn an_import_cut_short_anywhere_leaves_the_old_roster_or_the_new_one() {
    run(async |engine, district| {
        district.write(&children(60));
        district.import(&engine).await;
        let old = picture(&engine).await;
        let mut pupils = children(120);
        for child in &mut pupils {
            child.home = format!("206555{:04}", 1000 + child.number);
        }
        district.write(&pupils);
        let mut cut = 0;
        for round in 0..40_u64 {
            let request =
                ImportRequest { accept: Some("test".to_owned()), ..ImportRequest::of(Source::Path(district.path())) };
            let actor = Actor::command_line();
            let import = import_roster(&engine, &actor, request);
            match tokio::time::timeout(Duration::from_micros(500 + round * round * 250), import).await {
                Err(_) => {
                    cut += 1;
                    let now = picture(&engine).await;
                    assert!(now == old || standing(&engine).await.students.len() == 120, "round {round}");
                }
                Ok(report) => {
                    let id = report.unwrap().id.unwrap();
                    let mut reads = engine.reader().read().await.unwrap();
                    let state = lookup_import(&mut reads, id).await.unwrap().unwrap().state;
                    drop(reads);
                    if state == ImportState::Applied {
                        roll_back_import(&engine, &actor, id, "again").await.unwrap();
                    }
                }
            }
            assert!(picture(&engine).await == old || standing(&engine).await.students.len() == 120);
        }
        assert!(cut > 3, "the import was never cut short");
    })
    .await;
}
