//! `/broadcasts/new` and `/broadcasts/{id}/edit`: one page in four steps, each a plain form post.

pub mod call;
pub mod plan;
mod review;
mod tongues;
pub mod upload;
mod what;
mod who;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::audience::Audience;
use schoolbell_domain::broadcast::{BroadcastState, Draft};
use schoolbell_domain::ids::BroadcastId;
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::preview_broadcast::{count_audience, preview_broadcast};
use schoolbell_engine::commands::save_draft::{Kept, copy_broadcast, discard_draft, save_draft};
use schoolbell_engine::commands::send_broadcast::{Sent, send_broadcast};
use schoolbell_engine::{CommandError, Problem};
use schoolbell_store::read::broadcasts::{Broadcast, lookup_broadcast};
use schoolbell_store::read::district::{SchoolRow, get_district, schools};
use schoolbell_store::read::names::names;
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed, encode, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use review::Review;
use tongues::Tongues;
use what::{Previews, Start, What};
use who::Who;

#[derive(Template)]
#[template(path = "compose.html")]
struct ComposePage {
    frame: Frame,
    /// Where the steps post to.
    action: String,
    id: Option<BroadcastId>,
    version: i64,
    open: Step,
    starts: Vec<Start>,
    begun: bool,
    what: What,
    tongues: Option<Tongues>,
    what_done: Option<String>,
    who: Option<Who>,
    who_done: Option<String>,
    review: Option<Review>,
    problems: Problems,
    /// What keeps this person from sending it, with the rule.
    may_not: Option<(&'static str, String)>,
    emergency: bool,
    send_at: String,
    earliest: String,
    zone: String,
}

#[derive(Template)]
#[template(path = "compose_previews.html")]
struct PreviewsFragment {
    previews: Previews,
}

/// The steps of the page. Review and Send stand open together: the numbers beside the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    What,
    Who,
    Review,
}

#[derive(Deserialize)]
pub struct Begin {
    #[serde(default)]
    template: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    step: String,
    #[serde(default)]
    find: String,
    /// The language to write, in the first step.
    #[serde(default)]
    language: String,
}

/// What a page is made of beside the draft.
struct Shown<'a> {
    which: Option<(BroadcastId, i64)>,
    open: Step,
    template: &'a str,
    find: &'a str,
    language: &'a str,
    fields: Option<&'a Fields>,
    problems: Vec<Problem>,
}

/// `GET /broadcasts/new?template=…`.
pub async fn begin(
    State(state): State<WebState>,
    staff: Staff,
    Query(asked): Query<Begin>,
) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::Compose)?;
    let draft = what::begin(&asked.template, &staff);
    let shown = Shown {
        which: None,
        open: Step::What,
        template: &asked.template,
        find: "",
        language: "",
        fields: None,
        problems: Vec::new(),
    };
    show(&state, &staff, &draft, shown).await
}

/// `POST /broadcasts/new`: the first step of a new message.
pub async fn begin_post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    let mut draft = what::begin(fields.text("template"), &staff);
    let mut problems = what::take(&mut draft, &fields);
    draft.audience = who::usual(&draft);
    if fields.text("go") == "call" && problems.is_empty() {
        // A recording may be all that it says.
        let kept = save_draft(&state.engine, &staff.actor, None, &draft).await?;
        return Ok(Redirect::to(&format!("/broadcasts/{}/call", kept.id)).into_response());
    }
    if let Some(tag) = tongues::asked_for(&fields) {
        let kept = save_draft(&state.engine, &staff.actor, None, &draft).await?;
        return Ok(to_language(kept.id, tag));
    }
    problems.extend(what::missing(&draft));
    if problems.is_empty() {
        let kept = save_draft(&state.engine, &staff.actor, None, &draft).await?;
        return Ok(to_step(kept.id, "who"));
    }
    let shown = Shown {
        which: None,
        open: Step::What,
        template: fields.text("template"),
        find: "",
        language: fields.text("language"),
        fields: Some(&fields),
        problems,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &staff, &draft, shown).await?).into_response())
}

/// `GET /broadcasts/{id}/edit?step=…&find=…`.
pub async fn edit(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
    Query(asked): Query<Asked>,
) -> PageResult<Response> {
    let standing = get(&state, &staff, id).await?;
    if standing.state != BroadcastState::Draft {
        return Ok(Redirect::to(&format!("/broadcasts/{id}")).into_response());
    }
    let open = match asked.step.as_str() {
        "what" => Step::What,
        "who" => Step::Who,
        "review" => Step::Review,
        _ if !what::missing(&standing.draft).is_empty() => Step::What,
        _ if standing.draft.audience.is_empty() => Step::Who,
        _ => Step::Review,
    };
    let shown = Shown {
        which: Some((id, standing.version)),
        open,
        template: "",
        find: &asked.find,
        language: &asked.language,
        fields: None,
        problems: Vec::new(),
    };
    Ok(show(&state, &staff, &standing.draft, shown).await?.into_response())
}

/// `POST /broadcasts/{id}/edit`: `step` says which one.
pub async fn edit_post(
    State(state): State<WebState>,
    Path(id): Path<BroadcastId>,
    form: Signed,
) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    let standing = get(&state, &staff, id).await?;
    let version = fields.text("version").parse().unwrap_or(standing.version);
    let mut draft = standing.draft;
    if fields.text("step") == "who" {
        who::take(&mut draft.audience, &fields);
        save_draft(&state.engine, &staff.actor, Some((id, version)), &draft).await?;
        let stays = fields.text("go") != "review";
        let find = fields.text("find");
        return Ok(match (stays, find) {
            (false, _) if !draft.audience.is_empty() => to_step(id, "review"),
            (_, "") => to_step(id, "who"),
            (_, find) => {
                Redirect::to(&format!("/broadcasts/{id}/edit?step=who&find={}#step", encode(find))).into_response()
            }
        });
    }
    let mut problems = what::take(&mut draft, &fields);
    let kept: Kept = save_draft(&state.engine, &staff.actor, Some((id, version)), &draft).await?;
    if fields.text("go") == "call" && problems.is_empty() {
        return Ok(Redirect::to(&format!("/broadcasts/{id}/call")).into_response());
    }
    if let Some(tag) = tongues::asked_for(&fields) {
        return Ok(to_language(id, tag));
    }
    problems.extend(what::missing(&draft));
    if problems.is_empty() {
        return Ok(to_step(id, if draft.audience.is_empty() { "who" } else { fields.text("go") }));
    }
    let shown = Shown {
        which: Some((id, kept.version)),
        open: Step::What,
        template: "",
        find: "",
        language: fields.text("language"),
        fields: Some(&fields),
        problems,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &staff, &draft, shown).await?).into_response())
}

/// `POST /broadcasts/{id}/send`: now, or at the time of the form.
pub async fn send(State(state): State<WebState>, Path(id): Path<BroadcastId>, form: Signed) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    let standing = get(&state, &staff, id).await?;
    let mut version = fields.text("version").parse().unwrap_or(standing.version);
    let mut draft = standing.draft;
    let later = fields.text("when") == "later";
    let at = staff.teller().read_input(fields.text("send_at"));
    let mut problems = Vec::new();
    if later && at.is_none() {
        problems.push(problem("send_at", "choose a day and a time"));
    }
    let wanted = if later { at } else { None };
    if problems.is_empty() && standing.state == BroadcastState::Draft && draft.send_at != wanted {
        draft.send_at = wanted;
        version = save_draft(&state.engine, &staff.actor, Some((id, version)), &draft).await?.version;
    }
    if problems.is_empty() {
        let digest = Some(fields.text("digest")).filter(|digest| !digest.is_empty());
        match send_broadcast(&state.engine, &staff.actor, (id, version), digest).await {
            Ok(Sent::Now | Sent::Scheduled(_) | Sent::Already) => {
                return Ok(Redirect::to(&format!("/broadcasts/{id}")).into_response());
            }
            Ok(Sent::Held(_)) => return Ok(Redirect::to("/holds").into_response()),
            Err(CommandError::BadInput(found)) => problems = found,
            Err(CommandError::Refused { rule: "preview", sentence }) => problems.push(problem("step", &sentence)),
            Err(error) => return Err(error.into()),
        }
    }
    let shown = Shown {
        which: Some((id, version)),
        open: Step::Review,
        template: "",
        find: "",
        language: fields.text("language"),
        fields: Some(&fields),
        problems,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &staff, &draft, shown).await?).into_response())
}

/// `POST /broadcasts/{id}/discard`.
pub async fn discard(State(state): State<WebState>, Path(id): Path<BroadcastId>, form: Signed) -> PageResult<Redirect> {
    discard_draft(&state.engine, &form.staff.actor, id).await?;
    Ok(Redirect::to("/broadcasts?show=drafts"))
}

/// `POST /broadcasts/{id}/copy`: the same words to the same people, as a new draft.
pub async fn copy(State(state): State<WebState>, Path(id): Path<BroadcastId>, form: Signed) -> PageResult<Response> {
    let kept = copy_broadcast(&state.engine, &form.staff.actor, id).await?;
    Ok(to_step(kept.id, "what"))
}

/// `POST /compose/previews`: how the texts of the form look, while somebody writes.
pub async fn previews(State(state): State<WebState>, form: Signed) -> PageResult<Html<String>> {
    let Signed { staff, fields } = form;
    staff.must_somewhere(Act::Compose)?;
    let mut draft = what::begin("", &staff);
    // A half-written form has problems; they are told when it is sent, not at every letter.
    drop(what::take(&mut draft, &fields));
    let mut reads = state.engine.reader().read().await?;
    let (district, schools) = (get_district(&mut reads).await?, schools(&mut reads).await?);
    let wording = tongues::wording(&draft, &Language::of(fields.text("language")));
    html(&PreviewsFragment { previews: what::previews(&draft, &wording, &staff, (&district, &schools)) })
}

/// The chips of an audience as words, exceptions with "but not".
pub async fn audience_words(
    reads: &mut impl Reads,
    audience: &Audience,
    schools: &[SchoolRow],
) -> PageResult<Vec<String>> {
    let mut all = Vec::new();
    for rule in &audience.include {
        all.push(who::words(reads, rule, schools).await?);
    }
    for rule in &audience.except {
        all.push(format!("But not: {}", who::words(reads, rule, schools).await?));
    }
    Ok(all)
}

fn to_step(id: BroadcastId, step: &str) -> Response {
    Redirect::to(&format!("/broadcasts/{id}/edit?step={step}#step")).into_response()
}

fn to_language(id: BroadcastId, tag: &str) -> Response {
    Redirect::to(&format!("/broadcasts/{id}/edit?step=what&language={tag}#texts")).into_response()
}

/// The broadcast, for somebody who may compose where it belongs.
async fn get(state: &WebState, staff: &Staff, id: BroadcastId) -> PageResult<Broadcast> {
    let mut reads = state.engine.reader().read().await?;
    let standing = lookup_broadcast(&mut reads, id).await?.ok_or(PageError::NotFound)?;
    staff.actor.must(Act::Compose, standing.owner.map_or(Scope::District, Scope::School))?;
    Ok(standing)
}

async fn show(state: &WebState, staff: &Staff, draft: &Draft, shown: Shown<'_>) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let (district, schools) = (get_district(&mut reads).await?, schools(&mut reads).await?);
    let teller = staff.teller();
    let mut problems = shown.problems;
    let reviewed = if shown.open == Step::Review {
        let preview = preview_broadcast(&state.engine, &staff.actor, draft).await?;
        let known = |found: &Problem| problems.iter().any(|other| other.message == found.message);
        let new: Vec<Problem> = preview.problems.iter().filter(|found| !known(found)).cloned().collect();
        problems.extend(new);
        let named = names(&mut reads, &preview.summary.nobody).await?;
        Some(review::step(preview, &teller, &named))
    } else {
        None
    };
    let count = match shown.which {
        Some(_) => count_audience(&state.engine, &staff.actor, draft).await?,
        None => schoolbell_store::read::audience::AudienceCount::default(),
    };
    let who = if shown.open == Step::Who {
        Some(who::step(&mut reads, draft, (staff, &schools), (shown.find, count)).await?)
    } else {
        None
    };
    let language = tongues::chosen(draft, shown.language, &district.settings);
    let tongues =
        if shown.open == Step::What { Some(tongues::step(&mut reads, draft, &language).await?) } else { None };
    let mut frame = Frame::new(staff, Place::Messages, "New message");
    frame.title = if draft.title.is_empty() { "New message".to_owned() } else { draft.title.clone() };
    html(&ComposePage {
        action: shown.which.map_or_else(|| "/broadcasts/new".to_owned(), |(id, _)| format!("/broadcasts/{id}/edit")),
        id: shown.which.map(|(id, _)| id),
        version: shown.which.map_or(0, |(_, version)| version),
        open: shown.open,
        begun: !shown.template.is_empty(),
        starts: if shown.which.is_none() { what::starts(shown.template) } else { Vec::new() },
        what_done: shown.which.map(|_| what_line(draft)),
        what: what::step(draft, staff, (&district, &schools), (&language, shown.fields)),
        tongues,
        who,
        who_done: shown.which.map(|_| who_line(count, draft)),
        review: reviewed,
        problems: Problems(problems),
        may_not: may_not(staff, draft),
        emergency: draft.category.is_some_and(|category| crate::looks::category(category).emergency),
        send_at: draft.send_at.map(|at| teller.for_input(at)).unwrap_or_default(),
        earliest: teller.for_input(staff.now),
        zone: teller.zone_words(),
        frame,
    })
}

fn what_line(draft: &Draft) -> String {
    let channels: Vec<String> = draft.channels().into_iter().map(|channel| channel.plain().to_owned()).collect();
    let kind = draft.category.map_or("no kind yet", |category| category.rule().name);
    let by =
        if channels.is_empty() { "no text yet".to_owned() } else { format!("by {}", crate::looks::listed(&channels)) };
    format!("{} · {kind} · {by}", if draft.title.is_empty() { "Without a title" } else { &draft.title })
}

fn who_line(count: schoolbell_store::read::audience::AudienceCount, draft: &Draft) -> String {
    if draft.audience.is_empty() {
        "Nobody yet".to_owned()
    } else {
        format!("{} {}", who::families(count), who::also(count))
    }
}

fn may_not(staff: &Staff, draft: &Draft) -> Option<(&'static str, String)> {
    let scope = draft.owner.map_or(Scope::District, Scope::School);
    let category = draft.category?;
    match staff.actor.must(Act::Send(category), scope) {
        Ok(()) => None,
        Err(CommandError::Refused { rule, sentence }) => Some((rule, crate::error::as_sentence(&sentence))),
        Err(other) => Some(("permission", other.to_string())),
    }
}
