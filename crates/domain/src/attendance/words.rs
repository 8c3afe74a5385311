//! What families read and hear of an absence, in English and Spanish; another language gets the first wording.

use super::run::Absence;
use crate::broadcast::Wording;
use crate::language::Language;
use crate::template::day_words;

/// An absence with the names that a sentence needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    pub given: &'a str,
    pub school: &'a str,
    /// Said where children of two schools are named, so that each has its number to call; empty: not said.
    pub call: &'a str,
    pub absence: &'a Absence,
}

/// One sentence for each child, in the order given: `Ana was absent from Oak Elementary on Wednesday, January 14.`
pub fn sentences(named: &[Named<'_>], language: &Language) -> String {
    let sentence = if language.primary() == "es" { spanish } else { english };
    let one = |named| sentence(named, &day_words(named.absence.day, language));
    named.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn english(named: &Named<'_>, day: &str) -> String {
    let periods = match named.absence.periods.as_slice() {
        [] => String::new(),
        [one] => format!(", in period {one}"),
        [rest @ .., last] => format!(", in periods {} and {last}", rest.join(", ")),
    };
    let call = if named.call.is_empty() { String::new() } else { format!(" Call {}.", named.call) };
    format!("{} was absent from {} on {day}{periods}.{call}", named.given, named.school)
}

fn spanish(named: &Named<'_>, day: &str) -> String {
    let periods = match named.absence.periods.as_slice() {
        [] => String::new(),
        [one] => format!(", en la clase {one}"),
        [rest @ .., last] => format!(", en las clases {} y {last}", rest.join(", ")),
    };
    let call = if named.call.is_empty() { String::new() } else { format!(" Llame al {}.", named.call) };
    format!("{} no asistió a {} el {day}{periods}.{call}", named.given, named.school)
}

/// How a mail can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerBy {
    /// By a link that needs no account.
    Link,
    /// By a call: the district's pages have no address that families reach.
    Phone,
}

/// The texts of an ordinary absence.
///
/// The digits of the text are those of [`super::answer`], the keys of the call follow the message in its menu.
pub fn wordings(by: AnswerBy) -> Vec<Wording> {
    let mut texts = texts();
    if by == AnswerBy::Phone {
        for wording in &mut texts {
            let (ask, call) = if wording.language.primary() == "es" {
                (ASK_SPANISH, "Llame por favor al {{school_phone}} y díganos el motivo.")
            } else {
                (ASK_ENGLISH, "Please call {{school_phone}} and tell us why.")
            };
            wording.email_body = wording.email_body.replace(ask, call);
        }
    }
    texts
}

const ASK_ENGLISH: &str = "Please tell us why: [answer here]({{answer_link}}). No account is needed.";
const ASK_SPANISH: &str = "Díganos por favor el motivo: [responda aquí]({{answer_link}}). No necesita una cuenta.";

fn texts() -> Vec<Wording> {
    vec![
        Wording {
            language: Language::of("en"),
            email_subject: "Absence: {{students}}".to_owned(),
            email_body: format!(
                "{{{{absences}}}}\n\n{ASK_ENGLISH}\n\nIf you believe that this is a mistake, or your child should be in \
                 school, call {{{{school_phone}}}} now."
            ),
            sms_body: "{{absences}} Reply 1 ill, 2 appointment, 3 family, 4 should be at school, or write why. \
                {{school_phone}}"
                .to_owned(),
            voice_body: "{{absences}}".to_owned(),
            ..Wording::default()
        },
        Wording {
            language: Language::of("es"),
            email_subject: "Ausencia: {{students}}".to_owned(),
            email_body: format!(
                "{{{{absences}}}}\n\n{ASK_SPANISH}\n\nSi cree que es un error, o su hijo debería estar en la escuela, \
                 llame ahora al {{{{school_phone}}}}."
            ),
            sms_body:
                "{{absences}} Responda 1 enfermo, 2 cita, 3 familia, 4 debería estar en la escuela, o escriba por \
                qué. {{school_phone}}"
                    .to_owned(),
            voice_body: "{{absences}}".to_owned(),
            ..Wording::default()
        },
    ]
}

/// The texts of the second message, to families who have not answered.
pub fn reminder(by: AnswerBy) -> Vec<Wording> {
    let mut texts = wordings(by);
    for wording in &mut texts {
        let (again, subject) = if wording.language.primary() == "es" {
            ("Aún no tenemos respuesta. ", "Aún sin respuesta: ")
        } else {
            ("We have no answer yet. ", "No answer yet: ")
        };
        wording.email_subject.insert_str(0, subject);
        for body in [&mut wording.email_body, &mut wording.sms_body, &mut wording.voice_body] {
            body.insert_str(0, again);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::ids::{PersonId, SchoolId};
    use crate::template::check;

    fn absence(periods: &[&str]) -> Absence {
        Absence {
            student: PersonId::from_raw(1),
            school: SchoolId::from_raw(1),
            day: date(2026, 1, 14),
            periods: periods.iter().map(|period| (*period).to_owned()).collect(),
        }
    }

    #[test]
    fn a40_child_periods_date_school_and_number_stand_in_one_sentence() {
        let (whole, some) = (absence(&[]), absence(&["2", "3", "5"]));
        let named = [
            Named { given: "Ana", school: "Oak Elementary", call: "512-555-0110", absence: &whole },
            Named { given: "Luis", school: "Roosevelt High", call: "512-555-0140", absence: &some },
        ];
        assert_eq!(
            sentences(&named, &Language::of("en")),
            "Ana was absent from Oak Elementary on Wednesday, January 14. Call 512-555-0110. Luis was absent from \
             Roosevelt High on Wednesday, January 14, in periods 2, 3 and 5. Call 512-555-0140."
        );
        let one = absence(&["4"]);
        let named = [Named { given: "Ana", school: "Oak", call: "", absence: &one }];
        assert_eq!(
            sentences(&named, &Language::of("es")),
            "Ana no asistió a Oak el miércoles 14 de enero, en la clase 4."
        );
    }

    #[test]
    fn every_wording_has_all_texts_and_no_field_that_is_none() {
        let by = [AnswerBy::Link, AnswerBy::Phone];
        for wording in by.into_iter().flat_map(|by| [wordings(by), reminder(by)].concat()) {
            for text in [&wording.email_subject, &wording.email_body, &wording.sms_body, &wording.voice_body] {
                assert!(!text.is_empty());
                assert_eq!(check(text), [], "{text}");
            }
        }
        for (by, links) in [(AnswerBy::Link, 1), (AnswerBy::Phone, 0)] {
            assert!(wordings(by).iter().all(|wording| wording.email_body.matches("answer_link").count() == links));
        }
    }
}
