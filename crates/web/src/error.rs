//! What a page says when it cannot do what was asked. The words are laid out by [`dress`], which knows the visitor.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use schoolbell_engine::{CommandError, Problem, dice};
use schoolbell_store::StoreError;

use crate::frame::Theme;
use crate::words::Words;

pub type PageResult<T> = Result<T, PageError>;

/// Why there is no page.
#[derive(Debug)]
pub enum PageError {
    /// Nobody is signed in; `next` is where to go afterwards. A program (htmx, the API) is not led to a form.
    SignIn {
        next: String,
        program: bool,
    },
    /// Nobody of a family is signed in.
    FamilySignIn {
        program: bool,
    },
    NotFound,
    /// A rule says no.
    Refused {
        rule: &'static str,
        sentence: String,
    },
    /// What was given cannot be used, and there is no form to say it beside.
    BadInput(Vec<Problem>),
    /// Ours; logged where it is turned into an answer.
    Fault(String),
    /// Ours, and trying again soon may help.
    Busy(String),
}

/// The words of a trouble, carried from the handler to [`dress`].
#[derive(Debug, Clone)]
struct Trouble {
    status: StatusCode,
    title: &'static str,
    sentences: Vec<String>,
    rule: Option<&'static str>,
    reference: Option<String>,
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    theme: Theme,
    trouble: &'a Trouble,
}

/// What a family reads: in its language, without our rules' numbers.
#[derive(Template)]
#[template(path = "family/trouble.html")]
struct FamilyTrouble<'a> {
    theme: Theme,
    t: Words,
    sentence: String,
    reference: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "trouble_fragment.html")]
struct TroubleFragment<'a> {
    trouble: &'a Trouble,
}

impl PageError {
    pub fn forged() -> Self {
        Self::Refused {
            rule: "forged-form",
            sentence: "this form is too old or came from another site; open the page again and send it once more"
                .to_owned(),
        }
    }

    pub fn fault(error: impl std::fmt::Display) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<CommandError> for PageError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::BadInput(problems) => Self::BadInput(problems),
            CommandError::Refused { rule, sentence } => Self::Refused { rule, sentence },
            CommandError::NotFound(_) => Self::NotFound,
            CommandError::Fault(fault) => fault.into(),
        }
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(_) => Self::NotFound,
            StoreError::Locked | StoreError::DiskFull | StoreError::Away(_) => Self::Busy(error.to_string()),
            StoreError::Damaged { .. } | StoreError::Setup(_) | StoreError::Sql(_) => Self::Fault(error.to_string()),
        }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::fault(error)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let trouble = match self {
            Self::SignIn { next, program } => {
                return to_sign_in(format!("/sign-in?next={}", crate::form::encode(&next)), program);
            }
            Self::FamilySignIn { program } => return to_sign_in("/family/sign-in".to_owned(), program),
            Self::NotFound => Trouble {
                status: StatusCode::NOT_FOUND,
                title: "There is nothing here",
                sentences: vec!["The address may be mistyped, or what it named is gone.".to_owned()],
                rule: None,
                reference: None,
            },
            Self::Refused { rule, sentence } => Trouble {
                status: StatusCode::FORBIDDEN,
                title: "This is not allowed",
                sentences: vec![as_sentence(&sentence)],
                rule: Some(rule),
                reference: None,
            },
            Self::BadInput(problems) => Trouble {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                title: "Something needs to be mended first",
                sentences: problems.iter().map(|problem| as_sentence(&problem.message)).collect(),
                rule: None,
                reference: None,
            },
            Self::Fault(cause) => ours(StatusCode::INTERNAL_SERVER_ERROR, &cause),
            Self::Busy(cause) => ours(StatusCode::SERVICE_UNAVAILABLE, &cause),
        };
        let mut response = trouble.status.into_response();
        response.extensions_mut().insert(trouble);
        response
    }
}

/// Logged once, here, under the reference that the visitor sees.
fn ours(status: StatusCode, cause: &str) -> Trouble {
    let reference: String = dice::token().chars().take(8).collect();
    tracing::error!(reference, cause, "a page failed");
    let sentence = if status == StatusCode::SERVICE_UNAVAILABLE {
        "Schoolbell cannot reach its database just now. Nothing was changed; try again in a minute."
    } else {
        "Schoolbell made a mistake. Nothing was changed by this step; try again, or give the reference to your operator."
    };
    let title = "This did not work, and it is our side";
    Trouble { status, title, sentences: vec![sentence.to_owned()], rule: None, reference: Some(reference) }
}

fn to_sign_in(to: String, program: bool) -> Response {
    if program {
        // htmx follows a redirect inside the fragment; this header moves the whole page, and the status tells the rest.
        let Ok(to) = HeaderValue::from_str(&to) else { return StatusCode::UNAUTHORIZED.into_response() };
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", to)]).into_response();
    }
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// `the sentence` of a command, as it stands on a page: `The sentence.`
pub fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// What to say to a family.
fn family_key(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "trouble-not-found",
        StatusCode::FORBIDDEN => "trouble-refused",
        StatusCode::SERVICE_UNAVAILABLE => "trouble-busy",
        _ => "trouble-ours",
    }
}

/// Gives a trouble its page, its fragment or its JSON, as the visitor asked.
pub async fn dress(request: Request, next: Next) -> Response {
    let theme = Theme::of(request.headers());
    let fragment = request.headers().contains_key("hx-request");
    let api = request.uri().path().starts_with("/api/");
    let family = request.uri().path().starts_with("/family").then(|| Words::of_visitor(request.headers()));
    let mut response = next.run(request).await;
    let trouble = match response.extensions_mut().remove::<Trouble>() {
        Some(trouble) => trouble,
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => Trouble {
            status: StatusCode::METHOD_NOT_ALLOWED,
            title: "This address does something else",
            sentences: vec!["Go back to the page you came from and use its buttons.".to_owned()],
            rule: None,
            reference: None,
        },
        None => return response,
    };
    if api {
        let body = serde_json::json!({ "error": trouble.sentences.join(" "), "rule": trouble.rule,
            "reference": trouble.reference });
        return (trouble.status, axum::Json(body)).into_response();
    }
    let text = if let Some(t) = family {
        FamilyTrouble { theme, t, sentence: t.say(family_key(trouble.status)), reference: trouble.reference.as_deref() }
            .render()
    } else if fragment {
        TroubleFragment { trouble: &trouble }.render()
    } else {
        TroublePage { theme, trouble: &trouble }.render()
    };
    match text {
        Ok(text) => (trouble.status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page failed");
            trouble.status.into_response()
        }
    }
}
