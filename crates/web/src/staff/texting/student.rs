//! `/texting/students/{student}`: who is on the record and may be texted, sticky notes, the communications log, *Add
//! Communications*, and *Edit Information* with the SMS contact number (B8 to B15, B27).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::conversation::enabled::{Ages, Enabled, Whose};
use schoolbell_domain::conversation::outreach::days_since;
use schoolbell_domain::conversation::sticky_note::Requester;
use schoolbell_domain::conversation::text::Direction;
use schoolbell_domain::ids::{ConversationId, PersonId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::texting::add_communication::{Contact, add_communication};
use schoolbell_engine::commands::texting::export_record::{export_pictures, export_record};
use schoolbell_engine::commands::texting::read_thread::read_log;
use schoolbell_engine::commands::texting::record_sms_number::{
    NewNumber, Removal, Shared, add_note, record_sms_number, remove_sms_number,
};
use schoolbell_engine::{CommandError, CommandResult, Problem, texting};
use schoolbell_formats::archive;
use schoolbell_store::read::sms_contacts::TextStudent;
use schoolbell_store::read::threads::ThreadLine;
use schoolbell_store::read::{communications, people_pages, texting as texting_rows, threads};
use schoolbell_store::tx::Reads;

use super::super::broadcast::export::csv_field;
use super::requests::{Rows, of_student};
use super::{name, seen_student};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::looks::address;
use crate::session::Staff;
use crate::times::{Teller, TimeElement};

const SHOWN: i64 = 60;

#[derive(Template)]
#[template(path = "texting_student.html")]
struct StudentPage {
    frame: Frame,
    id: PersonId,
    name: String,
    enabled: Enabled,
    why: String,
    /// What staff have to know before they write: icon and words.
    flags: Vec<(&'static str, String)>,
    days: Option<i32>,
    people: Vec<Listed>,
    notes: Vec<String>,
    log: Vec<LogLine>,
    requests: Rows,
    may_text: bool,
    may_record: bool,
    may_export: bool,
    school_phone: String,
    kinds: &'static [Kind],
    outcomes: &'static [Outcome],
    identities: &'static [Identity],
    now_input: String,
    problems: Problems,
    note: String,
}

#[derive(Template)]
#[template(path = "texting_edit.html")]
struct EditPage {
    frame: Frame,
    id: PersonId,
    name: String,
    people: Vec<Listed>,
    requesters: [Requester; 2],
    problems: Problems,
    school_phone: String,
}

/// Somebody on the student's record.
struct Listed {
    id: PersonId,
    name: String,
    role: String,
    /// As shown; empty where there is none.
    number: String,
    restricted: bool,
    /// Why this number cannot be texted; empty if it can.
    why: String,
}

/// A line of the log, newest first.
struct LogLine {
    at: TimeElement,
    what: String,
    who: String,
    words: String,
    thread: Option<ConversationId>,
}

/// `GET /texting/students/{student}`.
pub async fn page(State(state): State<WebState>, staff: Staff, Path(id): Path<PersonId>) -> PageResult<Html<String>> {
    shown(&state, &staff, id, (Problems::default(), String::new())).await
}

async fn shown(
    state: &WebState,
    staff: &Staff,
    id: PersonId,
    (problems, note): (Problems, String),
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let student = seen_student(&mut reads, staff, id).await?;
    drop(reads);
    let readable = read_log(&state.engine, &staff.actor, id).await?;
    let mut reads = state.engine.reader().read().await?;
    let (today, ages) = texting::today(&mut reads, &state.engine).await?;
    let enabled = student.enabled(ages, today);
    let last = texting_rows::last_contacts(&mut reads, &[id]).await?.remove(&id).unwrap_or_default();
    let place = Scope::School(student.school);
    let title = name(&student.given, &student.family);
    let teller = staff.teller();
    let may_export = staff.actor.must(Act::SettleHeld, place).is_ok();
    html(&StudentPage {
        frame: Frame::new(staff, Place::Texting, title.clone()),
        id,
        name: title,
        enabled,
        why: match enabled {
            Enabled::Yes => String::new(),
            Enabled::No(why) => why.sentence().to_owned(),
        },
        flags: flags((&student, &readable), (ages, today), &people_pages::guardians(&mut reads, id).await?),
        days: days_since(last.call, staff.now, &staff.zone),
        people: listed(&mut reads, state, &student).await?,
        notes: communications::notes(&mut reads, id, SHOWN).await?.into_iter().map(|note| note.body).collect(),
        log: log(&mut reads, (&teller, &readable), id).await?,
        may_text: texting::must_text(&mut reads, &staff.actor, id).await.is_ok(),
        may_record: staff.actor.must(Act::RecordSmsNumber, place).is_ok(),
        requests: of_student(&mut reads, (state, staff), id, may_export).await?,
        may_export,
        school_phone: school_phone(&mut reads, &student).await?,
        kinds: Kind::ALL,
        outcomes: Outcome::ALL,
        identities: Identity::ALL,
        now_input: teller.for_input(staff.now),
        problems,
        note,
    })
}

/// Custody, ages at which rights change (LAW-52, LAW-54), a STOP, words that need a human.
fn flags(
    (student, readable): (&TextStudent, &[ThreadLine]),
    (ages, today): (Ages, Date),
    guardians: &[people_pages::Relative],
) -> Vec<(&'static str, String)> {
    let mut flags = Vec::new();
    if readable.iter().any(|thread| thread.needs_human) {
        flags.push(("triangle-alert", "Words in a thread need a human now".to_owned()));
    }
    if guardians.iter().any(|guardian| guardian.custody_restricted) {
        flags.push(("shield-check", "Custody restriction on the record".to_owned()));
    }
    match student.age(today) {
        Some(age) if age < ages.parent_opts_in_below => {
            flags.push(("user", format!("Under {}: a parent opts in to texts", ages.parent_opts_in_below)));
        }
        Some(age) if age >= ages.own_rights_from => {
            flags.push(("user", format!("{} or older: the rights are the student's own", ages.own_rights_from)));
        }
        Some(_) | None => {}
    }
    if student.contacts.iter().any(|contact| contact.consent == ConsentState::Revoked) {
        flags.push(("ban", "A number on the record asked us to stop".to_owned()));
    }
    flags
}

async fn school_phone(reads: &mut impl Reads, student: &TextStudent) -> PageResult<String> {
    let phones = people_pages::school_phones(reads).await?;
    let phone = phones.into_iter().find(|(school, _)| *school == student.school);
    Ok(phone.map(|(_, phone)| address(&phone)).unwrap_or_default())
}

/// The student first, then the contacts of the record in their roles.
async fn listed(reads: &mut impl Reads, state: &WebState, student: &TextStudent) -> PageResult<Vec<Listed>> {
    let (today, ages) = texting::today(reads, &state.engine).await?;
    let of = |id: PersonId, name: String, role: String, restricted: bool| Listed {
        id,
        name,
        role,
        number: student.contact(id).map(|contact| address(&contact.number)).unwrap_or_default(),
        restricted,
        why: match student.enabled_for(id, ages, today) {
            Enabled::Yes => String::new(),
            Enabled::No(why) => why.sentence().to_owned(),
        },
    };
    let own = of(student.student, name(&student.given, &student.family), "student".to_owned(), false);
    let guardians = people_pages::guardians(reads, student.student).await?;
    let others = guardians.into_iter().map(|guardian| {
        let role = match guardian.role {
            schoolbell_domain::people::ContactRole::Main => "main contact",
            schoolbell_domain::people::ContactRole::Secondary => "secondary contact",
            schoolbell_domain::people::ContactRole::Other => "other contact",
        };
        let role =
            if guardian.relation.is_empty() { role.to_owned() } else { format!("{}, {role}", guardian.relation) };
        of(guardian.person, name(&guardian.given, &guardian.family), role, guardian.custody_restricted)
    });
    Ok(std::iter::once(own).chain(others).collect())
}

/// Everything that was said with or about the student: texts of all threads, calls, mails, notes (B27).
/// Of threads those that the reader may read.
async fn log(
    reads: &mut impl Reads,
    (teller, readable): (&Teller, &[ThreadLine]),
    student: PersonId,
) -> PageResult<Vec<LogLine>> {
    let mut lines: Vec<(Timestamp, LogLine)> = Vec::new();
    for entry in communications::entries(reads, student, SHOWN).await? {
        let identity = entry.identity.map(|identity| format!(" ({})", identity.plain())).unwrap_or_default();
        let who = entry.person.map(|person| format!("{}, with {person}{identity}", entry.staff));
        let what = if entry.kind == Kind::Note {
            entry.kind.plain().to_owned()
        } else {
            format!("{}: {}", entry.kind.plain(), entry.outcome.plain())
        };
        let who = who.unwrap_or(format!("{}{identity}", entry.staff));
        lines.push((entry.at, LogLine { at: teller.tell(entry.at), what, who, words: entry.note, thread: None }));
    }
    for thread in readable {
        let person = name(&thread.person_given, &thread.person_family);
        for text in threads::texts(reads, thread.id, SHOWN).await? {
            let of = text.link.text;
            let state = text.state.map(|state| format!(", {}", state.kind().plain())).unwrap_or_default();
            let (what, who) = match of.direction {
                Direction::Out => (
                    format!("Text sent{state}"),
                    format!("{} to {person}, {}", of.author, address(&thread.their_number)),
                ),
                Direction::In => (
                    "Text received".to_owned(),
                    format!("{person}, {}, to {}", address(&thread.their_number), thread.staff),
                ),
            };
            let line = LogLine { at: teller.tell(of.at), what, who, words: of.body, thread: Some(thread.id) };
            lines.push((of.at, line));
        }
    }
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(lines.into_iter().map(|(_, line)| line).take(100).collect())
}

/// `POST /texting/students/{student}/communications`: *Add Communications*.
pub async fn add(State(state): State<WebState>, Path(id): Path<PersonId>, form: Signed) -> PageResult<Response> {
    let fields = &form.fields;
    let note = fields.body("note");
    let entered = entered(fields, id, (&note, &form.staff));
    let answer = match entered {
        Ok(contact) => add_communication(&state.engine, &form.staff.actor, &contact).await,
        Err(problems) => Err(CommandError::BadInput(problems)),
    };
    match answer {
        Ok(()) => Ok(Redirect::to(&format!("/texting/students/{id}#log")).into_response()),
        Err(CommandError::BadInput(problems)) => {
            let page = shown(&state, &form.staff, id, (Problems(problems), note)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn entered<'a>(
    fields: &Fields,
    student: PersonId,
    (note, staff): (&'a str, &Staff),
) -> Result<Contact<'a>, Vec<Problem>> {
    let bad = |field: &str, message: &str| vec![problem(field, message)];
    Ok(Contact {
        student,
        person: fields.text("person").parse().ok(),
        kind: Kind::from_word(fields.text("kind")).ok_or_else(|| bad("kind", "choose what it was"))?,
        outcome: Outcome::from_word(fields.text("outcome")).ok_or_else(|| bad("outcome", "choose how it ended"))?,
        identity: Identity::from_word(fields.text("identity")),
        note,
        at: staff.teller().read_input(fields.text("at")).ok_or_else(|| bad("at", "write when it was"))?,
    })
}

/// `POST /texting/students/{student}/notes`: a sticky note.
pub async fn note(State(state): State<WebState>, Path(id): Path<PersonId>, form: Signed) -> PageResult<Redirect> {
    add_note(&state.engine, &form.staff.actor, id, &form.fields.body("note")).await?;
    Ok(Redirect::to(&format!("/texting/students/{id}#notes")))
}

/// `GET /texting/students/{student}/edit`: *Edit Information*.
pub async fn edit(State(state): State<WebState>, staff: Staff, Path(id): Path<PersonId>) -> PageResult<Html<String>> {
    edit_page(&state, &staff, id, Problems::default()).await
}

async fn edit_page(state: &WebState, staff: &Staff, id: PersonId, problems: Problems) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let student = seen_student(&mut reads, staff, id).await?;
    staff.actor.must(Act::RecordSmsNumber, Scope::School(student.school))?;
    html(&EditPage {
        frame: Frame::new(staff, Place::Texting, "Edit Information"),
        id,
        name: name(&student.given, &student.family),
        people: listed(&mut reads, state, &student).await?,
        requesters: Requester::ALL,
        problems,
        school_phone: school_phone(&mut reads, &student).await?,
    })
}

/// `POST /texting/students/{student}/edit`: records or removes the number of one person.
pub async fn save(State(state): State<WebState>, Path(id): Path<PersonId>, form: Signed) -> PageResult<Response> {
    let fields = &form.fields;
    let person: PersonId = fields.text("person").parse().map_err(|_| PageError::NotFound)?;
    let answer: CommandResult<()> = if fields.text("act") == "remove" {
        match Requester::from_word(fields.text("requester")) {
            Some(requester) => {
                let more = fields.body("more");
                let removal = Removal { student: id, person, requester, more: &more };
                remove_sms_number(&state.engine, &form.staff.actor, &removal).await
            }
            None => Err(CommandError::bad("requester", "say who asked for it")),
        }
    } else {
        let new = NewNumber {
            student: id,
            person,
            number: fields.text("number"),
            opted_in_by: if fields.text("opted_in_by") == "student" { Whose::Student } else { Whose::Guardian },
            evidence: fields.text("evidence"),
            shared: if fields.text("shared") == "yes" { Shared::Confirmed } else { Shared::Unasked },
        };
        record_sms_number(&state.engine, &form.staff.actor, &new).await
    };
    match answer {
        Ok(()) => Ok(Redirect::to(&format!("/texting/students/{id}")).into_response()),
        Err(CommandError::BadInput(mut problems)) => {
            // The fields of each person stand apart on the page.
            for problem in &mut problems {
                problem.field = format!("{}-{person}", problem.field);
            }
            let page = edit_page(&state, &form.staff, id, Problems(problems)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// `GET /texting/students/{student}/record.csv`: the whole record for a family that asks to see it (B14). It is noted.
pub async fn record(State(state): State<WebState>, staff: Staff, Path(id): Path<PersonId>) -> PageResult<Response> {
    let text = record_text(&state, &staff, id).await?;
    let name = format!("attachment; filename=\"record-{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

/// `GET /texting/students/{student}/record.zip`: the same with the pictures that came.
pub async fn record_with_pictures(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<PersonId>,
) -> PageResult<Response> {
    let mut files = vec![("record.csv".to_owned(), record_text(&state, &staff, id).await?.into_bytes())];
    files.extend(export_pictures(&state.engine, &staff.actor, id).await?);
    let packed = archive::pack(&files).map_err(PageError::fault)?;
    let name = format!("attachment; filename=\"record-{id}.zip\"");
    let headers = [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, packed).into_response())
}

async fn record_text(state: &WebState, staff: &Staff, id: PersonId) -> PageResult<String> {
    let lines = export_record(&state.engine, &staff.actor, id).await?;
    let mut text = "when,what,who,words\r\n".to_owned();
    for line in lines {
        let at = line.at.to_zoned(staff.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        text.push_str(&[at, line.what, line.who, line.words].map(|field| csv_field(&field)).join(","));
        text.push_str("\r\n");
    }
    Ok(text)
}
