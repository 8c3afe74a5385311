//! What calls say, made audible: the script around a message, a voice that reads it, and a store of what it has read.
//!
//! A content is spoken once and shared by all its calls; what was spoken rests on disk under the digest of its words, so
//! that a restart in mid-broadcast speaks nothing again.

mod billing;
mod espeak;
mod store;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use schoolbell_domain::ids::RecordingId;
use schoolbell_domain::language::Language;
use schoolbell_formats::sip::Law;
use schoolbell_formats::voice::g711::decode_ulaw;
use schoolbell_formats::voice::script::{
    Caller, Key, MESSAGE, Occasion, Part, Reply, for_a_machine, for_a_person, menu, reply,
};
use schoolbell_formats::voice::sound::to_wav;
use schoolbell_formats::voice::spoken::Tongue;
use schoolbell_gateways::Content;
use schoolbell_gateways::voice::{Mute, Prompts, Sound, Voicing};
use schoolbell_store::{Reader, read};
use tokio::sync::OnceCell;

pub use billing::{Billing, Words};
pub use espeak::EspeakNg;

use self::store::Store;

/// Contents whose sounds stay in memory; a minute is one megabyte.
const KEPT: usize = 64;
/// Between two parts, in samples: 0.3 s.
const PAUSE: usize = 2_400;

/// A voice: text in, a sound file out. Behind it may be any engine.
pub trait Speech: Send + Sync {
    /// What tells its sounds apart from those of another voice: engine and speed.
    fn name(&self) -> String;
    /// Reads a text aloud. The error is a sentence for the operator.
    fn speak<'a>(&'a self, text: &'a str, language: &'a Language) -> BoxFuture<'a, Result<Vec<u8>, Mute>>;
}

/// Makes the sounds of calls.
pub struct Speaker {
    voice: Arc<dyn Speech>,
    store: Store,
    /// Told where a school has no number of its own: the number that families see.
    call_back: String,
    /// Where recordings are found; without it a call that plays one has no sound.
    recordings: Option<Reader>,
    kept: Mutex<HashMap<Content, Arc<OnceCell<Arc<Prompts>>>>>,
}

impl Speaker {
    /// `folder` is made when it is needed.
    pub fn new(voice: Arc<dyn Speech>, folder: PathBuf, call_back: &str) -> Self {
        let (store, call_back) = (Store::at(folder), call_back.to_owned());
        Self { voice, store, call_back, recordings: None, kept: Mutex::default() }
    }

    /// The same, which finds recordings in this database.
    #[must_use]
    pub fn with_recordings(self, reader: Reader) -> Self {
        Self { recordings: Some(reader), ..self }
    }

    /// What a person hears in a call of this content, up to the keys, as a wave file to listen to.
    pub async fn wav_of(&self, content: Content) -> Result<Vec<u8>, Mute> {
        let prompts = self.prompts(Arc::new(content)).await?;
        let frames = (0..prompts.message.frames()).filter_map(|n| prompts.message.frame(Law::Mu, n));
        Ok(to_wav(&frames.flat_map(decode_ulaw).collect::<Vec<i16>>()))
    }

    /// The same as a sound, for whoever calls back.
    pub(crate) async fn message_of(&self, content: Content) -> Result<Sound, Mute> {
        Ok(self.prompts(Arc::new(content)).await?.message.clone())
    }

    /// Sentences read aloud.
    pub(crate) async fn say_parts(&self, parts: &[Part]) -> Result<Sound, Mute> {
        self.sound(parts, None).await
    }

    /// The place of a content's sounds; whoever comes first makes them, the others wait.
    fn place(&self, content: &Content) -> Arc<OnceCell<Arc<Prompts>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(content) {
            // What a call plays now it holds itself.
            kept.clear();
        }
        kept.entry(content.clone()).or_default().clone()
    }

    async fn make(&self, content: &Content) -> Result<Arc<Prompts>, Mute> {
        let billing = Billing::read(&content.subject, &self.call_back);
        let language = Language::of(&content.language);
        let choices = billing.choices.clone();
        let words = Words { language, body: content.body.clone(), recording: billing.recording, choices };
        let other = match &billing.other {
            Some(other) => Some(Arc::new(self.say(&billing, other, Some(&words.language)).await?)),
            None => None,
        };
        let leads_to = billing.other.as_ref().map(|other| &other.language);
        Ok(Arc::new(Prompts { other, ..self.say(&billing, &words, leads_to).await? }))
    }

    /// A call in one language; key 2 leads to another.
    async fn say(&self, billing: &Billing, words: &Words, leads_to: Option<&Language>) -> Result<Prompts, Mute> {
        let message = Part { language: words.language.clone(), text: words.body.clone() };
        let caller = Caller { sender: None, school: &billing.school, call_back: &billing.call_back };
        let tongue = Tongue::of(&message.language).unwrap_or(Tongue::English);
        let recorded = match words.recording {
            Some(id) => Some(self.recorded(id).await?),
            None => None,
        };
        let recorded = recorded.as_deref();
        let answer = |to: Reply| [Part { language: tongue.language(), text: reply(tongue, to).to_owned() }];
        let mut sentences = Vec::new();
        for key in keys(billing, words, leads_to) {
            sentences.push((key.digit(), self.sound(&menu(tongue, std::slice::from_ref(&key)), None).await?));
        }
        Ok(Prompts {
            message: self.sound(&for_a_person(billing.occasion, caller, &message, &[]), recorded).await?,
            menu: sentences,
            voicemail: self.sound(&for_a_machine(billing.occasion, caller, &message), recorded).await?,
            confirmed: self.sound(&answer(Reply::Confirmed), None).await?,
            stopped: self.sound(&answer(Reply::Stopped), None).await?,
            connecting: self.sound(&answer(Reply::Connecting), None).await?,
            not_connected: self.sound(&answer(Reply::NotConnected), None).await?,
            office: billing.office.as_ref().map(|office| office.expose().to_owned()),
            other: None,
        })
    }

    /// Parts one after the other; a recording takes the place of the message.
    async fn sound(&self, parts: &[Part], recorded: Option<&[i16]>) -> Result<Sound, Mute> {
        let mut samples = vec![0; PAUSE];
        for (at, part) in parts.iter().enumerate() {
            match recorded.filter(|_| at == MESSAGE) {
                Some(recorded) => samples.extend_from_slice(recorded),
                None if part.text.trim().is_empty() => continue,
                None => samples.extend(self.store.spoken(&*self.voice, &part.text, &part.language).await?),
            }
            samples.resize(samples.len() + PAUSE, 0);
        }
        Ok(Sound::of(&samples))
    }

    async fn recorded(&self, id: RecordingId) -> Result<Vec<i16>, Mute> {
        let gone = |error: schoolbell_store::StoreError| Mute(format!("the recording {id} cannot be read: {error}"));
        let reader = self.recordings.as_ref().ok_or_else(|| Mute("recordings are not kept here".to_owned()))?;
        let mut reads = reader.read().await.map_err(gone)?;
        let sound = read::recordings::lookup_sound(&mut reads, id).await.map_err(gone)?;
        Ok(decode_ulaw(&sound.ok_or_else(|| Mute(format!("the recording {id} is not in the database")))?))
    }
}

impl Voicing for Speaker {
    fn prompts(&self, content: Arc<Content>) -> BoxFuture<'_, Result<Arc<Prompts>, Mute>> {
        Box::pin(async move {
            let place = self.place(&content);
            place.get_or_try_init(|| self.make(&content)).await.cloned()
        })
    }
}

/// The keys of a call, in the order in which they are said. In a call about an absence the family says why, in one that
/// asks a survey they answer.
fn keys(billing: &Billing, words: &Words, leads_to: Option<&Language>) -> Vec<Key> {
    let mut keys = match billing.occasion {
        Occasion::Absence => vec![Key::Ill, Key::Appointment, Key::Family, Key::ShouldBeAtSchool, Key::Again],
        Occasion::Ordinary | Occasion::Emergency => {
            let answers = (0_u8..4).zip(&words.choices).map(|(place, choice)| Key::Choice(place, choice.clone()));
            answers.chain([Key::Again]).collect()
        }
    };
    let answers = billing.occasion == Occasion::Absence || !words.choices.is_empty();
    keys.extend(leads_to.cloned().map(Key::Other));
    keys.extend(billing.office.is_some().then_some(Key::Office));
    keys.extend((!answers).then_some(Key::Confirm));
    keys.push(Key::Stop);
    keys
}

/// How long a call takes that says so many words, from the first ring to the end: what the preview reckons with.
pub fn call_seconds(words: usize) -> u32 {
    // Rings for 12 s; opening, number and keys take 14 s; 150 words a minute.
    let spoken = u32::try_from(words).unwrap_or(u32::MAX / 4).saturating_mul(2) / 5;
    26_u32.saturating_add(spoken)
}

/// The same of a call that plays a recording of this length.
pub fn recorded_call_seconds(length_ms: u64) -> u32 {
    26_u32.saturating_add(u32::try_from(length_ms.div_ceil(1_000)).unwrap_or(u32::MAX / 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schoolbell_domain::category::Category;

    fn content(language: &str, body: &str) -> Arc<Content> {
        let billing = Billing::of("Lincoln Elementary", "512-555-0143", Some(Category::SchoolsOut));
        let (subject, body) = (billing.lines(), body.to_owned());
        Arc::new(Content { subject, body, html: None, language: language.to_owned() })
    }

    /// espeak-ng itself: `scripts/setup` installs it.
    fn voice() -> Arc<EspeakNg> {
        Arc::new(EspeakNg::new("espeak-ng", 150))
    }

    #[tokio::test]
    async fn law_7_a_call_opens_with_more_than_its_message_and_a_machine_hears_the_number() {
        let folder = tempfile::tempdir().unwrap();
        let speaker = Speaker::new(voice(), folder.path().to_path_buf(), "+15125550100");
        for (language, body) in [("en", "School is closed today."), ("es", "Hoy no hay clases.")] {
            let prompts = speaker.prompts(content(language, body)).await.unwrap();
            let seconds = |sound: &Sound| sound.frames() / 50;
            // Two seconds of message; the rest says who calls and where to call back.
            assert!((5..30).contains(&seconds(&prompts.message)), "{language}: {}", seconds(&prompts.message));
            assert!(prompts.voicemail.frames() > prompts.message.frames(), "{language}");
            let keys: String = prompts.menu.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, "149", "{language}: nothing is offered that cannot be had");
            assert!(prompts.menu.iter().all(|(_, sentence)| (2..12).contains(&seconds(sentence))), "{language}");
            assert!(seconds(&prompts.stopped) >= 2, "{language}");
        }
    }

    #[tokio::test]
    async fn key_2_leads_to_the_other_language_and_back_and_key_3_to_the_office() {
        let folder = tempfile::tempdir().unwrap();
        let speaker = Speaker::new(voice(), folder.path().to_path_buf(), "+15125550100");
        let words = Words {
            language: Language::of("es"),
            body: "Hoy no hay clases.".to_owned(),
            recording: None,
            choices: Vec::new(),
        };
        let billing = Billing {
            office: schoolbell_domain::phone::Phone::from_e164("+15125550143"),
            other: Some(words),
            ..Billing::of("Lincoln Elementary", "512-555-0143", Some(Category::SchoolsOut))
        };
        let content = Content { subject: billing.lines(), ..(*content("en", "School is closed today.")).clone() };
        let prompts = speaker.prompts(Arc::new(content)).await.unwrap();
        let other = prompts.other.clone().unwrap();
        let keys = |prompts: &Prompts| prompts.menu.iter().map(|(key, _)| *key).collect::<String>();
        assert_eq!((keys(&prompts).as_str(), keys(&other).as_str()), ("12349", "12349"));
        assert_eq!((prompts.office.as_deref(), other.office.as_deref()), (Some("+15125550143"), Some("+15125550143")));
        assert_ne!(prompts.message.frames(), other.message.frames());
        assert!(other.other.is_none());
    }

    #[tokio::test]
    async fn what_was_spoken_once_rests_on_disk_and_is_never_spoken_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = Speaker::new(voice(), folder.path().to_path_buf(), "+15125550100");
        let content = content("en", "The bus is late.");
        let (one, other) = tokio::join!(first.prompts(content.clone()), first.prompts(content.clone()));
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()), "made once, shared by all calls");
        // The same name, and nothing that could speak.
        let mute = Arc::new(EspeakNg::new("/nonexistent/espeak-ng", 150));
        let after_a_restart = Speaker::new(mute, folder.path().to_path_buf(), "+15125550100");
        assert!(after_a_restart.prompts(content).await.is_ok());
        let new = after_a_restart.prompts(super::tests::content("en", "Something new.")).await;
        assert!(new.is_err_and(|error| error.0.contains("install espeak-ng")));
    }

    #[test]
    fn a_call_of_25_words_takes_36_seconds() {
        assert_eq!(call_seconds(25), 36);
    }
}
