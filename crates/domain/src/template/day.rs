//! Days and times as a sentence of the reader's language says them.

use jiff::Zoned;
use jiff::civil::Date;

use crate::language::Language;

const DAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
/// The months in Spanish, January first.
pub const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// `Monday, January 12`; `lunes 12 de enero`. English where we have no words.
pub fn day_words(day: Date, language: &Language) -> String {
    if language.primary() != "es" {
        return day.strftime("%A, %B %-d").to_string();
    }
    let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).ok().and_then(|at| DAYS.get(at));
    let month = usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS_ES.get(at));
    format!("{} {} de {}", weekday.unwrap_or(&""), day.day(), month.unwrap_or(&""))
}

/// `6:05 AM`; `6:05 a. m.`, as Spanish writes it (Ortografía de la lengua española, 2010).
pub fn time_words(at: &Zoned, language: &Language) -> String {
    if language.primary() != "es" {
        return at.strftime("%-I:%M %p").to_string();
    }
    format!("{} {}", at.strftime("%-I:%M"), if at.hour() < 12 { "a. m." } else { "p. m." })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_a_time_are_said_in_the_language_of_the_reader() -> Result<(), jiff::Error> {
        let cases = [
            ("2026-01-12T06:05-06:00[America/Chicago]", "en", "Monday, January 12, 6:05 AM"),
            ("2026-01-12T06:05-06:00[America/Chicago]", "es-mx", "lunes 12 de enero, 6:05 a. m."),
            ("2026-12-06T12:00-06:00[America/Chicago]", "es", "domingo 6 de diciembre, 12:00 p. m."),
            ("2026-12-05T00:30-06:00[America/Chicago]", "es", "sábado 5 de diciembre, 12:30 a. m."),
            ("2026-12-05T00:30-06:00[America/Chicago]", "hmn", "Saturday, December 5, 12:30 AM"),
        ];
        for (at, tag, said) in cases {
            let (at, language) = (at.parse::<Zoned>()?, Language::of(tag));
            assert_eq!(format!("{}, {}", day_words(at.date(), &language), time_words(&at, &language)), said);
        }
        Ok(())
    }
}
