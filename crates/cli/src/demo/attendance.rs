//! Attendance of the made-up district: six weeks of it, so that *Who misses much* has something to show, and today's file,
//! which lies in the demo's folder to be uploaded.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use jiff::ToSpan;
use jiff::civil::Date;
use schoolbell_domain::school::SchoolLevel;
use schoolbell_engine::commands::import_attendance::{AttendanceFile, import_attendance};
use schoolbell_engine::{Actor, Engine};
use schoolbell_formats::attendance::AttendanceColumns;
use schoolbell_store::read::{attendance, district};

pub const FILE: &str = "attendance-today.csv";
const WEEKS: i64 = 6;

/// Brings six weeks in, and writes today's file.
pub async fn bring_in(engine: &Engine, folder: &Path) -> anyhow::Result<String> {
    let mut view = engine.reader().read().await?;
    let zone = district::get_district(&mut view).await?.time_zone;
    let schools = attendance::schools(&mut view).await?;
    let numbers: Vec<String> = (700_000..710_000).map(|number: u32| number.to_string()).collect();
    let mut pupils: Vec<(String, bool)> = Vec::new();
    for (number, found) in attendance::by_numbers(&mut view, &numbers).await? {
        for one in found {
            let school = schools.iter().find(|school| school.school == one.school);
            pupils.push((number.clone(), school.is_some_and(|school| school.level == SchoolLevel::High)));
        }
    }
    drop(view);
    pupils.sort();
    let today = engine.now().to_zoned(zone).date();
    let mut before = String::from(HEAD);
    for back in 1..=WEEKS * 7 {
        let day = today.checked_sub(back.days())?;
        if day.weekday().to_monday_zero_offset() < 5 {
            rows(&mut before, &pupils, day);
        }
    }
    take(engine, "six weeks", before).await?;
    let mut text = String::from(HEAD);
    rows(&mut text, &pupils, today);
    let file = folder.join(FILE);
    std::fs::write(&file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(format!("today's attendance lies in {}: bring it in under Attendance", file.display()))
}

const HEAD: &str = "Student_Number,Att_Date,Period,Att_Code\n";

/// Every student has days of their own, so that a few miss much and most little.
fn rows(text: &mut String, pupils: &[(String, bool)], day: Date) {
    let of_year = usize::from(day.day_of_year().unsigned_abs());
    for (at, (number, by_class)) in pupils.iter().enumerate() {
        let often = match at % 23 {
            0 => 6,
            1 | 2 => 12,
            _ => 61,
        };
        if (of_year + at * 7) % often != 0 {
            continue;
        }
        let code = ["UA", "UA", "EX", "IL", "T"][(of_year + at) % 5];
        // Writing to a String cannot fail.
        writeln!(text, "{number},{day},,{code}").unwrap_or_default();
        if *by_class {
            for period in 1..=(1 + at % 3) {
                writeln!(text, "{number},{day},{period},{code}").unwrap_or_default();
            }
        }
    }
}

async fn take(engine: &Engine, name: &str, text: String) -> anyhow::Result<()> {
    let file =
        AttendanceFile { name: name.to_owned(), bytes: text.into_bytes(), columns: AttendanceColumns::default() };
    import_attendance(engine, &Actor::command_line(), file).await?;
    Ok(())
}
