//! `/texting/templates`: ready-made texts of one's own and those that a school shares, in the three groups, each with when to
//! use it (B22 to B25, B28).

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::conversation::text_template::{Group, Owner, READY_MADE};
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::Act;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::texting::keep_template::{
    Kept, keep_template, may_own, retire_template, templates_for,
};
use schoolbell_store::read::district;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

#[derive(Template)]
#[template(path = "texting_templates.html")]
struct TemplatesPage {
    frame: Frame,
    groups: Vec<GroupPart>,
    /// Whose a new text can be: word and name.
    owners: Vec<(String, String)>,
    kinds: [(&'static str, &'static str); 3],
    form: KeptForm,
    problems: Problems,
}

struct GroupPart {
    name: &'static str,
    when: &'static str,
    /// The source's own, which stand for everybody.
    made: Vec<&'static str>,
    kept: Vec<Line>,
}

struct Line {
    id: i64,
    body: String,
    when: String,
    whose: String,
    may_change: bool,
}

/// The form as it was sent, or empty.
#[derive(Default)]
struct KeptForm {
    owner: String,
    group: String,
    body: String,
    when: String,
}

/// `GET /texting/templates`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    shown(&state, &staff, (KeptForm::default(), Problems::default())).await
}

async fn shown(state: &WebState, staff: &Staff, (form, problems): (KeptForm, Problems)) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::Text)?;
    let mut reads = state.engine.reader().read().await?;
    let kept = templates_for(&mut reads, &staff.actor).await?;
    let schools = district::schools(&mut reads).await?;
    let named = |id: SchoolId| schools.iter().find(|school| school.id == id).map(|school| school.name.clone());
    let groups = Group::ALL.map(|group| GroupPart {
        name: group.plain(),
        when: group.when(),
        made: READY_MADE.iter().filter(|made| made.group == group).map(|made| made.body).collect(),
        kept: kept
            .iter()
            .filter(|one| one.group == group)
            .map(|one| Line {
                id: one.id,
                body: one.body.clone(),
                when: one.when.clone(),
                whose: match one.owner {
                    Owner::User(_) => "Yours".to_owned(),
                    Owner::School(id) => format!("Shared at {} by {}", named(id).unwrap_or_default(), one.kept_by),
                    Owner::District => format!("Shared in the district by {}", one.kept_by),
                },
                may_change: may_own(&staff.actor, one.owner),
            })
            .collect(),
    });
    let mut owners = vec![("own".to_owned(), "Me alone".to_owned())];
    let mine = schools.iter().filter(|school| may_own(&staff.actor, Owner::School(school.id)));
    owners.extend(mine.map(|school| (school.id.to_string(), format!("Everybody who texts at {}", school.name))));
    if may_own(&staff.actor, Owner::District) {
        owners.push(("district".to_owned(), "Everybody who texts in the district".to_owned()));
    }
    html(&TemplatesPage {
        frame: Frame::new(staff, Place::Texting, "Ready-made texts"),
        groups: groups.into(),
        owners,
        kinds: Group::ALL.map(|group| (group.word(), group.plain())),
        form,
        problems,
    })
}

/// `POST /texting/templates`: keeps a text, changes one, or takes one out.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let (fields, staff) = (&form.fields, &form.staff);
    if fields.text("act") == "retire" {
        let id = fields.text("id").parse().map_err(|_| PageError::NotFound)?;
        retire_template(&state.engine, &staff.actor, id).await?;
        return Ok(Redirect::to("/texting/templates").into_response());
    }
    let (body, when) = (fields.body("body"), fields.body("when"));
    let answer = match entered(fields, staff, (&body, &when)) {
        Ok(kept) => keep_template(&state.engine, &staff.actor, &kept).await,
        Err(problems) => Err(CommandError::BadInput(problems)),
    };
    match answer {
        Ok(()) => Ok(Redirect::to("/texting/templates").into_response()),
        Err(CommandError::BadInput(problems)) => {
            let text = |name: &str| fields.text(name).to_owned();
            let again = KeptForm { owner: text("owner"), group: text("group"), body, when };
            let page = shown(&state, staff, (again, Problems(problems))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn entered<'a>(
    fields: &Fields,
    staff: &Staff,
    (body, when): (&'a str, &'a str),
) -> Result<Kept<'a>, Vec<schoolbell_engine::Problem>> {
    let bad = |field: &str, message: &str| vec![problem(field, message)];
    let owner = match fields.text("owner") {
        "own" => Owner::User(staff.user),
        "district" => Owner::District,
        school => Owner::School(school.parse().map_err(|_| bad("owner", "choose who is offered it"))?),
    };
    let group = Group::from_word(fields.text("group")).ok_or_else(|| bad("group", "choose a group"))?;
    Ok(Kept { owner, group, body, when })
}
