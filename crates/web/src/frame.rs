//! What stands around every page: who is signed in, what the menu offers, the theme, a notice from the step before.

use axum::http::{HeaderMap, header};
use axum::response::Html;
use schoolbell_domain::category::Category;
use schoolbell_domain::permission::Act;

use crate::error::PageResult;
use crate::session::Staff;

/// Light, dark, or as the device is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Device,
    Light,
    Dark,
}

impl Theme {
    pub const COOKIE: &'static str = "schoolbell_theme";

    pub fn of(headers: &HeaderMap) -> Self {
        cookie(headers, Self::COOKIE).map_or(Self::Device, Self::from_word)
    }

    pub fn from_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Device,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The value of a cookie of this request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// A place of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Now,
    Messages,
    Students,
    Texting,
    Attendance,
    Desk,
    Roster,
    Audit,
    Settings,
    Elsewhere,
}

/// One line of the menu.
#[derive(Debug, Clone, Copy)]
pub struct MenuLine {
    pub place: Place,
    pub href: &'static str,
    pub words: &'static str,
    pub icon: &'static str,
    act: Act,
}

impl MenuLine {
    fn is_wide_only(&self) -> bool {
        matches!(self.place, Place::Attendance | Place::Desk | Place::Roster | Place::Audit | Place::Settings)
    }
}

const MENU: [MenuLine; 9] = [
    MenuLine { place: Place::Now, href: "/", words: "Now", icon: "bell", act: Act::SeeHome },
    MenuLine {
        place: Place::Messages,
        href: "/broadcasts",
        words: "Messages",
        icon: "megaphone",
        act: Act::SeeBroadcasts,
    },
    MenuLine { place: Place::Students, href: "/people", words: "Students", icon: "users", act: Act::SeePeople },
    MenuLine { place: Place::Texting, href: "/texting", words: "Texting", icon: "message-square-text", act: Act::Text },
    MenuLine {
        place: Place::Attendance,
        href: "/attendance",
        words: "Attendance",
        icon: "calendar-clock",
        act: Act::SeeAttendance,
    },
    MenuLine { place: Place::Desk, href: "/desk", words: "Desk", icon: "clipboard-list", act: Act::SeeRoster },
    MenuLine { place: Place::Roster, href: "/roster", words: "Roster", icon: "file-input", act: Act::SeeRoster },
    MenuLine { place: Place::Audit, href: "/audit", words: "Audit", icon: "history", act: Act::SeeAudit },
    MenuLine { place: Place::Settings, href: "/settings", words: "Settings", icon: "settings", act: Act::SeeHome },
];

/// The surroundings of a staff page.
#[derive(Debug, Clone)]
pub struct Frame {
    pub title: String,
    pub place: Place,
    pub theme: Theme,
    pub csrf: String,
    pub user_name: String,
    pub user_role: String,
    pub district: String,
    pub menu: Vec<MenuLine>,
    pub may_compose: bool,
    pub may_survey: bool,
    /// Whether the page listens for live events.
    pub live: bool,
}

impl Frame {
    pub fn new(staff: &Staff, place: Place, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            place,
            theme: staff.theme,
            csrf: staff.csrf.clone(),
            user_name: staff.name.clone(),
            user_role: staff.role_words(),
            district: staff.district.clone(),
            menu: MENU.into_iter().filter(|line| staff.actor.may_somewhere(line.act)).collect(),
            may_compose: staff.actor.may_somewhere(Act::Compose),
            may_survey: staff.actor.may_somewhere(Act::Send(Category::Surveys)),
            live: false,
        }
    }

    /// What does not fit into the bar of a phone stands in its menu page. Who composes messages has a button more in it.
    pub fn is_wide_only(&self, line: &MenuLine) -> bool {
        line.is_wide_only() || (line.place == Place::Texting && self.may_compose)
    }

    #[must_use]
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }
}

/// Renders a page or a fragment.
pub fn html(template: &impl askama::Template) -> PageResult<Html<String>> {
    Ok(Html(template.render()?))
}
