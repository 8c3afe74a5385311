//! What stands in the way of Send, and what a person may want to look at once more.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Draft, Wording};
use crate::category::Category;
use crate::channel::Channel;
use crate::delivery::window::{SendWindow, next_allowed};
use crate::language::Language;
use crate::template::{Field, Unresolved, check, fields_in};

/// The longest text in units of its encoding: six segments of 153 septets (LAW-25, GOV.UK Notify's limit).
pub const LONGEST_TEXT: usize = 918;

/// Why a draft cannot be sent. The sentence says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftProblem {
    #[error("choose what kind of message it is")]
    NoCategory,
    #[error("choose who it is for")]
    EmptyAudience,
    #[error("write at least one text: for the call, the text message or the e-mail")]
    NoContent,
    #[error("the e-mail ({language}) has no subject; write one")]
    NoSubject { language: Language },
    #[error("two wordings are in {language}; keep one")]
    LanguageTwice { language: Language },
    #[error("{} ({language}): {problem}", .part.plain())]
    Unresolved { language: Language, part: Part, problem: Unresolved },
    #[error(
        "the text message ({language}) is {units} letters long and may be {}; shorten it by {}",
        LONGEST_TEXT,
        .units - LONGEST_TEXT
    )]
    TextTooLong { language: Language, units: usize },
    #[error("the time to send has passed; choose a later one, or send now")]
    SendAtPassed,
    #[error("it would expire before it is sent; choose a later end")]
    ExpiresTooSoon,
    /// A52.
    #[error("it asks a survey, so its kind is Surveys; choose Surveys")]
    AsksOutsideOfSurveys,
    #[error("`{{{{survey_link}}}}` stands in it, but it belongs to no survey; take it out, or begin at Surveys")]
    LinkWithoutSurvey,
}

impl DraftProblem {
    /// The field of the composer that it is about: `category`, `audience`, `email_subject` …
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoCategory | Self::AsksOutsideOfSurveys => "category",
            Self::EmptyAudience => "audience",
            Self::NoContent | Self::LanguageTwice { .. } | Self::LinkWithoutSurvey => "wordings",
            Self::NoSubject { .. } => "email_subject",
            Self::Unresolved { part, .. } => part.field(),
            Self::TextTooLong { .. } => "sms_body",
            Self::SendAtPassed => "send_at",
            Self::ExpiresTooSoon => "expires_at",
        }
    }
}

/// One text of a wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    EmailSubject,
    EmailBody,
    SmsBody,
    VoiceBody,
}

impl Part {
    pub const fn field(self) -> &'static str {
        match self {
            Self::EmailSubject => "email_subject",
            Self::EmailBody => "email_body",
            Self::SmsBody => "sms_body",
            Self::VoiceBody => "voice_body",
        }
    }

    const fn plain(self) -> &'static str {
        match self {
            Self::EmailSubject => "subject of the e-mail",
            Self::EmailBody => "e-mail",
            Self::SmsBody => "text message",
            Self::VoiceBody => "call",
        }
    }
}

/// Everything that stands in the way of sending this draft, in the order of the composer; empty if nothing does.
///
/// `sms_units` counts a text as carriers do: septets, or 16-bit units where one letter is foreign. Fields are counted
/// as they stand; a long name may still add a segment, which the preview shows.
pub fn problems(draft: &Draft, now: Timestamp, sms_units: impl Fn(&str) -> usize) -> Vec<DraftProblem> {
    let mut problems = Vec::new();
    if draft.category.is_none() {
        problems.push(DraftProblem::NoCategory);
    }
    if draft.audience.is_empty() {
        problems.push(DraftProblem::EmptyAudience);
    }
    if draft.channels().is_empty() {
        problems.push(DraftProblem::NoContent);
    }
    for (index, wording) in draft.wordings.iter().enumerate() {
        if draft.wordings.iter().take(index).any(|earlier| earlier.language == wording.language) {
            problems.push(DraftProblem::LanguageTwice { language: wording.language.clone() });
        }
        problems.extend(problems_of(wording, &sms_units));
    }
    if draft.survey.is_some() && draft.category.is_some_and(|category| category != Category::Surveys) {
        problems.push(DraftProblem::AsksOutsideOfSurveys);
    }
    if draft.survey.is_none() && draft.wordings.iter().any(links_a_survey) {
        problems.push(DraftProblem::LinkWithoutSurvey);
    }
    let leaves_at = draft.send_at.unwrap_or(now);
    if leaves_at < now {
        problems.push(DraftProblem::SendAtPassed);
    }
    if draft.expires_at.is_some_and(|expires_at| expires_at <= leaves_at.max(now)) {
        problems.push(DraftProblem::ExpiresTooSoon);
    }
    problems
}

fn links_a_survey(wording: &Wording) -> bool {
    let texts = [&wording.email_subject, &wording.email_body, &wording.sms_body, &wording.voice_body];
    texts.into_iter().any(|text| fields_in(text).contains(&Field::SurveyLink))
}

fn problems_of(wording: &Wording, sms_units: impl Fn(&str) -> usize) -> Vec<DraftProblem> {
    let mut problems = Vec::new();
    let language = || wording.language.clone();
    if wording.body(Channel::Email).is_some() && wording.email_subject.trim().is_empty() {
        problems.push(DraftProblem::NoSubject { language: language() });
    }
    let parts = [
        (Part::EmailSubject, &wording.email_subject),
        (Part::EmailBody, &wording.email_body),
        (Part::SmsBody, &wording.sms_body),
        (Part::VoiceBody, &wording.voice_body),
    ];
    for (part, text) in parts {
        // A subject without a body is not sent.
        if part == Part::EmailSubject && wording.body(Channel::Email).is_none() {
            continue;
        }
        let unresolved = check(text).into_iter();
        problems.extend(unresolved.map(|problem| DraftProblem::Unresolved { language: language(), part, problem }));
    }
    let units = sms_units(&wording.sms_body);
    if units > LONGEST_TEXT {
        problems.push(DraftProblem::TextTooLong { language: language(), units });
    }
    problems
}

/// Something to look at once more. It never stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hint {
    /// A49.
    #[error(
        "the message says `{word}`: for weather during school hours choose Schools Out; School Hours Emergency is for \
         what is not about the weather"
    )]
    Weather { word: String },
    /// LAW-15.
    #[error("outside the hours for this kind of message: it waits until {until}")]
    OutOfHours { until: Timestamp },
    /// It waits for the window and dies before it opens.
    #[error("it would expire while it waits for the hours to open, and reach nobody")]
    ExpiresWhileHeld,
    /// They get another language than the one on their record; of most people first.
    #[error("not written in the language of {}; add a language in the first step", readers(.languages))]
    Unwritten { languages: Vec<(Language, u64)> },
}

/// `61 people: 50 read Spanish, 11 Vietnamese`.
fn readers(languages: &[(Language, u64)]) -> String {
    let people: u64 = languages.iter().map(|(_, people)| people).sum();
    let each: Vec<String> =
        languages.iter().map(|(language, people)| format!("{people} {}", language.name())).collect();
    let who = if people == 1 { "person" } else { "people" };
    format!("{people} {who} ({})", each.join(", "))
}

/// Words of weather, English and Spanish, as they begin.
const WEATHER: [&str; 30] = [
    "snow",
    "ice",
    "icy",
    "storm",
    "thunderstorm",
    "blizzard",
    "flood",
    "hurricane",
    "tornado",
    "weather",
    "wind",
    "sleet",
    "hail",
    "freez",
    "frost",
    "lightning",
    "rain",
    "cold",
    "heat",
    "typhoon",
    "tropical",
    "nieve",
    "hielo",
    "tormenta",
    "huracan",
    "huracán",
    "inundaci",
    "clima",
    "lluvia",
    "nevada",
];

/// What a person may want to look at before Send. `zone` is the district's, `leaves_at` the time to send or now.
pub fn hints(draft: &Draft, leaves_at: Timestamp, zone: &TimeZone, window: SendWindow) -> Vec<Hint> {
    let mut hints = Vec::new();
    let Some(category) = draft.category else {
        return hints;
    };
    if category == Category::SchoolHoursEmergency
        && let Some(word) = weather_word(draft)
    {
        hints.push(Hint::Weather { word });
    }
    let until = next_allowed(leaves_at, zone, window);
    if !category.is_urgent() && until > leaves_at {
        hints.push(Hint::OutOfHours { until });
        if draft.expires_at.is_some_and(|expires_at| expires_at <= until) {
            hints.push(Hint::ExpiresWhileHeld);
        }
    }
    hints
}

fn weather_word(draft: &Draft) -> Option<String> {
    let texts = draft
        .wordings
        .iter()
        .flat_map(|wording| [&wording.email_subject, &wording.email_body, &wording.sms_body, &wording.voice_body]);
    std::iter::once(&draft.title).chain(texts).find_map(|text| {
        let mut words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.find(|word| WEATHER.iter().any(|weather| is_form_of(word, weather)))
    })
}

/// `snow`, `snowy`, `storms`; of short words only the word itself, so that `window` and `rice` say nothing.
fn is_form_of(word: &str, weather: &str) -> bool {
    let Some(ending) = word.strip_prefix(weather) else {
        return false;
    };
    match weather.chars().count() {
        0..=3 => ending.is_empty(),
        4 => ["", "s", "y", "ing", "fall", "ed", "storm", "ja"].contains(&ending),
        _ => ending.chars().count() <= 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::{Audience, AudienceRule};
    use crate::ids::SurveyId;

    fn now() -> Timestamp {
        "2026-01-14T12:00:00-06:00".parse().unwrap()
    }

    fn chicago() -> TimeZone {
        TimeZone::get("America/Chicago").unwrap()
    }

    fn draft(category: Category, sms: &str) -> Draft {
        Draft {
            category: Some(category),
            audience: Audience { include: vec![AudienceRule::District], except: vec![] },
            wordings: vec![Wording { sms_body: sms.to_owned(), ..Wording::default() }],
            ..Draft::default()
        }
    }

    fn sentences(draft: &Draft) -> Vec<(&'static str, String)> {
        let problems = problems(draft, now(), |text| text.chars().count());
        problems.iter().map(|problem| (problem.field(), problem.to_string())).collect()
    }

    #[test]
    fn a_draft_with_nothing_in_it_says_what_to_choose_and_write() {
        assert_eq!(
            sentences(&Draft::default()),
            [
                ("category", "choose what kind of message it is".to_owned()),
                ("audience", "choose who it is for".to_owned()),
                ("wordings", "write at least one text: for the call, the text message or the e-mail".to_owned()),
            ]
        );
        assert!(sentences(&draft(Category::General, "School is closed.")).is_empty());
    }

    #[test]
    fn a52_what_asks_a_survey_goes_out_as_one() {
        let mut asks = draft(Category::General, "Please answer: {{survey_link}}");
        assert_eq!(
            sentences(&asks),
            [(
                "wordings",
                "`{{survey_link}}` stands in it, but it belongs to no survey; take it out, or begin at Surveys"
                    .to_owned()
            )]
        );
        asks.survey = Some(SurveyId::from_raw(1));
        assert_eq!(
            sentences(&asks),
            [("category", "it asks a survey, so its kind is Surveys; choose Surveys".to_owned())]
        );
        asks.category = Some(Category::Surveys);
        assert!(sentences(&asks).is_empty());
    }

    #[test]
    fn each_text_is_checked_and_the_sentence_says_which_one_and_how_to_mend_it() {
        let mut broken = draft(Category::General, &"x".repeat(919));
        let wording = &mut broken.wordings[0];
        wording.email_body = "Dear {{parent}}, on [[day]]".to_owned();
        wording.voice_body = "{{school".to_owned();
        let said: Vec<_> =
            sentences(&broken).into_iter().map(|(field, sentence)| format!("{field}: {sentence}")).collect();
        assert_eq!(said[0], "email_subject: the e-mail (en) has no subject; write one");
        assert!(
            said[1].starts_with("email_body: e-mail (en): `{{parent}}` is not a merge field; there are"),
            "{said:?}"
        );
        assert_eq!(
            said[2],
            "email_body: e-mail (en): `[[day]]` is a blank of the template; write the words in its place"
        );
        assert_eq!(said[3], "voice_body: call (en): `{{school` has no closing `}}`; close it, or write a single brace");
        assert_eq!(said[4], "sms_body: the text message (en) is 919 letters long and may be 918; shorten it by 1");
        assert_eq!(said.len(), 5);
    }

    #[test]
    fn times_must_lie_ahead_and_in_order() {
        let at = |hours: i64| Some(now() + jiff::SignedDuration::from_hours(hours));
        for (send_at, expires_at, field) in [
            (None, None, None),
            (at(1), at(2), None),
            (at(0), None, None),
            (at(-1), None, Some("send_at")),
            (None, at(0), Some("expires_at")),
            (at(2), at(1), Some("expires_at")),
        ] {
            let timed = Draft { send_at, expires_at, ..draft(Category::General, "Hello") };
            assert_eq!(sentences(&timed).first().map(|(field, _)| *field), field, "{send_at:?} {expires_at:?}");
        }
    }

    #[test]
    fn two_wordings_in_one_language_are_refused() {
        let mut twice = draft(Category::General, "Hello");
        twice.wordings.push(twice.wordings[0].clone());
        assert_eq!(sentences(&twice), [("wordings", "two wordings are in en; keep one".to_owned())]);
    }

    #[test]
    fn a49_weather_words_hint_at_schools_out_with_school_hours_emergency_alone() {
        for (text, hints_at) in [
            ("Snow is falling hard", true),
            ("A big STORM is coming", true),
            ("icy roads", true),
            ("ice", true),
            ("Storms, flooding", true),
            ("freezing pipes", true),
            ("Hay una tormenta", true),
            ("snowfall tonight", true),
            ("police are at the school", false),
            ("rice and beans, nice, office", false),
            ("Brainstorm at the window", false),
            ("a trained dog on a train", false),
            ("an alarm rang", false),
        ] {
            let hints = |category| hints(&draft(category, text), now(), &chicago(), SendWindow::default());
            assert_eq!(!hints(Category::SchoolHoursEmergency).is_empty(), hints_at, "{text}");
            assert!(hints(Category::SchoolsOut).is_empty(), "{text}");
        }
    }

    #[test]
    fn law_15_out_of_hours_is_said_with_the_time_it_waits_for() {
        let late: Timestamp = "2026-01-14T22:00:00-06:00".parse().unwrap();
        let morning: Timestamp = "2026-01-15T08:00:00-06:00".parse().unwrap();
        let hints = |draft: &Draft| hints(draft, late, &chicago(), SendWindow::default());
        let mut general = draft(Category::General, "Book fair");
        assert_eq!(hints(&general), [Hint::OutOfHours { until: morning }]);
        general.expires_at = Some(morning);
        assert_eq!(hints(&general), [Hint::OutOfHours { until: morning }, Hint::ExpiresWhileHeld]);
        assert_eq!(hints(&draft(Category::SchoolsOut, "Closed")), []);
    }
}
