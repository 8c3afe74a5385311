//! The composer of a text: template, stranger question, the guard's marks with a safer wording, segments. It stands on a
//! thread's page, and on `/texting/students/{student}/write/{person}` before there is a thread.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::conversation::enabled::Enabled;
use schoolbell_domain::conversation::guard::Hit;
use schoolbell_domain::conversation::policy::{OnMark, STRANGER_QUESTION, TextingPolicy};
use schoolbell_domain::conversation::signature::signed;
use schoolbell_domain::conversation::text_template::{Group, Owner, READY_MADE, Values, fill};
use schoolbell_domain::ids::{ConversationId, PersonId};
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::texting::keep_template::templates_for;
use schoolbell_engine::commands::texting::send_text::{NewText, Stranger, Way, send_text};
use schoolbell_engine::{Actor, CommandError, texting};
use schoolbell_formats::sms;
use schoolbell_store::read::sms_contacts::{self, TextStudent};
use schoolbell_store::read::{district, threads};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::{name, seen_student};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::counted;

/// The form, wherever it stands.
pub struct Composer {
    pub action: String,
    pub student: PersonId,
    pub person: PersonId,
    pub to: String,
    pub body: String,
    pub stranger: String,
    pub reason: String,
    pub problems: Problems,
    pub groups: Vec<TemplateGroup>,
    pub question: &'static str,
    /// Why nothing can be sent; the form is not shown then (B3).
    pub closed: Option<String>,
    pub signature: String,
    pub marks: Marks,
}

/// What stands below the text while it is written.
#[derive(Template)]
#[template(path = "texting_marks.html")]
pub struct Marks {
    pub found: Vec<Mark>,
    pub segments: String,
    /// "Take it out" or "take it out, or say why".
    pub asks: &'static str,
}

pub struct Mark {
    pub words: String,
    pub kind: &'static str,
    pub why: &'static str,
    pub safer: &'static str,
}

pub struct TemplateGroup {
    pub name: &'static str,
    pub when: &'static str,
    pub texts: Vec<TemplateText>,
}

/// A text to begin with.
pub struct TemplateText {
    pub key: String,
    /// Filled in.
    pub text: String,
    /// When to use it, of a kept one; whose it is.
    pub note: String,
}

impl TemplateText {
    /// Without braces, for people who choose.
    pub fn said(&self) -> String {
        self.text.replace("{{student}}", "(first name)").replace("{{course}}", "(class)").replace("[[time]]", "(time)")
    }
}

#[derive(Template)]
#[template(path = "texting_write.html")]
struct WritePage {
    frame: Frame,
    student: PersonId,
    title: String,
    composer: Composer,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    template: String,
}

/// What a form of the composer holds.
pub struct Written<'a> {
    pub body: &'a str,
    pub stranger: &'a str,
    pub reason: &'a str,
    pub problems: Problems,
}

impl Composer {
    /// The form for one person about one student, as far as it was written.
    pub async fn of(
        reads: &mut impl Reads,
        (state, staff): (&WebState, &Staff),
        (student, person): (&TextStudent, PersonId),
        action: String,
        written: Written<'_>,
    ) -> PageResult<Self> {
        let (today, ages) = texting::today(reads, &state.engine).await?;
        let closed = match student.enabled_for(person, ages, today) {
            Enabled::Yes => None,
            Enabled::No(why) => Some(crate::error::as_sentence(why.sentence())),
        };
        let signature = texting::shown_name(reads, staff.user).await?;
        let course = match texting::staff_person(reads, staff.user).await? {
            Some(staff) => sms_contacts::course(reads, staff, student.student).await?,
            None => None,
        };
        let marks = marks(reads, (student, person), written.body, &signature).await?;
        let to = student.contact(person).map(|contact| name(&contact.given, &contact.family)).unwrap_or_default();
        let values =
            Values { student: &student.given, course: course.as_deref().unwrap_or(""), teacher: &signature, time: "" };
        Ok(Self {
            action,
            student: student.student,
            person,
            to,
            body: written.body.to_owned(),
            stranger: written.stranger.to_owned(),
            reason: written.reason.to_owned(),
            problems: written.problems,
            groups: groups(reads, &staff.actor, values).await?,
            question: STRANGER_QUESTION,
            closed,
            signature,
            marks,
        })
    }
}

/// The source's texts and those that are kept, by group.
pub(super) async fn groups(
    reads: &mut impl Reads,
    actor: &Actor,
    values: Values<'_>,
) -> PageResult<Vec<TemplateGroup>> {
    let kept = templates_for(reads, actor).await?;
    let of = |group: Group| {
        let made = READY_MADE.iter().filter(|made| made.group == group).map(|made| TemplateText {
            key: made.key.to_owned(),
            text: fill(made.body, values),
            note: String::new(),
        });
        let own = kept.iter().filter(|one| one.group == group).map(|one| TemplateText {
            key: one.id.to_string(),
            text: fill(&one.body, values),
            note: match one.owner {
                Owner::User(_) => format!("Yours. {}", one.when),
                Owner::School(_) | Owner::District => format!("Shared by {}. {}", one.kept_by, one.when),
            },
        });
        TemplateGroup { name: group.plain(), when: group.when(), texts: made.chain(own).collect() }
    };
    Ok(Group::ALL.map(of).into())
}

/// What the guard says of a text as it would leave, and what it costs.
async fn marks(
    reads: &mut impl Reads,
    (student, person): (&TextStudent, PersonId),
    body: &str,
    signature: &str,
) -> PageResult<Marks> {
    let settings = district::get_district(reads).await?.settings;
    let leaves = if body.trim().is_empty() { String::new() } else { sms::plain(&signed(body, signature)).text };
    let hits = texting::guard(reads, &settings, student, (person, signature), &leaves).await?;
    Ok(Marks {
        found: hits.into_iter().map(mark).collect(),
        segments: segments(&leaves),
        asks: asks(&settings.texting),
    })
}

pub(super) fn mark(hit: Hit) -> Mark {
    Mark { words: hit.words, kind: hit.kind.plain(), why: hit.kind.why(), safer: hit.kind.safer() }
}

const fn asks(policy: &TextingPolicy) -> &'static str {
    match policy.on_mark {
        OnMark::Stop => "Take out what is marked; your district does not let it go by text.",
        OnMark::AskReason => "Take out what is marked, or say below why it has to go by text.",
    }
}

fn segments(text: &str) -> String {
    let cost = sms::segments(text);
    let parts = u64::try_from(cost.parts).unwrap_or(u64::MAX);
    if parts == 0 {
        return String::new();
    }
    let letters = counted(u64::try_from(text.chars().count()).unwrap_or(u64::MAX), "letter", "letters");
    format!("{letters} with your name, {}", counted(parts, "segment", "segments"))
}

/// `POST /texting/check`: the marks alone, while somebody writes.
pub async fn check(State(state): State<WebState>, form: Signed) -> PageResult<Html<String>> {
    let (student, person) = whom(&form.fields)?;
    let mut reads = state.engine.reader().read().await?;
    let student = seen_student(&mut reads, &form.staff, student).await?;
    let signature = texting::shown_name(&mut reads, form.staff.user).await?;
    html(&marks(&mut reads, (&student, person), &form.fields.body("body"), &signature).await?)
}

fn whom(fields: &Fields) -> PageResult<(PersonId, PersonId)> {
    let id = |field: &str| fields.text(field).parse::<PersonId>().map_err(|_| PageError::NotFound);
    Ok((id("student")?, id("person")?))
}

/// `GET /texting/students/{student}/write/{person}`; where a thread stands, its page.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path((student, person)): Path<(PersonId, PersonId)>,
    Query(asked): Query<Asked>,
) -> PageResult<Response> {
    staff.must_somewhere(Act::Text)?;
    let mut reads = state.engine.reader().read().await?;
    let found = texting::must_text(&mut reads, &staff.actor, student).await?;
    if let Some(thread) = own_thread(&mut reads, &staff, &found, person).await? {
        let template = if asked.template.is_empty() { String::new() } else { format!("?template={}", asked.template) };
        return Ok(Redirect::to(&format!("/texting/threads/{thread}{template}")).into_response());
    }
    let written = Written { body: "", stranger: "", reason: "", problems: Problems::default() };
    let mut composer =
        Composer::of(&mut reads, (&state, &staff), (&found, person), action(student, person), written).await?;
    composer.begin_with(&asked.template);
    Ok(write_page(&staff, student, composer)?.into_response())
}

fn action(student: PersonId, person: PersonId) -> String {
    format!("/texting/students/{student}/write/{person}")
}

fn write_page(staff: &Staff, student: PersonId, composer: Composer) -> PageResult<Html<String>> {
    let title = if composer.to.is_empty() { "New text".to_owned() } else { format!("Text {}", composer.to) };
    html(&WritePage { frame: Frame::new(staff, Place::Texting, title.clone()), student, title, composer })
}

async fn own_thread(
    reads: &mut impl Reads,
    staff: &Staff,
    student: &TextStudent,
    person: PersonId,
) -> PageResult<Option<ConversationId>> {
    let number = student.contact(person).map(|contact| contact.number.clone()).unwrap_or_default();
    let all = threads::of_student(reads, student.student).await?;
    let own = all.into_iter().find(|thread| {
        thread.user == staff.user
            && thread.person == person
            && thread.closed_at.is_none()
            && thread.their_number == number
    });
    Ok(own.map(|thread| thread.id))
}

impl Composer {
    /// Fills in a ready-made text where nothing was written.
    pub fn begin_with(&mut self, template: &str) {
        let texts = self.groups.iter().flat_map(|group| &group.texts);
        if let Some(found) = texts.into_iter().find(|one| one.key == template)
            && self.body.is_empty()
        {
            self.body.clone_from(&found.text);
        }
    }
}

/// `POST /texting/students/{student}/write/{person}`.
pub async fn post(
    State(state): State<WebState>,
    Path((student, person)): Path<(PersonId, PersonId)>,
    form: Signed,
) -> PageResult<Response> {
    match send(&state, &form, (student, person), Way::Alone).await? {
        Ok(thread) => Ok(Redirect::to(&format!("/texting/threads/{thread}#end")).into_response()),
        Err(problems) => {
            let mut reads = state.engine.reader().read().await?;
            let found = texting::must_text(&mut reads, &form.staff.actor, student).await?;
            let body = form.fields.body("body");
            let written = written(&form.fields, &body, problems);
            let composer =
                Composer::of(&mut reads, (&state, &form.staff), (&found, person), action(student, person), written)
                    .await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, write_page(&form.staff, student, composer)?).into_response())
        }
    }
}

/// The form as it came, with what is wrong.
pub fn written<'a>(fields: &'a Fields, body: &'a str, problems: Problems) -> Written<'a> {
    Written { body, stranger: fields.text("stranger"), reason: fields.text("reason"), problems }
}

/// What was answered to the stranger question.
pub(super) fn stranger(fields: &Fields) -> Stranger {
    match fields.text("stranger") {
        "no" => Stranger::No,
        "yes" => Stranger::Yes,
        _ => Stranger::Unanswered,
    }
}

/// Sends what the form says; the thread, or what is wrong with the form.
pub async fn send(
    state: &WebState,
    form: &Signed,
    (student, person): (PersonId, PersonId),
    way: Way<'_>,
) -> PageResult<Result<ConversationId, Problems>> {
    let fields = &form.fields;
    let body = fields.body("body");
    let stranger = stranger(fields);
    let teller = form.staff.teller();
    let new = NewText {
        student,
        person,
        body: &body,
        stranger,
        reason: fields.text("reason"),
        send_at: teller.read_input(fields.text("send_at")),
        way,
    };
    match send_text(&state.engine, &form.staff.actor, &new).await {
        Ok(sent) => Ok(Ok(sent.thread)),
        Err(CommandError::BadInput(problems)) => Ok(Err(Problems(problems))),
        Err(other) => Err(other.into()),
    }
}
