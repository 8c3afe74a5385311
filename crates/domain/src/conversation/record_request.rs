//! What a family asks of the record itself: to see it, or to have it amended; until when it is answered, and how it goes on
//! after a refusal (B14, LAW-52).
//!
//! Source: 34 CFR 99.10 (access, 45 days), 99.20 (amendment, a reasonable time), 99.21 and 99.22 (hearing, statement).

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::communication::{Kind, words};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Access,
    Amendment,
}

/// What happened to a request, in the order in which it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Granted,
    Refused,
    /// The family asks for the hearing to which a refusal gives the right.
    HearingAsked,
    HearingAmends,
    /// The hearing finds that the record is right as it stands.
    HearingUpholds,
    /// What the family places in the record beside what was not amended.
    Statement,
}

/// Where a request stands after its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Open,
    Granted,
    Refused,
    HearingAsked,
    /// Refused by a hearing too.
    Upheld,
}

/// Whether the family was told of it in writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Yes,
    No,
}

/// Days in which a request is answered. The district's own; of access the law's stand where these are longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    pub access_days: u16,
    pub amendment_days: u16,
    pub hearing_days: u16,
}

impl Default for Terms {
    /// 45 for access, as the law has it; for the two that it wants in "a reasonable time" 45 and 30 are ours.
    fn default() -> Self {
        Self { access_days: 45, amendment_days: 45, hearing_days: 30 }
    }
}

words! { Step:
    Granted = "granted", "Granted";
    Refused = "refused", "Refused";
    HearingAsked = "hearing_asked", "The family asked for a hearing";
    HearingAmends = "hearing_amends", "The hearing found for the family";
    HearingUpholds = "hearing_upholds", "The hearing let the record stand";
    Statement = "statement", "Statement of the family";
}

impl Asked {
    /// `None` for entries of the log that ask for nothing.
    pub const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::AccessRequest => Some(Self::Access),
            Kind::AmendmentRequest => Some(Self::Amendment),
            Kind::Call
            | Kind::Email
            | Kind::InPerson
            | Kind::VideoCall
            | Kind::Letter
            | Kind::TextElsewhere
            | Kind::TextedOutside
            | Kind::Note => None,
        }
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::Access => "to see the record",
            Self::Amendment => "to amend the record",
        }
    }

    /// The last day on which it can be answered in time.
    ///
    /// `law_days`: in no case later than so many days after it was received (34 CFR 99.10(b)); of access only.
    pub fn due_on(self, received: Date, terms: Terms, law_days: u16) -> Date {
        let days = match self {
            Self::Access => terms.access_days.min(law_days),
            Self::Amendment => terms.amendment_days,
        };
        received.saturating_add(i64::from(days).days())
    }
}

impl Terms {
    /// The last day for the hearing that was asked for on this day (34 CFR 99.22(a)).
    pub fn hearing_due_on(self, asked: Date) -> Date {
        asked.saturating_add(i64::from(self.hearing_days).days())
    }
}

impl Standing {
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Open => "to be answered",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::HearingAsked => "hearing to be held",
            Self::Upheld => "refused after a hearing",
        }
    }

    /// Whether the school has to act.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Open | Self::HearingAsked => true,
            Self::Granted | Self::Refused | Self::Upheld => false,
        }
    }
}

impl Step {
    /// Where the step leads from there; `None` if it cannot be taken.
    pub fn after(self, asked: Asked, standing: Standing) -> Option<Standing> {
        // A hearing is about what the record says, not about seeing it.
        let amends = asked == Asked::Amendment;
        match self {
            Self::Granted => (standing == Standing::Open).then_some(Standing::Granted),
            Self::Refused => (standing == Standing::Open).then_some(Standing::Refused),
            Self::HearingAsked => (amends && standing == Standing::Refused).then_some(Standing::HearingAsked),
            Self::HearingAmends => (standing == Standing::HearingAsked).then_some(Standing::Granted),
            Self::HearingUpholds => (standing == Standing::HearingAsked).then_some(Standing::Upheld),
            Self::Statement => (amends && takes_statement(standing)).then_some(standing),
        }
    }

    /// What the family has to be told in writing with it; nothing for most.
    pub const fn tells(self, asked: Asked) -> Option<&'static str> {
        match (self, asked) {
            (Self::Refused, Asked::Amendment) => {
                Some("what was decided and why, and that they may ask for a hearing (34 CFR 99.20(c), 99.21(a))")
            }
            (Self::HearingAmends, _) => Some("that the record was amended, and how (34 CFR 99.21(b)(1))"),
            (Self::HearingUpholds, _) => Some(
                "that they may place a statement in the record: what they hold against it, or why they disagree (34 CFR 99.21(b)(2))",
            ),
            (Self::Granted | Self::Refused | Self::HearingAsked | Self::Statement, _) => None,
        }
    }

    /// Everything wrong with the step as it is entered, with the field that it is about.
    pub fn problems(self, asked: Asked, words: &str, told: Told) -> Vec<(&'static str, &'static str)> {
        let wanted = match (self, asked) {
            (Self::Granted, Asked::Access) | (Self::HearingAsked, _) => None,
            (Self::Granted, Asked::Amendment) => Some("say what was amended, and where"),
            (Self::Refused, _) => Some("give the reason of the refusal; the family has a right to it"),
            (Self::HearingAmends | Self::HearingUpholds, _) => {
                Some("sum up the evidence and the reasons of the hearing (34 CFR 99.22(f))")
            }
            (Self::Statement, _) => Some("enter the statement as the family wrote it"),
        };
        let mut problems = Vec::new();
        if let Some(sentence) = wanted.filter(|_| words.trim().is_empty()) {
            problems.push(("words", sentence));
        }
        if self.tells(asked).is_some() && told == Told::No {
            problems.push(("told", "tell the family in writing first, then tick that they were told"));
        }
        problems
    }
}

/// The right to a statement begins, by the rule, after the hearing; a family that wants no hearing may place one as well.
const fn takes_statement(standing: Standing) -> bool {
    match standing {
        Standing::Refused | Standing::HearingAsked | Standing::Upheld => true,
        Standing::Open | Standing::Granted => false,
    }
}

/// Where a request stands after these steps, oldest first. One that could not be taken changes nothing.
pub fn standing(asked: Asked, steps: impl IntoIterator<Item = Step>) -> Standing {
    steps.into_iter().fold(Standing::Open, |standing, step| step.after(asked, standing).unwrap_or(standing))
}

/// The steps that can be taken now.
pub fn next_steps(asked: Asked, standing: Standing) -> Vec<Step> {
    Step::ALL.iter().copied().filter(|step| step.after(asked, standing).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn b14_access_is_due_after_45_days_at_the_latest_and_an_amendment_when_the_district_says() {
        let received = date(2027, 1, 13);
        let own = |access_days, amendment_days| Terms { access_days, amendment_days, hearing_days: 20 };
        for (asked, terms, due) in [
            (Asked::Access, Terms::default(), date(2027, 2, 27)),
            (Asked::Access, own(10, 10), date(2027, 1, 23)),
            (Asked::Access, own(90, 90), date(2027, 2, 27)),
            (Asked::Amendment, own(90, 90), date(2027, 4, 13)),
        ] {
            assert_eq!(asked.due_on(received, terms, 45), due, "{asked:?} {terms:?}");
        }
        assert_eq!(own(1, 1).hearing_due_on(received), date(2027, 2, 2));
    }

    #[test]
    fn b14_a_refused_amendment_goes_on_to_a_hearing_and_a_statement_and_a_refused_look_does_not() {
        use Step::{Granted, HearingAmends, HearingAsked, HearingUpholds, Refused, Statement};
        for (asked, steps, stands, next) in [
            (Asked::Access, vec![], Standing::Open, vec![Granted, Refused]),
            (Asked::Access, vec![Refused], Standing::Refused, vec![]),
            (Asked::Amendment, vec![Granted], Standing::Granted, vec![]),
            (Asked::Amendment, vec![Refused], Standing::Refused, vec![HearingAsked, Statement]),
            (Asked::Amendment, vec![Refused, Statement], Standing::Refused, vec![HearingAsked, Statement]),
            (
                Asked::Amendment,
                vec![Refused, HearingAsked],
                Standing::HearingAsked,
                vec![HearingAmends, HearingUpholds, Statement],
            ),
            (Asked::Amendment, vec![Refused, HearingAsked, HearingAmends], Standing::Granted, vec![]),
            (Asked::Amendment, vec![Refused, HearingAsked, HearingUpholds], Standing::Upheld, vec![Statement]),
        ] {
            assert_eq!(standing(asked, steps.clone()), stands, "{steps:?}");
            assert_eq!(next_steps(asked, stands), next, "{steps:?}");
        }
    }

    #[test]
    fn b14_a_refusal_says_why_and_the_family_is_told_of_its_right_to_a_hearing_first() {
        let wrong = |step: Step, words: &str, told| {
            let of = step.problems(Asked::Amendment, words, told);
            of.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(wrong(Step::Refused, " ", Told::No), ["words", "told"]);
        assert_eq!(wrong(Step::Refused, "the minutes show it", Told::No), ["told"]);
        assert_eq!(wrong(Step::Refused, "the minutes show it", Told::Yes), [""; 0]);
        assert!(Step::Refused.tells(Asked::Amendment).is_some_and(|told| told.contains("hearing")));
        assert!(Step::HearingUpholds.tells(Asked::Amendment).is_some_and(|told| told.contains("statement")));
        assert_eq!(wrong(Step::Granted, "", Told::No), ["words"]);
        assert!(Step::Granted.problems(Asked::Access, "", Told::No).is_empty());
        assert_eq!(wrong(Step::Statement, "", Told::No), ["words"]);
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop::sample::select(Step::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn b14_whatever_is_entered_an_answer_is_never_taken_back(
            is_access in any::<bool>(),
            steps in prop::collection::vec(any_step(), 0..12),
        ) {
            let asked = if is_access { Asked::Access } else { Asked::Amendment };
            let mut was = Standing::Open;
            for length in 1..=steps.len() {
                let is = standing(asked, steps[..length].iter().copied());
                prop_assert!(was == Standing::Open || is != Standing::Open);
                prop_assert!(was != Standing::Granted || is == Standing::Granted);
                prop_assert!(was != Standing::Upheld || is == Standing::Upheld);
                was = is;
            }
        }
    }

    #[test]
    fn words_read_back() {
        for step in Step::ALL {
            assert_eq!(Step::from_word(step.word()), Some(*step));
        }
    }
}
