//! `/attendance/schools`: when and what each school tells, and its bell calendar.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::{Date, Time};
use schoolbell_domain::attendance::calendar::{BellCalendar, SpecialDay};
use schoolbell_domain::attendance::rule::{SafeArrival, SchoolRule, Tells};
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::attendance::schedule;
use schoolbell_engine::commands::set_school_day::{set_attendance_rule, set_bell_calendar};
use schoolbell_engine::{CommandError, Problem};
use schoolbell_formats::ical;
use schoolbell_store::read::attendance::{SchoolDay, schools};

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::TimeElement;

#[derive(Template)]
#[template(path = "attendance_schools.html")]
struct SchoolsPage {
    frame: Frame,
    lines: Vec<Line>,
}

struct Line {
    school: SchoolId,
    name: String,
    what: String,
    next: Option<TimeElement>,
    file: Option<TimeElement>,
}

#[derive(Template)]
#[template(path = "attendance_school.html")]
struct SchoolPage {
    frame: Frame,
    problems: Problems,
    school: SchoolId,
    name: String,
    rule: SchoolRule,
    tells: &'static str,
    run_at: String,
    until: String,
    remind: String,
    office: String,
    safe: SafeArrival,
    is_safe: bool,
    grades: String,
    ask: String,
    opens: String,
    closes: String,
    first_day: String,
    last_day: String,
    days: Vec<(Date, String, String)>,
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// `GET /attendance/schools`.
pub async fn list(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeAttendance)?;
    let allowed = staff.schools_for(Act::SeeAttendance);
    let found = schools(&mut state.engine.reader().read().await?).await?;
    let teller = staff.teller();
    let shown = found.iter().filter(|row| allowed.as_ref().is_none_or(|may| may.contains(&row.school)));
    let lines = shown
        .map(|row| {
            let times: Vec<String> = row.rule.times(row.level).into_iter().map(clock).collect();
            let tells = match row.rule.tells(row.level, "") {
                Tells::Daily => "daily",
                Tells::Periods => "each class",
            };
            let what =
                if row.rule.sends { format!("{tells}, at {}", times.join(", ")) } else { "sends nothing".to_owned() };
            let next = schedule(row, &staff.zone).next_after(staff.now);
            Line {
                school: row.school,
                name: row.name.clone(),
                what,
                next: next.map(|at| teller.tell(at)),
                file: row.file_at.map(|at| teller.tell(at)),
            }
        })
        .collect();
    html(&SchoolsPage { frame: Frame::new(&staff, Place::Attendance, "Schools' rules"), lines })
}

async fn get(state: &WebState, staff: &Staff, id: SchoolId) -> PageResult<SchoolDay> {
    staff.actor.must(Act::SetSchoolDay, Scope::School(id))?;
    let found = schools(&mut state.engine.reader().read().await?).await?;
    found.into_iter().find(|row| row.school == id).ok_or(PageError::NotFound)
}

/// `GET /attendance/schools/{id}`.
pub async fn page(State(state): State<WebState>, staff: Staff, Path(id): Path<SchoolId>) -> PageResult<Html<String>> {
    let school = get(&state, &staff, id).await?;
    show(&staff, &school, Vec::new())
}

fn show(staff: &Staff, school: &SchoolDay, problems: Vec<Problem>) -> PageResult<Html<String>> {
    let (rule, calendar) = (&school.rule, &school.calendar);
    let minutes = |minutes: Option<u16>| minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let days = calendar.days.iter().map(|(date, special)| match special {
        SpecialDay::Holiday { name } => (*date, name.clone(), "no school".to_owned()),
        SpecialDay::HalfDay { name, closes } => (*date, name.clone(), format!("ends at {}", clock(*closes))),
    });
    html(&SchoolPage {
        frame: Frame::new(staff, Place::Attendance, school.name.clone()),
        problems: Problems(problems),
        school: school.school,
        name: school.name.clone(),
        tells: match rule.tells {
            None => "",
            Some(Tells::Daily) => "daily",
            Some(Tells::Periods) => "periods",
        },
        run_at: rule.times(school.level).into_iter().map(clock).collect::<Vec<_>>().join(", "),
        until: clock(rule.until),
        remind: minutes(rule.remind_after_min),
        office: minutes(rule.office_after_min),
        safe: rule.safe_arrival.clone().unwrap_or_default(),
        is_safe: rule.safe_arrival.is_some(),
        grades: rule.safe_arrival.clone().unwrap_or_default().grades.join(", "),
        ask: rule.ask.join(", "),
        opens: clock(calendar.opens),
        closes: clock(calendar.closes),
        first_day: day(calendar.first_day),
        last_day: day(calendar.last_day),
        days: days.collect(),
        rule: rule.clone(),
    })
}

/// `POST /attendance/schools/{id}/rule`.
pub async fn rule(State(state): State<WebState>, Path(id): Path<SchoolId>, form: Signed) -> PageResult<Response> {
    let school = get(&state, &form.staff, id).await?;
    let mut problems = Vec::new();
    let wanted = read_rule(&form.fields, &mut problems);
    let saved = if problems.is_empty() {
        set_attendance_rule(&state.engine, &form.staff.actor, id, &wanted).await
    } else {
        Err(CommandError::BadInput(problems))
    };
    answer(&form.staff, &SchoolDay { rule: wanted, ..school }, saved)
}

fn answer(staff: &Staff, school: &SchoolDay, saved: Result<(), CommandError>) -> PageResult<Response> {
    match saved {
        Ok(()) => Ok(Redirect::to("/attendance/schools").into_response()),
        Err(CommandError::BadInput(problems)) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(staff, school, problems)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn read_rule(fields: &Fields, problems: &mut Vec<Problem>) -> SchoolRule {
    let mut times = Vec::new();
    for text in words(fields.text("run_at")) {
        match text.parse::<Time>() {
            Ok(time) => times.push(time),
            Err(_) => problems.push(problem("run_at", &format!("`{text}` is no time; write for example 10:15, 15:30"))),
        }
    }
    let until = time(fields, "until", problems);
    let safe = SafeArrival {
        grades: words(fields.text("grades")).map(schoolbell_formats::roster::value::grade).collect(),
        second_after_min: minutes(fields, "second_after_min", problems).unwrap_or(15),
        office_after_min: minutes(fields, "office_after_min", problems).unwrap_or(30),
    };
    SchoolRule {
        tells: match fields.text("tells") {
            "daily" => Some(Tells::Daily),
            "periods" => Some(Tells::Periods),
            _ => None,
        },
        sends: !fields.text("sends").is_empty(),
        run_at: times,
        after_each_file: !fields.text("after_each_file").is_empty(),
        until: until.unwrap_or(Time::constant(17, 0, 0, 0)),
        tardy: !fields.text("tardy").is_empty(),
        remind_after_min: minutes(fields, "remind_after_min", problems),
        office_after_min: minutes(fields, "all_office_after_min", problems),
        safe_arrival: (!fields.text("safe_arrival").is_empty()).then_some(safe),
        ask: words(fields.text("ask")).map(str::to_owned).collect(),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty())
}

fn time(fields: &Fields, name: &str, problems: &mut Vec<Problem>) -> Option<Time> {
    let read = fields.text(name).parse().ok();
    if read.is_none() {
        problems.push(problem(name, "write a time, for example 17:00"));
    }
    read
}

fn minutes(fields: &Fields, name: &str, problems: &mut Vec<Problem>) -> Option<u16> {
    let text = fields.text(name);
    if text.is_empty() {
        return None;
    }
    match text.parse::<u16>() {
        Ok(minutes) if minutes > 0 => Some(minutes),
        Ok(_) | Err(_) => {
            problems.push(problem(name, "write minutes, for example 30, or nothing"));
            None
        }
    }
}

/// `POST /attendance/schools/{id}/calendar`: hours, the school year, and days: one by one, or from an iCalendar text.
pub async fn calendar(State(state): State<WebState>, Path(id): Path<SchoolId>, form: Signed) -> PageResult<Response> {
    let school = get(&state, &form.staff, id).await?;
    let mut problems = Vec::new();
    let wanted = read_calendar(&form.fields, &school.calendar, &mut problems);
    let saved = if problems.is_empty() {
        set_bell_calendar(&state.engine, &form.staff.actor, id, &wanted).await
    } else {
        Err(CommandError::BadInput(problems))
    };
    answer(&form.staff, &SchoolDay { calendar: wanted, ..school }, saved)
}

fn read_calendar(fields: &Fields, standing: &BellCalendar, problems: &mut Vec<Problem>) -> BellCalendar {
    let opens = time(fields, "opens", problems).unwrap_or(standing.opens);
    let closes = time(fields, "closes", problems).unwrap_or(standing.closes);
    let mut days: BTreeMap<Date, SpecialDay> = standing.days.clone();
    for gone in fields.values("remove").filter_map(|day| day.parse::<Date>().ok()) {
        days.remove(&gone);
    }
    if let Ok(date) = fields.text("date").parse::<Date>() {
        let name = match fields.text("name") {
            "" => "No school".to_owned(),
            name => name.to_owned(),
        };
        let half = fields.text("ends").parse::<Time>().ok();
        days.insert(
            date,
            half.map_or(SpecialDay::Holiday { name: name.clone() }, |closes| SpecialDay::HalfDay { name, closes }),
        );
    }
    let ics = fields.body("ics");
    if !ics.is_empty() {
        match ical::read(&ics) {
            Ok(events) => days.extend(ical::special_days(&events, Time::constant(12, 0, 0, 0))),
            Err(error) => problems.push(problem("ics", &error.to_string())),
        }
    }
    BellCalendar {
        opens,
        closes,
        first_day: fields.text("first_day").parse().ok(),
        last_day: fields.text("last_day").parse().ok(),
        days,
        bells: standing.bells.clone(),
    }
}
