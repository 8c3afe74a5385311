//! What a district decides for itself: hours, names on messages, and the choices where the source leaves room.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attendance::code::CodeTable;
use crate::brake::BrakePolicy;
use crate::category::Category;
use crate::conversation::policy::TextingPolicy;
use crate::delivery::window::SendWindow;
use crate::language::Language;

/// The settings of a district, kept as JSON. What an older file does not name takes its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DistrictSettings {
    /// When messages that are not urgent may begin to leave, in the school's zone (LAW-15).
    pub window_opens: Time,
    /// When they may no longer leave.
    pub window_closes: Time,
    /// How texts name the program: "Example ISD Alerts".
    pub program_name: String,
    /// Whom families ask: a phone number or an e-mail address, as shown in the answer to HELP.
    pub help_contact: String,
    /// The number that texts come from, as families see it.
    pub short_code: String,
    /// Calls go to a mobile where a household has no home phone (A40); off by default.
    pub mobile_stands_in: bool,
    /// The district's own language: the first wording of a message.
    pub language: Language,
    /// Hours until an open delivery expires, where they differ from the category's.
    pub expiry_hours: BTreeMap<Category, u16>,
    /// Numbers that must never be dialled, E.164 (LAW-8).
    pub deny_list: Vec<String>,
    /// What one text segment costs, in thousandths of a cent; 0 hides the cost.
    pub segment_millicents: u32,
    /// What the district asks of staff who text families.
    pub texting: TextingPolicy,
    /// The district's own attendance codes.
    pub attendance_codes: CodeTable,
    /// What makes a message wait for a second look.
    pub brakes: BrakePolicy,
}

impl Default for DistrictSettings {
    fn default() -> Self {
        let window = SendWindow::default();
        Self {
            window_opens: window.opens,
            window_closes: window.closes,
            program_name: "School alerts".to_owned(),
            help_contact: String::new(),
            short_code: String::new(),
            mobile_stands_in: false,
            language: Language::default(),
            expiry_hours: BTreeMap::new(),
            deny_list: Vec::new(),
            segment_millicents: 0,
            texting: TextingPolicy::default(),
            attendance_codes: CodeTable::default(),
            brakes: BrakePolicy::default(),
        }
    }
}

impl DistrictSettings {
    pub const fn window(&self) -> SendWindow {
        SendWindow { opens: self.window_opens, closes: self.window_closes }
    }

    /// When a delivery that leaves at `from` and is still open ends as expired: the district's hours, or the category's.
    pub fn expires_at(&self, category: Category, from: Timestamp) -> Timestamp {
        let after = self
            .expiry_hours
            .get(&category)
            .map_or(category.rule().expires_after, |hours| SignedDuration::from_hours(i64::from(*hours)));
        from.checked_add(after).unwrap_or(Timestamp::MAX)
    }

    /// Everything wrong with the settings, one sentence each, with the field that it is about.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.window_opens >= self.window_closes {
            problems.push((
                "window_opens",
                "the sending window opens after it closes; write for example 08:00 to 21:00".to_owned(),
            ));
        }
        if self.program_name.trim().is_empty() {
            problems
                .push(("program_name", "texts must name the program; write for example Example ISD Alerts".to_owned()));
        }
        for number in &self.deny_list {
            if !number.chars().all(|c| c.is_ascii_digit() || c == '+') || number.is_empty() {
                problems.push(("deny_list", format!("`{number}` is not a number; write digits, with + for E.164")));
            }
        }
        for (category, hours) in &self.expiry_hours {
            if *hours == 0 {
                problems.push((
                    "expiry_hours",
                    format!("{} would expire at once; write at least 1 hour", category.rule().name),
                ));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_an_older_program_take_the_defaults_for_what_they_do_not_name() {
        let settings: DistrictSettings = serde_json::from_str(r#"{"program_name":"Oak ISD"}"#).unwrap();
        assert_eq!(settings.program_name, "Oak ISD");
        assert_eq!(settings.window(), SendWindow::default());
    }

    #[test]
    fn settings_read_back_as_they_were_written() {
        let mut settings = DistrictSettings::default();
        settings.expiry_hours.insert(Category::SchoolsOut, 6);
        settings.deny_list.push("911".to_owned());
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<DistrictSettings>(&text).unwrap(), settings);
        assert_eq!(settings.problems(), []);
        let from = Timestamp::UNIX_EPOCH;
        assert_eq!(settings.expires_at(Category::SchoolsOut, from).as_second(), 6 * 3600);
        assert_eq!(settings.expires_at(Category::General, from).as_second(), 72 * 3600);
    }

    #[test]
    fn every_problem_is_told_with_its_field() {
        let settings = DistrictSettings {
            window_opens: Time::constant(22, 0, 0, 0),
            program_name: " ".to_owned(),
            deny_list: vec!["nine".to_owned()],
            expiry_hours: BTreeMap::from([(Category::General, 0)]),
            ..DistrictSettings::default()
        };
        let fields: Vec<_> = settings.problems().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["window_opens", "program_name", "deny_list", "expiry_hours"]);
    }
}
