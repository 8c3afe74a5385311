//! Brakes: what makes a message wait until a person has looked once more. An emergency by an entitled sender never
//! waits: it goes, and the same reasons are shown and looked at after.
//!
//! Rule page: `docs/src/rules/brakes.md`.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attendance::usual::{AbsenceLimits, FarAbove};
use crate::broadcast::Draft;
use crate::delivery::window::SendWindow;

/// The district's limits, kept with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BrakePolicy {
    /// Fewer families than this are never far more than usual.
    pub large_from: u32,
    /// How many times the largest of the sender's earlier messages.
    pub times_usual: u32,
    /// From so many families on a second person releases; 0: never.
    pub two_people_from: u32,
    pub absences: AbsenceLimits,
}

impl Default for BrakePolicy {
    fn default() -> Self {
        Self { large_from: 300, times_usual: 5, two_people_from: 0, absences: AbsenceLimits::default() }
    }
}

/// Why something waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Brake {
    /// Far more families than the sender has ever written to.
    FarLarger { families: u32, largest: u32 },
    /// The chosen time lies in the night and twelve hours later in the day.
    OutOfHours { chosen: Time, meant: Time },
    /// Words that look like a field of another program: `{first_name}`, `<<Name>>`, `%NAME%`.
    LooksLikeAField { words: String },
    /// The same words left within the hour.
    SameText { title: String, minutes: u32 },
    /// The district's policy asks for a second person.
    TwoPeople { families: u32, from: u32 },
    /// A run of absences that is not like this school.
    FarAbove(FarAbove),
}

impl Brake {
    /// The sentence on the page.
    pub fn sentence(&self) -> String {
        match self {
            Self::FarLarger { families, largest } => {
                format!("it goes to {families} families; the largest that you sent before went to {largest}")
            }
            Self::OutOfHours { chosen, meant } => format!(
                "it would leave at {}, before families are up: did you mean {}?",
                chosen.strftime("%H:%M"),
                meant.strftime("%H:%M")
            ),
            Self::LooksLikeAField { words } => {
                format!("`{words}` looks like a field that nothing fills in; families would read it as it stands")
            }
            Self::SameText { title, minutes } => {
                format!("the same words left {minutes} minutes ago as “{title}”; families would get them twice")
            }
            Self::TwoPeople { families, from } => {
                format!("it goes to {families} families; from {from} on a second person releases it")
            }
            Self::FarAbove(far) => far.sentence(),
        }
    }

    /// Whether the sender may not release it alone.
    pub const fn needs_another(&self) -> bool {
        match self {
            Self::TwoPeople { .. } => true,
            Self::FarLarger { .. }
            | Self::OutOfHours { .. }
            | Self::LooksLikeAField { .. }
            | Self::SameText { .. }
            | Self::FarAbove(_) => false,
        }
    }
}

/// What is known beside the draft.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Families of the plan.
    pub families: u32,
    /// Families of the largest of the sender's earlier messages; `None`: the first one.
    pub largest: Option<u32>,
    /// Another message with the same words that left within the hour: its title, and when.
    pub same: Option<(String, Timestamp)>,
}

/// Every reason to look once more, in the order in which they weigh; empty: it may go.
pub fn brakes(
    draft: &Draft,
    facts: &Facts,
    (now, zone): (Timestamp, &TimeZone),
    window: SendWindow,
    policy: &BrakePolicy,
) -> Vec<Brake> {
    let mut found = Vec::new();
    if let Some(words) = stray_field(draft) {
        found.push(Brake::LooksLikeAField { words });
    }
    if let Some((title, left)) = &facts.same {
        let minutes = now.duration_since(*left).as_mins().unsigned_abs();
        found.push(Brake::SameText { title: title.clone(), minutes: u32::try_from(minutes).unwrap_or(u32::MAX) });
    }
    if let Some(at) = draft.send_at {
        found.extend(out_of_hours(at, zone, window));
    }
    let largest = facts.largest.unwrap_or(0);
    if facts.families >= policy.large_from
        && facts.largest.is_some()
        && facts.families > largest.saturating_mul(policy.times_usual)
    {
        found.push(Brake::FarLarger { families: facts.families, largest });
    }
    if policy.two_people_from > 0 && facts.families >= policy.two_people_from {
        found.push(Brake::TwoPeople { families: facts.families, from: policy.two_people_from });
    }
    found
}

/// A time that somebody chose in the night, where the same hand of the clock stands in the day twelve hours later.
fn out_of_hours(at: Timestamp, zone: &TimeZone, window: SendWindow) -> Option<Brake> {
    let chosen = at.to_zoned(zone.clone()).time();
    if window.holds(chosen) {
        return None;
    }
    let meant = chosen.wrapping_add(SignedDuration::from_hours(12));
    window.holds(meant).then_some(Brake::OutOfHours { chosen, meant })
}

/// The first words of a draft that look like a field of another program.
fn stray_field(draft: &Draft) -> Option<String> {
    let mut texts = draft
        .wordings
        .iter()
        .flat_map(|wording| [&wording.email_subject, &wording.email_body, &wording.sms_body, &wording.voice_body]);
    texts.find_map(|text| stray_in(text))
}

const PAIRS: [(&str, &str); 6] = [("<<", ">>"), ("${", "}"), ("#{", "}"), ("{", "}"), ("%", "%"), ("[", "]")];
/// What people call fields; `[School]` is one, `[sic]` is none.
const FIELD_WORDS: [&str; 16] = [
    "name", "first", "last", "student", "child", "parent", "guardian", "school", "grade", "teacher", "date", "time",
    "phone", "email", "insert", "field",
];

fn stray_in(text: &str) -> Option<String> {
    // Ours are known to be filled in.
    let ours = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    PAIRS.iter().find_map(|(open, close)| {
        let mut rest = ours.as_str();
        while let Some((_, after)) = rest.split_once(open) {
            let Some((inner, behind)) = after.split_once(close) else { break };
            let sure = matches!(*open, "<<" | "${" | "#{");
            if is_field(inner, sure) {
                return Some(format!("{open}{inner}{close}"));
            }
            rest = if *open == "%" { after } else { behind };
        }
        None
    })
}

fn is_field(inner: &str, sure: bool) -> bool {
    let plain = !inner.is_empty()
        && inner.chars().count() <= 40
        && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-' | '.'))
        && inner.chars().any(char::is_alphabetic)
        && !inner.starts_with(' ');
    let lower = inner.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    plain && (sure || inner.contains('_') || words.any(|word| FIELD_WORDS.iter().any(|field| word.starts_with(field))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::Wording;
    use crate::category::Category;

    fn chicago() -> TimeZone {
        TimeZone::get("America/Chicago").unwrap()
    }

    fn draft(text: &str) -> Draft {
        Draft {
            category: Some(Category::General),
            wordings: vec![Wording { sms_body: text.to_owned(), ..Wording::default() }],
            ..Draft::default()
        }
    }

    fn now() -> Timestamp {
        "2026-01-14T12:00:00-06:00".parse().unwrap()
    }

    fn found(draft: &Draft, facts: &Facts, policy: &BrakePolicy) -> Vec<Brake> {
        brakes(draft, facts, (now(), &chicago()), SendWindow::default(), policy)
    }

    #[test]
    fn incident_half_past_five_in_the_morning_instead_of_the_afternoon() {
        let at = |text: &str| Draft { send_at: Some(text.parse().unwrap()), ..draft("Concert tonight.") };
        let brakes = found(&at("2026-01-15T05:30:00-06:00"), &Facts::default(), &BrakePolicy::default());
        assert_eq!(
            brakes.iter().map(Brake::sentence).collect::<Vec<_>>(),
            ["it would leave at 05:30, before families are up: did you mean 17:30?"]
        );
        for fine in ["2026-01-15T17:30:00-06:00", "2026-01-15T08:00:00-06:00"] {
            assert_eq!(found(&at(fine), &Facts::default(), &BrakePolicy::default()), [], "{fine}");
        }
    }

    #[test]
    fn incident_raw_merge_fields_district_wide() {
        for (text, words) in [
            ("Dear <<ParentName>>, school is", "<<ParentName>>"),
            ("Dear {first_name}, school is", "{first_name}"),
            ("Dear {Parent}, school is", "{Parent}"),
            ("Dear %STUDENT_NAME%!", "%STUDENT_NAME%"),
            ("Dear [First Name],", "[First Name]"),
            ("Hello ${guardian}", "${guardian}"),
        ] {
            let brakes = found(&draft(text), &Facts::default(), &BrakePolicy::default());
            assert_eq!(brakes, [Brake::LooksLikeAField { words: words.to_owned() }], "{text}");
        }
        for fine in [
            "{{students}} of {{school}}, see you",
            "50% of 100% came",
            "They said [sic] it was fine",
            "1 < 2 and 3 > 2",
            "{smile}",
            "Bring [2] pencils",
        ] {
            assert_eq!(found(&draft(fine), &Facts::default(), &BrakePolicy::default()), [], "{fine}");
        }
    }

    #[test]
    fn the_same_words_within_the_hour_and_far_more_families_than_ever_wait() {
        let same = Facts { same: Some(("Snow".to_owned(), now() - SignedDuration::from_mins(12))), ..Facts::default() };
        assert_eq!(
            found(&draft("Snow"), &same, &BrakePolicy::default()),
            [Brake::SameText { title: "Snow".to_owned(), minutes: 12 }]
        );
        let facts = |families, largest| Facts { families, largest, same: None };
        let policy = BrakePolicy { two_people_from: 5_000, ..BrakePolicy::default() };
        let kinds = |facts: &Facts| found(&draft("x"), facts, &policy);
        assert_eq!(kinds(&facts(4_000, Some(30))), [Brake::FarLarger { families: 4_000, largest: 30 }]);
        assert_eq!(kinds(&facts(4_000, Some(900))), []);
        assert_eq!(kinds(&facts(299, Some(3))), []);
        // The first message of all has nothing to be compared with.
        assert_eq!(kinds(&facts(4_000, None)), []);
        let two = kinds(&facts(9_000, Some(9_000)));
        assert_eq!(two, [Brake::TwoPeople { families: 9_000, from: 5_000 }]);
        assert!(two.iter().any(Brake::needs_another));
    }
}
