//! A whole day of the sample district under a clock of our own: files every fifty minutes, corrections, answers. What every
//! family gets is compared, message by message, with what a program in another language works out from the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use schoolbell_domain::attendance::answer::of_text;
use schoolbell_domain::attendance::rule::SchoolRule;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, OriginId, PersonId};
use schoolbell_domain::school::SchoolLevel;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_formats::attendance::AttendanceColumns;
use schoolbell_store::read::{absences, attendance, report};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::gateways::{GatewayEntry, register};
use schoolbell_store::{Db, StoreError};
use serde_json::{Value, json};

use super::town::Hands;
use crate::attendance::answer::{Telling, keep};
use crate::attendance::run::tell_due;
use crate::commands::import_attendance::{AttendanceFile, import_attendance};
use crate::commands::import_roster::import_roster;
use crate::commands::set_school_day::set_attendance_rule;
use crate::commands::set_up_district::set_up_district;
use crate::jobs::expand_broadcast::expand;
use crate::roster::{ImportRequest, Source};
use crate::{Actor, CommandError, Engine};

const DAY: &str = "2027-01-13";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn roster() -> PathBuf {
    root().join("crates/cli/sample/willow-creek.zip")
}

/// Dice from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// A student of the roster.
struct Pupil {
    id: PersonId,
    number: String,
    /// The school's id in the roster's files.
    school: String,
    by_class: bool,
}

struct Day {
    engine: Engine,
    clock: Arc<Hands>,
    pupils: Vec<Pupil>,
    events: Vec<Value>,
    /// By run time: channel, address, students with their periods.
    told: BTreeMap<String, Vec<Value>>,
    /// The last code of each student and period.
    standing: BTreeMap<(String, String), String>,
}

impl Day {
    async fn begin(db: Db) -> Result<Self, CommandError> {
        let clock = Arc::new(Hands::default());
        // Half past seven.
        clock.move_by(-16_200);
        let engine = Engine::new(db, Arc::clone(&clock) as Arc<dyn Clock>, 1).reached_at("https://bell.example.org");
        let cli = Actor::command_line();
        set_up_district(&engine, &cli, "Willow Creek", "America/Chicago", &DistrictSettings::default()).await?;
        import_roster(&engine, &cli, ImportRequest::of(Source::Path(roster()))).await?;
        let now = engine.now();
        engine
            .db
            .write("gateways", async |tx| {
                for (name, channel) in [("mail", Channel::Email), ("calls", Channel::Voice)] {
                    register(tx, &GatewayEntry { name, channel, kind: "drill", per_second: 10.0, lines: None }, now)
                        .await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        let mut day = Self {
            engine,
            clock,
            pupils: Vec::new(),
            events: Vec::new(),
            told: BTreeMap::new(),
            standing: BTreeMap::new(),
        };
        day.read_pupils().await?;
        Ok(day)
    }

    async fn read_pupils(&mut self) -> Result<(), CommandError> {
        let numbers: Vec<String> = (0..12_000).map(|n| (700_000 + n).to_string()).collect();
        let mut reads = self.engine.db.read().await?;
        let schools = attendance::schools(&mut reads).await?;
        for (number, found) in attendance::by_numbers(&mut reads, &numbers).await? {
            for one in found {
                let school = schools.iter().find(|school| school.school == one.school);
                let by_class = school.is_some_and(|school| school.level == SchoolLevel::High);
                let number = number.clone();
                self.pupils.push(Pupil { id: one.student, number, school: one.school_source, by_class });
            }
        }
        drop(reads);
        self.pupils.sort_by(|one, next| one.number.cmp(&next.number));
        for school in schools.iter().filter(|school| school.level == SchoolLevel::High) {
            let rule = SchoolRule { after_each_file: true, ..SchoolRule::default() };
            set_attendance_rule(&self.engine, &Actor::command_line(), school.school, &rule).await?;
        }
        Ok(())
    }

    async fn file(&mut self, rows: Vec<(String, String, &str)>) -> Result<BTreeSet<String>, CommandError> {
        let mut text = String::from("Student_Number,Att_Date,Period,Att_Code\n");
        text.extend(rows.iter().map(|(number, period, code)| format!("{number},{DAY},{period},{code}\n")));
        for (number, period, code) in &rows {
            self.standing.insert((number.clone(), period.clone()), (*code).to_owned());
        }
        let file = AttendanceFile {
            name: "day.csv".to_owned(),
            bytes: text.into_bytes(),
            columns: AttendanceColumns::default(),
        };
        import_attendance(&self.engine, &Actor::command_line(), file).await?;
        let named: BTreeSet<&str> = rows.iter().map(|(number, ..)| number.as_str()).collect();
        let schools = self.pupils.iter().filter(|pupil| named.contains(pupil.number.as_str()));
        let schools = schools.map(|pupil| pupil.school.clone()).collect();
        self.events.push(json!({ "kind": "file", "rows": rows }));
        Ok(schools)
    }

    /// What is due now is told; the run is an event for the schools that the rules say are due.
    async fn run(&mut self, schools: &BTreeSet<String>) -> Result<(), CommandError> {
        let at = self.engine.now().to_string();
        let told = tell_due(&self.engine).await?;
        assert_eq!(told.held, [], "an ordinary day");
        let messages = match told.broadcast {
            Some(id) => {
                expand(&self.engine, id).await?;
                self.messages(id).await?
            }
            None => Vec::new(),
        };
        self.events.push(json!({ "kind": "run", "at": at, "schools": schools }));
        self.told.insert(at, messages);
        Ok(())
    }

    async fn messages(&self, id: BroadcastId) -> Result<Vec<Value>, CommandError> {
        let mut reads = self.engine.db.read().await?;
        let run =
            attendance::lookup_run_of(&mut reads, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
        let absences = attendance::absences(&mut reads, run.id).await?;
        let mut messages = Vec::new();
        for row in report::all(&mut reads, OriginId::from(id), None, 1_000_000).await? {
            if row.state.kind() != StateKind::Queued {
                continue;
            }
            let mut of: Vec<Value> = Vec::new();
            for child in &row.children {
                let pupil = self.pupils.iter().find(|pupil| pupil.id == *child);
                let number = pupil.map(|pupil| pupil.number.clone()).unwrap_or_default();
                let periods: Vec<&String> =
                    absences.get(child).into_iter().flatten().flat_map(|one| &one.periods).collect();
                of.push(json!([number, periods]));
            }
            of.sort_by_key(ToString::to_string);
            messages.push(json!([row.channel.word(), row.address, of]));
        }
        messages.sort_by_key(ToString::to_string);
        Ok(messages)
    }

    /// A family says why, on the page.
    async fn answer(&mut self, at: usize) -> Result<(), CommandError> {
        let Some(pupil) = self.pupils.get(at) else { return Ok(()) };
        let (engine, day) = (&self.engine, DAY.parse().expect("a day"));
        let students = [pupil.id];
        let telling = Telling {
            students: &students,
            days: (day, day),
            said: of_text("1"),
            note: "",
            source: "portal",
            person: None,
            said_by: "family",
        };
        engine.db.write("answer", async |tx| keep(engine, tx, &telling).await).await?;
        self.events.push(json!({ "kind": "answer", "student": pupil.number }));
        Ok(())
    }

    fn absent(&self, dice: &mut Dice, by_class: bool, period: &str) -> Vec<(String, String, &'static str)> {
        let mut rows = Vec::new();
        for pupil in self.pupils.iter().filter(|pupil| pupil.by_class == by_class) {
            let code = match dice.below(100) {
                0..3 => "UA",
                3 => "A",
                4..6 => "EX",
                6..8 => "T",
                _ => continue,
            };
            rows.push((pupil.number.clone(), period.to_owned(), code));
        }
        rows
    }

    /// Some of what stands as unexcused was wrong, some excused was not.
    fn corrections(&self, dice: &mut Dice) -> Vec<(String, String, &'static str)> {
        let mut rows = Vec::new();
        for ((number, period), code) in &self.standing {
            let new = match (code.as_str(), dice.below(10)) {
                ("UA" | "A", 0) => "P",
                ("UA" | "A", 1) => "EX",
                ("EX" | "P", 0..2) => "UA",
                _ => continue,
            };
            rows.push((number.clone(), period.clone(), new));
        }
        rows
    }
}

async fn play(db: Db) -> Result<Day, CommandError> {
    let (mut day, mut dice) = (Day::begin(db).await?, Dice(11));
    let everywhere: BTreeSet<String> = day.pupils.iter().map(|pupil| pupil.school.clone()).collect();
    // Reported ahead, before anything is told.
    for at in (0..day.pupils.len()).step_by(37) {
        day.answer(at).await?;
    }
    let rows = day.absent(&mut dice, false, "");
    day.file(rows).await?;
    let rows = day.absent(&mut dice, true, "1");
    day.file(rows).await?;
    // 10:15.
    day.clock.move_by(9_900);
    day.run(&everywhere).await?;
    for period in 2..=7_u64 {
        day.clock.move_by(3_000);
        let rows = day.absent(&mut dice, true, &period.to_string());
        let schools = day.file(rows).await?;
        day.run(&schools).await?;
        day.clock.move_by(60);
        if period % 2 == 0 {
            let rows = day.corrections(&mut dice);
            let schools = day.file(rows).await?;
            day.run(&schools).await?;
        }
        for _ in 0..20 {
            let most = day.pupils.len() as u64;
            let at = usize::try_from(dice.below(most)).unwrap_or(0);
            day.answer(at).await?;
        }
    }
    Ok(day)
}

#[tokio::test]
async fn a40_a48_every_family_of_a_day_gets_what_a_program_of_another_language_expects() {
    on_both(async |db| -> Result<(), CommandError> {
        let day = play(db).await?;
        assert!(day.pupils.len() > 1_000, "{} students", day.pupils.len());
        let folder = tempfile::tempdir().expect("a folder");
        let events = folder.path().join("day.json");
        std::fs::write(&events, json!({ "events": day.events }).to_string()).expect("the day is written");
        let output = Command::new("python3")
            .arg(root().join("tests/peers/attendance_oracle.py"))
            .args([roster(), events])
            .output()
            .expect("python3 is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected: BTreeMap<String, Vec<Value>> =
            serde_json::from_slice(&output.stdout).expect("the oracle answers");
        let (mut messages, mut wrong) = (0, Vec::new());
        for (at, mine) in &day.told {
            let of = |list: &[Value]| list.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
            let (mine, theirs) = (of(mine), of(expected.get(at).map_or(&[][..], Vec::as_slice)));
            messages += mine.len();
            wrong.extend(mine.symmetric_difference(&theirs).map(|message| format!("{at} {message}")));
        }
        println!("{} runs, {messages} messages compared", day.told.len());
        assert!(messages > 200, "{messages} messages");
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
        assert_eq!(expected.len(), day.told.len());
        // The office sees all of it.
        let listed = absences::list(&mut day.engine.db.read().await?, DAY.parse().expect("a day"), None).await?;
        assert!(listed.len() > 50);
        Ok(())
    })
    .await
    .unwrap();
}
