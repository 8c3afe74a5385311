//! What each recipient reads: merge fields filled in, Markdown made a letter, a text made plain.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{Timestamp, Zoned};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::plan::PlanRow;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::language::Language;
use schoolbell_domain::template::{
    Field, Fields, Unresolved, day_words, fields_in, joined_names, render, render_markdown, time_words,
};
use schoolbell_formats::mail::{Letterhead, letter};
use schoolbell_formats::sms;
use schoolbell_store::StoreResult;
use schoolbell_store::read::district::District;
use schoolbell_store::read::names::{Name, SchoolName, names, school_names};
use schoolbell_store::tx::Reads;

use crate::speech::Billing;

/// A text as its reader gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub channel: Channel,
    pub language: Language,
    /// Of a mail; of a call, who it is from.
    pub subject: String,
    /// The text, the plain twin of the mail, or what the call says.
    pub body: String,
    pub html: Option<String>,
    /// Segments of a text, 1 for the rest.
    pub segments: i64,
}

/// What tells two renderings of one draft apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    channel: Channel,
    wording: usize,
    school: SchoolId,
    /// Empty where the wording does not name them.
    students: String,
}

/// Renders one draft; the same rendering is made once.
pub(crate) struct Renderer {
    draft: Draft,
    district: String,
    help_contact: String,
    sender: String,
    schools: HashMap<SchoolId, SchoolName>,
    /// In the district's zone.
    leaves_at: Zoned,
    /// Of each wording and channel: whether it names the students.
    names_students: HashMap<(Channel, usize), bool>,
    cache: HashMap<Key, Arc<Rendered>>,
}

/// Beyond so many different renderings the cache starts again: memory stays that of a page.
const MOST_CACHED: usize = 2_000;

impl Renderer {
    /// `sender`: the name of whoever presses Send.
    pub async fn of(
        reads: &mut impl Reads,
        draft: &Draft,
        district: &District,
        sender: &str,
        leaves_at: Timestamp,
    ) -> StoreResult<Self> {
        let mut names_students = HashMap::new();
        for (at, wording) in draft.wordings.iter().enumerate() {
            for channel in draft.channels() {
                let subject = if channel == Channel::Email { wording.email_subject.as_str() } else { "" };
                let body = wording.body(channel).unwrap_or_default();
                let named = fields_in(body).into_iter().chain(fields_in(subject)).any(|field| field == Field::Students);
                names_students.insert((channel, at), named);
            }
        }
        Ok(Self {
            draft: draft.clone(),
            district: district.name.clone(),
            help_contact: district.settings.help_contact.clone(),
            sender: sender.to_owned(),
            schools: school_names(reads).await?,
            leaves_at: leaves_at.to_zoned(district.time_zone.clone()),
            names_students,
            cache: HashMap::new(),
        })
    }

    /// The first names that these rows need; none are read where no wording names them.
    pub async fn names_for(&self, reads: &mut impl Reads, rows: &[PlanRow]) -> StoreResult<HashMap<PersonId, Name>> {
        if !self.names_students.values().any(|named| *named) {
            return Ok(HashMap::new());
        }
        let mut children: Vec<PersonId> = rows.iter().flat_map(|row| row.children.iter().copied()).collect();
        children.sort_unstable();
        children.dedup();
        names(reads, &children).await
    }

    /// What the reader of this row gets; `None` if no wording has its channel.
    pub fn render(
        &mut self,
        row: &PlanRow,
        names: &HashMap<PersonId, Name>,
    ) -> Result<Option<Arc<Rendered>>, Unresolved> {
        let Some((key, wording)) = self.key(row, names) else { return Ok(None) };
        if let Some(rendered) = self.cache.get(&key) {
            return Ok(Some(Arc::clone(rendered)));
        }
        let rendered = Arc::new(self.make(&key, &wording)?);
        if self.cache.len() >= MOST_CACHED {
            self.cache.clear();
        }
        self.cache.insert(key, Arc::clone(&rendered));
        Ok(Some(rendered))
    }

    /// As `render`, for a message that must go: a field that lost its value since the preview (a school's phone that
    /// was taken off the roster) is filled with the district's name.
    pub fn render_surely(&mut self, row: &PlanRow, names: &HashMap<PersonId, Name>) -> Option<Arc<Rendered>> {
        if let Ok(rendered) = self.render(row, names) {
            return rendered;
        }
        let (key, wording) = self.key(row, names)?;
        let mut fields = self.fields(&key);
        for field in Field::ALL {
            if fields.get(field).is_none() {
                fields.set(field, self.district.as_str());
            }
        }
        self.fill(&key, &wording, &fields).map(Arc::new).ok()
    }

    /// Fields that have no value for some school: each wording for each school, told once. What no value could mend
    /// stands among the draft's own problems.
    pub fn check(&self) -> Vec<(Channel, Unresolved)> {
        let mut problems = Vec::new();
        for (at, wording) in self.draft.wordings.iter().enumerate() {
            for channel in self.draft.channels().into_iter().filter(|channel| wording.body(*channel).is_some()) {
                for school in self.schools.keys() {
                    let key = Key { channel, wording: at, school: *school, students: "-".to_owned() };
                    let fields = self.fields(&key);
                    let body = render(wording.body(channel).unwrap_or_default(), &fields);
                    let subject =
                        if channel == Channel::Email { render(&wording.email_subject, &fields) } else { body.clone() };
                    let unresolved = [body, subject].into_iter().filter_map(Result::err);
                    let unresolved = unresolved.filter(|problem| matches!(problem, Unresolved::Empty { .. }));
                    problems.extend(unresolved.map(|problem| (channel, problem)));
                }
            }
        }
        problems.sort_by_key(|(channel, problem)| (*channel, problem.to_string()));
        problems.dedup();
        problems
    }

    /// How many segments a row's text costs, without making letters; 0 for other channels.
    pub fn segments(&mut self, row: &PlanRow, names: &HashMap<PersonId, Name>) -> Result<i64, Unresolved> {
        match row.channel {
            Channel::Sms => Ok(self.render(row, names)?.map_or(0, |rendered| rendered.segments)),
            Channel::Voice | Channel::Email | Channel::Push => Ok(0),
        }
    }

    fn key(&self, row: &PlanRow, names: &HashMap<PersonId, Name>) -> Option<(Key, Wording)> {
        let wording = self.draft.wording_for(&row.language, row.channel)?;
        let at = self.draft.wordings.iter().position(|other| std::ptr::eq(other, wording))?;
        let students = if self.names_students.get(&(row.channel, at)).copied().unwrap_or(false) {
            let given: Vec<&str> =
                row.children.iter().filter_map(|child| names.get(child)).map(|name| name.given.as_str()).collect();
            joined_names(&given, &wording.language)
        } else {
            String::new()
        };
        Some((Key { channel: row.channel, wording: at, school: row.school, students }, wording.clone()))
    }

    fn fields(&self, key: &Key) -> Fields {
        let language = self.draft.wordings.get(key.wording).map(|wording| wording.language.clone()).unwrap_or_default();
        let mut fields = Fields::default()
            .with(Field::District, self.district.as_str())
            .with(Field::Date, day_words(&self.leaves_at, &language))
            .with(Field::Time, time_words(&self.leaves_at, &language))
            .with(Field::Sender, self.sender.as_str())
            .with(Field::Students, key.students.as_str());
        let school = self.schools.get(&key.school);
        fields.set(Field::School, school.map_or(self.district.as_str(), |school| school.name.as_str()));
        let phone = school.and_then(|school| school.phone.as_deref()).filter(|phone| !phone.trim().is_empty());
        fields.set(Field::SchoolPhone, phone.unwrap_or(&self.help_contact));
        fields
    }

    fn make(&self, key: &Key, wording: &Wording) -> Result<Rendered, Unresolved> {
        self.fill(key, wording, &self.fields(key))
    }

    fn fill(&self, key: &Key, wording: &Wording, fields: &Fields) -> Result<Rendered, Unresolved> {
        let body = wording.body(key.channel).unwrap_or_default();
        let mut rendered = Rendered {
            channel: key.channel,
            language: wording.language.clone(),
            subject: String::new(),
            body: String::new(),
            html: None,
            segments: 1,
        };
        match key.channel {
            Channel::Sms => {
                rendered.body = sms::plain(&render(body, fields)?).text;
                rendered.segments = i64::try_from(sms::segments(&rendered.body).parts).unwrap_or(i64::MAX);
            }
            Channel::Push => rendered.body = render(body, fields)?,
            Channel::Voice => {
                let school = fields.get(Field::School).unwrap_or(&self.district);
                let call_back = fields.get(Field::SchoolPhone).unwrap_or_default();
                rendered.subject =
                    Billing::of(school, call_back, self.draft.category).playing(wording.voice_recording).lines();
                rendered.body = render(body, fields)?;
            }
            Channel::Email => {
                rendered.subject = render(&wording.email_subject, fields)?;
                let letter = self.letter(&rendered.subject, &render_markdown(body, fields)?, fields, &wording.language);
                rendered.body = letter.text;
                rendered.html = Some(letter.html);
            }
        }
        Ok(rendered)
    }

    fn letter(
        &self,
        subject: &str,
        source: &str,
        fields: &Fields,
        language: &Language,
    ) -> schoolbell_formats::mail::Letter {
        let school = fields.get(Field::School).unwrap_or(&self.district);
        let spanish = language.primary() == "es";
        let (sent_by, why) = if spanish {
            (
                format!("Enviado por {}.", self.sender),
                format!("Recibe este mensaje porque {school} tiene esta dirección en su registro."),
            )
        } else {
            (format!("Sent by {}.", self.sender), format!("You get this because {school} has this address on record."))
        };
        let head = Letterhead {
            school,
            sent_by: &sent_by,
            why: &why,
            contact: fields.get(Field::SchoolPhone).unwrap_or_default(),
            choices: None,
            language: language.tag(),
        };
        letter(subject, source, &head)
    }
}
