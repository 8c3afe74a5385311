//! `/texting/requests`: what families ask of a student's record, overdue first; `/texting/requests/{request}`: one of them, and the
//! next step (B14; 34 CFR 99.10, 99.20 to 99.22).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use schoolbell_domain::conversation::communication::Identity;
use schoolbell_domain::conversation::record_request::{Asked, Standing, Step, Told, next_steps};
use schoolbell_domain::ids::{CommunicationId, PersonId};
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::texting::answer_request::{Answer, answer_request, must_answer};
use schoolbell_engine::record_requests::Calendar;
use schoolbell_engine::{CommandError, texting};
use schoolbell_store::read::record_requests::{self, RequestLine};
use schoolbell_store::read::sms_contacts;
use schoolbell_store::tx::Reads;

use super::name;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::looks::Badge;
use crate::session::Staff;
use crate::times::{Teller, TimeElement, counted};

/// More open requests than a district has.
const MOST: i64 = 5_000;
/// Answered ones that are shown.
const ANSWERED: i64 = 50;

#[derive(Template)]
#[template(path = "texting_requests.html")]
struct RequestsPage {
    frame: Frame,
    said: String,
    open: Rows,
    answered: Rows,
}

#[derive(Template)]
#[template(path = "texting_request.html")]
struct RequestPage {
    frame: Frame,
    request: Request,
    /// How staff knew with whom they spoke.
    identity: &'static str,
    /// From 18 on the rights are the student's own.
    of_age: bool,
    forms: Vec<Form>,
    problems: Problems,
}

/// Requests as lines: on the work-list and on a student's page.
#[derive(Template)]
#[template(path = "texting_requests_rows.html")]
pub(super) struct Rows {
    pub requests: Vec<Request>,
    /// Whether the reader answers requests: each line leads to its page.
    pub answers: bool,
    /// Whether the students are named.
    pub named: bool,
}

pub(super) struct Request {
    id: CommunicationId,
    what: &'static str,
    student: PersonId,
    student_name: String,
    who: String,
    note: String,
    received: String,
    /// "due Feb 27, 2027", with how late it is; empty once it was answered.
    due: String,
    badge: Badge,
    steps: Vec<Taken>,
}

struct Taken {
    what: &'static str,
    words: String,
    by: String,
    at: TimeElement,
}

/// The form of a step that can be taken now.
struct Form {
    step: &'static str,
    title: &'static str,
    asks: &'static str,
    button: &'static str,
    /// What the family has to be told in writing first; empty for most.
    tells: &'static str,
    words: String,
    /// What is wrong with the words, and with the tick that the family was told; empty if nothing is.
    wrong_words: String,
    wrong_told: String,
}

fn told_day(day: Date) -> String {
    day.strftime("%b %-d, %Y").to_string()
}

/// With the last day for the next step, which decides the order.
fn request((teller, calendar): (&Teller, &Calendar), line: RequestLine) -> (Date, Request) {
    let (standing, due_on) = (line.standing(), calendar.due_on(&line));
    let left = (due_on - calendar.today).get_days();
    let days = |days: i32| counted(days.unsigned_abs().into(), "day", "days");
    let due = match left {
        ..0 => format!("due {}, {} late", told_day(due_on), days(left)),
        0 => "due today".to_owned(),
        _ => format!("due {}, in {}", told_day(due_on), days(left)),
    };
    let steps = line.steps.iter().map(|step| Taken {
        what: step.step.plain(),
        words: step.words.clone(),
        by: step.taken_by.clone(),
        at: teller.tell(step.at),
    });
    let shown = Request {
        id: line.id,
        what: line.asked.plain(),
        student: line.student,
        student_name: name(&line.student_given, &line.student_family),
        who: line.person.as_ref().map_or_else(|| "Somebody not on the record".to_owned(), |(_, name)| name.clone()),
        received: told_day(calendar.day(line.at)),
        due: if standing.is_open() { due } else { String::new() },
        badge: badge(standing, left),
        steps: steps.collect(),
        note: line.note,
    };
    (due_on, shown)
}

const fn badge(standing: Standing, days_left: i32) -> Badge {
    match (standing, days_left) {
        (Standing::Open | Standing::HearingAsked, ..0) => {
            Badge { tone: "bell", icon: "triangle-alert", words: "Overdue" }
        }
        (Standing::Open, _) => Badge { tone: "brand", icon: "clock", words: "To be answered" },
        (Standing::HearingAsked, _) => Badge { tone: "brand", icon: "users", words: "Hearing to be held" },
        (Standing::Granted, _) => Badge { tone: "ok", icon: "circle-check", words: "Granted" },
        (Standing::Refused, _) => Badge { tone: "", icon: "ban", words: "Refused" },
        (Standing::Upheld, _) => Badge { tone: "", icon: "ban", words: "Refused after a hearing" },
    }
}

/// The requests of the schools where the reader answers them.
fn of_own(staff: &Staff, lines: Vec<RequestLine>) -> impl Iterator<Item = RequestLine> {
    let allowed = staff.schools_for(Act::SettleHeld);
    lines.into_iter().filter(move |line| allowed.as_ref().is_none_or(|schools| schools.contains(&line.school)))
}

/// `GET /texting/requests`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SettleHeld)?;
    let mut reads = state.engine.reader().read().await?;
    let calendar = Calendar::read(&mut reads, &state.engine).await?;
    let teller = staff.teller();
    let open = record_requests::open(&mut reads, MOST).await?;
    let mut open: Vec<_> = of_own(&staff, open).map(|line| request((&teller, &calendar), line)).collect();
    open.sort_by_key(|(due_on, _)| *due_on);
    let late = open.iter().filter(|(due_on, _)| *due_on < calendar.today).count();
    let answered = record_requests::answered(&mut reads, ANSWERED).await?;
    let rows = |requests| Rows { requests, answers: true, named: true };
    html(&RequestsPage {
        frame: Frame::new(&staff, Place::Texting, "FERPA requests"),
        said: summed(open.len(), late),
        open: rows(open.into_iter().map(|(_, request)| request).collect()),
        answered: rows(of_own(&staff, answered).map(|line| request((&teller, &calendar), line).1).collect()),
    })
}

/// "2 FERPA requests to answer, 1 overdue".
fn summed(open: usize, late: usize) -> String {
    if open == 0 {
        return "No FERPA request to answer".to_owned();
    }
    let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let open = counted(of(open), "FERPA request to answer", "FERPA requests to answer");
    if late == 0 { open } else { format!("{open}, {late} overdue") }
}

/// What the inbox says of open requests, to those who answer them.
pub(super) async fn summary(reads: &mut impl Reads, (state, staff): (&WebState, &Staff)) -> PageResult<Option<String>> {
    if !staff.actor.may_somewhere(Act::SettleHeld) {
        return Ok(None);
    }
    let calendar = Calendar::read(reads, &state.engine).await?;
    let open: Vec<RequestLine> = of_own(staff, record_requests::open(reads, MOST).await?).collect();
    let late = open.iter().filter(|line| calendar.due_on(line) < calendar.today).count();
    Ok(Some(summed(open.len(), late)))
}

/// The requests about one student, for the student's page.
pub(super) async fn of_student(
    reads: &mut impl Reads,
    (state, staff): (&WebState, &Staff),
    student: PersonId,
    answers: bool,
) -> PageResult<Rows> {
    let calendar = Calendar::read(reads, &state.engine).await?;
    let teller = staff.teller();
    let found = record_requests::of_student(reads, student, ANSWERED).await?;
    let requests = found.into_iter().map(|line| request((&teller, &calendar), line).1).collect();
    Ok(Rows { requests, answers, named: false })
}

/// `GET /texting/requests/{request}`.
pub async fn one(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<CommunicationId>,
) -> PageResult<Html<String>> {
    shown(&state, &staff, id, (None, String::new(), Problems::default())).await
}

/// With the step whose form was sent and what was written in it, if one was.
async fn shown(
    state: &WebState,
    staff: &Staff,
    id: CommunicationId,
    (sent, words, problems): (Option<Step>, String, Problems),
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let line = must_answer(&mut reads, &staff.actor, id).await?;
    let calendar = Calendar::read(&mut reads, &state.engine).await?;
    let (today, ages) = texting::today(&mut reads, &state.engine).await?;
    let student = sms_contacts::lookup_student(&mut reads, line.student).await?;
    let age = student.and_then(|student| student.age(today));
    let forms = next_steps(line.asked, line.standing()).into_iter().map(|step| {
        let of = |field: &str| if sent == Some(step) { problems.of(field) } else { String::new() };
        let words = if sent == Some(step) { words.clone() } else { String::new() };
        form((line.asked, step), words, (of(&field("words", step)), of(&field("told", step))))
    });
    html(&RequestPage {
        frame: Frame::new(staff, Place::Texting, "FERPA request"),
        identity: line.identity.map_or("not noted", Identity::plain),
        of_age: age.is_some_and(|age| age >= ages.own_rights_from),
        forms: forms.collect(),
        request: request((&staff.teller(), &calendar), line).1,
        problems,
    })
}

/// The field of one of the forms, as the page names it.
fn field(name: &str, step: Step) -> String {
    format!("{name}-{}", step.word())
}

fn form((asked, step): (Asked, Step), words: String, (wrong_words, wrong_told): (String, String)) -> Form {
    let (title, asks, button) = match (step, asked) {
        (Step::Granted, Asked::Access) => {
            ("Let them see it", "How and when they saw it or got a copy; may stay empty", "Granted")
        }
        (Step::Granted, Asked::Amendment) => ("Amend the record", "What was amended, and where", "Granted"),
        (Step::Refused, Asked::Access) => ("Refuse it", "Reason", "Refuse"),
        (Step::Refused, Asked::Amendment) => ("Refuse to amend", "Reason", "Refuse"),
        (Step::HearingAsked, _) => ("The family asks for a hearing", "What they said; may stay empty", "Note it"),
        (Step::HearingAmends, _) => {
            ("The hearing found for the family", "The evidence and reasons in short, and what was amended", "Decide so")
        }
        (Step::HearingUpholds, _) => {
            ("The hearing let the record stand", "The evidence and reasons in short", "Decide so")
        }
        (Step::Statement, _) => {
            ("Place the family's statement in the record", "The statement, as the family wrote it", "Place it")
        }
    };
    let tells = step.tells(asked).unwrap_or_default();
    Form { step: step.word(), title, asks, button, tells, words, wrong_words, wrong_told }
}

/// `POST /texting/requests/{request}`: the next step.
pub async fn post(
    State(state): State<WebState>,
    Path(id): Path<CommunicationId>,
    form: Signed,
) -> PageResult<Response> {
    let step = Step::from_word(form.fields.text("step")).ok_or(PageError::NotFound)?;
    let words = form.fields.body("words");
    let told = if form.fields.text("told") == "yes" { Told::Yes } else { Told::No };
    let answer = Answer { request: id, step, words: &words, told };
    match answer_request(&state.engine, &form.staff.actor, &answer).await {
        Ok(()) => Ok(Redirect::to(&format!("/texting/requests/{id}")).into_response()),
        Err(CommandError::BadInput(mut problems)) => {
            // The fields of each step stand apart on the page.
            for problem in &mut problems {
                problem.field = field(&problem.field, step);
            }
            let page = shown(&state, &form.staff, id, (Some(step), words, Problems(problems))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}
