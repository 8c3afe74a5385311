//! What is written in digits: telephone numbers, dates, times, amounts.

use super::token::Token;
use super::words::Tongue;

/// How the tokens at the front are said, and how many of them that was; `None` where they hold nothing of the kind.
pub(super) fn spoken(tokens: &[Token<'_>], tongue: Option<Tongue>) -> Option<(String, usize)> {
    if let Some(number) = telephone_at(tokens) {
        return Some(number);
    }
    let tongue = tongue?;
    let token = tokens.first()?;
    let next = tokens.get(1).filter(|_| token.trail.is_empty());
    time_at(token.core, next, tongue)
        .or_else(|| range(token.core, next, tongue))
        .or_else(|| one(token.core, tongue).map(|words| (words, 1)))
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
}

/// A date, an amount, a share or the number of emergencies.
fn one(word: &str, tongue: Tongue) -> Option<String> {
    iso_date(word)
        .or_else(|| slash_date(word, tongue))
        .map(|(month, day)| tongue.date(month, day))
        .or_else(|| amount(word, tongue))
        .or_else(|| word.strip_suffix('%').filter(|number| is_number(number)).map(|number| tongue.percent(number)))
        .or_else(|| word.strip_prefix('#').filter(|number| is_number(number)).map(|number| tongue.number(number)))
        .or_else(|| (word == "911").then(|| apart(word)))
}

fn is_number(text: &str) -> bool {
    starts_with_digit(text) && text.chars().all(|sign| sign.is_ascii_digit() || sign == '.' || sign == ',')
}

/// Month and day of `2026-11-23`.
fn iso_date(word: &str) -> Option<(i8, i8)> {
    let mut parts = word.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && year.len() == 4 && digits(year)).then_some(())?;
    month_and_day(month, day)
}

/// Month and day of `11/23` and `11/23/2026`.
///
/// In Spanish the first may be the day; where it is not plain which is which, nothing is made of it.
fn slash_date(word: &str, tongue: Tongue) -> Option<(i8, i8)> {
    let mut parts = word.split('/');
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next());
    let year_fits = year.is_none_or(|year| matches!(year.len(), 2 | 4) && digits(year));
    (parts.next().is_none() && year_fits).then_some(())?;
    match tongue {
        Tongue::English => month_and_day(first, second),
        Tongue::Spanish => match (month_and_day(first, second), month_and_day(second, first)) {
            (Some(date), None) | (None, Some(date)) => Some(date),
            (Some(one), Some(other)) if one == other => Some(one),
            (Some(_), Some(_)) | (None, None) => None,
        },
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn small(text: &str) -> Option<i8> {
    let short = digits(text) && text.len() <= 2;
    short.then(|| text.bytes().fold(0, |value, byte| value * 10 + i8::try_from(byte - b'0').unwrap_or(0)))
}

fn month_and_day(month: &str, day: &str) -> Option<(i8, i8)> {
    let (month, day) = (small(month)?, small(day)?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((month, day))
}

/// `7:30`, `7:30am`, `7:30 a.m.`, `7am`, `14:05`; the word after it may say which half of the day.
fn time_at(word: &str, next: Option<&Token<'_>>, tongue: Tongue) -> Option<(String, usize)> {
    let lower = word.to_lowercase();
    if let Some((clock, half)) = half_of_day(&lower) {
        let (hour, minute) = clock_of(clock)?;
        return on_the_day(hour, half).map(|hour| (tongue.time(hour, minute), 1));
    }
    let (hour, minute) = clock_of(&lower)?;
    let said = next.map(|token| token.core.to_lowercase()).and_then(|next| half_of(&next));
    if let Some(half) = said {
        return on_the_day(hour, half).map(|hour| (tongue.time(hour, minute), 2));
    }
    // A number alone is no time.
    word.contains(':').then(|| {
        let words = if hour > 12 { tongue.time(hour, minute) } else { tongue.clock(hour, minute) };
        (words, 1)
    })
}

/// `8:00-9:30`, `8-9am`, `11/23-11/25`: both ends with a word between.
fn range(word: &str, next: Option<&Token<'_>>, tongue: Tongue) -> Option<(String, usize)> {
    let (from, to) = word.split_once('-')?;
    let (last, used) = time_at(to, next, tongue).or_else(|| one(to, tongue).map(|words| (words, 1)))?;
    let first = time_at(from, None, tongue).map(|(words, _)| words).or_else(|| one(from, tongue));
    let first = first.or_else(|| small(from).map(|number| number.to_string()))?;
    Some((format!("{first} {} {last}", tongue.to()), used))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

/// A clock with its half of the day in one word.
fn half_of_day(word: &str) -> Option<(&str, Half)> {
    for (ending, half) in
        [("a.m", Half::Morning), ("am", Half::Morning), ("p.m", Half::Afternoon), ("pm", Half::Afternoon)]
    {
        if let Some(clock) = word.strip_suffix(ending) {
            return Some((clock, half));
        }
    }
    None
}

fn half_of(word: &str) -> Option<Half> {
    match word {
        "am" | "a.m" => Some(Half::Morning),
        "pm" | "p.m" => Some(Half::Afternoon),
        _ => None,
    }
}

/// The hour of a day of 24 of an hour of a half.
fn on_the_day(hour: i8, half: Half) -> Option<i8> {
    match (hour, half) {
        (12, Half::Morning) => Some(0),
        (1..=11, Half::Morning) | (12, Half::Afternoon) => Some(hour),
        (1..=11, Half::Afternoon) => Some(hour + 12),
        _ => None,
    }
}

fn clock_of(text: &str) -> Option<(i8, i8)> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
    let (hour, two, minute) = (small(hour)?, minute.len() == 2, small(minute)?);
    (hour < 24 && two && minute < 60).then_some((hour, minute))
}

/// `$5`, `$1,200` and `$5.50`.
fn amount(word: &str, tongue: Tongue) -> Option<String> {
    let number = word.strip_prefix('$').filter(|number| is_number(number))?;
    let (dollars, cents) = number.split_once('.').unwrap_or((number, ""));
    let cents = if cents.is_empty() { 0 } else { small(cents).filter(|_| cents.len() == 2)? };
    Some(tongue.dollars(&dollars.replace(',', ""), cents))
}

/// A telephone number of up to four tokens: `(512) 555-0143`, `1 512 555 0143`, `512.555.0143`, `555-0143`.
fn telephone_at(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    (1..=tokens.len().min(4)).rev().find_map(|used| {
        let words = &tokens[..used];
        // A sentence may end after the number, not within it.
        let inner = words.iter().take(used - 1).all(|word| matches!(word.trail, "" | ")"));
        let text: String = words.iter().map(|word| word.core).collect::<Vec<_>>().join("-");
        (inner && is_telephone(&text)).then(|| (telephone(&text), used))
    })
}

/// Three and four digits, ten, or eleven that begin with 1, in their usual groups; a plus and a country code too.
fn is_telephone(text: &str) -> bool {
    let all = text.bytes().filter(u8::is_ascii_digit).count();
    let lengths: Vec<usize> = text.split(['-', '.', ')', '/']).map(str::len).collect();
    let signs = text.chars().all(|sign| sign.is_ascii_digit() || "-.()/+".contains(sign));
    if !signs || !text.starts_with(['+', '(', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return false;
    }
    let grouped = matches!(lengths.as_slice(), [3, 4] | [3, 3, 4] | [1 | 2, 3, 3, 4]);
    // `555.0143` may be a number with four places; a date was never so grouped.
    (grouped && !(lengths.len() == 2 && text.contains('.')))
        || (text.starts_with('+') && (8..=15).contains(&all))
        || (all == text.len() && all == 10)
        || (all == text.len() && all == 11 && text.starts_with('1'))
}

/// The digits of a number in its groups, one by one.
pub(super) fn telephone(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.len() {
        11 => digits.strip_prefix('1'),
        10 if number.trim_start().starts_with('+') => None,
        7 | 10 => Some(digits.as_str()),
        _ => None,
    };
    match national.map(|national| (national, national.len())) {
        Some((national, 10)) => {
            format!("{}, {}, {}", apart(&national[..3]), apart(&national[3..6]), apart(&national[6..]))
        }
        Some((national, _)) => format!("{}, {}", apart(&national[..3]), apart(&national[3..])),
        // Elsewhere groups differ; pairs of three are easiest to write down.
        None => {
            let groups: Vec<String> =
                digits.as_bytes().chunks(3).map(|group| apart(&String::from_utf8_lossy(group))).collect();
            groups.join(", ")
        }
    }
}

fn apart(digits: &str) -> String {
    digits.chars().map(String::from).collect::<Vec<_>>().join(" ")
}
