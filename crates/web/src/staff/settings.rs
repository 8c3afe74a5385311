//! `/settings`: the district's choices, the gateways and how they are, and the ways to users and sessions.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use schoolbell_domain::category::Category;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::{district, gateways};

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, channel_heading, channel_icon};
use crate::session::Staff;
use crate::times::TimeElement;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    sees_district: bool,
    manages_users: bool,
    facts: Vec<(&'static str, String)>,
    expiry: Vec<(&'static str, String)>,
    gateways: Vec<GatewayLine>,
}

#[derive(Template)]
#[template(path = "gateways_fragment.html")]
struct GatewaysFragment {
    gateways: Vec<GatewayLine>,
}

/// A gateway and how it is.
pub struct GatewayLine {
    pub name: String,
    pub channel: &'static str,
    pub icon: &'static str,
    pub kind: String,
    pub rate: String,
    pub badge: Badge,
    pub detail: String,
    pub changed: TimeElement,
    pub up: bool,
}

/// `GET /settings`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    let sees_district = staff.actor.must(Act::SeeSettings, Scope::District).is_ok();
    let mut reads = state.engine.reader().read().await?;
    let district = district::get_district(&mut reads).await?;
    let (facts, expiry) = if sees_district { (facts(&district), expiry(&district)) } else { (Vec::new(), Vec::new()) };
    let gateways = if sees_district { lines(&mut reads, &staff).await? } else { Vec::new() };
    let frame = Frame::new(&staff, Place::Settings, "Settings").live();
    let manages_users = staff.actor.may_somewhere(Act::ManageUsers);
    html(&SettingsPage { frame, sees_district, manages_users, facts, expiry, gateways })
}

/// `GET /settings/gateways`: the fragment alone, for live pages.
pub async fn gateways_fragment(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.actor.must(Act::SeeSettings, Scope::District)?;
    let mut reads = state.engine.reader().read().await?;
    html(&GatewaysFragment { gateways: lines(&mut reads, &staff).await? })
}

/// Every configured gateway with its state.
pub async fn lines(reads: &mut impl schoolbell_store::tx::Reads, staff: &Staff) -> PageResult<Vec<GatewayLine>> {
    let teller = staff.teller();
    let found = gateways::all(reads).await?;
    Ok(found
        .into_iter()
        .map(|gateway| {
            let badge = match gateway.state.as_str() {
                "up" => Badge { tone: "ok", icon: "circle-check", words: "Up" },
                "starting" => Badge { tone: "bell", icon: "clock", words: "Starting" },
                _ => Badge { tone: "bell", icon: "triangle-alert", words: "Away" },
            };
            GatewayLine {
                channel: channel_heading(gateway.channel),
                icon: channel_icon(gateway.channel),
                kind: gateway.kind,
                rate: format!("{} a second", gateway.per_second),
                up: badge.tone == "ok",
                badge,
                detail: gateway.detail,
                changed: teller.tell(gateway.changed_at),
                name: gateway.name,
            }
        })
        .collect())
}

fn facts(district: &district::District) -> Vec<(&'static str, String)> {
    let settings = &district.settings;
    let clock = |time: jiff::civil::Time| time.strftime("%-I:%M %P").to_string();
    let or_none = |text: &str| if text.is_empty() { "not set".to_owned() } else { text.to_owned() };
    vec![
        ("District", district.name.clone()),
        ("Time zone", district.zone_name.clone()),
        ("Daytime hours", format!("{} to {}", clock(settings.window_opens), clock(settings.window_closes))),
        ("Texts are signed", settings.program_name.clone()),
        ("Texts come from", or_none(&settings.short_code)),
        ("Families ask", or_none(&settings.help_contact)),
        ("Mobile stands in for a home phone", if settings.mobile_stands_in { "yes" } else { "no" }.to_owned()),
        ("Language", settings.language.to_string()),
    ]
}

fn expiry(district: &district::District) -> Vec<(&'static str, String)> {
    let hours = |category: Category| {
        let rule = category.rule().expires_after.as_hours().unsigned_abs();
        district.settings.expiry_hours.get(&category).map_or(rule, |hours| u64::from(*hours))
    };
    Category::ALL
        .into_iter()
        .map(|category| (category.rule().name, crate::times::counted(hours(category), "hour", "hours")))
        .collect()
}
