//! How our words look on a page: the icon of a category, the badge of a state, a bar of shares. Never colour alone.

use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::category::{Category, DefaultSlots};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::permission::Scope;

use crate::times::grouped;

/// A category as cards and lists show it.
#[derive(Debug, Clone, Copy)]
pub struct CategoryLook {
    pub key: &'static str,
    pub name: &'static str,
    pub icon: &'static str,
    pub meaning: &'static str,
    /// Who gets it, and how.
    pub reach: &'static str,
    /// Red is for these two alone.
    pub emergency: bool,
}

pub const fn category(category: Category) -> CategoryLook {
    let rule = category.rule();
    let (icon, emergency) = match category {
        Category::Attendance => ("user-x", false),
        Category::General => ("megaphone", false),
        Category::NonSchoolHoursEmergency => ("moon-star", true),
        Category::SchoolHoursEmergency => ("siren", true),
        Category::SchoolsOut => ("cloud-snow", false),
        Category::Surveys => ("clipboard-list", false),
    };
    let reach = match (rule.defaults, rule.bypasses_window) {
        (DefaultSlots::Everything, true) => "Every phone and every e-mail, at any hour.",
        (DefaultSlots::Everything, false) => "Every phone and every e-mail, in the daytime.",
        (DefaultSlots::HomesAndEmails, true) => "Home phones and e-mails, at any hour.",
        (DefaultSlots::HomesAndEmails, false) => "Home phones and e-mails, in the daytime.",
    };
    CategoryLook { key: rule.key, name: rule.name, icon, meaning: rule.meaning, reach, emergency }
}

/// A word with an icon on a tint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    pub tone: &'static str,
    pub icon: &'static str,
    pub words: &'static str,
}

pub const fn broadcast_state(state: BroadcastState) -> Badge {
    match state {
        BroadcastState::Draft => Badge { tone: "", icon: "pencil", words: "Draft" },
        BroadcastState::Scheduled => Badge { tone: "brand", icon: "calendar-clock", words: "Scheduled" },
        BroadcastState::Expanding | BroadcastState::Sending => Badge { tone: "bell", icon: "send", words: "Going out" },
        BroadcastState::Stopped => Badge { tone: "", icon: "circle-stop", words: "Stopped" },
        BroadcastState::Finished => Badge { tone: "ok", icon: "circle-check", words: "Finished" },
        BroadcastState::Discarded => Badge { tone: "", icon: "ban", words: "Discarded" },
    }
}

pub const fn delivery_state(state: StateKind) -> Badge {
    match state {
        StateKind::Suppressed => Badge { tone: "", icon: "ban", words: "Not sent" },
        StateKind::Queued => Badge { tone: "bell", icon: "clock", words: "Waiting" },
        StateKind::Sending => Badge { tone: "bell", icon: "send", words: "Being sent" },
        StateKind::Accepted => Badge { tone: "brand", icon: "check", words: "Sent" },
        StateKind::Delivered => Badge { tone: "ok", icon: "circle-check", words: "Delivered" },
        StateKind::Undelivered => Badge { tone: "bell", icon: "circle-alert", words: "Not delivered" },
        StateKind::Rejected => Badge { tone: "bell", icon: "circle-alert", words: "Refused" },
        StateKind::Unconfirmed => Badge { tone: "bell", icon: "circle-alert", words: "Unconfirmed" },
        StateKind::Cancelled => Badge { tone: "", icon: "circle-stop", words: "Stopped" },
        StateKind::Expired => Badge { tone: "", icon: "clock", words: "Expired" },
    }
}

pub const fn channel_icon(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "phone",
        Channel::Sms => "message-square-text",
        Channel::Email => "mail",
        Channel::Push => "bell",
    }
}

/// "Calls", "Texts", "E-mails": a channel as a heading.
pub const fn channel_heading(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "Calls",
        Channel::Sms => "Texts",
        Channel::Email => "E-mails",
        Channel::Push => "App",
    }
}

/// "call 412", "text 318", "e-mail 655": what a button does over one channel.
pub fn channel_act(channel: Channel, count: u64) -> String {
    let verb = match channel {
        Channel::Voice => "call",
        Channel::Sms => "text",
        Channel::Email => "e-mail",
        Channel::Push => "notify",
    };
    let what = match (channel, count) {
        (Channel::Voice, 1) => " phone",
        (Channel::Voice, _) => " phones",
        (Channel::Sms | Channel::Email | Channel::Push, _) => "",
    };
    format!("{verb} {}{what}", grouped(count))
}

/// `call 412 phones, e-mail 655 and text 318` with the first letter large.
pub fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// "Whole district" or the school's name.
pub fn scope_words(scope: Scope, name_of: impl Fn(schoolbell_domain::ids::SchoolId) -> String) -> String {
    match scope {
        Scope::District => "Whole district".to_owned(),
        Scope::School(school) => name_of(school),
    }
}

/// A stored address as people write it: `(512) 555-0143` for a North American number, everything else as it is.
pub fn address(stored: &str) -> String {
    match stored.strip_prefix("+1").filter(|digits| digits.len() == 10 && digits.is_ascii()) {
        Some(digits) => format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]),
        None => stored.to_owned(),
    }
}

/// A bar of shares with the words that say the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bar {
    pub words: String,
    pub parts: Vec<BarPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarPart {
    pub tone: &'static str,
    /// Per cent, with two digits.
    pub from: String,
    pub width: String,
}

/// Shares of `whole`, drawn from the left in this order.
pub fn bar(whole: u64, shares: &[(&'static str, u64)], words: String) -> Bar {
    let mut parts = Vec::new();
    let mut from = 0_u64;
    for (tone, count) in shares.iter().filter(|(_, count)| *count > 0 && whole > 0) {
        parts.push(BarPart { tone, from: hundredths(from, whole), width: hundredths(*count, whole) });
        from += count;
    }
    Bar { words, parts }
}

fn hundredths(count: u64, whole: u64) -> String {
    let share = count.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02}", share / 100, share % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_is_for_the_two_emergencies_alone() {
        let red: Vec<_> = Category::ALL.into_iter().filter(|found| category(*found).emergency).collect();
        assert_eq!(red, [Category::NonSchoolHoursEmergency, Category::SchoolHoursEmergency]);
    }

    #[test]
    fn an_address_is_shown_as_people_write_it() {
        assert_eq!(address("+15125550143"), "(512) 555-0143");
        assert_eq!(address("+442079460000"), "+442079460000");
        assert_eq!(address("ana@example.org"), "ana@example.org");
    }

    #[test]
    fn a_bar_adds_up() {
        let drawn = bar(3, &[("ok", 1), ("brand", 0), ("bell", 2)], String::new());
        let shares: Vec<_> = drawn.parts.iter().map(|part| (part.from.as_str(), part.width.as_str())).collect();
        assert_eq!(shares, [("0.00", "33.33"), ("33.33", "66.66")]);
        assert!(bar(0, &[("ok", 0)], String::new()).parts.is_empty());
    }

    #[test]
    fn a_button_says_what_it_does() {
        let parts = [(Channel::Voice, 412), (Channel::Email, 655), (Channel::Sms, 1)].map(|(c, n)| channel_act(c, n));
        assert_eq!(listed(&parts), "call 412 phones, e-mail 655 and text 1");
    }
}
