//! `/settings/users`: who signs in, as what, and where; a sign-in link for those who have no password.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::SignedDuration;
use schoolbell_domain::ids::{SchoolId, UserId};
use schoolbell_domain::permission::{Act, Grant, Role, Scope};
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::{deactivate_user, grant_role, sign_in_link};
use schoolbell_engine::{CommandError, CommandResult};
use schoolbell_store::read::{district, users};

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::looks::scope_words;
use crate::session::Staff;
use crate::times::TimeElement;

/// A link for a first sign-in or a forgotten password is good for a day.
const LINK_LASTS: SignedDuration = SignedDuration::from_hours(24);

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    users: Vec<Line>,
    roles: [Role; 6],
    schools: Vec<district::SchoolRow>,
    problems: Problems,
    fields: Fields,
    /// A link that was just made: for whom, and the address.
    link: Option<(String, String)>,
}

struct Line {
    id: UserId,
    name: String,
    email: String,
    active: bool,
    last_seen: Option<TimeElement>,
    grants: Vec<(String, String)>,
}

/// What a post did.
enum Done {
    Changed,
    Link { user: UserId, token: String },
}

/// `GET /settings/users`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    show(&state, &staff, Given::default()).await
}

/// `POST /settings/users`: `do` says what.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    match act(&state, &staff, &fields).await {
        Ok(Done::Changed) => Ok(show(&state, &staff, Given::default()).await?.into_response()),
        Ok(Done::Link { user, token }) => {
            let mut reads = state.engine.reader().read().await?;
            let name = users::lookup_user(&mut reads, user).await?.map(|user| user.name).unwrap_or_default();
            let address = format!("{}/sign-in/link/{token}", state.settings.base_url);
            let given = Given { link: Some((name, address)), ..Given::default() };
            Ok(show(&state, &staff, given).await?.into_response())
        }
        Err(CommandError::BadInput(problems)) => {
            let given = Given { problems: Problems(problems), fields, link: None };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &staff, given).await?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Default)]
struct Given {
    problems: Problems,
    fields: Fields,
    link: Option<(String, String)>,
}

async fn act(state: &WebState, staff: &Staff, fields: &Fields) -> CommandResult<Done> {
    let engine = &state.engine;
    let user = || fields.text("user").parse::<UserId>().map_err(|error| CommandError::bad("user", error.to_string()));
    match fields.text("do") {
        "create" => {
            let grants = vec![grant(fields)?];
            let new = NewUser {
                name: fields.text("name").to_owned(),
                email: fields.text("email").to_owned(),
                person: None,
                grants,
            };
            create_user(engine, &staff.actor, new).await?;
        }
        "grant" => grant_role::grant_role(engine, &staff.actor, user()?, grant(fields)?).await?,
        "revoke" => grant_role::revoke_role(engine, &staff.actor, user()?, grant(fields)?).await?,
        "deactivate" => deactivate_user::deactivate_user(engine, &staff.actor, user()?).await?,
        "reactivate" => deactivate_user::reactivate_user(engine, &staff.actor, user()?).await?,
        "link" => {
            let user = user()?;
            let token = sign_in_link::make_sign_in_link(engine, &staff.actor, user, LINK_LASTS).await?;
            return Ok(Done::Link { user, token });
        }
        other => return Err(CommandError::bad("do", format!("`{other}` is not something this page does"))),
    }
    Ok(Done::Changed)
}

/// `grant`: `principal:sch_…`, or `role` and `place` of a form.
fn grant(fields: &Fields) -> CommandResult<Grant> {
    let together = fields.text("grant");
    let (role, place) = together.split_once(':').unwrap_or((fields.text("role"), fields.text("place")));
    let role = Role::from_word(role).ok_or_else(|| CommandError::bad("role", "choose a role"))?;
    let scope = match place {
        "district" => Scope::District,
        school => Scope::School(
            school.parse::<SchoolId>().map_err(|_| CommandError::bad("place", "choose the district or a school"))?,
        ),
    };
    Ok(Grant { role, scope })
}

async fn show(state: &WebState, staff: &Staff, given: Given) -> PageResult<Html<String>> {
    if !staff.actor.may_somewhere(Act::ManageUsers) {
        return Err(PageError::from(CommandError::not_allowed()));
    }
    let mut reads = state.engine.reader().read().await?;
    let schools = district::schools(&mut reads).await?;
    let name_of = |school: SchoolId| {
        schools.iter().find(|row| row.id == school).map_or_else(|| school.to_string(), |row| row.name.clone())
    };
    let teller = staff.teller();
    let found = users::users(&mut reads).await?;
    let lines = found.into_iter().map(|(user, grants)| Line {
        id: user.id,
        name: user.name,
        email: user.email,
        active: user.active,
        last_seen: user.last_sign_in_at.map(|at| teller.tell(at)),
        grants: grants
            .into_iter()
            .map(|grant| {
                let place = match grant.scope {
                    Scope::District => "district".to_owned(),
                    Scope::School(school) => school.to_string(),
                };
                let words = format!("{}, {}", grant.role.plain(), scope_words(grant.scope, name_of));
                (format!("{}:{place}", grant.role.word()), words)
            })
            .collect(),
    });
    html(&UsersPage {
        users: lines.collect(),
        frame: Frame::new(staff, Place::Settings, "Users and roles"),
        roles: Role::ALL,
        problems: given.problems,
        fields: given.fields,
        link: given.link,
        schools,
    })
}
