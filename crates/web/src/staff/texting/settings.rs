//! `/texting/settings`: how one's own name stands in texts; for those who may, which schools take part, the numbers that
//! staff text from, and what the guard does (B17, B18, B19, B26).

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use schoolbell_domain::conversation::policy::OnMark;
use schoolbell_domain::conversation::record_request::Terms;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::commands::texting::set_up_texting::{
    Part, add_number, retire_number, set_school, set_shown_name,
};
use schoolbell_engine::texting;
use schoolbell_store::read::{district, texting as rows};

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::looks::address;
use crate::session::Staff;

#[derive(Template)]
#[template(path = "texting_settings.html")]
struct SettingsPage {
    frame: Frame,
    shown_name: String,
    /// Id, name, whether it takes part.
    schools: Vec<(SchoolId, String, bool)>,
    may_district: bool,
    /// As kept, as shown, whether it is the pool's, whether it is in use.
    numbers: Vec<(String, String, bool, bool)>,
    /// `stop` or `reason`.
    on_mark: &'static str,
    on_stranger: &'static str,
    own_words: String,
    guardian_copy: bool,
    crisis_line: String,
    urgent_contact: String,
    requests: Terms,
}

/// `GET /texting/settings`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::Text)?;
    let mut reads = state.engine.reader().read().await?;
    let found = district::get_district(&mut reads).await?.settings.texting;
    let part = rows::schools(&mut reads).await?;
    let may = |school: SchoolId| staff.actor.must(Act::ManageTexting, Scope::School(school)).is_ok();
    let schools = district::schools(&mut reads).await?;
    let may_district = staff.actor.must(Act::ManageTexting, Scope::District).is_ok();
    let numbers = if may_district { rows::numbers(&mut reads).await? } else { Vec::new() };
    html(&SettingsPage {
        frame: Frame::new(&staff, Place::Texting, "Texting settings"),
        shown_name: texting::shown_name(&mut reads, staff.user).await?,
        schools: schools
            .into_iter()
            .filter(|school| may(school.id))
            .map(|school| (school.id, school.name, part.contains(&school.id)))
            .collect(),
        may_district,
        numbers: numbers
            .into_iter()
            .map(|one| (one.number.clone(), address(&one.number), one.user.is_none(), one.active))
            .collect(),
        on_mark: word(found.on_mark),
        on_stranger: word(found.on_stranger),
        own_words: found.own_words.join("\n"),
        guardian_copy: found.guardian_copy,
        crisis_line: found.crisis_line,
        urgent_contact: found.urgent_contact,
        requests: found.requests,
    })
}

const fn word(choice: OnMark) -> &'static str {
    match choice {
        OnMark::Stop => "stop",
        OnMark::AskReason => "reason",
    }
}

/// `POST /texting/settings`.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Redirect> {
    let (engine, actor, fields) = (&state.engine, &form.staff.actor, &form.fields);
    match fields.text("act") {
        "name" => set_shown_name(engine, actor, fields.text("shown_name")).await?,
        "school" => {
            let school = fields.text("school").parse().map_err(|_| PageError::NotFound)?;
            let part = if fields.text("part") == "takes" { Part::Takes } else { Part::TakesNone };
            set_school(engine, actor, school, part).await?;
        }
        "add" => add_number(engine, actor, fields.text("number"), None).await?,
        "retire" => retire_number(engine, actor, fields.text("number")).await?,
        "guard" => save_guard(&state, &form.staff, fields).await?,
        _ => return Err(PageError::BadInput(vec![problem("act", "choose what to save")])),
    }
    Ok(Redirect::to("/texting/settings"))
}

async fn save_guard(state: &WebState, staff: &Staff, fields: &Fields) -> PageResult<()> {
    let mut reads = state.engine.reader().read().await?;
    let found = district::get_district(&mut reads).await?;
    drop(reads);
    let chosen = |field: &str| if fields.text(field) == "stop" { OnMark::Stop } else { OnMark::AskReason };
    let mut settings = found.settings;
    settings.texting.on_mark = chosen("on_mark");
    settings.texting.on_stranger = chosen("on_stranger");
    let words = fields.body("own_words");
    settings.texting.own_words =
        words.lines().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let urgent = fields.text("urgent_contact");
    if !urgent.is_empty() && EmailAddress::parse(urgent).is_err() {
        return Err(PageError::BadInput(vec![problem(
            "urgent_contact",
            "write an e-mail address, for example counselor@example.org",
        )]));
    }
    urgent.clone_into(&mut settings.texting.urgent_contact);
    settings.texting.guardian_copy = fields.text("guardian_copy") == "yes";
    settings.texting.crisis_line = fields.text("crisis_line").to_owned();
    settings.texting.requests = terms(fields)?;
    change_settings(&state.engine, &staff.actor, &found.name, &found.zone_name, &settings).await?;
    Ok(())
}

fn terms(fields: &Fields) -> PageResult<Terms> {
    let days = |field: &str| {
        let days = fields.text(field).parse::<u16>().ok().filter(|days| (1..=365).contains(days));
        days.ok_or_else(|| PageError::BadInput(vec![problem(field, "write a number of days, from 1 to 365")]))
    };
    Ok(Terms {
        access_days: days("access_days")?,
        amendment_days: days("amendment_days")?,
        hearing_days: days("hearing_days")?,
    })
}
