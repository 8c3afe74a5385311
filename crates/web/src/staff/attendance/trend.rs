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
use crate::chart::Chart;
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

struct Line {
    student: PersonId,
    name: String,
    place: String,
    missed: i64,
    of: usize,
    tier: &'static str,
}

fn chart(id: &'static str, title: &'static str, sums: BTreeMap<String, i64>) -> Chart {
    let row = |(label, days): (String, i64)| (label, u64::try_from(days).unwrap_or(0), days.to_string());
    Chart { nothing: "No absences yet.", ..Chart::of(id, title, "Days missed", sums.into_iter().map(row).collect()) }
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
        months: chart("months", "By month", months),
        grades: chart("grades", "By grade", grades),
        schools: chart("schools", "By school", by_school),
        students,
    })
}
