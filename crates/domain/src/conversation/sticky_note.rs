//! Sticky notes: dated and initialled by the program, never typed (B10, B11, B12).

use jiff::civil::Date;

/// Who asked that a number be texted no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requester {
    Student,
    Parent,
}

impl Requester {
    pub const ALL: [Self; 2] = [Self::Parent, Self::Student];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Parent => "parent",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|requester| requester.word() == word)
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::Student => "Student",
            Self::Parent => "Parent",
        }
    }
}

/// The note of a removed number: `Parent requested no texting, removed SMS number, 8/13/19 - A.Bell`.
///
/// `more` is what staff add; it stands before the date.
pub fn removal(requester: Requester, more: &str, date: Date, staff: &str) -> String {
    let said = format!("{} requested no texting, removed SMS number", requester.plain());
    let more = more.trim();
    stamped(&if more.is_empty() { said } else { format!("{said}; {more}") }, date, staff)
}

/// A note with the date and initials that the program adds.
pub fn stamped(text: &str, date: Date, staff: &str) -> String {
    let day = date.strftime("%-m/%-d/%y");
    format!("{}, {day} - {}", text.trim().trim_end_matches(['.', ',']), initials(staff))
}

/// `Anna Bell` is `A.Bell`; `Bell` stays.
pub fn initials(staff: &str) -> String {
    let mut words = staff.split_whitespace().filter(|word| !word.ends_with('.'));
    let first = words.next().unwrap_or(staff.trim());
    match (first.chars().next(), words.next_back()) {
        (Some(letter), Some(family)) => format!("{letter}.{family}"),
        (Some(_) | None, _) => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn b11_the_note_of_the_source_comes_out_letter_by_letter() {
        let note = removal(Requester::Parent, "", date(2019, 8, 13), "Anna Bell");
        assert_eq!(note, "Parent requested no texting, removed SMS number, 8/13/19 - A.Bell");
    }

    #[test]
    fn b12_the_student_may_ask_too_and_staff_may_add_words() {
        let note = removal(Requester::Student, " asked by phone. ", date(2027, 1, 3), "Mrs. Maria de la Cruz Ruiz");
        assert_eq!(note, "Student requested no texting, removed SMS number; asked by phone, 1/3/27 - M.Ruiz");
        for requester in Requester::ALL {
            assert_eq!(Requester::from_word(requester.word()), Some(requester));
        }
    }

    #[test]
    fn b11_initials_come_from_the_name_of_the_session() {
        for (name, initials_) in [("Anna Bell", "A.Bell"), ("Bell", "Bell"), ("Mr. Luis Ortiz", "L.Ortiz"), ("", "")] {
            assert_eq!(initials(name), initials_);
        }
    }
}
