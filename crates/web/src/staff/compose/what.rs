//! Step one: what it says. Templates, their blanks, the category, a text per channel, and what each looks like.

use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::template::{
    Field, Fields as Values, READY_MADE, ReadyMade, day_words, joined_names, render, render_markdown, time_words,
};
use schoolbell_engine::Problem;
use schoolbell_formats::{mail, sms};
use schoolbell_store::read::district::{District, SchoolRow};

use crate::error::as_sentence;
use crate::form::Fields;
use crate::looks::{CategoryLook, category};
use crate::session::Staff;
use crate::times::counted;

use super::tongues;

/// A way to begin.
pub struct Start {
    pub href: String,
    pub name: &'static str,
    pub says: &'static str,
    pub icon: &'static str,
    pub emergency: bool,
    pub chosen: bool,
}

/// A blank of a template: filled in once, used in every text that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blank {
    /// The field's name: `blank:` and the key of the hint.
    pub name: String,
    pub id: String,
    /// `time` as "Time".
    pub label: String,
    pub value: String,
}

/// One category as a card.
pub struct Pick {
    pub look: CategoryLook,
    pub chosen: bool,
}

/// Where the message comes from, as a choice.
pub struct Owner {
    pub key: String,
    pub name: String,
    pub chosen: bool,
}

/// How each text looks to its reader, with a family of the sample.
pub struct Previews {
    pub sms: String,
    pub sms_note: String,
    /// What was made plain, or what made it longer.
    pub sms_changed: String,
    pub email_subject: String,
    /// Clean HTML of ours.
    pub email_html: String,
    pub voice: String,
    pub voice_note: String,
    pub from: String,
}

/// Everything that the first step shows.
pub struct What {
    pub title: String,
    /// The chosen category's name; empty if none is.
    pub kind: &'static str,
    pub wording: Wording,
    pub picks: Vec<Pick>,
    pub owners: Vec<Owner>,
    pub blanks: Vec<Blank>,
    pub previews: Previews,
    pub fields: String,
}

/// The cards to begin with; `chosen` is the key of the address.
pub fn starts(chosen: &str) -> Vec<Start> {
    let ready = READY_MADE.iter().map(|ready| {
        let look = category(ready.category);
        let (icon, says) = match ready.key {
            "delayed_opening" => ("clock", "School begins later today"),
            "early_dismissal" => ("bus", "Students go home early"),
            "school_closing" => ("cloud-snow", "School is closed"),
            _ => (look.icon, "Something has happened at school"),
        };
        Start {
            href: format!("/broadcasts/new?template={}", ready.key),
            name: ready.name,
            says,
            icon,
            emergency: look.emergency,
            chosen: ready.key == chosen,
        }
    });
    let blank = Start {
        href: "/broadcasts/new?template=blank".to_owned(),
        name: "Blank",
        says: "Write it yourself",
        icon: "pencil",
        emergency: false,
        chosen: chosen == "blank",
    };
    ready.chain([blank]).collect()
}

/// The draft that a template begins, for this person: their school, and who a message of that kind usually goes to.
pub fn begin(key: &str, staff: &Staff) -> Draft {
    let owner = match staff.schools_for(Act::Compose) {
        Some(schools) => schools.first().copied(),
        None => None,
    };
    let ready: Option<&ReadyMade> = READY_MADE.iter().find(|ready| ready.key == key);
    let wording = ready.map(|ready| Wording {
        language: Language::default(),
        email_subject: ready.email_subject.to_owned(),
        email_body: ready.email_body.to_owned(),
        sms_body: ready.sms_body.to_owned(),
        voice_body: ready.voice_body.to_owned(),
        voice_recording: None,
    });
    Draft {
        title: ready.map(|ready| ready.name.to_owned()).unwrap_or_default(),
        category: ready.map(|ready| ready.category),
        wordings: wording.into_iter().collect(),
        owner,
        ..Draft::default()
    }
}

/// Takes what the form says into the draft; blanks that were filled in stand in every text afterwards.
pub fn take(draft: &mut Draft, fields: &Fields) -> Vec<Problem> {
    let mut problems = Vec::new();
    fields.text("title").clone_into(&mut draft.title);
    let mut wording = tongues::wording(draft, &Language::of(fields.text("language")));
    wording.email_subject = fields.body("email_subject");
    wording.email_body = fields.body("email_body");
    wording.sms_body = fields.body("sms_body");
    wording.voice_body = fields.body("voice_body");
    for (key, value) in filled(fields) {
        for text in texts_of(&mut wording) {
            *text = fill(text, &key, &value);
        }
    }
    tongues::put(draft, wording);
    match fields.text("category") {
        "" => draft.category = None,
        key => match key.parse::<Category>() {
            Ok(category) => draft.category = Some(category),
            Err(sentence) => problems.push(crate::form::problem("category", &sentence)),
        },
    }
    match fields.text("owner") {
        "" => {}
        "district" => draft.owner = None,
        key => match key.parse::<SchoolId>() {
            Ok(school) => draft.owner = Some(school),
            Err(error) => problems.push(crate::form::problem("owner", &error.to_string())),
        },
    }
    problems
}

/// What is still missing before people are chosen.
pub fn missing(draft: &Draft) -> Vec<Problem> {
    let mut problems = Vec::new();
    if draft.category.is_none() {
        problems.push(crate::form::problem("category", "choose what kind of message it is"));
    }
    if draft.channels().is_empty() {
        problems.push(crate::form::problem(
            "sms_body",
            "write at least one text: for the call, the text message or the e-mail",
        ));
    }
    for (at, wording) in draft.wordings.iter().enumerate() {
        problems.extend(blanks(wording, None).iter().map(|blank| {
            let what = blank.label.to_lowercase();
            if at == 0 {
                crate::form::problem(&blank.id, &format!("fill in: {what}"))
            } else {
                crate::form::problem("tongues", &format!("fill in, in {}: {what}", wording.language.name()))
            }
        }));
    }
    problems
}

fn filled(fields: &Fields) -> Vec<(String, String)> {
    fields
        .starting("blank:")
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(hint, value)| (hint.to_owned(), value.trim().to_owned()))
        .collect()
}

/// `[[What happened.]]` and `[[what happened, in one sentence]]` ask for the same.
fn key_of(hint: &str) -> String {
    let short = hint.split(',').next().unwrap_or(hint);
    short.trim().trim_end_matches(['.', '!', '?']).to_lowercase()
}

/// The text with the blanks of this key filled in; a blank that ends a sentence keeps its full stop.
fn fill(text: &str, key: &str, value: &str) -> String {
    let hints: Vec<String> = hints_in(text).filter(|hint| key_of(hint) == key).map(str::to_owned).collect();
    let bare = value.trim_end_matches('.');
    hints.iter().fold(text.to_owned(), |text, hint| {
        let ending = if hint.ends_with('.') { "." } else { "" };
        text.replace(&format!("[[{hint}]]"), &format!("{bare}{ending}"))
    })
}

fn texts_of(wording: &mut Wording) -> [&mut String; 4] {
    [&mut wording.email_subject, &mut wording.email_body, &mut wording.sms_body, &mut wording.voice_body]
}

/// Each different blank of a wording's texts, in the order of their first use.
pub fn blanks(wording: &Wording, fields: Option<&Fields>) -> Vec<Blank> {
    let mut found: Vec<Blank> = Vec::new();
    for text in [&wording.sms_body, &wording.voice_body, &wording.email_subject, &wording.email_body] {
        for hint in hints_in(text) {
            let key = key_of(hint);
            let name = format!("blank:{key}");
            if found.iter().any(|blank| blank.name == name) {
                continue;
            }
            let value = fields.map(|fields| fields.text(&name).to_owned()).unwrap_or_default();
            let mut letters = key.chars();
            let label = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
            found.push(Blank { id: format!("blank-{}", found.len()), name, label, value });
        }
    }
    found
}

fn hints_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("[[").skip(1).filter_map(|rest| rest.split_once("]]").map(|(hint, _)| hint))
}

/// Everything of the step.
pub fn step(
    draft: &Draft,
    staff: &Staff,
    (district, schools): (&District, &[SchoolRow]),
    (language, fields): (&Language, Option<&Fields>),
) -> What {
    let wording = tongues::wording(draft, language);
    let scope = draft.owner.map_or(Scope::District, Scope::School);
    let picks = Category::ALL
        .into_iter()
        .filter(|found| staff.actor.must(Act::Send(*found), scope).is_ok() || draft.category == Some(*found))
        .map(|found| Pick { look: category(found), chosen: draft.category == Some(found) });
    What {
        title: draft.title.clone(),
        kind: draft.category.map_or("", |category| category.rule().name),
        picks: picks.collect(),
        owners: owners(draft, staff, schools),
        blanks: blanks(&wording, fields),
        previews: previews(draft, &wording, staff, (district, schools)),
        fields: Field::COMPOSED.map(|field| field.to_string()).join(", "),
        wording,
    }
}

fn owners(draft: &Draft, staff: &Staff, schools: &[SchoolRow]) -> Vec<Owner> {
    let allowed = staff.schools_for(Act::Compose);
    let district = allowed.is_none().then(|| Owner {
        key: "district".to_owned(),
        name: "The district".to_owned(),
        chosen: draft.owner.is_none(),
    });
    let mine = schools.iter().filter(|row| allowed.as_ref().is_none_or(|ids| ids.contains(&row.id)));
    let mine =
        mine.map(|row| Owner { key: row.id.to_string(), name: row.name.clone(), chosen: draft.owner == Some(row.id) });
    district.into_iter().chain(mine).collect()
}

/// The texts of a wording as a family of the sample would get them; blanks show as `___`.
pub fn previews(
    draft: &Draft,
    wording: &Wording,
    staff: &Staff,
    (district, schools): (&District, &[SchoolRow]),
) -> Previews {
    let school = draft.owner.and_then(|id| schools.iter().find(|row| row.id == id)).or_else(|| schools.first());
    let school = school.map_or_else(|| district.name.clone(), |row| row.name.clone());
    let leaves = draft.send_at.unwrap_or(staff.now).to_zoned(staff.zone.clone());
    let values = Values::default()
        .with(Field::Students, joined_names(&["Ana", "Luis"], &wording.language))
        .with(Field::School, school)
        .with(Field::SchoolPhone, "555-0100")
        .with(Field::District, district.name.clone())
        .with(Field::Date, day_words(leaves.date(), &wording.language))
        .with(Field::Time, time_words(&leaves, &wording.language))
        .with(Field::Sender, staff.name.clone())
        .with(Field::SurveyLink, "https://example.org/survey/your-own-link");
    let shown =
        |text: &str| render(&without_blanks(text), &values).unwrap_or_else(|error| as_sentence(&error.to_string()));
    let plain = sms::plain(&shown(&wording.sms_body));
    let markdown = render_markdown(&without_blanks(&wording.email_body), &values)
        .unwrap_or_else(|error| as_sentence(&error.to_string()));
    let (sms_note, foreign) = sms_words(&plain.text);
    let voice = shown(&wording.voice_body);
    Previews {
        sms_note,
        sms_changed: changed_words(&plain.changed, &foreign),
        sms: plain.text,
        email_subject: shown(&wording.email_subject),
        email_html: mail::body_html(&markdown),
        voice_note: spoken_words(&voice),
        voice,
        from: district.settings.program_name.clone(),
    }
}

fn without_blanks(text: &str) -> String {
    let mut out = text.to_owned();
    for hint in hints_in(text) {
        out = out.replace(&format!("[[{hint}]]"), "___");
    }
    out
}

/// "1 text, 142 of 160 characters"; and the characters that GSM-7 lacks.
fn sms_words(text: &str) -> (String, Vec<char>) {
    let segments = sms::segments(text);
    if segments.parts == 0 {
        return (String::new(), Vec::new());
    }
    let parts = u64::try_from(segments.parts).unwrap_or(u64::MAX);
    let words = format!(
        "{}, {} characters used, {} left before one more",
        counted(parts, "text", "texts"),
        segments.units,
        segments.units_left
    );
    (words, segments.foreign)
}

fn changed_words(changed: &[sms::Changed], foreign: &[char]) -> String {
    let mut words = Vec::new();
    if !changed.is_empty() {
        words.push("Curly quotes and dashes are sent as plain ones, which keeps the text short.".to_owned());
    }
    if !foreign.is_empty() {
        let list: String = foreign.iter().take(5).flat_map(|letter| [' ', *letter]).collect();
        words.push(format!("These characters make each text hold 70 instead of 160:{list}"));
    }
    words.join(" ")
}

/// About 150 words a minute.
fn spoken_words(text: &str) -> String {
    let words = u64::try_from(text.split_whitespace().count()).unwrap_or(0);
    if words == 0 {
        String::new()
    } else {
        format!("About {} spoken", counted((words * 60).div_ceil(150), "second", "seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_is_asked_once_and_filled_in_everywhere() {
        let mut draft = Draft {
            wordings: vec![Wording {
                sms_body: "Closed: [[reason]].".into(),
                voice_body: "Closed because of [[reason]]. Open [[day]].".into(),
                ..Wording::default()
            }],
            ..Draft::default()
        };
        let labels: Vec<_> = blanks(&draft.wordings[0], None).into_iter().map(|blank| blank.label).collect();
        assert_eq!(labels, ["Reason", "Day"]);
        let pairs = [
            ("sms_body", "Closed: [[reason]]."),
            ("voice_body", "Closed because of [[reason]]. Open [[day]]."),
            ("blank:reason", " ice "),
            ("category", "schools_out"),
        ];
        let fields = Fields::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        assert_eq!(take(&mut draft, &fields), []);
        assert_eq!(draft.wordings[0].sms_body, "Closed: ice.");
        assert_eq!(draft.wordings[0].voice_body, "Closed because of ice. Open [[day]].");
        let left: Vec<_> = missing(&draft).into_iter().map(|problem| problem.message).collect();
        assert_eq!(left, ["fill in: day"]);
    }

    #[test]
    fn one_answer_fills_every_way_of_asking_for_it() {
        let text = "[[What happened.]] [[what happened, in one sentence]]: [[what happened]]";
        assert_eq!(fill(text, "what happened", "Gas leak."), "Gas leak. Gas leak: Gas leak");
        assert_eq!(fill("[[time]]", "what happened", "Gas leak."), "[[time]]");
    }

    #[test]
    fn the_count_of_a_text_says_what_makes_it_longer() {
        assert_eq!(sms_words("closed").0, "1 text, 6 characters used, 154 left before one more");
        let (_, foreign) = sms_words("closed 🙂");
        assert!(changed_words(&[], &foreign).contains("70 instead of 160"));
    }
}
