//! Who may speak into a thread: staff first, and only people on the record (B16, B21).
//!
//! Source: the texting guide ("until you text the student FIRST, they will not be able to text you"). Rule page:
//! `docs/src/users/texting.md`.

use serde::{Deserialize, Serialize};

/// What is known of the pair of numbers that a text came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that stand apart; the rule is their table")]
pub struct Pair {
    /// Staff sent the first text from our number to theirs, in a thread that still stands.
    pub staff_sent_first: bool,
    /// Their number is a texting number of somebody on a student's record.
    pub on_record: bool,
    /// It still belongs to the person of the thread.
    pub is_same_person: bool,
    /// The thread takes texts: nobody has closed it.
    pub open: bool,
}

/// Where a text that came in goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    Joins,
    /// Shown to the office, answered once, never a thread.
    Held(HeldReason),
}

/// Why a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldReason {
    /// The number is on no record.
    NotOnRecord,
    /// On the record, and nobody of the staff has written to it from this number.
    StaffNotFirst,
    /// The thread was with somebody else who had this number before.
    ChangedHands,
    /// The thread was closed: a request, a STOP, the end of an enrollment.
    Closed,
}

/// Whether a text joins the thread of its pair of numbers.
///
/// One pair of numbers is one thread, so nothing has to be guessed: what does not belong there is held.
pub const fn may_receive(pair: Pair) -> Incoming {
    match pair {
        Pair { on_record: false, .. } => Incoming::Held(HeldReason::NotOnRecord),
        Pair { staff_sent_first: false, .. } => Incoming::Held(HeldReason::StaffNotFirst),
        Pair { is_same_person: false, .. } => Incoming::Held(HeldReason::ChangedHands),
        Pair { open: false, .. } => Incoming::Held(HeldReason::Closed),
        Pair { staff_sent_first: true, on_record: true, is_same_person: true, open: true } => Incoming::Joins,
    }
}

impl HeldReason {
    pub const ALL: [Self; 4] = [Self::NotOnRecord, Self::StaffNotFirst, Self::ChangedHands, Self::Closed];

    pub const fn word(self) -> &'static str {
        match self {
            Self::NotOnRecord => "not_on_record",
            Self::StaffNotFirst => "staff_not_first",
            Self::ChangedHands => "changed_hands",
            Self::Closed => "closed",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// The sentence for the office.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotOnRecord => {
                "This number is on no student's record. Do not share anything with it; ask a supervisor."
            }
            Self::StaffNotFirst => "Nobody of the staff has written to this number yet. A teacher writes first.",
            Self::ChangedHands => "The thread was with somebody else who had this number before.",
            Self::Closed => "The thread is closed.",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair((staff_sent_first, on_record, is_same_person, open): (bool, bool, bool, bool)) -> Pair {
        Pair { staff_sent_first, on_record, is_same_person, open }
    }

    #[test]
    fn b21_an_unsolicited_text_is_held_until_staff_wrote_first() {
        let before = pair((false, true, true, true));
        assert_eq!(may_receive(before), Incoming::Held(HeldReason::StaffNotFirst));
        assert_eq!(may_receive(Pair { staff_sent_first: true, ..before }), Incoming::Joins);
    }

    #[test]
    fn b16_a_number_on_no_record_is_held_even_where_staff_once_wrote_to_it() {
        assert_eq!(may_receive(pair((true, false, true, true))), Incoming::Held(HeldReason::NotOnRecord));
        assert_eq!(may_receive(pair((true, true, false, true))), Incoming::Held(HeldReason::ChangedHands));
    }

    proptest! {
        #[test]
        fn b21_nothing_joins_unless_everything_holds(facts in any::<(bool, bool, bool, bool)>()) {
            let joins = may_receive(pair(facts)) == Incoming::Joins;
            prop_assert_eq!(joins, facts == (true, true, true, true));
        }
    }

    #[test]
    fn every_reason_has_a_word_that_reads_back() {
        for reason in HeldReason::ALL {
            assert_eq!(HeldReason::from_word(reason.word()), Some(reason));
            assert!(reason.sentence().ends_with('.'));
        }
    }
}
