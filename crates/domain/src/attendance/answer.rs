//! What a family answers to an absence: a digit, a key, a word, a form. What is not understood goes to a human.

use serde::{Deserialize, Serialize};

/// Why a child was not there, as the family says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Illness,
    Appointment,
    Family,
    /// Late, and on the way.
    OnTheWay,
    Other,
    /// The family believes the child is in school: somebody must look at once.
    ShouldBeAtSchool,
}

impl Reason {
    pub const ALL: [Self; 6] =
        [Self::Illness, Self::Appointment, Self::Family, Self::OnTheWay, Self::Other, Self::ShouldBeAtSchool];

    /// The word in the database, in forms and in the CSV for the school's system.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Illness => "illness",
            Self::Appointment => "appointment",
            Self::Family => "family",
            Self::OnTheWay => "on_the_way",
            Self::Other => "other",
            Self::ShouldBeAtSchool => "should_be_at_school",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::Illness => "Ill",
            Self::Appointment => "Appointment",
            Self::Family => "Family",
            Self::OnTheWay => "On the way",
            Self::Other => "Another reason",
            Self::ShouldBeAtSchool => "Should be at school",
        }
    }
}

/// Whether an answer settles the absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    Explained,
    /// A child whose family believes it is in school, or words that no rule understands.
    NeedsHuman,
}

impl AnswerState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::NeedsHuman => "needs_human",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Explained, Self::NeedsHuman].into_iter().find(|state| state.word() == word)
    }
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    pub reason: Reason,
    pub state: AnswerState,
}

/// A reason that somebody chose from a list.
pub const fn chosen(reason: Reason) -> Said {
    let state = match reason {
        Reason::Illness | Reason::Appointment | Reason::Family | Reason::OnTheWay | Reason::Other => {
            AnswerState::Explained
        }
        Reason::ShouldBeAtSchool => AnswerState::NeedsHuman,
    };
    Said { reason, state }
}

/// The keys of a call about an absence, 5 to 8; `None` for other keys. The last of them counts.
pub fn of_keys(keys: &str) -> Option<Said> {
    keys.chars().rev().find_map(|key| match key {
        '5' => Some(chosen(Reason::Illness)),
        '6' => Some(chosen(Reason::Appointment)),
        '7' => Some(chosen(Reason::Family)),
        '8' => Some(chosen(Reason::ShouldBeAtSchool)),
        _ => None,
    })
}

/// Words that say that the child ought to be there: these win over every reason.
const SHOULD: &[&str] = &[
    "should be",
    "supposed to be",
    "is at school",
    "is in school",
    "she is there",
    "he is there",
    "is in class",
    "went to school",
    "left for school",
    "left this morning",
    "dropped",
    "drop her off",
    "drop him off",
    "took the bus",
    "got on the bus",
    "rode the bus",
    "where is",
    "where's",
    "missing",
    "can't find",
    "cannot find",
    "not home",
    "isn't home",
    "what do you mean",
    "call me",
    "mistake",
    "wrong",
    "deberia estar",
    "debería estar",
    "esta en la escuela",
    "está en la escuela",
    "fue a la escuela",
    "la deje",
    "lo deje",
    "la dejé",
    "lo dejé",
    "tomo el autobus",
    "tomó el autobús",
    "donde esta",
    "dónde está",
    "llameme",
    "llámeme",
    "error",
];

const ILLNESS: &[&str] = &[
    "sick", "ill", "fever", "flu", "cold", "covid", "vomit", "throw", "threw", "stomach", "throat", "headache",
    "migraine", "cough", "strep", "unwell", "asthma", "hospital", "enferm", "fiebre", "gripe", "gripa", "tos", "dolor",
    "vómito", "vomito", "malita", "malito",
];

const APPOINTMENT: &[&str] = &[
    "doctor",
    "dr",
    "dentist",
    "orthodont",
    "appointment",
    "appt",
    "clinic",
    "therapy",
    "therapist",
    "court",
    "checkup",
    "cita",
    "médic",
    "medic",
    "dentista",
    "consulta",
];

const FAMILY: &[&str] = &[
    "funeral", "family", "travel", "trip", "vacation", "wedding", "death", "passed", "grandm", "grandf", "familia",
    "viaje", "vacacion", "boda", "abuel", "entierro",
];

const ON_THE_WAY: &[&str] = &[
    "late",
    "overslept",
    "on the way",
    "on our way",
    "on her way",
    "on his way",
    "omw",
    "traffic",
    "missed the bus",
    "running behind",
    "tarde",
    "en camino",
    "perdió el bus",
    "perdio el bus",
    "tráfico",
    "trafico",
];

/// Reads a text that a family sends about an absence.
///
/// A digit is that of the message: 1 ill, 2 appointment, 3 family, 4 should be at school. Of words, those that say that
/// the child ought to be there come first; two different reasons, a question, or nothing that is known need a human.
pub fn of_text(text: &str) -> Said {
    let folded = text.trim().to_lowercase().replace('’', "'");
    let bare = folded.trim_end_matches(['.', '!', ' ', ')']);
    match bare {
        "1" => return chosen(Reason::Illness),
        "2" => return chosen(Reason::Appointment),
        "3" => return chosen(Reason::Family),
        "4" => return chosen(Reason::ShouldBeAtSchool),
        _ => {}
    }
    if SHOULD.iter().any(|phrase| folded.contains(phrase)) {
        return chosen(Reason::ShouldBeAtSchool);
    }
    let found: Vec<Reason> = [
        (Reason::Illness, ILLNESS),
        (Reason::Appointment, APPOINTMENT),
        (Reason::Family, FAMILY),
        (Reason::OnTheWay, ON_THE_WAY),
    ]
    .into_iter()
    .filter(|(_, words)| words.iter().any(|word| says(&folded, word)))
    .map(|(reason, _)| reason)
    .collect();
    let unsure = Said { reason: Reason::Other, state: AnswerState::NeedsHuman };
    if folded.contains('?') {
        return unsure;
    }
    match found.as_slice() {
        [reason] => chosen(*reason),
        // "Sick, seeing the doctor at ten" is one reason told twice.
        [Reason::Illness, Reason::Appointment] => chosen(Reason::Illness),
        _ => unsure,
    }
}

/// A phrase anywhere; a word of up to three letters only as a whole word, a longer one as the beginning of one.
fn says(text: &str, word: &str) -> bool {
    if word.contains(' ') {
        return text.contains(word);
    }
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    if word.chars().count() <= 4 {
        words.any(|found| found == word)
    } else {
        words.any(|found| found.starts_with(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_by_table() {
        use AnswerState::{Explained, NeedsHuman};
        for (text, reason, state) in [
            ("1", Reason::Illness, Explained),
            (" 2. ", Reason::Appointment, Explained),
            ("3!", Reason::Family, Explained),
            ("4", Reason::ShouldBeAtSchool, NeedsHuman),
            ("She's sick today", Reason::Illness, Explained),
            ("fever, back tomorrow", Reason::Illness, Explained),
            ("Está enferma", Reason::Illness, Explained),
            ("dentist at 9", Reason::Appointment, Explained),
            ("tiene cita con el medico", Reason::Appointment, Explained),
            ("sick, seeing the doctor at ten", Reason::Illness, Explained),
            ("we overslept", Reason::OnTheWay, Explained),
            ("her grandmother's funeral", Reason::Family, Explained),
            ("She should be there!!", Reason::ShouldBeAtSchool, NeedsHuman),
            ("I dropped him off at 7:45, he was sick yesterday", Reason::ShouldBeAtSchool, NeedsHuman),
            ("where is my son", Reason::ShouldBeAtSchool, NeedsHuman),
            ("Debería estar en la escuela", Reason::ShouldBeAtSchool, NeedsHuman),
            ("Is he sick or what?", Reason::Other, NeedsHuman),
            ("ok", Reason::Other, NeedsHuman),
            ("he will fill in the form", Reason::Other, NeedsHuman),
        ] {
            assert_eq!(of_text(text), Said { reason, state }, "{text}");
        }
    }

    #[test]
    fn keys_5_to_8_answer_and_the_last_one_counts() {
        assert_eq!(of_keys("15"), Some(chosen(Reason::Illness)));
        assert_eq!(of_keys("576"), Some(chosen(Reason::Appointment)));
        assert_eq!(of_keys("8"), Some(chosen(Reason::ShouldBeAtSchool)));
        assert_eq!(of_keys("149"), None);
    }

    #[test]
    fn a_child_whose_family_believes_it_is_in_school_is_never_explained() {
        assert_eq!(chosen(Reason::ShouldBeAtSchool).state, AnswerState::NeedsHuman);
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.word()), Some(reason));
        }
    }
}
