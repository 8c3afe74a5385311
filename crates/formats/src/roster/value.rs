//! Single values: phones, addresses, dates, grades, languages, yes and no.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::phone::{BadPhone, Phone, PhoneWarning, ReadPhone};
use schoolbell_domain::roster::issue::IssueKind;

use super::issues::{At, Issues};

/// A number with its extension.
pub type Number = (Phone, Option<String>);

/// What parts two numbers in one field.
const PARTERS: [&str; 8] = ["/", ";", ",", "|", "&", "\n", " or ", " and "];

/// Reads a phone field: none, one or several numbers. What cannot be read is an issue, what is denied as well (LAW-8).
pub fn phones(at: At<'_>, denied: &BTreeSet<Phone>, issues: &mut Issues) -> Vec<Number> {
    if at.value.is_empty() {
        return Vec::new();
    }
    let read = match Phone::parse(at.value) {
        Ok(read) => vec![read],
        Err(reason) => several(at, reason, issues),
    };
    read.into_iter().filter_map(|read| allowed(read, at, denied, issues)).collect()
}

fn several(at: At<'_>, reason: BadPhone, issues: &mut Issues) -> Vec<ReadPhone> {
    let mut parts = vec![at.value];
    for parter in PARTERS {
        parts = parts.iter().flat_map(|part| part.split(parter)).collect();
    }
    let parts: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    let read: Vec<ReadPhone> = parts.iter().filter_map(|part| Phone::parse(part).ok()).collect();
    if parts.len() < 2 || read.is_empty() {
        issues.error(IssueKind::BadPhone, at, reason.to_string());
    } else {
        let message = format!("{} numbers in one field; {} were taken, give each a field", parts.len(), read.len());
        issues.warning(IssueKind::TwoPhones, at, message);
    }
    read
}

fn allowed(read: ReadPhone, at: At<'_>, denied: &BTreeSet<Phone>, issues: &mut Issues) -> Option<Number> {
    if denied.contains(&read.phone) {
        let message = "on the district's list of numbers that are never called (LAW-8); it was left out";
        issues.error(IssueKind::DeniedNumber, at, message);
        return None;
    }
    match &read.warning {
        None => {}
        Some(PhoneWarning::UnassignedArea(area)) => issues.unassigned_area(at, area),
        Some(warning @ PhoneWarning::UnknownAbroad) => {
            issues.warning(IssueKind::UnassignedArea, at, format!("{warning}; it was kept, ask the family"));
        }
    }
    Some((read.phone, read.extension))
}

/// Reads an e-mail field: none, one, or several parted by comma, semicolon or blank.
pub fn emails(at: At<'_>, issues: &mut Issues) -> Vec<EmailAddress> {
    if at.value.is_empty() {
        return Vec::new();
    }
    if let Ok(email) = EmailAddress::parse(at.value) {
        return vec![email];
    }
    let parts = at.value.split([';', ',']).map(str::trim).filter(|part| !part.is_empty());
    let read: Vec<Result<EmailAddress, _>> = parts.map(EmailAddress::parse).collect();
    if read.len() > 1 && read.iter().all(Result::is_ok) {
        issues.warning(IssueKind::BadEmail, at, "several addresses in one field; all were taken, give each a field");
        return read.into_iter().flatten().collect();
    }
    issues.error(IssueKind::BadEmail, at, schoolbell_domain::email::BadEmail.to_string());
    Vec::new()
}

/// A date as registrars write it: 2017-09-16, 9/16/2017, 09/16/17, 20170916, with or without a time behind it.
pub fn date(text: &str) -> Option<Date> {
    let day = text.split([' ', 'T']).next()?;
    let parts: Vec<i16> = day.split(['-', '/', '.']).map_while(|part| part.parse().ok()).collect();
    let (year, month, day) = match (parts.as_slice(), day.len()) {
        ([year, month, day], _) if *year > 31 => (*year, *month, *day),
        // School years are of this century, birth dates of pupils as well.
        ([month, day, year], _) => (if *year < 100 { year + 2000 } else { *year }, *month, *day),
        ([], 8) if day.bytes().all(|b| b.is_ascii_digit()) => {
            let number = |from: usize, to: usize| day[from..to].parse::<i16>().ok();
            (number(0, 4)?, number(4, 6)?, number(6, 8)?)
        }
        _ => return None,
    };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(year, month, day).ok()
}

/// A date that may be absent; what is no date is an issue.
pub fn optional_date(at: At<'_>, issues: &mut Issues) -> Option<Date> {
    if at.value.is_empty() {
        return None;
    }
    let read = date(at.value).filter(|date| (1900..=2200).contains(&date.year()));
    if read.is_none() {
        let message = "not a date; write it as 2017-09-16. The row was taken without it";
        issues.error(IssueKind::BadDate, at, message);
    }
    read
}

/// Yes and no as exports write them; `None` is neither.
pub fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "x" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// A grade as CEDS writes it: PK, KG, 01 to 12.
pub fn grade(text: &str) -> String {
    let upper = text.trim().to_uppercase();
    match upper.as_str() {
        "K" | "KG" | "KF" | "KINDERGARTEN" | "0" | "00" => "KG".to_owned(),
        "PK" | "P" | "PREK" | "PRE-K" | "-1" | "-2" => "PK".to_owned(),
        other => match other.parse::<u8>() {
            Ok(number) => format!("{number:02}"),
            Err(_) => upper,
        },
    }
}

/// A language as a tag: `en`, `English` and `eng` are `en`; a tag stays itself.
pub fn language(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let tag = match lower.as_str() {
        "" | "english" | "eng" => "en",
        "spanish" | "español" | "spa" => "es",
        "chinese" | "mandarin" | "zho" | "chi" => "zh",
        "vietnamese" | "vie" => "vi",
        "arabic" | "ara" => "ar",
        "somali" | "som" => "so",
        "haitian creole" | "haitian" | "hat" => "ht",
        "portuguese" | "por" => "pt",
        "russian" | "rus" => "ru",
        "korean" | "kor" => "ko",
        "tagalog" | "filipino" | "tgl" => "tl",
        "french" | "fra" | "fre" => "fr",
        "hmong" => "hmn",
        "polish" | "pol" => "pl",
        "ukrainian" | "ukr" => "uk",
        _ => return lower,
    };
    tag.to_owned()
}

/// Ids in one field: `p1,p2`.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '|']).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_by_table() {
        for (text, wanted) in [
            ("2017-09-16", Some((2017, 9, 16))),
            ("09/16/2017", Some((2017, 9, 16))),
            ("1/05/2023", Some((2023, 1, 5))),
            ("4/2/04", Some((2004, 4, 2))),
            ("20170916", Some((2017, 9, 16))),
            ("2017-05-06 08:01:05", Some((2017, 5, 6))),
            ("2017-05-06T08:01:05.000Z", Some((2017, 5, 6))),
            ("2017-02-30", None),
            ("soon", None),
            ("", None),
            ("éééé", None),
        ] {
            let wanted = wanted.map(|(year, month, day)| Date::new(year, month, day).unwrap());
            assert_eq!(date(text), wanted, "{text}");
        }
    }

    #[test]
    fn grades_and_languages_are_read_by_table() {
        for (text, wanted) in [("0", "KG"), ("K", "KG"), ("3", "03"), ("12", "12"), ("PreK", "PK"), ("UG", "UG")] {
            assert_eq!(grade(text), wanted);
        }
        for (text, wanted) in [("English", "en"), ("", "en"), ("hmn", "hmn"), ("Spanish", "es"), ("pt-BR", "pt-br")] {
            assert_eq!(language(text), wanted);
        }
    }

    fn read_phones(value: &str) -> (Vec<String>, Vec<IssueKind>) {
        let mut issues = Issues::default();
        let at = At { file: "users.csv", line: 2, field: "phone", value };
        let denied: BTreeSet<Phone> = Phone::from_e164("+12015550199").into_iter().collect();
        let phones = phones(at, &denied, &mut issues);
        let phones = phones.into_iter().map(|(phone, _)| phone.expose().to_owned()).collect();
        (phones, issues.close().by_kind().keys().copied().collect())
    }

    #[test]
    fn phone_fields_are_read_by_table() {
        for (value, phones, kinds) in [
            ("", vec![], vec![]),
            ("201-555-0100", vec!["+12015550100"], vec![]),
            ("201-555-0100 / 201-555-0101", vec!["+12015550100", "+12015550101"], vec![IssueKind::TwoPhones]),
            ("none", vec![], vec![IssueKind::BadPhone]),
            ("911", vec![], vec![IssueKind::BadPhone]),
            ("201-555-0199", vec![], vec![IssueKind::DeniedNumber]),
            ("370-555-0101", vec!["+13705550101"], vec![IssueKind::UnassignedArea]),
        ] {
            let phones: Vec<String> = phones.into_iter().map(str::to_owned).collect();
            assert_eq!(read_phones(value), (phones, kinds), "{value}");
        }
    }

    #[test]
    fn e_mail_fields_are_read_by_table() {
        for (value, count, kinds) in [
            ("ana@example.org", 1, vec![]),
            ("two@example.org;other@example.org", 2, vec![IssueKind::BadEmail]),
            ("mom@", 0, vec![IssueKind::BadEmail]),
            ("n/a", 0, vec![IssueKind::BadEmail]),
            ("", 0, vec![]),
        ] {
            let mut issues = Issues::default();
            let read = emails(At { file: "f", line: 2, field: "email", value }, &mut issues);
            let found: Vec<IssueKind> = issues.by_kind().keys().copied().collect();
            assert_eq!((read.len(), found), (count, kinds), "{value}");
        }
    }
}
