//! Who a call is from and where its keys lead, as it stands with its content: the first words of the call (LAW-7).

use schoolbell_domain::category::Category;
use schoolbell_domain::ids::RecordingId;
use schoolbell_domain::language::Language;
use schoolbell_domain::phone::Phone;
use schoolbell_formats::voice::script::Occasion;
use serde::{Deserialize, Serialize};

/// What a call says in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub language: Language,
    /// Read aloud, unless there is a recording.
    pub body: String,
    pub recording: Option<RecordingId>,
    /// The answers that its keys give, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// Who calls, where to call back, and how pressing it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billing {
    /// The responsible entity: the school, or the district.
    pub school: String,
    pub call_back: String,
    pub occasion: Occasion,
    /// What is played in place of a voice that reads the words.
    pub recording: Option<RecordingId>,
    /// Whom key 3 reaches.
    pub office: Option<Phone>,
    /// What key 2 says instead.
    pub other: Option<Words>,
    /// Of a survey: the answers that keys give to the question in the message.
    pub choices: Vec<String>,
}

const EMERGENCY: &str = "emergency";
const ABSENCE: &str = "absence";
/// Fewer digits are no number that anybody could call.
const LEAST_DIGITS: usize = 7;

impl Billing {
    pub fn of(school: &str, call_back: &str, category: Option<Category>) -> Self {
        let occasion = match category {
            Some(Category::NonSchoolHoursEmergency | Category::SchoolHoursEmergency) => Occasion::Emergency,
            Some(Category::Attendance) => Occasion::Absence,
            Some(Category::General | Category::SchoolsOut | Category::Surveys) | None => Occasion::Ordinary,
        };
        Self {
            school: school.to_owned(),
            call_back: call_back.to_owned(),
            occasion,
            recording: None,
            office: None,
            other: None,
            choices: Vec::new(),
        }
    }

    /// The same call with a recording as its message.
    #[must_use]
    pub fn playing(self, recording: Option<RecordingId>) -> Self {
        Self { recording, ..self }
    }

    /// As it stands in the subject of a call's content: a line each.
    pub fn lines(&self) -> String {
        let occasion = match self.occasion {
            Occasion::Emergency => EMERGENCY,
            Occasion::Absence => ABSENCE,
            Occasion::Ordinary => "",
        };
        let recording = self.recording.map(|id| id.to_string()).unwrap_or_default();
        let office = self.office.as_ref().map_or("", Phone::expose);
        let other = self.other.as_ref().map(|words| serde_json::json!(words).to_string()).unwrap_or_default();
        let choices = if self.choices.is_empty() { String::new() } else { serde_json::json!(self.choices).to_string() };
        let lines =
            [self.school.as_str(), self.call_back.as_str(), occasion, recording.as_str(), office, &other, &choices];
        lines.map(|line| line.replace(['\r', '\n'], " ")).join("\n").trim_end_matches('\n').to_owned()
    }

    /// Back from there. `call_back` stands in where the school has no number that could be dialled.
    pub fn read(lines: &str, call_back: &str) -> Self {
        let mut lines = lines.lines();
        let school = lines.next().unwrap_or_default().to_owned();
        let own = lines.next().unwrap_or_default();
        let dialled = own.chars().filter(char::is_ascii_digit).count() >= LEAST_DIGITS;
        let occasion = match lines.next() {
            Some(EMERGENCY) => Occasion::Emergency,
            Some(ABSENCE) => Occasion::Absence,
            Some(_) | None => Occasion::Ordinary,
        };
        let recording = lines.next().and_then(|line| line.parse().ok());
        let office = lines.next().and_then(Phone::from_e164);
        let other = lines.next().and_then(|line| serde_json::from_str(line).unwrap_or(None));
        let choices = lines.next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        let call_back = if dialled { own } else { call_back }.to_owned();
        Self { school, call_back, occasion, recording, office, other, choices }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_7_who_calls_is_read_back_as_written_and_a_number_is_never_missing() {
        let billing = Billing::of("Lincoln\nElementary", "512-555-0143", Some(Category::SchoolHoursEmergency));
        let read = Billing::read(&billing.lines(), "+15125550100");
        assert_eq!((read.school.as_str(), read.call_back.as_str()), ("Lincoln Elementary", "512-555-0143"));
        assert_eq!(read.occasion, Occasion::Emergency);
        let recorded = billing.clone().playing(Some(RecordingId::from_raw(7)));
        assert_eq!(Billing::read(&recorded.lines(), "").recording, Some(RecordingId::from_raw(7)));
        let (yes, no) = ("Sí".to_owned(), "No".to_owned());
        let words = Words {
            language: Language::of("es"),
            body: "No hay\nclases".to_owned(),
            recording: None,
            choices: vec![yes, no.clone()],
        };
        let choices = vec!["Yes".to_owned(), no];
        let keys = Billing { office: Phone::from_e164("+15125550100"), other: Some(words), choices, ..billing };
        assert_eq!(Billing::read(&keys.lines(), "").choices, keys.choices);
        assert_eq!(Billing::read(&keys.lines(), "").other, keys.other);
        assert_eq!(Billing::read(&keys.lines(), "").office, keys.office);
        let without = Billing::of("Lincoln", "your school", Some(Category::SchoolsOut));
        let read = Billing::read(&without.lines(), "+15125550100");
        assert_eq!((read.call_back.as_str(), read.occasion), ("+15125550100", Occasion::Ordinary));
    }
}
