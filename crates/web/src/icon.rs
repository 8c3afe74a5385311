//! Icons (Lucide, ISC), drawn into the page. An icon never stands without words.

use std::fmt;

use askama::filters::HtmlSafe;

/// The drawing of one icon; safe in a page, since it is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icon(&'static str);

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl HtmlSafe for Icon {}

macro_rules! icons {
    ($($name:literal),* $(,)?) => {
        /// The icon of a name; nothing is drawn for a name that we do not have.
        pub fn icon(name: &str) -> Icon {
            match name {
                $($name => Icon(include_str!(concat!("../icons/", $name, ".svg"))),)*
                _ => Icon(""),
            }
        }

        /// Every name that `icon` knows.
        #[cfg(test)]
        pub const NAMES: &[&str] = &[$($name),*];
    };
}

icons!(
    "arrow-left",
    "ban",
    "bell",
    "bus",
    "calendar-clock",
    "check",
    "chevron-right",
    "circle-alert",
    "circle-check",
    "circle-stop",
    "clipboard-list",
    "clock",
    "cloud-snow",
    "contrast",
    "download",
    "eye",
    "file-input",
    "file-text",
    "graduation-cap",
    "history",
    "house",
    "info",
    "key-round",
    "list",
    "log-out",
    "mail",
    "megaphone",
    "menu",
    "message-square-text",
    "monitor",
    "mic",
    "moon",
    "moon-star",
    "pencil",
    "phone",
    "plus",
    "printer",
    "radio-tower",
    "school",
    "search",
    "send",
    "settings",
    "shield-check",
    "siren",
    "sun",
    "triangle-alert",
    "undo-2",
    "upload",
    "user",
    "user-x",
    "users",
    "x",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_hidden_from_screen_readers_and_takes_the_ink_of_its_text() {
        for name in NAMES {
            let drawing = icon(name).to_string();
            assert!(drawing.contains("aria-hidden=\"true\"") && !drawing.contains("fill=\"#"), "{name}");
        }
    }
}
