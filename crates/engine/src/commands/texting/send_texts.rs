//! One text to many students: a single text to each family, in its own thread, never a group; each filled in and judged by the
//! guard by itself (B19, B20).

use std::collections::HashSet;

use jiff::Timestamp;
use schoolbell_domain::conversation::guard::Hit;
use schoolbell_domain::conversation::policy::OnMark;
use schoolbell_domain::conversation::signature::signed;
use schoolbell_domain::conversation::text_template::{Values, fill, has_blank};
use schoolbell_domain::ids::{PersonId, UserId};
use schoolbell_formats::sms;
use schoolbell_store::read::sms_contacts::{self, TextStudent};
use schoolbell_store::read::{district, text_templates};
use schoolbell_store::tx::Reads;

use super::send_text::{NewText, SENT_ALREADY, SentText, Stranger, Way, send_text};
use crate::error::{CommandError, CommandResult, Problem};
use crate::texting::{guard, must_text, shown_name, staff_person, today};
use crate::{Actor, Engine};

/// More than any teacher has; a message to a whole school is a broadcast.
pub const MOST: usize = 200;

/// Who gets it where both the student and a guardian can be texted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    StudentFirst,
    GuardianFirst,
}

/// A text to many, as staff wrote it.
#[derive(Debug, Clone, Copy)]
pub struct NewTexts<'a> {
    pub students: &'a [PersonId],
    pub whom: Whom,
    /// With `{{student}}`, `{{course}}` and `{{teacher}}`, which are filled in for each.
    pub body: &'a str,
    pub stranger: Stranger,
    pub reason: &'a str,
    pub send_at: Option<Timestamp>,
    /// Names this sending: sent a second time it reaches only whom it has not reached yet.
    pub batch: &'a str,
}

/// What one family would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub student: PersonId,
    pub student_name: String,
    /// Who would get it, with the name; `None` where nobody can be texted.
    pub to: Option<(PersonId, String)>,
    /// As it would leave.
    pub body: String,
    pub hits: Vec<Hit>,
    /// Why it does not go to this family; empty if it does.
    pub left_out: String,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Sent(SentText),
    /// An earlier try of the same batch reached this family.
    Already,
    /// Why not.
    LeftOut(String),
}

/// Every text as it would leave, in the order asked; a student twice stands once.
pub async fn drafts(
    engine: &Engine,
    reads: &mut impl Reads,
    actor: &Actor,
    new: &NewTexts<'_>,
) -> CommandResult<Vec<Draft>> {
    let user = actor.user.ok_or_else(CommandError::not_allowed)?;
    let reached = text_templates::reached(reads, new.batch).await?;
    let mut seen = HashSet::new();
    let mut drafts = Vec::new();
    for student in new.students.iter().copied().filter(|student| seen.insert(*student)) {
        let mut draft = draft(engine, reads, actor, (user, student, new)).await?;
        if reached.contains(&student) {
            "this text has gone to this family already".clone_into(&mut draft.left_out);
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

/// Sends it to each; what is wrong with the whole is told before anything leaves.
///
/// Each text is a transaction of its own: one that is refused in the last moment (a STOP came in) leaves the others alone.
pub async fn send_texts(engine: &Engine, actor: &Actor, new: &NewTexts<'_>) -> CommandResult<Vec<(Draft, Done)>> {
    let mut reads = engine.reader().read().await?;
    let policy = district::get_district(&mut reads).await?.settings.texting;
    let drafts = drafts(engine, &mut reads, actor, new).await?;
    drop(reads);
    let marked = drafts.iter().any(|draft| draft.left_out.is_empty() && !draft.hits.is_empty());
    let problems = problems(new, marked, policy.on_mark);
    if !problems.is_empty() {
        return Err(CommandError::BadInput(problems));
    }
    let mut done = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let became = send_one(engine, actor, (new, &draft)).await?;
        done.push((draft, became));
    }
    Ok(done)
}

fn problems(new: &NewTexts<'_>, marked: bool, on_mark: OnMark) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |field: &str, message: &str| {
        problems.push(Problem { field: field.to_owned(), message: message.to_owned() });
    };
    if new.students.is_empty() {
        add("student", "tick at least one student");
    } else if new.students.len() > MOST {
        add("student", "this is for up to 200 students; a message to more is a broadcast");
    }
    if new.body.trim().is_empty() {
        add("body", "write the text");
    }
    if new.stranger == Stranger::Unanswered {
        add("stranger", "answer the question about a stranger");
    }
    if marked && on_mark == OnMark::Stop {
        add("body", "take out what is marked, or untick those students; your district does not let it go by text");
    } else if marked && new.reason.trim().is_empty() {
        add("reason", "take out what is marked, untick those students, or say why it has to go by text");
    }
    problems
}

async fn send_one(engine: &Engine, actor: &Actor, (new, draft): (&NewTexts<'_>, &Draft)) -> CommandResult<Done> {
    let Some((person, _)) = draft.to.as_ref().filter(|_| draft.left_out.is_empty()) else {
        return Ok(Done::LeftOut(draft.left_out.clone()));
    };
    let text = NewText {
        student: draft.student,
        person: *person,
        body: &draft.body,
        stranger: new.stranger,
        reason: if draft.hits.is_empty() && new.stranger == Stranger::No { "" } else { new.reason },
        send_at: new.send_at,
        way: Way::Batch(new.batch),
    };
    match send_text(engine, actor, &text).await {
        Ok(sent) => Ok(Done::Sent(sent)),
        Err(CommandError::Refused { rule: SENT_ALREADY, .. }) => Ok(Done::Already),
        Err(error @ (CommandError::Refused { .. } | CommandError::BadInput(_) | CommandError::NotFound(_))) => {
            Ok(Done::LeftOut(error.to_string()))
        }
        Err(error @ CommandError::Fault(_)) => Err(error),
    }
}

async fn draft(
    engine: &Engine,
    reads: &mut impl Reads,
    actor: &Actor,
    (user, id, new): (UserId, PersonId, &NewTexts<'_>),
) -> CommandResult<Draft> {
    let student = must_text(reads, actor, id).await?;
    let student_name = format!("{} {}", student.given, student.family).trim().to_owned();
    let (person, left_out) = choose(engine, reads, (&student, new.whom)).await?;
    let Some(person) = person else {
        return Ok(Draft { student: id, student_name, to: None, body: String::new(), hits: Vec::new(), left_out });
    };
    let course = match staff_person(reads, user).await? {
        Some(staff) => sms_contacts::course(reads, staff, id).await?.unwrap_or_default(),
        None => String::new(),
    };
    let shown = shown_name(reads, user).await?;
    let values = Values { student: &student.given, course: &course, teacher: &shown, time: "" };
    let body = sms::plain(&signed(&fill(new.body, values), &shown)).text.replace('\0', "");
    let settings = district::get_district(reads).await?.settings;
    let hits = guard(reads, &settings, &student, (person, &shown), &body).await?;
    let left_out =
        if has_blank(&body) { "something in it is not filled in for this student".to_owned() } else { String::new() };
    let name = student.contact(person).map(|one| format!("{} {}", one.given, one.family).trim().to_owned());
    Ok(Draft { student: id, student_name, to: Some((person, name.unwrap_or_default())), body, hits, left_out })
}

/// Who of the record gets it; otherwise why nobody does.
async fn choose(
    engine: &Engine,
    reads: &mut impl Reads,
    (student, whom): (&TextStudent, Whom),
) -> CommandResult<(Option<PersonId>, String)> {
    use schoolbell_domain::conversation::enabled::{Enabled, Whose};
    let (today, ages) = today(reads, engine).await?;
    let first = match whom {
        Whom::StudentFirst => Whose::Student,
        Whom::GuardianFirst => Whose::Guardian,
    };
    let mut open: Vec<_> =
        student.contacts.iter().filter(|one| student.enabled_for(one.person, ages, today).is_yes()).collect();
    open.sort_by_key(|one| one.whose != first);
    match (open.first(), student.enabled(ages, today)) {
        (Some(contact), _) => Ok((Some(contact.person), String::new())),
        (None, Enabled::No(why)) => Ok((None, why.sentence().to_owned())),
        (None, Enabled::Yes) => Ok((None, "nobody on the record can be texted".to_owned())),
    }
}
