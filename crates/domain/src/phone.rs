//! Phone numbers: E.164, read by a library with real numbering-plan data.

use std::fmt;

use rlibphonenumber::enums::{PhoneNumberFormat, PhoneNumberType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber};
use serde::{Deserialize, Serialize};

/// A number in E.164: `+15125550143`. `Debug` masks it; `expose` gives the text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

/// What a text says when it is read as a phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPhone {
    pub phone: Phone,
    /// Digits after `x`, `ext` or `#`.
    pub extension: Option<String>,
    pub warning: Option<PhoneWarning>,
}

/// The number could be one, and the numbering plan says that nobody has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PhoneWarning {
    /// The first three digits of a North American number.
    #[error("area code {0} is assigned to nobody")]
    UnassignedArea(String),
    #[error("the numbering plan of its country does not know this number")]
    UnknownAbroad,
}

/// Why a text is not a number that we may call; each sentence says how to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadPhone {
    #[error("not a phone number; write ten digits with area code, for example 512-555-0143")]
    NotANumber,
    #[error("letters stand among the digits; write ten digits with area code, for example 512-555-0143")]
    Letters,
    #[error("the area code is missing; write ten digits, for example 512-555-0143")]
    NoAreaCode,
    #[error("too few digits; write ten digits with area code, for example 512-555-0143")]
    TooShort,
    #[error("too many digits; write ten digits with area code, for example 512-555-0143")]
    TooLong,
    #[error("no such number can exist; area code and exchange begin with 2 to 9, for example 512-555-0143")]
    Impossible,
    /// 47 CFR 64.1200(a)(1)(i): emergency lines are never dialled (LAW-8).
    #[error("an emergency or service line is never called (LAW-8); write a family's own number")]
    Emergency,
    #[error("a premium-rate number is never called; write a family's own number")]
    PremiumRate,
}

/// Emergency and crisis lines that have fewer digits than a number.
const EMERGENCY: [&str; 8] = ["911", "112", "999", "000", "988", "1911", "9911", "933"];

/// What people write beside a number to say whose it is.
const LABELS: [&str; 16] = [
    "cell", "mobile", "home", "work", "mom", "dad", "mother", "father", "tel", "phone", "fax", "h", "c", "m", "w", "p",
];

impl Phone {
    /// Reads what a person or a file wrote: any usual spelling of a North American number, or `+` and a number abroad.
    ///
    /// `(512) 555-0143 x12` gives `+15125550143` and extension `12`. A number that can exist is taken also where its
    /// area code is unassigned, with a warning; letters are never turned into digits, since `555-O1OO` is a slip of
    /// the finger and not a vanity number.
    ///
    /// Source: the North American Numbering Plan (area code NXX with a second digit below 9, exchange NXX, no N11),
    /// and libphonenumber's metadata.
    pub fn parse(text: &str) -> Result<ReadPhone, BadPhone> {
        let (main, extension) = split_extension(text.trim());
        let main = without_labels(main)?;
        let number = read_number(&main)?;
        let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
        if let Some(national) = e164.strip_prefix("+1") {
            check_north_american(national)?;
        }
        let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
        if valid && PHONE_NUMBER_UTIL.get_number_type(&number) == PhoneNumberType::PremiumRate {
            return Err(BadPhone::PremiumRate);
        }
        let phone = Self::from_e164(&e164).ok_or(BadPhone::NotANumber)?;
        let warning = (!valid).then(|| phone.unknown());
        Ok(ReadPhone { phone, extension, warning })
    }

    fn unknown(&self) -> PhoneWarning {
        match self.0.strip_prefix("+1").and_then(|national| national.get(..3)) {
            Some(area) => PhoneWarning::UnassignedArea(area.to_owned()),
            None => PhoneWarning::UnknownAbroad,
        }
    }

    /// Takes a text that is already E.164: `+`, then 7 to 15 digits. For what we wrote ourselves; people's input goes
    /// through `parse`.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The number as text, E.164. Never in a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or("");
        write!(f, "+…{tail}")
    }
}

/// Cuts `x123`, `ext. 123`, `#123` or `;ext=123` off the end, if enough digits stand before it.
fn split_extension(text: &str) -> (&str, Option<String>) {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &text[before.len()..];
    let stem = before.trim_end_matches([' ', '.', ':', '=']);
    let lower = stem.to_ascii_lowercase();
    let marker = ["extension", "ext", "x", "#"].into_iter().find(|marker| lower.ends_with(marker));
    let Some(marker) = marker.filter(|_| (1..=7).contains(&digits.len())) else { return (text, None) };
    let main = stem[..stem.len() - marker.len()].trim_end_matches([' ', ',', ';', '-', '(']);
    let enough = main.chars().filter(char::is_ascii_digit).count() >= 7;
    if enough { (main, Some(digits.to_owned())) } else { (text, None) }
}

/// Drops words such as `cell` or `(mom)` that stand apart from the digits; any other letter is refused.
fn without_labels(text: &str) -> Result<String, BadPhone> {
    if !text.chars().any(char::is_alphabetic) {
        return Ok(text.to_owned());
    }
    if !text.chars().any(|c| c.is_ascii_digit()) {
        return Err(BadPhone::NotANumber);
    }
    let kept: Vec<&str> = text.split_whitespace().filter(|word| !is_label(word)).collect();
    let kept = kept.join(" ");
    if kept.chars().any(char::is_alphabetic) { Err(BadPhone::Letters) } else { Ok(kept) }
}

fn is_label(word: &str) -> bool {
    let bare = word.trim_matches(['(', ')', ':', '.', ',']).to_ascii_lowercase();
    LABELS.contains(&bare.as_str())
}

fn read_number(text: &str) -> Result<PhoneNumber, BadPhone> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if EMERGENCY.contains(&digits.as_str()) || is_n11(&digits) {
        return Err(BadPhone::Emergency);
    }
    let abroad = text.trim_start().starts_with('+') || digits.starts_with("011");
    match digits.len() {
        0 => return Err(BadPhone::NotANumber),
        7 if !abroad => return Err(BadPhone::NoAreaCode),
        1..=9 if !abroad => return Err(BadPhone::TooShort),
        10 => {}
        11 if digits.starts_with('1') => {}
        _ if !abroad => return Err(BadPhone::TooLong),
        _ => {}
    }
    let number = PHONE_NUMBER_UTIL.parse(text, Some(Region::US)).map_err(|_| BadPhone::NotANumber)?;
    if PHONE_NUMBER_UTIL.is_possible_number(&number) { Ok(number) } else { Err(BadPhone::Impossible) }
}

fn check_north_american(national: &str) -> Result<(), BadPhone> {
    let (Some(area), Some(exchange)) = (national.get(..3), national.get(3..6)) else {
        return Err(BadPhone::Impossible);
    };
    if is_n11(area) || is_n11(exchange) {
        return Err(BadPhone::Emergency);
    }
    let leads = |code: &str| code.as_bytes()[0] >= b'2';
    if national.len() == 10 && leads(area) && leads(exchange) && area.as_bytes()[1] < b'9' {
        Ok(())
    } else {
        Err(BadPhone::Impossible)
    }
}

/// 211 to 911: emergency, directory and service lines.
fn is_n11(code: &str) -> bool {
    matches!(code.as_bytes(), [b'2'..=b'9', b'1', b'1'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A13-A16: every spelling that registrars use is one number.
    #[test]
    fn usual_spellings_are_one_number() {
        for text in [
            "(512) 555-0143",
            "512-555-0143",
            "5125550143",
            "512.555.0143",
            "+1 512 555 0143",
            "1-512-555-0143",
            " 1 (512) 555 0143 ",
            "cell 512-555-0143",
            "512-555-0143 (mom)",
        ] {
            let read = Phone::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((read.phone.expose(), read.extension, read.warning), ("+15125550143", None, None), "{text}");
        }
    }

    #[test]
    fn an_extension_is_kept() {
        for text in ["512-555-0143 x4821", "(512) 555-0143 ext. 4821", "5125550143#4821", "+15125550143;ext=4821"] {
            let read = Phone::parse(text).unwrap();
            assert_eq!((read.phone.expose(), read.extension.as_deref()), ("+15125550143", Some("4821")), "{text}");
        }
    }

    #[test]
    fn a_number_of_an_unassigned_area_code_is_kept_with_a_warning() {
        let read = Phone::parse("(370) 555-0101").unwrap();
        assert_eq!(read.phone.expose(), "+13705550101");
        assert_eq!(read.warning, Some(PhoneWarning::UnassignedArea("370".to_owned())));
        assert_eq!(Phone::parse("+44 20 7946 0958").unwrap().phone.expose(), "+442079460958");
    }

    /// LAW-8, and what a roster holds instead of a number.
    #[test]
    fn what_cannot_be_called_is_refused_with_its_reason() {
        for (text, reason) in [
            ("911", BadPhone::Emergency),
            ("9-1-1", BadPhone::Emergency),
            ("988", BadPhone::Emergency),
            ("411", BadPhone::Emergency),
            ("911-555-0100", BadPhone::Emergency),
            ("512-911-0100", BadPhone::Emergency),
            ("000-000-0000", BadPhone::Impossible),
            ("999-999-9999", BadPhone::Impossible),
            ("123-456-7890", BadPhone::Impossible),
            ("512-155-0143", BadPhone::Impossible),
            ("555-01", BadPhone::TooShort),
            ("123", BadPhone::TooShort),
            ("555-0143", BadPhone::NoAreaCode),
            ("none", BadPhone::NotANumber),
            ("CALL MOM", BadPhone::NotANumber),
            ("-", BadPhone::NotANumber),
            ("#REF!", BadPhone::NotANumber),
            ("", BadPhone::NotANumber),
            ("(370) 555-O1OO", BadPhone::Letters),
            ("1-800-FLOWERS", BadPhone::Letters),
            ("370 555 01000 00", BadPhone::TooLong),
            ("900-555-0143", BadPhone::PremiumRate),
        ] {
            assert_eq!(Phone::parse(text), Err(reason), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_can_panic_and_what_is_read_reads_again(text in "\\PC{0,40}") {
            if let Ok(read) = Phone::parse(&text) {
                proptest::prop_assert_eq!(Phone::parse(read.phone.expose()).map(|again| again.phone), Ok(read.phone));
            }
        }

        #[test]
        fn a_number_in_any_dress_is_itself(area in 201_u32..=989, line in 200_0000_u32..=999_9999, blank in "[ .()-]{1,2}") {
            let plain = format!("{area}{line}");
            let dressed = format!("{area}{blank}{}-{}", &plain[3..6], &plain[6..]);
            proptest::prop_assert_eq!(Phone::parse(&plain), Phone::parse(&dressed));
        }
    }
}
