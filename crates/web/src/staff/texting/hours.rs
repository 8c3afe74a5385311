//! `/texting/hours`: office hours with their automatic answer, of oneself, of schools, of the district; and who stands in for
//! whom while somebody is away.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Time;
use schoolbell_domain::conversation::office_hours::{DAYS, OfficeHours, Place};
use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::texting::leave_cover::{NewLeave, arrange_cover, end_leave, may_arrange};
use schoolbell_engine::commands::texting::office_hours::set_office_hours;
use schoolbell_engine::{CommandError, CommandResult, texting};
use schoolbell_store::read::{district, office, users};
use schoolbell_store::tx::Reads;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, Problems, Signed};
use crate::frame::{self, Frame, html};
use crate::session::Staff;

#[derive(Template)]
#[template(path = "texting_hours.html")]
struct HoursPage {
    frame: Frame,
    places: Vec<PlacePart>,
    covers: Vec<CoverLine>,
    /// Who can be away, as far as the reader may arrange it; who can stand in.
    away: Vec<(UserId, String)>,
    substitutes: Vec<(UserId, String)>,
    today: String,
    problems: Problems,
}

struct PlacePart {
    /// `own`, `district`, or a school's id.
    word: String,
    name: String,
    /// Whether it has hours of its own.
    is_set: bool,
    words: String,
    days: Vec<Day>,
}

struct Day {
    at: usize,
    name: &'static str,
    opens: String,
    closes: String,
}

struct CoverLine {
    id: i64,
    away: String,
    substitute: String,
    days: String,
    may_end: bool,
}

/// `GET /texting/hours`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    shown(&state, &staff, Problems::default()).await
}

async fn shown(state: &WebState, staff: &Staff, problems: Problems) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::Text)?;
    let mut reads = state.engine.reader().read().await?;
    let mut places = vec![(Place::User(staff.user), "own".to_owned(), "Yours".to_owned())];
    for school in district::schools(&mut reads).await? {
        if staff.actor.must(Act::ManageTexting, Scope::School(school.id)).is_ok() {
            places.push((Place::School(school.id), school.id.to_string(), school.name));
        }
    }
    if staff.actor.must(Act::ManageTexting, Scope::District).is_ok() {
        places.push((Place::District, "district".to_owned(), "The whole district".to_owned()));
    }
    let mut parts = Vec::new();
    for (place, word, name) in places {
        parts.push(part(&mut reads, place, (word, name)).await?);
    }
    let (today, _) = texting::today(&mut reads, &state.engine).await?;
    let everybody = users::users(&mut reads).await?;
    let texts = |grants: &[schoolbell_domain::permission::Grant]| {
        schoolbell_domain::permission::can_somewhere(grants, Act::Text)
    };
    let named = |user: &users::User| (user.id, user.name.clone());
    let found = everybody.iter().filter(|(user, grants)| user.active && texts(grants));
    let substitutes = found.clone().filter(|(user, _)| user.id != staff.user).map(|(user, _)| named(user)).collect();
    let away = found.filter(|(user, grants)| may_arrange(&staff.actor, user.id, grants)).map(|(user, _)| named(user));
    let away = away.collect();
    let covers = office::covers_from(&mut reads, today).await?;
    let may_see = |cover: &&office::Cover| {
        let grants = everybody.iter().find(|(user, _)| user.id == cover.user).map(|(_, grants)| grants.as_slice());
        cover.substitute == staff.user || may_arrange(&staff.actor, cover.user, grants.unwrap_or_default())
    };
    let covers = covers.iter().filter(may_see).map(|cover| CoverLine {
        id: cover.id,
        away: cover.user_name.clone(),
        substitute: cover.substitute_name.clone(),
        days: format!("{} to {}", cover.first_day.strftime("%b %-d"), cover.last_day.strftime("%b %-d, %Y")),
        may_end: cover.substitute != staff.user || cover.user == staff.user,
    });
    html(&HoursPage {
        frame: Frame::new(staff, frame::Place::Texting, "Office hours and cover"),
        places: parts,
        covers: covers.collect(),
        away,
        substitutes,
        today: today.to_string(),
        problems,
    })
}

async fn part(reads: &mut impl Reads, place: Place, (word, name): (String, String)) -> PageResult<PlacePart> {
    let found = office::hours_of(reads, place).await?;
    let is_set = found.is_some();
    let (hours, words) = found.map_or_else(
        || (OfficeHours::on_school_days(Time::constant(8, 0, 0, 0), Time::constant(16, 0, 0, 0)), String::new()),
        |found| (found.hours, found.words),
    );
    let shown = |time: Option<Time>| time.map(|time| time.strftime("%H:%M").to_string()).unwrap_or_default();
    let days = DAYS.into_iter().zip(hours.days).enumerate().map(|(at, (name, open))| Day {
        at,
        name,
        opens: shown(open.map(|(opens, _)| opens)),
        closes: shown(open.map(|(_, closes)| closes)),
    });
    Ok(PlacePart { word, name, is_set, words, days: days.collect() })
}

/// `POST /texting/hours`.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let (engine, actor, fields) = (&state.engine, &form.staff.actor, &form.fields);
    let answer: CommandResult<()> = match fields.text("act") {
        "cover" => match leave(fields) {
            Ok(new) => arrange_cover(engine, actor, new).await,
            Err(error) => Err(error),
        },
        "end_cover" => end_leave(engine, actor, fields.text("id").parse().map_err(|_| PageError::NotFound)?).await,
        "clear" => set_office_hours(engine, actor, place(&form)?, None).await,
        _ => match hours(fields) {
            Ok(hours) => set_office_hours(engine, actor, place(&form)?, Some((&hours, &fields.body("words")))).await,
            Err(error) => Err(error),
        },
    };
    match answer {
        Ok(()) => Ok(Redirect::to("/texting/hours").into_response()),
        Err(CommandError::BadInput(problems)) => {
            let page = shown(&state, &form.staff, Problems(problems)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn place(form: &Signed) -> PageResult<Place> {
    Ok(match form.fields.text("place") {
        "own" => Place::User(form.staff.user),
        "district" => Place::District,
        school => Place::School(school.parse().map_err(|_| PageError::NotFound)?),
    })
}

fn hours(fields: &Fields) -> CommandResult<OfficeHours> {
    let mut hours = OfficeHours::default();
    for (at, (name, day)) in DAYS.iter().zip(&mut hours.days).enumerate() {
        let time = |field: &str| fields.text(&format!("{field}-{at}")).parse::<Time>();
        let is_empty = |field: &str| fields.text(&format!("{field}-{at}")).is_empty();
        if is_empty("opens") && is_empty("closes") {
            continue;
        }
        let (Ok(opens), Ok(closes)) = (time("opens"), time("closes")) else {
            let message = format!("on {name} write when the office opens and when it closes, or leave both empty");
            return Err(CommandError::bad("hours", message));
        };
        *day = Some((opens, closes));
    }
    Ok(hours)
}

fn leave(fields: &Fields) -> CommandResult<NewLeave> {
    let day = |field: &str| {
        fields
            .text(field)
            .parse()
            .map_err(|_| CommandError::bad(field, "write the first and the last day of the leave"))
    };
    let user = |field: &str| {
        fields.text(field).parse().map_err(|_| CommandError::bad(field, "choose who is away and who stands in"))
    };
    Ok(NewLeave {
        away: user("away")?,
        substitute: user("substitute")?,
        first_day: day("first_day")?,
        last_day: day("last_day")?,
    })
}
