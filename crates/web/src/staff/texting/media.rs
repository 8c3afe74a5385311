//! `/texting/threads/{thread}/media/{text}/{place}`: what came with a text, shown after a person has checked it, under a type of ours
//! and with headers that let it be a picture and nothing else.

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use schoolbell_domain::ids::{ConversationId, InboundId};
use schoolbell_engine::commands::texting::check_media::{MediaId, Verdict, check_media, media_of};
use schoolbell_store::read::text_media::{MediaLine, State as Stage};

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Signed, problem};
use crate::session::Staff;

/// A file beside its text.
pub struct Media {
    pub text: InboundId,
    pub place: i64,
    pub is_shown: bool,
    /// It is kept, and nobody has decided yet.
    pub asks: bool,
    /// What stands where no picture does.
    pub words: String,
}

/// The file as the thread shows it.
pub fn shown_media(line: &MediaLine) -> Media {
    let kept = matches!(line.state, Stage::Kept(_));
    let words = match (&line.state, line.verdict) {
        (Stage::Waiting, _) => "A picture or file came with it; it is being fetched from the carrier.".to_owned(),
        (Stage::Refused(why), _) => format!("A picture or file came with it and is not shown: {why}."),
        (Stage::Kept(_), Some(Verdict::Withheld)) => {
            format!("A picture came with it and was withheld by {}; a supervisor has to look.", line.checked_by)
        }
        (Stage::Kept(kind), _) => {
            let size = (line.size / 1024).max(1);
            format!("A picture came with it ({}, {size} KB). Nobody has looked at it yet.", kind.word())
        }
    };
    Media {
        text: line.id.inbound,
        place: line.id.place,
        is_shown: kept && line.verdict == Some(Verdict::Shown),
        asks: kept && line.verdict.is_none(),
        words,
    }
}

/// `GET /texting/threads/{thread}/media/{text}/{place}`.
pub async fn show(
    State(state): State<WebState>,
    staff: Staff,
    Path((thread, inbound, place)): Path<(ConversationId, InboundId, i64)>,
) -> PageResult<Response> {
    let mut reads = state.engine.reader().read().await?;
    let id = MediaId { inbound, place };
    let (kind, octets) = media_of(&state.engine, &mut reads, &staff.actor, (thread, id)).await?;
    let headers = [
        (header::CONTENT_TYPE, kind.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"picture-{place}.{}\"", kind.word())),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin".to_owned()),
    ];
    Ok((headers, octets).into_response())
}

/// `POST /texting/threads/{thread}/media/{text}/{place}`: somebody decides.
pub async fn check(
    State(state): State<WebState>,
    Path((thread, inbound, place)): Path<(ConversationId, InboundId, i64)>,
    form: Signed,
) -> PageResult<Redirect> {
    let verdict = Verdict::from_word(form.fields.text("verdict"))
        .ok_or_else(|| PageError::BadInput(vec![problem("verdict", "show the picture, or withhold it")]))?;
    check_media(&state.engine, &form.staff.actor, (thread, MediaId { inbound, place }), verdict).await?;
    Ok(Redirect::to(&format!("/texting/threads/{thread}#texts")))
}
