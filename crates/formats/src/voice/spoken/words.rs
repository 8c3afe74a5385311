//! The words of English and Spanish for what is written short.

use schoolbell_domain::language::Language;
use schoolbell_domain::template::MONTHS_ES;

use super::token::Token;

/// A language that we have words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tongue {
    English,
    Spanish,
}

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Short form, without its stop and in lower case, and what is said.
const SHORT_EN: [(&str, &str); 49] = [
    ("rm", "room"),
    ("bldg", "building"),
    ("ave", "avenue"),
    ("blvd", "boulevard"),
    ("hwy", "highway"),
    ("rd", "road"),
    ("apt", "apartment"),
    ("dept", "department"),
    ("ext", "extension"),
    ("elem", "elementary"),
    ("mr", "Mister"),
    ("mrs", "Missus"),
    ("ms", "Miz"),
    ("jr", "junior"),
    ("sr", "senior"),
    ("gr", "grade"),
    ("approx", "about"),
    ("min", "minutes"),
    ("mins", "minutes"),
    ("hrs", "hours"),
    ("w/", "with"),
    ("w/o", "without"),
    ("&", "and"),
    ("vs", "versus"),
    ("asap", "as soon as possible"),
    ("pta", "P T A"),
    ("pto", "P T O"),
    ("faq", "F A Q"),
    ("iep", "I E P"),
    ("ymca", "Y M C A"),
    ("e.g", "for example"),
    ("i.e", "that is"),
    ("etc", "and so on"),
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("tues", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("thur", "Thursday"),
    ("thurs", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("jan", "January"),
    ("feb", "February"),
    ("aug", "August"),
    ("sept", "September"),
    ("oct", "October"),
    ("nov", "November"),
    ("dec", "December"),
];
const SHORT_ES: [(&str, &str); 20] = [
    ("sr", "señor"),
    ("sra", "señora"),
    ("srta", "señorita"),
    ("dr", "doctor"),
    ("dra", "doctora"),
    ("prof", "profesor"),
    ("profa", "profesora"),
    ("ud", "usted"),
    ("uds", "ustedes"),
    ("av", "avenida"),
    ("avda", "avenida"),
    ("ext", "extensión"),
    ("tel", "teléfono"),
    ("depto", "departamento"),
    ("edif", "edificio"),
    ("aprox", "aproximadamente"),
    ("núm", "número"),
    ("&", "y"),
    ("etc", "etcétera"),
    ("pta", "P T A"),
];
/// Short forms that are words of their own without a stop or a capital: `sat`, `min`, `rd`, `oct`.
const NEEDS_STOP: [&str; 20] = [
    "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "jan", "feb", "aug", "sept", "oct", "nov",
    "dec", "min", "gr", "ms", "sr",
];
/// Of these the stop is needed also before a number.
const NEEDS_STOP_ALWAYS: [&str; 4] = ["sat", "mon", "wed", "ms"];

impl Tongue {
    /// The tongue of `en`, `en-US`, `es`, `es-MX` and so on.
    pub fn of(language: &Language) -> Option<Self> {
        match language.tag().split(['-', '_']).next() {
            Some("en") => Some(Self::English),
            Some("es") => Some(Self::Spanish),
            Some(_) | None => None,
        }
    }

    /// Its language as the rest of the program knows it.
    pub fn language(self) -> Language {
        Language::of(match self {
            Self::English => "en",
            Self::Spanish => "es",
        })
    }

    pub(super) fn date(self, month: i8, day: i8) -> String {
        let name = |months: [&'static str; 12]| {
            usize::try_from(month - 1).ok().and_then(|at| months.get(at).copied()).unwrap_or("")
        };
        match self {
            Self::English => format!("{} {day}", name(MONTHS_EN)),
            Self::Spanish => format!("{day} de {}", name(MONTHS_ES)),
        }
    }

    /// A time of a day of 24 hours.
    pub(super) fn time(self, hour: i8, minute: i8) -> String {
        let clock = self.clock(if hour % 12 == 0 { 12 } else { hour % 12 }, minute);
        let half = match (self, hour) {
            (Self::English, 0..12) => "A M",
            (Self::English, _) => "P M",
            (Self::Spanish, 0..12) => "de la mañana",
            (Self::Spanish, 12..19) => "de la tarde",
            (Self::Spanish, _) => "de la noche",
        };
        format!("{clock} {half}")
    }

    /// A time without its half of the day.
    pub(super) fn clock(self, hour: i8, minute: i8) -> String {
        match (self, minute) {
            (Self::English | Self::Spanish, 0) => hour.to_string(),
            (Self::English, 1..10) => format!("{hour} oh {minute}"),
            (Self::English, _) => format!("{hour} {minute}"),
            (Self::Spanish, _) => format!("{hour} y {minute}"),
        }
    }

    pub(super) fn to(self) -> &'static str {
        match self {
            Self::English => "to",
            Self::Spanish => "a",
        }
    }

    pub(super) fn percent(self, number: &str) -> String {
        match self {
            Self::English => format!("{number} percent"),
            Self::Spanish => format!("{number} por ciento"),
        }
    }

    pub(super) fn number(self, number: &str) -> String {
        match self {
            Self::English => format!("number {number}"),
            Self::Spanish => format!("número {number}"),
        }
    }

    pub(super) fn dollars(self, dollars: &str, cents: i8) -> String {
        let (unit, with) = match (self, dollars == "1") {
            (Self::English, true) => ("dollar", "and"),
            (Self::English, false) => ("dollars", "and"),
            (Self::Spanish, true) => ("dólar", "con"),
            (Self::Spanish, false) => ("dólares", "con"),
        };
        let small = if self == Self::English { "cents" } else { "centavos" };
        if cents == 0 { format!("{dollars} {unit}") } else { format!("{dollars} {unit} {with} {cents} {small}") }
    }

    /// How an address or a short form at the front is said.
    pub(super) fn address_or_word(self, tokens: &[Token<'_>]) -> Option<(String, usize)> {
        let token = tokens.first()?;
        let next = tokens.get(1).map_or("", |next| next.core);
        self.address(token.core).or_else(|| self.word(token, next)).map(|words| (words, 1))
    }

    /// A short address is said; a long one nobody writes down from a voice, and it stands in the mail.
    fn address(self, word: &str) -> Option<String> {
        let (at, dot) = match self {
            Self::English => ("at", "dot"),
            Self::Spanish => ("arroba", "punto"),
        };
        let lower = word.to_lowercase();
        let is_link = lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.");
        if is_link {
            let bare = lower.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
            let bare = bare.trim_end_matches('/');
            let said =
                bare.len() <= 40 && bare.chars().all(|sign| sign.is_alphanumeric() || sign == '.' || sign == '-');
            return Some(if said { bare.replace('.', &format!(" {dot} ")) } else { self.in_the_mail().to_owned() });
        }
        let (name, host) = word.split_once('@')?;
        let is_mail = !name.is_empty() && host.contains('.') && !host.contains('@');
        let spoken = |part: &str| part.replace('.', &format!(" {dot} ")).replace(['_', '-'], " ");
        is_mail.then(|| format!("{} {at} {}", spoken(name), spoken(host)))
    }

    fn in_the_mail(self) -> &'static str {
        match self {
            Self::English => "the address is in the mail",
            Self::Spanish => "la dirección está en el correo",
        }
    }

    /// Whether a stop after this word may belong to it.
    pub(super) fn shortens(self, word: &str) -> bool {
        let lower = word.to_lowercase();
        match self {
            Self::English => {
                matches!(lower.as_str(), "st" | "dr" | "no") || SHORT_EN.iter().any(|(short, _)| *short == lower)
            }
            Self::Spanish => SHORT_ES.iter().any(|(short, _)| *short == lower),
        }
    }

    /// A short form as its word; `next` tells Saint from Street and Doctor from Drive.
    fn word(self, token: &Token<'_>, next: &str) -> Option<String> {
        let lower = token.core.to_lowercase();
        let stop = token.trail.starts_with('.');
        let before_name = next.starts_with(char::is_uppercase);
        let before_number = next.starts_with(|first: char| first.is_ascii_digit());
        if self == Self::English && stop {
            match (lower.as_str(), before_name) {
                ("st", true) => return Some("Saint".to_owned()),
                ("st", false) => return Some("street".to_owned()),
                ("dr", true) => return Some("Doctor".to_owned()),
                ("dr", false) => return Some("drive".to_owned()),
                ("no", _) if before_number => return Some("number".to_owned()),
                _ => {}
            }
        }
        let table: &[(&str, &str)] = match self {
            Self::English => &SHORT_EN,
            Self::Spanish => &SHORT_ES,
        };
        let &(_, long) = table.iter().find(|(short, _)| *short == lower)?;
        let plain = stop
            || !NEEDS_STOP.contains(&lower.as_str())
            || (before_number && !NEEDS_STOP_ALWAYS.contains(&lower.as_str()));
        plain.then(|| long.to_owned())
    }
}
