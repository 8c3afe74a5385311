//! `/attendance/trend`: who misses much, by month, school and grade. It is shown; nothing is sent from it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::ToSpan;
use jiff::civil::Date;
use schoolbell_domain::attendance::chronic::Tier;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::permission::Act;
use schoolbell_store::read::absences;
use schoolbell_store::read::attendance;

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

/// A school year back.
const DAYS_BACK: i64 = 300;
const SHOWN: i64 = 500;

#[derive(Template)]
#[template(path = "attendance_trend.html")]
struct TrendPage {
    frame: Frame,
    months: Chart,
    grades: Chart,
    schools: Chart,
    students: Vec<Line>,
}

/// Bars with their table: the same figures twice.
struct Chart {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    /// What a screen reader says of the picture.
    words: String,
    bars: Vec<Bar>,
}

struct Bar {
    label: String,
    value: i64,
    y: usize,
    text_y: usize,
    /// In percent of the widest.
    width: i64,
}

struct Line {
    student: PersonId,
    name: String,
    place: String,
    missed: i64,
    of: usize,
    tier: &'static str,
}

impl Chart {
    fn of(id: &'static str, title: &'static str, sums: BTreeMap<String, i64>) -> Self {
        let most = sums.values().copied().max().unwrap_or(0).max(1);
        let words = match sums.iter().max_by_key(|(_, value)| **value) {
            Some((label, value)) => format!("{title}: {} bars, the longest is {label} with {value} days", sums.len()),
            None => format!("{title}: no absences yet"),
        };
        let bars = sums.into_iter().enumerate().map(|(at, (label, value))| Bar {
            label,
            value,
            y: at * 28 + 4,
            text_y: at * 28 + 19,
            width: value * 60 / most,
        });
        Self { id, title, unit: "Days missed", words, bars: bars.collect() }
    }

    fn height(&self) -> usize {
        self.bars.len() * 28 + 8
    }
}

/// `GET /attendance/trend`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeAttendance)?;
    let allowed = staff.schools_for(Act::SeeAttendance);
    let may = |school: &SchoolId| allowed.as_ref().is_none_or(|allowed| allowed.contains(school));
    let today: Date = staff.now.to_zoned(staff.zone.clone()).date();
    let since = today.checked_sub(DAYS_BACK.days()).unwrap_or(today);
    let mut reads = state.engine.reader().read().await?;
    let schools = attendance::schools(&mut reads).await?;
    let name = |id: SchoolId| schools.iter().find(|row| row.school == id).map_or("", |row| row.name.as_str());
    let (mut months, mut grades, mut by_school) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for row in absences::months(&mut reads, since).await?.into_iter().filter(|row| may(&row.school)) {
        *by_school.entry(name(row.school).to_owned()).or_default() += row.missed;
        *months.entry(row.month).or_default() += row.missed;
        *grades.entry(format!("Grade {}", row.grade)).or_default() += row.missed;
    }
    let mut days = BTreeMap::new();
    for school in schools.iter().filter(|row| may(&row.school)) {
        days.insert(school.school, absences::days(&mut reads, school.school, since).await?.len());
    }
    let most = absences::most(&mut reads, since, SHOWN).await?;
    let students = most
        .into_iter()
        .filter(|row| may(&row.school))
        .filter_map(|row| {
            let of = days.get(&row.school).copied().unwrap_or(0);
            let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
            let tier = Tier::of(count(row.missed), u32::try_from(of).unwrap_or(u32::MAX));
            (tier >= Tier::AtRisk).then(|| Line {
                student: row.student,
                name: format!("{} {}", row.given, row.family),
                place: format!("{}, grade {}", name(row.school), row.grade.trim_start_matches('0')),
                missed: row.missed,
                of,
                tier: tier.plain(),
            })
        })
        .collect();
    html(&TrendPage {
        frame: Frame::new(&staff, Place::Attendance, "Who misses much"),
        months: Chart::of("months", "By month", months),
        grades: Chart::of("grades", "By grade", grades),
        schools: Chart::of("schools", "By school", by_school),
        students,
    })
}
