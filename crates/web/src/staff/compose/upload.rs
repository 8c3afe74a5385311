//! `/broadcasts/{id}/list`: a list of ids, pasted or from a file, kept under a name and put into the audience.

use askama::Template;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use schoolbell_domain::audience::AudienceRule;
use schoolbell_domain::ids::BroadcastId;
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::save_list::{Uploaded, upload_list};
use schoolbell_engine::{CommandError, Problem};

use super::get;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::{counted, grouped};

/// Lines that mean nobody, shown; the rest is a number.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "list_upload.html")]
struct UploadPage {
    frame: Frame,
    id: BroadcastId,
    title: String,
    name: String,
    ids: String,
    except: bool,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "list_uploaded.html")]
struct UploadedPage {
    frame: Frame,
    id: BroadcastId,
    title: String,
    name: String,
    members: String,
    except: bool,
    unknown: String,
    lines: Vec<(usize, String)>,
    more: Option<String>,
}

/// `GET /broadcasts/{id}/list`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
) -> PageResult<Html<String>> {
    let title = get(&state, &staff, id).await?.draft.title;
    show(&staff, (id, title), &Fields::default(), Vec::new())
}

/// `POST /broadcasts/{id}/list`: keeps the list, adds it to the draft, and tells which lines mean nobody.
pub async fn post(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
    request: Request,
) -> PageResult<Response> {
    let form = Multipart::from_request(request, &state).await.map_err(|_| unreadable())?;
    let fields = receive(form).await?;
    staff.check_token(fields.text("csrf"))?;
    let standing = get(&state, &staff, id).await?;
    let mut draft = standing.draft;
    let kept = match (fields.text("ids"), fields.text("file")) {
        (text, "") | ("", text) => {
            upload_list(&state.engine, &staff.actor, fields.text("name"), draft.owner, text).await
        }
        (_, _) => Err(CommandError::bad("file", "paste the ids or choose a file, not both")),
    };
    let uploaded = match kept {
        Ok(uploaded) => uploaded,
        Err(CommandError::BadInput(problems)) => {
            let again = show(&staff, (id, draft.title), &fields, problems)?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let except = fields.text("mode") == "except";
    let rules = if except { &mut draft.audience.except } else { &mut draft.audience.include };
    rules.push(AudienceRule::List { list: uploaded.list });
    save_draft(&state.engine, &staff.actor, Some((id, standing.version)), &draft).await?;
    Ok(told(&staff, (id, draft.title), &fields, uploaded)?.into_response())
}

/// The fields of the form, a file as its text. An id is plain ASCII: what is not UTF-8 stands in columns that nobody reads.
async fn receive(mut form: Multipart) -> PageResult<Fields> {
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or("").to_owned();
        let bytes = field.bytes().await.map_err(|_| unreadable())?;
        pairs.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(Fields::new(pairs))
}

fn unreadable() -> PageError {
    PageError::BadInput(vec![problem("file", "the upload broke off; choose the file and send it again")])
}

fn show(
    staff: &Staff,
    (id, title): (BroadcastId, String),
    fields: &Fields,
    problems: Vec<Problem>,
) -> PageResult<Html<String>> {
    html(&UploadPage {
        frame: Frame::new(staff, Place::Messages, "A list of ids"),
        id,
        title,
        name: fields.text("name").to_owned(),
        ids: fields.body("ids"),
        except: fields.text("mode") == "except",
        problems: Problems(problems),
    })
}

fn told(
    staff: &Staff,
    (id, title): (BroadcastId, String),
    fields: &Fields,
    uploaded: Uploaded,
) -> PageResult<Html<String>> {
    let n = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let unknown = uploaded.unknown.len();
    html(&UploadedPage {
        frame: Frame::new(staff, Place::Messages, "A list of ids"),
        id,
        title,
        name: fields.text("name").to_owned(),
        members: counted(uploaded.members, "person", "people"),
        except: fields.text("mode") == "except",
        unknown: if unknown == 0 { String::new() } else { counted(n(unknown), "line means", "lines mean") },
        more: unknown.checked_sub(SHOWN).filter(|more| *more > 0).map(|more| grouped(n(more))),
        lines: uploaded.unknown.into_iter().take(SHOWN).map(|found| (found.line, found.id)).collect(),
    })
}
