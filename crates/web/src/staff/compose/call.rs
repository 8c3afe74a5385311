//! `/broadcasts/{id}/call`: what the call plays: a recording, made here or uploaded, in place of the voice that reads.

use askama::Template;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use schoolbell_domain::broadcast::{CallWishes, Draft, LONGEST_WAIT_MIN, StopsOn, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{BroadcastId, RecordingId};
use schoolbell_domain::language::Language;
use schoolbell_engine::commands::hear_call::hear_recording;
use schoolbell_engine::commands::keep_recording::{drop_recording, keep_recording};
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::{CommandError, Problem};
use schoolbell_formats::voice::sound::{MAX_MIB, MAX_SECONDS};
use schoolbell_store::read::recordings::lookup_length_ms;
use schoolbell_store::tx::Reads;

use super::get;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::counted;

/// The page may ask for the microphone; no other does.
const MAY_RECORD: &str = "camera=(), microphone=(self), geolocation=(), payment=()";

#[derive(Template)]
#[template(path = "compose_call.html")]
struct CallPage {
    frame: Frame,
    id: BroadcastId,
    version: i64,
    title: String,
    spoken: Vec<Spoken>,
    wishes: CallWishes,
    stops: [(StopsOn, &'static str); 3],
    /// What is urgent rings everywhere at once.
    may_wait: bool,
    limits: String,
    problems: Problems,
}

/// What is played to those who read one language.
struct Spoken {
    tag: String,
    name: String,
    words: String,
    recorded: Option<Recorded>,
}

struct Recorded {
    address: String,
    length: String,
}

/// `GET /broadcasts/{id}/call`.
pub async fn page(State(state): State<WebState>, staff: Staff, Path(id): Path<BroadcastId>) -> PageResult<Response> {
    show(&state, &staff, id, Vec::new()).await
}

/// `POST /broadcasts/{id}/call`: keeps the sound of the form for one language.
pub async fn post(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
    request: Request,
) -> PageResult<Response> {
    let form = Multipart::from_request(request, &state).await.map_err(|_| unreadable())?;
    let (fields, (name, bytes)) = receive(form).await?;
    staff.check_token(fields.text("csrf"))?;
    let standing = get(&state, &staff, id).await?;
    let version = fields.text("version").parse().unwrap_or(standing.version);
    let language = Language::of(fields.text("language"));
    match keep_recording(&state.engine, &staff.actor, (id, version), &language, (&name, bytes)).await {
        Ok(_) => Ok(Redirect::to(&format!("/broadcasts/{id}/call#{}", language.tag())).into_response()),
        Err(CommandError::BadInput(problems)) => {
            let mut again = show(&state, &staff, id, problems).await?;
            *again.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(again)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /broadcasts/{id}/call/remove`: the voice reads the words again.
pub async fn remove(State(state): State<WebState>, Path(id): Path<BroadcastId>, form: Signed) -> PageResult<Redirect> {
    let Signed { staff, fields } = form;
    let standing = get(&state, &staff, id).await?;
    let version = fields.text("version").parse().unwrap_or(standing.version);
    drop_recording(&state.engine, &staff.actor, (id, version), &Language::of(fields.text("language"))).await?;
    Ok(Redirect::to(&format!("/broadcasts/{id}/call")))
}

/// `POST /broadcasts/{id}/call/wishes`: which phones of a family ring, and when.
pub async fn wishes(State(state): State<WebState>, Path(id): Path<BroadcastId>, form: Signed) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    let standing = get(&state, &staff, id).await?;
    let version = fields.text("version").parse().unwrap_or(standing.version);
    let mut problems = Vec::new();
    let mut minutes = |field: &str| match fields.text(field) {
        "" => 0,
        text => text.parse().ok().filter(|minutes| *minutes <= LONGEST_WAIT_MIN).unwrap_or_else(|| {
            problems.push(problem(field, &format!("write minutes, 0 to {LONGEST_WAIT_MIN}")));
            0
        }),
    };
    let calls = CallWishes {
        stops_on: StopsOn::from_word(fields.text("stops_on")).unwrap_or_default(),
        after_text_min: minutes("after_text_min"),
        in_turn_min: minutes("in_turn_min"),
    };
    if !problems.is_empty() {
        let mut again = show(&state, &staff, id, problems).await?;
        *again.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(again);
    }
    save_draft(&state.engine, &staff.actor, Some((id, version)), &Draft { calls, ..standing.draft }).await?;
    Ok(Redirect::to(&format!("/broadcasts/{id}/call#when")).into_response())
}

const fn stops_words(stops: StopsOn) -> &'static str {
    match stops {
        StopsOn::Nothing => "Every phone of a family rings",
        StopsOn::Heard => "The others are left alone once a person has heard it",
        StopsOn::Confirmed => "The others are left alone once somebody has pressed 4, “I got this message”",
    }
}

/// `GET /broadcasts/{id}/recordings/{recording}`: for whoever may see the message that plays it.
pub async fn recording(
    State(state): State<WebState>,
    staff: Staff,
    Path((id, recording)): Path<(BroadcastId, RecordingId)>,
    headers: HeaderMap,
) -> PageResult<Response> {
    let mut reads = state.engine.reader().read().await?;
    let broadcast = super::super::broadcast::get(&mut reads, &staff, id).await?;
    drop(reads);
    if !broadcast.draft.wordings.iter().any(|wording| wording.voice_recording == Some(recording)) {
        return Err(PageError::NotFound);
    }
    Ok(crate::sound::wav(&headers, hear_recording(&state.engine, recording).await?))
}

/// The fields of the form, and the file with its name.
async fn receive(mut form: Multipart) -> PageResult<(Fields, (String, Vec<u8>))> {
    let mut pairs = Vec::new();
    let mut file = (String::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or("").to_owned();
        let file_name = field.file_name().unwrap_or("").to_owned();
        let bytes = field.bytes().await.map_err(|_| unreadable())?;
        if name == "file" {
            file = (file_name, bytes.to_vec());
        } else {
            pairs.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok((Fields::new(pairs), file))
}

fn unreadable() -> PageError {
    let sentence = format!("the upload broke off; a file may have {MAX_MIB} MiB: choose it and send it again");
    PageError::BadInput(vec![problem("file", &sentence)])
}

async fn show(state: &WebState, staff: &Staff, id: BroadcastId, problems: Vec<Problem>) -> PageResult<Response> {
    let standing = get(state, staff, id).await?;
    let mut reads = state.engine.reader().read().await?;
    let title = if standing.draft.title.is_empty() { "New message".to_owned() } else { standing.draft.title.clone() };
    let page = html(&CallPage {
        frame: Frame::new(staff, Place::Messages, "What the call plays"),
        id,
        version: standing.version,
        title,
        wishes: standing.draft.calls,
        stops: StopsOn::ALL.map(|stops| (stops, stops_words(stops))),
        may_wait: !standing.draft.category.is_some_and(Category::is_urgent),
        spoken: spoken(&mut reads, id, &standing.draft).await?,
        limits: format!("wav, mp3, m4a or ogg; {} minutes and {MAX_MIB} MiB at most", MAX_SECONDS / 60),
        problems: Problems(problems),
    })?;
    Ok(([(header::HeaderName::from_static("permissions-policy"), MAY_RECORD)], page).into_response())
}

async fn spoken(reads: &mut impl Reads, id: BroadcastId, draft: &Draft) -> PageResult<Vec<Spoken>> {
    let usual = Wording::default();
    let wordings = if draft.wordings.is_empty() { std::slice::from_ref(&usual) } else { draft.wordings.as_slice() };
    let mut spoken = Vec::new();
    for wording in wordings {
        spoken.push(Spoken {
            tag: wording.language.tag().to_owned(),
            name: wording.language.name().to_owned(),
            words: wording.voice_body.clone(),
            recorded: recorded(reads, id, wording).await?,
        });
    }
    Ok(spoken)
}

/// The recording of a wording, with its length.
async fn recorded(reads: &mut impl Reads, id: BroadcastId, wording: &Wording) -> PageResult<Option<Recorded>> {
    let Some(recording) = wording.voice_recording else { return Ok(None) };
    let length = lookup_length_ms(reads, recording).await?.unwrap_or(0).div_ceil(1_000);
    Ok(Some(Recorded {
        address: format!("/broadcasts/{id}/recordings/{recording}"),
        length: counted(length, "second", "seconds"),
    }))
}
