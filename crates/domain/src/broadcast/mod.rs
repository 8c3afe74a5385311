//! What a person composes: a category, an audience, a text per channel and language, and when.

mod calls;
mod check;

pub use calls::{CallWishes, LONGEST_WAIT_MIN, Leaving, StopsOn, delays};
pub use check::{DraftProblem, Hint, LONGEST_TEXT, Part, hints, problems};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audience::Audience;
use crate::category::Category;
use crate::channel::Channel;
use crate::ids::{AttendanceRunId, RecordingId, SchoolId, SurveyId};
use crate::language::Language;

/// Where a broadcast stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroadcastState {
    Draft,
    Scheduled,
    /// Send was pressed; the plan is being written and the first rows already leave.
    Expanding,
    /// Every row is written; carriers are at work.
    Sending,
    /// A person pressed Stop: what had left is settled, the rest is cancelled.
    Stopped,
    /// Every delivery has a final state.
    Finished,
    Discarded,
}

impl BroadcastState {
    pub const ALL: [Self; 7] =
        [Self::Draft, Self::Scheduled, Self::Expanding, Self::Sending, Self::Stopped, Self::Finished, Self::Discarded];

    /// The word in the database and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Expanding => "expanding",
            Self::Sending => "sending",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
            Self::Discarded => "discarded",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    pub const fn is_running(self) -> bool {
        matches!(self, Self::Expanding | Self::Sending)
    }
}

/// The text of a broadcast in one language, one body per channel (A4). An empty body: that channel is not used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wording {
    pub language: Language,
    pub email_subject: String,
    /// Markdown.
    pub email_body: String,
    pub sms_body: String,
    /// What the call speaks. Beside a recording, the same in writing; it may be empty then.
    pub voice_body: String,
    /// What the call plays in place of a voice that reads.
    pub voice_recording: Option<RecordingId>,
}

impl Wording {
    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        let texts = [&self.email_subject, &self.email_body, &self.sms_body, &self.voice_body];
        texts.into_iter().all(|text| text.trim().is_empty()) && self.voice_recording.is_none()
    }

    /// What the app shows as a notification: the text if there is one, otherwise what the call says, otherwise the mail.
    fn notice(&self) -> Option<&str> {
        let bodies = [&self.sms_body, &self.voice_body, &self.email_body];
        bodies.into_iter().map(String::as_str).find(|body| !body.trim().is_empty())
    }

    /// The body for a channel as written, not yet merged; `None` if this channel is not used. The app has none of its own:
    /// it shows the shortest of the others.
    pub fn body(&self, channel: Channel) -> Option<&str> {
        if channel == Channel::Voice && self.voice_recording.is_some() {
            return Some(&self.voice_body);
        }
        let body = match channel {
            Channel::Voice => &self.voice_body,
            Channel::Sms => &self.sms_body,
            Channel::Email => &self.email_body,
            Channel::Push => return self.notice(),
        };
        (!body.trim().is_empty()).then_some(body.as_str())
    }
}

/// Everything that the composer edits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub title: String,
    pub category: Option<Category>,
    pub audience: Audience,
    /// The district's own language first; others where staff wrote them.
    pub wordings: Vec<Wording>,
    /// `None`: when Send is pressed.
    pub send_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// The school that sends; `None` is the district.
    pub owner: Option<SchoolId>,
    /// The run of absences that it tells; none of a person's messages has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendance_run: Option<AttendanceRunId>,
    /// The survey that it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyId>,
    /// Of a survey: only those hear of it who have not answered.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reminds: bool,
    pub calls: CallWishes,
}

impl Draft {
    /// The channels that somebody wrote a text for, in the order of `Channel::ALL`. The app comes with any of them.
    pub fn channels(&self) -> Vec<Channel> {
        Channel::ALL
            .into_iter()
            .filter(|channel| {
                *channel != Channel::Push && self.wordings.iter().any(|wording| wording.body(*channel).is_some())
            })
            .collect()
    }

    /// What was chosen for its calls, as far as its kind allows: what is urgent waits for nothing.
    pub fn call_wishes(&self) -> CallWishes {
        if self.category.is_some_and(Category::is_urgent) { self.calls.without_waits() } else { self.calls }
    }

    /// The wording for a reader of `language`: theirs if it has this channel, else that of the same language in another
    /// country (`es` for `es-mx`), otherwise the first that has.
    pub fn wording_for(&self, language: &Language, channel: Channel) -> Option<&Wording> {
        let having = || self.wordings.iter().filter(|wording| wording.body(channel).is_some());
        having()
            .find(|wording| wording.language == *language)
            .or_else(|| having().find(|wording| wording.language.primary() == language.primary()))
            .or_else(|| having().next())
    }

    /// What a call in the words of `than` can say instead, on key 2: the first wording of another language that calls.
    pub fn other_for_calls(&self, than: &Wording) -> Option<&Wording> {
        let calls = |wording: &&Wording| wording.body(Channel::Voice).is_some();
        self.wordings.iter().filter(calls).find(|wording| wording.language != than.language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_their_language_then_that_of_another_country_then_the_first_that_has_the_channel() {
        let says = |tag: &str, sms: &str, voice: &str| Wording {
            language: Language::of(tag),
            sms_body: sms.to_owned(),
            voice_body: voice.to_owned(),
            ..Wording::default()
        };
        let draft = Draft {
            wordings: vec![says("en", "Closed", "Closed"), says("es", "Cerrada", ""), says("pt-br", "Fechada", "")],
            ..Draft::default()
        };
        for (reader, channel, read) in [
            ("en", Channel::Sms, Some("en")),
            ("es", Channel::Sms, Some("es")),
            ("es-mx", Channel::Sms, Some("es")),
            ("pt", Channel::Sms, Some("pt-br")),
            ("hmn", Channel::Sms, Some("en")),
            // Nobody wrote a Spanish call.
            ("es", Channel::Voice, Some("en")),
            ("es", Channel::Email, None),
        ] {
            let found = draft.wording_for(&Language::of(reader), channel).map(|wording| wording.language.tag());
            assert_eq!(found, read, "{reader} {channel:?}");
        }
    }
}
