//! `/attendance`, the office's list: who was not there on a day, what the family said, and what needs a human.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Redirect};
use jiff::ToSpan;
use jiff::civil::Date;
use schoolbell_domain::attendance::Status;
use schoolbell_domain::attendance::answer::{AnswerState, Reason};
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::answer_absence::{Statement, record_absence};
use schoolbell_store::read::absences::{self, Answer, ListLine};
use schoolbell_store::read::attendance;
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::looks::Badge;
use crate::session::Staff;
use crate::times::{TimeElement, counted};

#[derive(Template)]
#[template(path = "attendance.html")]
struct AttendancePage {
    frame: Frame,
    asked: Asked,
    day: String,
    day_words: String,
    earlier: String,
    later: String,
    said: String,
    schools: Vec<(SchoolId, String)>,
    shelves: Vec<(&'static str, String, bool)>,
    rows: Vec<Row>,
    reasons: [Reason; 6],
    may_record: bool,
    may_set: bool,
    saved: bool,
}

struct Row {
    student: PersonId,
    school: SchoolId,
    name: String,
    place: String,
    what: String,
    badge: Badge,
    why: String,
    note: String,
    said: Option<TimeElement>,
    told: bool,
}

#[derive(Default, Clone, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    school: String,
    /// `open`, `human`, `explained`, empty for all.
    show: String,
    saved: String,
}

/// What the list says of one absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListState {
    Excused,
    Unexplained,
    Explained,
    NeedsHuman,
}

impl ListState {
    /// The latest answer counts; without one, an absence that nobody explained in time needs a human.
    pub fn of(line: &ListLine, answer: Option<&Answer>) -> Self {
        let unexcused = line.marks.iter().any(|(_, _, status)| Status::from_word(status) == Some(Status::Unexcused));
        match answer.map(|answer| answer.state) {
            Some(AnswerState::NeedsHuman) => Self::NeedsHuman,
            Some(AnswerState::Explained) => Self::Explained,
            None if !unexcused => Self::Excused,
            None if line.late => Self::NeedsHuman,
            None => Self::Unexplained,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Excused => "excused",
            Self::Unexplained => "unexplained",
            Self::Explained => "explained",
            Self::NeedsHuman => "needs_human",
        }
    }

    const fn badge(self) -> Badge {
        match self {
            Self::Excused => Badge { tone: "brand", icon: "check", words: "Excused or late" },
            Self::Unexplained => Badge { tone: "bell", icon: "clock", words: "Unexplained" },
            Self::Explained => Badge { tone: "ok", icon: "circle-check", words: "Explained" },
            Self::NeedsHuman => Badge { tone: "bell", icon: "triangle-alert", words: "Needs a human" },
        }
    }

    fn stands_on(self, place: &str) -> bool {
        match place {
            "open" => self == Self::Unexplained,
            "human" => self == Self::NeedsHuman,
            "explained" => self == Self::Explained,
            _ => true,
        }
    }
}

/// A line with the answer that counts.
pub struct Listed {
    pub line: ListLine,
    pub answer: Option<Answer>,
    pub state: ListState,
}

/// The list of a day, of the schools that the staff member may see, what needs a human first.
pub async fn listed(reads: &mut impl Reads, staff: &Staff, day: Date, school: &str) -> PageResult<Vec<Listed>> {
    staff.must_somewhere(Act::SeeAttendance)?;
    let allowed = staff.schools_for(Act::SeeAttendance);
    let mut lines = absences::list(reads, day, allowed.as_deref()).await?;
    if let Ok(school) = school.parse::<SchoolId>() {
        lines.retain(|line| line.school == school);
    }
    let students: Vec<PersonId> = lines.iter().map(|line| line.student).collect();
    let mut latest: HashMap<PersonId, Answer> = HashMap::new();
    for answer in absences::answers_on(reads, day, &students).await? {
        latest.insert(answer.student, answer);
    }
    let mut rows: Vec<Listed> = lines
        .into_iter()
        .map(|line| {
            let answer = latest.remove(&line.student);
            Listed { state: ListState::of(&line, answer.as_ref()), line, answer }
        })
        .collect();
    rows.sort_by_key(|row| match row.state {
        ListState::NeedsHuman => 0,
        ListState::Unexplained => 1,
        ListState::Explained => 2,
        ListState::Excused => 3,
    });
    Ok(rows)
}

/// The day asked for, or today in the district.
pub fn day_of(staff: &Staff, asked: &str) -> Date {
    asked.parse().unwrap_or_else(|_| staff.now.to_zoned(staff.zone.clone()).date())
}

/// `GET /attendance?day=…&school=…&show=…`.
pub async fn page(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Html<String>> {
    let day = day_of(&staff, &asked.day);
    let mut reads = state.engine.reader().read().await?;
    let all = listed(&mut reads, &staff, day, &asked.school).await?;
    let allowed = staff.schools_for(Act::SeeAttendance);
    let schools = attendance::schools(&mut reads).await?;
    let schools = schools.into_iter().filter(|row| allowed.as_ref().is_none_or(|may| may.contains(&row.school)));
    let number = |shelf: &str| all.iter().filter(|row| row.state.stands_on(shelf)).count();
    let shelf = |word: &'static str, words: &str| (word, format!("{words} ({})", number(word)), asked.show == word);
    let shelves = vec![
        shelf("", "All"),
        shelf("human", "Needs a human"),
        shelf("open", "Unexplained"),
        shelf("explained", "Explained"),
    ];
    let teller = staff.teller();
    let said = counted(
        u64::try_from(all.len()).unwrap_or(0),
        "student was not there, or late",
        "students were not there, or late",
    );
    let shown = all.into_iter().filter(|row| row.state.stands_on(&asked.show));
    let rows = shown.map(|row| one(row, &teller)).collect();
    let step = |days: i64| day.checked_add(days.days()).unwrap_or(day).to_string();
    html(&AttendancePage {
        frame: Frame::new(&staff, Place::Attendance, "Attendance").live(),
        day: day.to_string(),
        day_words: day.strftime("%A, %B %-d").to_string(),
        earlier: step(-1),
        later: step(1),
        said,
        schools: schools.map(|row| (row.school, row.name)).collect(),
        shelves,
        rows,
        reasons: Reason::ALL,
        may_record: staff.actor.may_somewhere(Act::RecordAttendance),
        may_set: staff.actor.may_somewhere(Act::SetSchoolDay),
        saved: !asked.saved.is_empty(),
        asked,
    })
}

fn one(row: Listed, teller: &crate::times::Teller) -> Row {
    let Listed { line, answer, state } = row;
    let what: Vec<String> = line
        .marks
        .iter()
        .map(
            |(period, code, _)| {
                if period.is_empty() { format!("whole day ({code})") } else { format!("{period} ({code})") }
            },
        )
        .collect();
    let source = |source: &str| match source {
        "text" => "by text",
        "call" => "in the call",
        "link" => "by the link in the mail",
        "portal" => "on the family page",
        _ => "to the office",
    };
    Row {
        student: line.student,
        school: line.school,
        name: format!("{} {}", line.given, line.family),
        place: format!("{}, grade {}", line.school_name, line.grade.trim_start_matches('0')),
        what: what.join(", "),
        badge: state.badge(),
        why: answer
            .as_ref()
            .map(|answer| format!("{}, {}", answer.reason.plain(), source(&answer.source)))
            .unwrap_or_default(),
        note: answer.as_ref().map(|answer| answer.note.clone()).unwrap_or_default(),
        said: answer.as_ref().map(|answer| teller.tell(answer.at)),
        told: line.told,
    }
}

/// `POST /attendance/answers`: the office writes down what a family said, or settles what needed a human.
pub async fn record(State(state): State<WebState>, form: Signed) -> PageResult<Redirect> {
    let fields = &form.fields;
    let bad = |field, message| PageError::BadInput(vec![problem(field, message)]);
    let student = fields.text("student").parse::<PersonId>().map_err(|_| PageError::NotFound)?;
    let school = fields.text("school").parse::<SchoolId>().map_err(|_| PageError::NotFound)?;
    let day = fields.text("day").parse::<Date>().map_err(|_| bad("day", "choose a day"))?;
    let reason = Reason::from_word(fields.text("reason")).ok_or_else(|| bad("reason", "choose a reason"))?;
    let statement = Statement { reason, note: fields.body("note"), first_day: day, last_day: day };
    record_absence(&state.engine, &form.staff.actor, (student, school), &statement).await?;
    Ok(Redirect::to(&format!("/attendance?day={day}&saved=yes")))
}
