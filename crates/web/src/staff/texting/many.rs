//! `/texting/many`: one text to many students. Each family's text is shown as it would leave, with the guard's marks; what was
//! looked at is what goes, one by one, each in its own thread (B19, B20).

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use schoolbell_domain::conversation::policy::STRANGER_QUESTION;
use schoolbell_domain::conversation::text_template::Values;
use schoolbell_domain::ids::{ConversationId, PersonId};
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::texting::send_texts::{Done, Draft, MOST, NewTexts, Whom, drafts, send_texts};
use schoolbell_engine::{CommandError, dice, texting};
use schoolbell_formats::sms;
use sha2::{Digest, Sha256};

use super::compose::{Mark, TemplateGroup, groups, mark, stranger};
use super::enrollments;
use crate::WebState;
use crate::error::PageResult;
use crate::form::{Fields, Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::times::counted;

#[derive(Template)]
#[template(path = "texting_many.html")]
struct ManyPage {
    frame: Frame,
    batch: String,
    body: String,
    guardian_first: bool,
    send_at: String,
    stranger: String,
    reason: String,
    question: &'static str,
    groups: Vec<TemplateGroup>,
    problems: Problems,
    rows: Vec<Row>,
    /// Those who can be texted, in words.
    said: String,
    /// The texts were shown, so that they may go.
    looked: bool,
}

/// One family.
struct Row {
    student: PersonId,
    name: String,
    to: String,
    body: String,
    segments: usize,
    marks: Vec<Mark>,
    left_out: String,
    /// Told back at Send: the text is still the one that was looked at.
    seen: String,
}

#[derive(Template)]
#[template(path = "texting_many_sent.html")]
struct SentPage {
    frame: Frame,
    said: String,
    lines: Vec<SentLine>,
}

struct SentLine {
    student: PersonId,
    name: String,
    to: String,
    thread: Option<ConversationId>,
    why: String,
}

/// What the form holds.
struct Written {
    students: Vec<PersonId>,
    batch: String,
    body: String,
    send_at: Option<jiff::Timestamp>,
}

/// `POST /texting/many`: begins with the ticked students, fills in a ready-made text, shows each text, sends them.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    form.staff.must_somewhere(Act::Text)?;
    let mut written = written(&state, &form).await?;
    let groups = offered(&state, &form).await?;
    let key = form.fields.text("template");
    let chosen = groups.iter().flat_map(|group| &group.texts).find(|one| one.key == key);
    if let Some(chosen) = chosen {
        written.body.clone_from(&chosen.text);
    }
    let found = looked_at(&state, &form, &written).await?;
    if form.fields.text("step") != "send" || chosen.is_some() {
        return Ok(page(&form, (written, found, groups), Problems::default())?.into_response());
    }
    let changed = found.iter().any(|draft| form.fields.text(&format!("seen-{}", draft.student)) != seen(draft));
    let answer = if changed {
        Err(CommandError::bad("body", "the texts have changed since you looked at them; look at each again, then send"))
    } else {
        send_texts(&state.engine, &form.staff.actor, &new_texts(&form.fields, &written)).await
    };
    match answer {
        Ok(done) => Ok(sent(&form, &done)?.into_response()),
        Err(CommandError::BadInput(problems)) => {
            let again = page(&form, (written, found, groups), Problems(problems))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// The ticked students, or all that the list shows and who can be texted.
async fn written(state: &WebState, form: &Signed) -> PageResult<Written> {
    let fields = &form.fields;
    let mut students: Vec<PersonId> = fields.values("student").filter_map(|id| id.parse().ok()).collect();
    if fields.text("all") == "yes" {
        students = enrollments::textable(state, &form.staff, fields).await?;
    }
    let mut seen = std::collections::HashSet::new();
    students.retain(|student| seen.insert(*student));
    let batch = fields.text("batch");
    let is_ours = batch.len() == 64 && batch.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(Written {
        students,
        batch: if is_ours { batch.to_owned() } else { dice::token() },
        body: fields.body("body"),
        send_at: form.staff.teller().read_input(fields.text("send_at")),
    })
}

fn new_texts<'a>(fields: &'a Fields, written: &'a Written) -> NewTexts<'a> {
    NewTexts {
        students: &written.students,
        whom: if fields.text("whom") == "guardian" { Whom::GuardianFirst } else { Whom::StudentFirst },
        body: &written.body,
        stranger: stranger(fields),
        reason: fields.text("reason"),
        send_at: written.send_at,
        batch: &written.batch,
    }
}

async fn looked_at(state: &WebState, form: &Signed, written: &Written) -> PageResult<Vec<Draft>> {
    if written.students.len() > MOST {
        return Ok(Vec::new());
    }
    let mut reads = state.engine.reader().read().await?;
    Ok(drafts(&state.engine, &mut reads, &form.staff.actor, &new_texts(&form.fields, written)).await?)
}

/// Ready-made texts with the fields that each student fills for themselves.
async fn offered(state: &WebState, form: &Signed) -> PageResult<Vec<TemplateGroup>> {
    let mut reads = state.engine.reader().read().await?;
    let shown = texting::shown_name(&mut reads, form.staff.user).await?;
    let values = Values { student: "{{student}}", course: "{{course}}", teacher: &shown, time: "" };
    groups(&mut reads, &form.staff.actor, values).await
}

fn page(
    form: &Signed,
    (written, found, groups): (Written, Vec<Draft>, Vec<TemplateGroup>),
    mut problems: Problems,
) -> PageResult<Html<String>> {
    let fields = &form.fields;
    if written.students.is_empty() {
        problems.0.push(problem("student", "tick at least one student in Current Enrollments"));
    } else if written.students.len() > MOST {
        problems.0.push(problem("student", "this is for up to 200 students; a message to more is a broadcast"));
    }
    let is_written = !written.body.trim().is_empty();
    let count = found.iter().filter(|draft| draft.to.is_some() && draft.left_out.is_empty()).count();
    html(&ManyPage {
        frame: Frame::new(&form.staff, Place::Texting, "One text to many"),
        batch: written.batch,
        guardian_first: fields.text("whom") == "guardian",
        send_at: fields.text("send_at").to_owned(),
        stranger: fields.text("stranger").to_owned(),
        reason: fields.text("reason").to_owned(),
        question: STRANGER_QUESTION,
        groups,
        problems,
        said: counted(u64::try_from(count).unwrap_or(0), "family", "families"),
        looked: is_written && count > 0,
        rows: found.into_iter().map(|draft| row(draft, is_written)).collect(),
        body: written.body,
    })
}

fn row(draft: Draft, is_written: bool) -> Row {
    let seen = seen(&draft);
    Row {
        student: draft.student,
        name: draft.student_name,
        to: draft.to.map(|(_, name)| name).unwrap_or_default(),
        segments: sms::segments(&draft.body).parts,
        body: if is_written { draft.body } else { String::new() },
        marks: if is_written { draft.hits.into_iter().map(mark).collect() } else { Vec::new() },
        left_out: draft.left_out,
        seen,
    }
}

/// What tells one text from another: who gets it, its words, and whether it goes.
fn seen(draft: &Draft) -> String {
    let to = draft.to.as_ref().map(|(person, _)| person.to_string()).unwrap_or_default();
    let whole = [to.as_str(), &draft.left_out, &draft.body].join("\0");
    format!("{:x}", Sha256::digest(whole.as_bytes()))[..24].to_owned()
}

fn sent(form: &Signed, done: &[(Draft, Done)]) -> PageResult<Html<String>> {
    let went = done.iter().filter(|(_, became)| matches!(became, Done::Sent(_))).count();
    let lines = done.iter().map(|(draft, became)| SentLine {
        student: draft.student,
        name: draft.student_name.clone(),
        to: draft.to.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        thread: match became {
            Done::Sent(text) => Some(text.thread),
            Done::Already | Done::LeftOut(_) => None,
        },
        why: match became {
            Done::Sent(_) => String::new(),
            Done::Already => "Sent before, not a second time.".to_owned(),
            Done::LeftOut(why) => crate::error::as_sentence(why),
        },
    });
    html(&SentPage {
        frame: Frame::new(&form.staff, Place::Texting, "Sent"),
        said: counted(u64::try_from(went).unwrap_or(0), "text", "texts"),
        lines: lines.collect(),
    })
}
