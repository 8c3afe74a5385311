//! What each recipient reads: merge fields filled in, Markdown made a letter, a text made plain.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{Timestamp, Zoned};
use schoolbell_domain::attendance::run::Absence;
use schoolbell_domain::attendance::words::{Named, sentences};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::plan::PlanRow;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::language::Language;
use schoolbell_domain::phone::Phone;
use schoolbell_domain::survey::{Question, choices_of, keyed};
use schoolbell_domain::template::{
    Field, Fields, Unresolved, day_words, fields_in, joined_names, render, render_markdown, time_words,
};
use schoolbell_formats::mail::{Letterhead, Seal, letter};
use schoolbell_formats::sms;
use schoolbell_store::read::attendance;
use schoolbell_store::read::district::District;
use schoolbell_store::read::names::{Name, SchoolName, names, school_names};
use schoolbell_store::read::school_calls::{self, SchoolCalls};
use schoolbell_store::tx::Reads;
use schoolbell_store::{StoreResult, read};

use crate::attendance::link;
use crate::speech::{Billing, Words};
use crate::survey::link as survey_link;

/// A text as its reader gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub channel: Channel,
    pub language: Language,
    /// Of a mail; of a call, who it is from; of the app, what stands in bold: the mail's subject, otherwise the title.
    pub subject: String,
    /// The text, the plain twin of the mail, or what the call says.
    pub body: String,
    pub html: Option<String>,
    /// Segments of a text, 1 for the rest.
    pub segments: i64,
}

/// Who reads it, of all that a rendering asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addressee<'a> {
    pub channel: Channel,
    pub language: &'a Language,
    pub school: SchoolId,
    pub children: &'a [PersonId],
    /// Whom a link to a survey names; without one there is no such link.
    pub person: Option<PersonId>,
}

impl<'a> From<&'a PlanRow> for Addressee<'a> {
    fn from(row: &'a PlanRow) -> Self {
        let person = Some(row.person);
        Self { channel: row.channel, language: &row.language, school: row.school, children: &row.children, person }
    }
}

/// What tells two renderings of one draft apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    channel: Channel,
    wording: usize,
    school: SchoolId,
    /// Empty where the wording does not name them.
    students: String,
    /// Who was absent, in sentences; empty in all but messages about absences.
    absences: String,
    /// Where the family answers.
    answer_link: String,
    survey_link: String,
}

/// Renders one draft; the same rendering is made once.
pub(crate) struct Renderer {
    draft: Draft,
    district: String,
    help_contact: String,
    sender: String,
    schools: HashMap<SchoolId, SchoolName>,
    calls: HashMap<SchoolId, SchoolCalls>,
    /// In the district's zone.
    leaves_at: Zoned,
    /// Of each wording and channel: whether it names the students.
    names_students: HashMap<(Channel, usize), bool>,
    /// Of a message about absences: what it tells, by child.
    absences: HashMap<PersonId, Vec<Absence>>,
    /// Where links begin, and what seals them.
    link: Option<(String, Seal)>,
    /// The question that its calls ask, of a draft that asks a survey.
    keyed: Option<Question>,
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
            for channel in draft.channels().into_iter().chain([Channel::Push]) {
                let subject = match channel {
                    Channel::Email | Channel::Push => wording.email_subject.as_str(),
                    Channel::Voice | Channel::Sms => "",
                };
                let body = wording.body(channel).unwrap_or_default();
                let of_children = [Field::Students, Field::Absences];
                let fields = fields_in(body).into_iter().chain(fields_in(subject));
                let named = fields.into_iter().any(|field| of_children.contains(&field));
                names_students.insert((channel, at), named);
            }
        }
        let absences = match draft.attendance_run {
            Some(run) => attendance::absences(reads, run).await?,
            None => HashMap::new(),
        };
        let keyed = match draft.survey {
            Some(id) => read::surveys::lookup(reads, id).await?.and_then(|standing| keyed(&standing.survey).cloned()),
            None => None,
        };
        Ok(Self {
            keyed,
            absences,
            link: None,
            draft: draft.clone(),
            district: district.name.clone(),
            help_contact: district.settings.help_contact.clone(),
            sender: sender.to_owned(),
            schools: school_names(reads).await?,
            calls: school_calls::all(reads).await?,
            leaves_at: leaves_at.to_zoned(district.time_zone.clone()),
            names_students,
            cache: HashMap::new(),
        })
    }

    /// Lets messages carry links to answer, sealed for what the draft is about; without an address that families reach there is none.
    pub fn link(&mut self, public_url: Option<&str>, seal: Seal) {
        self.link = public_url.map(|url| (url.to_owned(), seal));
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
        self.render_to(&Addressee::from(row), names)
    }

    fn render_to(
        &mut self,
        to: &Addressee<'_>,
        names: &HashMap<PersonId, Name>,
    ) -> Result<Option<Arc<Rendered>>, Unresolved> {
        let Some((key, wording)) = self.key(to, names) else { return Ok(None) };
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
        self.surely(&Addressee::from(row), names)
    }

    /// As `render_surely`, for a reader of whom no row of a plan is at hand.
    pub fn surely(&mut self, to: &Addressee<'_>, names: &HashMap<PersonId, Name>) -> Option<Arc<Rendered>> {
        if let Ok(rendered) = self.render_to(to, names) {
            return rendered;
        }
        let (key, wording) = self.key(to, names)?;
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
                    let key = Key {
                        channel,
                        wording: at,
                        school: *school,
                        students: "-".to_owned(),
                        absences: String::new(),
                        answer_link: String::new(),
                        survey_link: self.survey_link(PersonId::from_raw(0)),
                    };
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

    fn key(&self, to: &Addressee<'_>, names: &HashMap<PersonId, Name>) -> Option<(Key, Wording)> {
        let wording = self.draft.wording_for(to.language, to.channel)?;
        let at = self.draft.wordings.iter().position(|other| std::ptr::eq(other, wording))?;
        let says_names = self.names_students.get(&(to.channel, at)).copied().unwrap_or(false);
        let students = if says_names {
            let given: Vec<&str> =
                to.children.iter().filter_map(|child| names.get(child)).map(|name| name.given.as_str()).collect();
            joined_names(&given, &wording.language)
        } else {
            String::new()
        };
        let (absences, answer_link) = match self.draft.attendance_run {
            Some(run) => {
                let link = self.link.as_ref().filter(|_| to.channel == Channel::Email);
                let link = link.map(|(url, seal)| format!("{url}/absence/{}", link::token(seal, run, to.children)));
                (self.told(to, names, &wording.language), link.unwrap_or_default())
            }
            None => (String::new(), String::new()),
        };
        let asks = wording.body(to.channel).is_some_and(|body| fields_in(body).contains(&Field::SurveyLink));
        let person = to.person.filter(|_| asks);
        let survey_link = person.map(|person| self.survey_link(person)).unwrap_or_default();
        let key =
            Key { channel: to.channel, wording: at, school: to.school, students, absences, answer_link, survey_link };
        Some((key, wording.clone()))
    }

    /// Where this person answers the survey that the draft asks; empty if it asks none.
    fn survey_link(&self, person: PersonId) -> String {
        let (Some(survey), Some((url, seal))) = (self.draft.survey, &self.link) else { return String::new() };
        format!("{url}/survey/{}", survey_link::token(seal, survey, person))
    }

    /// Who of these children was absent, from where and when; each with its number to call where they are of two schools.
    fn told(&self, to: &Addressee<'_>, names: &HashMap<PersonId, Name>, language: &Language) -> String {
        let found: Vec<&Absence> = to.children.iter().filter_map(|child| self.absences.get(child)).flatten().collect();
        let two_schools = found.iter().any(|absence| absence.school != found[0].school);
        let told = found.iter().filter_map(|absence| {
            let school = self.schools.get(&absence.school);
            let phone = school.and_then(|school| school.phone.as_deref()).filter(|phone| !phone.trim().is_empty());
            Some(Named {
                given: &names.get(&absence.student)?.given,
                school: school.map_or(self.district.as_str(), |school| school.name.as_str()),
                call: if two_schools { phone.unwrap_or(&self.help_contact) } else { "" },
                absence,
            })
        });
        sentences(&told.collect::<Vec<_>>(), language)
    }

    fn fields(&self, key: &Key) -> Fields {
        let language = self.draft.wordings.get(key.wording).map(|wording| wording.language.clone()).unwrap_or_default();
        let mut fields = Fields::default()
            .with(Field::District, self.district.as_str())
            .with(Field::Date, day_words(self.leaves_at.date(), &language))
            .with(Field::Time, time_words(&self.leaves_at, &language))
            .with(Field::Sender, self.sender.as_str())
            .with(Field::Students, key.students.as_str())
            .with(Field::Absences, key.absences.as_str())
            .with(Field::AnswerLink, key.answer_link.as_str())
            .with(Field::SurveyLink, key.survey_link.as_str());
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
            Channel::Push => {
                let subject = wording.email_subject.trim();
                rendered.subject = if subject.is_empty() { self.draft.title.clone() } else { render(subject, fields)? };
                rendered.body = if body == wording.email_body {
                    let source = render_markdown(body, fields)?;
                    schoolbell_formats::mail::plain_text(&source)
                } else {
                    render(body, fields)?
                };
            }
            Channel::Voice => {
                rendered.subject = self.billing(key.school, wording, fields)?.lines();
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

    /// Who calls, and where the keys lead.
    fn billing(&self, school: SchoolId, wording: &Wording, fields: &Fields) -> Result<Billing, Unresolved> {
        let name = fields.get(Field::School).unwrap_or(&self.district);
        let call_back = fields.get(Field::SchoolPhone).unwrap_or_default();
        let other = match self.draft.other_for_calls(wording) {
            Some(other) => {
                let theirs = fields
                    .clone()
                    .with(Field::Date, day_words(self.leaves_at.date(), &other.language))
                    .with(Field::Time, time_words(&self.leaves_at, &other.language));
                Some(Words {
                    language: other.language.clone(),
                    body: render(&other.voice_body, &theirs)?,
                    recording: other.voice_recording,
                    choices: self.choices(&other.language),
                })
            }
            None => None,
        };
        let billing = Billing::of(name, call_back, self.draft.category).playing(wording.voice_recording);
        Ok(Billing { office: self.office(school), other, choices: self.choices(&wording.language), ..billing })
    }

    /// What the keys of a call answer, in a language.
    fn choices(&self, language: &Language) -> Vec<String> {
        self.keyed.as_ref().map(|question| choices_of(question, language)).unwrap_or_default()
    }

    /// Whom key 3 of a call for this school reaches: the number it chose, or the roster's where that can be dialled.
    fn office(&self, school: SchoolId) -> Option<Phone> {
        let chosen = self.calls.get(&school).and_then(|calls| calls.office.as_deref()).and_then(Phone::from_e164);
        let listed = || match Phone::parse(self.schools.get(&school)?.phone.as_deref()?) {
            Ok(read) => Some(read.phone),
            // Words, or a number with a slip: nothing that could be dialled.
            Err(_) => None,
        };
        chosen.or_else(listed)
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
