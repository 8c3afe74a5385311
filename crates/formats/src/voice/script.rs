//! What a call says around its message: who calls, which keys do what, and which number to call back.
//!
//! The sentences stand here in English and Spanish; a message in another language is framed by the English ones, and
//! each part names its language so that the right voice reads it.
//!
//! Source: 47 CFR 64.1200(b), LAW-7: a recorded call says at its beginning who is responsible for it, and gives a
//! telephone number; LAW-9: a key that stops such calls.

use schoolbell_domain::language::Language;

use super::spoken::{Tongue, speakable, telephone_number};

/// One stretch of speech in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub language: Language,
    /// Speakable text.
    pub text: String,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The person who speaks, where one does: `Principal Ruth Hill`.
    pub sender: Option<&'a str>,
    /// The responsible entity: the school, or the district for a message of all schools.
    pub school: &'a str,
    /// The number that is answered there.
    pub call_back: &'a str,
}

/// How pressing the message is; it is said in the first sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    Ordinary,
    Emergency,
    /// A child was not in school: the keys answer why.
    Absence,
}

/// What a key does, in a menu in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Hear the message again.
    Again,
    /// Hear it in another language; said in that language where we have its words.
    Other(Language),
    /// Be connected with the office.
    Office,
    /// Say that it was understood.
    Confirm,
    /// Say why a child was absent: ill, an appointment, a family reason, or that it should be at school.
    Ill,
    Appointment,
    Family,
    ShouldBeAtSchool,
    /// Give the answer with this place, from 0, to the question that the call asks; four at most.
    Choice(u8, String),
    /// Say that the number is wrong or that such calls shall stop.
    Stop,
}

impl Key {
    /// The key to press: 1 to 9.
    pub fn digit(&self) -> char {
        match self {
            Self::Again => '1',
            Self::Other(_) => '2',
            Self::Office => '3',
            Self::Confirm => '4',
            Self::Ill => '5',
            Self::Appointment => '6',
            Self::Family => '7',
            Self::ShouldBeAtSchool => '8',
            Self::Choice(place, _) => char::from(b'5' + (*place).min(3)),
            Self::Stop => '9',
        }
    }
}

/// What is answered to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Connecting,
    /// Nobody at the office took the call.
    NotConnected,
    Confirmed,
    Stopped,
    /// A key that does nothing.
    Unknown,
    Goodbye,
}

/// Which of the parts of a call is the message itself, from 0: where a recording is played instead.
pub const MESSAGE: usize = 1;

/// The whole of a call that a person answered: who calls, the message, the number to call, the keys.
pub fn for_a_person(occasion: Occasion, caller: Caller<'_>, message: &Part, keys: &[Key]) -> Vec<Part> {
    let tongue = frame(&message.language);
    let mut parts = vec![part(tongue, opening(tongue, occasion, caller)), spoken(message)];
    parts.push(part(tongue, reach(tongue, caller)));
    parts.extend(menu(tongue, keys));
    parts
}

/// What a machine records: who calls, the message, and the number to call for all of it.
pub fn for_a_machine(occasion: Occasion, caller: Caller<'_>, message: &Part) -> Vec<Part> {
    let tongue = frame(&message.language);
    vec![
        part(tongue, opening(tongue, occasion, caller)),
        spoken(message),
        part(tongue, voicemail_closing(tongue, caller)),
    ]
}

/// The first sentence: who is responsible for this call.
pub fn opening(tongue: Tongue, occasion: Occasion, caller: Caller<'_>) -> String {
    let school = speakable(caller.school, &tongue.language());
    let school = school.trim_end_matches('.');
    let from = match (caller.sender, tongue) {
        (Some(sender), Tongue::English) => format!("{sender} of {school}"),
        (Some(sender), Tongue::Spanish) => format!("{sender}, de {school}"),
        (None, _) => school.to_owned(),
    };
    match (tongue, occasion) {
        (Tongue::English, Occasion::Ordinary | Occasion::Absence) => format!("This is a message from {from}."),
        (Tongue::English, Occasion::Emergency) => format!("This is an emergency message from {from}."),
        (Tongue::Spanish, Occasion::Ordinary | Occasion::Absence) => format!("Este es un mensaje de {from}."),
        (Tongue::Spanish, Occasion::Emergency) => format!("Este es un mensaje de emergencia de {from}."),
    }
}

/// Which keys do what, each sentence in the language of whom it is for; empty without keys.
pub fn menu(tongue: Tongue, keys: &[Key]) -> Vec<Part> {
    keys.iter().map(|key| key_sentence(tongue, key)).collect()
}

/// The last sentences on a machine; the number is said twice, for there is no key to hear it again.
pub fn voicemail_closing(tongue: Tongue, caller: Caller<'_>) -> String {
    let number = telephone_number(caller.call_back);
    match tongue {
        Tongue::English => format!(
            "To hear this message again, or to stop such calls, call {number}. Again, the number is {number}. Goodbye."
        ),
        Tongue::Spanish => {
            format!(
                "Para volver a oír este mensaje, o para no recibir más llamadas así, llame al {number}. Repito, el número es {number}. Adiós."
            )
        }
    }
}

/// What is said when a key was pressed.
pub fn reply(tongue: Tongue, reply: Reply) -> &'static str {
    match (tongue, reply) {
        (Tongue::English, Reply::Connecting) => "One moment, we are connecting you with the school.",
        (Tongue::English, Reply::NotConnected) => "The school does not answer right now. Please call later.",
        (Tongue::English, Reply::Confirmed) => "Thank you. We know that you got this message.",
        (Tongue::English, Reply::Stopped) => "We will not call this number with such messages again.",
        (Tongue::English, Reply::Unknown) => "This key does nothing.",
        (Tongue::English, Reply::Goodbye) => "Goodbye.",
        (Tongue::Spanish, Reply::Connecting) => "Un momento, lo comunicamos con la escuela.",
        (Tongue::Spanish, Reply::NotConnected) => "La escuela no contesta en este momento. Por favor, llame más tarde.",
        (Tongue::Spanish, Reply::Confirmed) => "Gracias. Sabemos que recibió este mensaje.",
        (Tongue::Spanish, Reply::Stopped) => "No volveremos a llamar a este número con mensajes así.",
        (Tongue::Spanish, Reply::Unknown) => "Esa tecla no hace nada.",
        (Tongue::Spanish, Reply::Goodbye) => "Adiós.",
    }
}

/// What somebody hears who calls one of our numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The district.
    Welcome(&'a str),
    /// The number is on nobody's record.
    Stranger,
    /// How many messages there are.
    Messages(usize),
    Keys {
        again: bool,
        older: bool,
    },
    Stopped,
    Goodbye,
}

/// The sentences of it, in English and in Spanish: nobody knows yet who calls.
pub fn desk(heard: &Heard<'_>) -> Vec<Part> {
    [Tongue::English, Tongue::Spanish].map(|tongue| part(tongue, desk_sentence(tongue, heard))).into()
}

fn desk_sentence(tongue: Tongue, heard: &Heard<'_>) -> String {
    match (tongue, *heard) {
        (_, Heard::Welcome(district)) => format!("{}.", speakable(district, &tongue.language()).trim_end_matches('.')),
        (Tongue::English, Heard::Stranger) => {
            "The number you call from is not on our record, so there is nothing to play. Please call your school. Goodbye."
                .to_owned()
        }
        (Tongue::Spanish, Heard::Stranger) => {
            "El número desde el que llama no está en nuestro registro. Por favor, llame a su escuela. Adiós.".to_owned()
        }
        (Tongue::English, Heard::Messages(0)) => "There is no message for this number.".to_owned(),
        (Tongue::Spanish, Heard::Messages(0)) => "No hay mensajes para este número.".to_owned(),
        (Tongue::English, Heard::Messages(1)) => "This is the last message for this number.".to_owned(),
        (Tongue::Spanish, Heard::Messages(1)) => "Este es el último mensaje para este número.".to_owned(),
        (Tongue::English, Heard::Messages(count)) => {
            format!("There are {count} messages for this number. This is the newest.")
        }
        (Tongue::Spanish, Heard::Messages(count)) => {
            format!("Hay {count} mensajes para este número. Este es el más reciente.")
        }
        (_, Heard::Keys { again, older }) => desk_keys(tongue, again, older),
        (_, Heard::Stopped) => reply(tongue, Reply::Stopped).to_owned(),
        (_, Heard::Goodbye) => reply(tongue, Reply::Goodbye).to_owned(),
    }
}

fn desk_keys(tongue: Tongue, again: bool, older: bool) -> String {
    let sentences = match tongue {
        Tongue::English => [
            (again, "To hear it again, press 1."),
            (older, "For the message before it, press 2."),
            (true, "To stop calls to this number, press 9."),
        ],
        Tongue::Spanish => [
            (again, "Para volver a oírlo, oprima el 1."),
            (older, "Para el mensaje anterior, oprima el 2."),
            (true, "Para no recibir más llamadas en este número, oprima el 9."),
        ],
    };
    let said: Vec<&str> = sentences.into_iter().filter(|(said, _)| *said).map(|(_, sentence)| sentence).collect();
    said.join(" ")
}

/// The language of the sentences around a message: its own where we have it, else English.
fn frame(language: &Language) -> Tongue {
    Tongue::of(language).unwrap_or(Tongue::English)
}

fn part(tongue: Tongue, text: String) -> Part {
    Part { language: tongue.language(), text }
}

fn spoken(message: &Part) -> Part {
    Part { language: message.language.clone(), text: speakable(&message.text, &message.language) }
}

/// The telephone number that the law asks for.
fn reach(tongue: Tongue, caller: Caller<'_>) -> String {
    let number = telephone_number(caller.call_back);
    match tongue {
        Tongue::English => format!("You can reach us at {number}."),
        Tongue::Spanish => format!("Puede llamarnos al {number}."),
    }
}

fn key_sentence(tongue: Tongue, key: &Key) -> Part {
    let digit = key.digit();
    let other = match key {
        Key::Other(language) => Some(language),
        Key::Again
        | Key::Office
        | Key::Confirm
        | Key::Ill
        | Key::Appointment
        | Key::Family
        | Key::ShouldBeAtSchool
        | Key::Choice(..)
        | Key::Stop => None,
    };
    let tongue = other.map_or(tongue, frame);
    let text = match (tongue, key) {
        (Tongue::English, Key::Again) => format!("To hear this message again, press {digit}."),
        (Tongue::English, Key::Other(language)) => {
            format!("For {}, press {digit}.", language.english_name().unwrap_or("the other language"))
        }
        (Tongue::English, Key::Office) => format!("To speak to the school, press {digit}."),
        (Tongue::English, Key::Confirm) => format!("To tell us that you got this message, press {digit}."),
        (Tongue::English, Key::Ill) => format!("If your child is ill, press {digit}."),
        (Tongue::English, Key::Appointment) => format!("For an appointment, press {digit}."),
        (Tongue::English, Key::Family) => format!("For a family reason, press {digit}."),
        (Tongue::English, Key::ShouldBeAtSchool) => format!("If your child should be at school, press {digit}."),
        (Tongue::English, Key::Choice(_, words)) => format!("For {words}, press {digit}."),
        (Tongue::English, Key::Stop) => format!("If this is a wrong number, or to stop such calls, press {digit}."),
        (Tongue::Spanish, Key::Again) => format!("Para volver a oír este mensaje, oprima el {digit}."),
        (Tongue::Spanish, Key::Other(_)) => format!("Para español, oprima el {digit}."),
        (Tongue::Spanish, Key::Office) => format!("Para hablar con la escuela, oprima el {digit}."),
        (Tongue::Spanish, Key::Confirm) => format!("Para confirmar que recibió este mensaje, oprima el {digit}."),
        (Tongue::Spanish, Key::Ill) => format!("Si su hijo está enfermo, oprima el {digit}."),
        (Tongue::Spanish, Key::Appointment) => format!("Por una cita, oprima el {digit}."),
        (Tongue::Spanish, Key::Family) => format!("Por un motivo familiar, oprima el {digit}."),
        (Tongue::Spanish, Key::ShouldBeAtSchool) => {
            format!("Si su hijo debería estar en la escuela, oprima el {digit}.")
        }
        (Tongue::Spanish, Key::Choice(_, words)) => format!("Para {words}, oprima el {digit}."),
        (Tongue::Spanish, Key::Stop) => {
            format!("Si el número está equivocado, o para no recibir más llamadas así, oprima el {digit}.")
        }
    };
    part(tongue, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: Caller<'_> = Caller { sender: None, school: "Lincoln Elem. School", call_back: "+15125550143" };

    fn message(tag: &str, text: &str) -> Part {
        Part { language: Language::of(tag), text: text.to_owned() }
    }

    fn read(parts: &[Part]) -> Vec<String> {
        parts.iter().map(|part| format!("{}: {}", part.language, part.text)).collect()
    }

    /// LAW-7: the entity first, a number within the call; LAW-9: a key that stops.
    #[test]
    fn a_person_hears_who_calls_first_and_every_key() {
        let keys = [Key::Again, Key::Other(Language::of("es")), Key::Office, Key::Confirm, Key::Stop];
        let parts = for_a_person(Occasion::Ordinary, CALLER, &message("en", "No school on **11/23**"), &keys);
        assert_eq!(
            read(&parts),
            [
                "en: This is a message from Lincoln elementary School.",
                "en: No school on November 23.",
                "en: You can reach us at 5 1 2, 5 5 5, 0 1 4 3.",
                "en: To hear this message again, press 1.",
                "es: Para español, oprima el 2.",
                "en: To speak to the school, press 3.",
                "en: To tell us that you got this message, press 4.",
                "en: If this is a wrong number, or to stop such calls, press 9.",
            ]
        );
    }

    /// LAW-7.
    #[test]
    fn a_machine_records_who_calls_and_the_number_twice() {
        let caller = Caller { sender: Some("Principal Ruth Hill"), school: "Lincoln School", ..CALLER };
        let parts = for_a_machine(Occasion::Emergency, caller, &message("es-MX", "No hay clases."));
        assert_eq!(parts[0].text, "Este es un mensaje de emergencia de Principal Ruth Hill, de Lincoln School.");
        assert_eq!(parts[1].text, "No hay clases.");
        assert_eq!(parts[2].text.matches("5 1 2, 5 5 5, 0 1 4 3").count(), 2);
        assert!(parts.iter().all(|part| Tongue::of(&part.language) == Some(Tongue::Spanish)));
    }

    #[test]
    fn a_language_without_sentences_is_framed_in_english() {
        let keys = [Key::Other(Language::of("hmn")), Key::Other(Language::of("en"))];
        let parts = for_a_person(Occasion::Ordinary, CALLER, &message("hmn", "Tsis muaj kev kawm"), &keys);
        let read = read(&parts);
        assert_eq!(read[0], "en: This is a message from Lincoln elementary School.");
        assert_eq!(read[1], "hmn: Tsis muaj kev kawm.");
        assert_eq!(read[3..], ["en: For Hmong, press 2.", "en: For English, press 2."]);
    }

    #[test]
    fn every_reply_is_said_in_both_languages() {
        use Reply::{Confirmed, Connecting, Goodbye, NotConnected, Stopped, Unknown};
        for answer in [Connecting, NotConnected, Confirmed, Stopped, Unknown, Goodbye] {
            assert_ne!(reply(Tongue::English, answer), reply(Tongue::Spanish, answer));
        }
    }
}
