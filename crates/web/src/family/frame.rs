//! What stands around a family's page: the menu, the languages, who is signed in.

use super::session::Parent;
use crate::frame::Theme;

/// A place of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Home,
    Messages,
    Ways,
    Contacts,
    Help,
    /// Of no line of the menu.
    App,
}

/// One line of the menu: where it leads, the key of its words, its icon.
#[derive(Debug, Clone, Copy)]
pub struct MenuLine {
    pub place: Place,
    pub href: &'static str,
    pub key: &'static str,
    pub icon: &'static str,
}

const MENU: [MenuLine; 5] = [
    MenuLine { place: Place::Home, href: "/family", key: "menu-home", icon: "house" },
    MenuLine { place: Place::Messages, href: "/family/messages", key: "menu-messages", icon: "mail" },
    MenuLine { place: Place::Ways, href: "/family/ways", key: "menu-ways", icon: "settings" },
    MenuLine { place: Place::Contacts, href: "/family/contacts", key: "menu-contacts", icon: "user" },
    MenuLine { place: Place::Help, href: "/family/help", key: "menu-help", icon: "info" },
];

/// The surroundings of a family's page.
#[derive(Debug, Clone)]
pub struct FamilyFrame {
    pub title: String,
    pub place: Place,
    pub theme: Theme,
    pub csrf: String,
    pub district: String,
    pub email: String,
    pub menu: [MenuLine; 5],
    /// Whether the page listens for live events.
    pub live: bool,
    /// What this browser subscribes with for notifications; `None` where the district sends none.
    pub push: Option<String>,
}

impl FamilyFrame {
    pub fn new(parent: &Parent, place: Place, title: String) -> Self {
        Self {
            title,
            place,
            theme: parent.theme,
            csrf: parent.signed_in.csrf_token.clone(),
            district: parent.district.clone(),
            email: parent.family().email.clone(),
            menu: MENU,
            live: place == Place::Ways,
            push: parent.push.clone(),
        }
    }
}
