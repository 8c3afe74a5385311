//! What stands in the way of asking a survey.

use jiff::{SignedDuration, Timestamp};

use super::{Kind, Question, Survey};
use crate::language::Language;

/// More choices than these nobody reads on a phone.
pub const MOST_CHOICES: usize = 12;
pub const MOST_QUESTIONS: usize = 40;
/// A scale of more steps is a number.
const MOST_STEPS: i64 = 11;

/// Why a survey cannot be asked. The sentence says how to mend it; questions are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyProblem {
    #[error("give the survey a title in {}", .0.name())]
    NoTitle(Language),
    #[error("choose at least one language")]
    NoLanguage,
    #[error("ask at least one question")]
    NoQuestions,
    #[error("there are {0} questions and may be {MOST_QUESTIONS}; take some out")]
    TooManyQuestions(usize),
    #[error("choose until when families may answer")]
    NoDeadline,
    #[error("the deadline has passed; choose a later one")]
    DeadlinePassed,
    #[error("question {at}: write it in {}", .language.name())]
    Unwritten { at: usize, language: Language },
    #[error("question {at}: write at least two choices")]
    TooFewChoices { at: usize },
    #[error("question {at}: {count} choices are too many for a phone; keep at most {MOST_CHOICES}")]
    TooManyChoices { at: usize, count: usize },
    #[error("question {at}: write choice {choice} in {}", .language.name())]
    UnwrittenChoice { at: usize, choice: usize, language: Language },
    #[error("question {at}: the scale must go up, by at most ten steps: for example from 1 to 5")]
    BadScale { at: usize },
    #[error("question {at}: the least number is greater than the most")]
    BadBounds { at: usize },
    #[error(
        "question {at}: it depends on an answer that cannot be given; choose an earlier question and one of its answers"
    )]
    BadBranch { at: usize },
    #[error("question {at}: a consent slip is signed with a name, so the survey cannot be anonymous")]
    SignedAnonymously { at: usize },
    #[error("a reminder after {0} days would come after the deadline; take it out, or choose a later deadline")]
    ReminderTooLate(u8),
}

impl SurveyProblem {
    /// The field of the builder that it is about.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoTitle(_) => "title",
            Self::NoLanguage => "languages",
            Self::NoDeadline | Self::DeadlinePassed => "deadline",
            Self::ReminderTooLate(_) => "remind",
            Self::NoQuestions
            | Self::TooManyQuestions(_)
            | Self::Unwritten { .. }
            | Self::TooFewChoices { .. }
            | Self::TooManyChoices { .. }
            | Self::UnwrittenChoice { .. }
            | Self::BadScale { .. }
            | Self::BadBounds { .. }
            | Self::BadBranch { .. }
            | Self::SignedAnonymously { .. } => "questions",
        }
    }
}

/// Everything that stands in the way of asking it, in the order of the builder; empty if nothing does.
pub fn problems(survey: &Survey, now: Timestamp) -> Vec<SurveyProblem> {
    let mut problems = Vec::new();
    if survey.languages.is_empty() {
        problems.push(SurveyProblem::NoLanguage);
    }
    let untitled = survey.languages.iter().filter(|language| survey.title.exactly(language).trim().is_empty());
    problems.extend(untitled.cloned().map(SurveyProblem::NoTitle));
    match survey.deadline {
        None => problems.push(SurveyProblem::NoDeadline),
        Some(deadline) if deadline <= now => problems.push(SurveyProblem::DeadlinePassed),
        Some(deadline) => {
            let late = |days: &&u8| now + SignedDuration::from_hours(i64::from(**days) * 24) >= deadline;
            problems.extend(survey.remind_after_days.iter().filter(late).copied().map(SurveyProblem::ReminderTooLate));
        }
    }
    match survey.questions.len() {
        0 => problems.push(SurveyProblem::NoQuestions),
        count if count > MOST_QUESTIONS => problems.push(SurveyProblem::TooManyQuestions(count)),
        _ => {}
    }
    for (index, question) in survey.questions.iter().enumerate() {
        problems.extend(of_question(survey, index, question));
    }
    problems
}

fn of_question(survey: &Survey, index: usize, question: &Question) -> Vec<SurveyProblem> {
    let at = index + 1;
    let mut problems = Vec::new();
    for language in &survey.languages {
        if question.text.exactly(language).trim().is_empty() {
            problems.push(SurveyProblem::Unwritten { at, language: language.clone() });
        }
    }
    match &question.kind {
        Kind::Single | Kind::Multiple => problems.extend(of_choices(survey, at, question)),
        Kind::Scale { from, to } => {
            if from >= to || to.saturating_sub(*from) >= MOST_STEPS {
                problems.push(SurveyProblem::BadScale { at });
            }
        }
        Kind::Number { least: Some(least), most: Some(most) } if least > most => {
            problems.push(SurveyProblem::BadBounds { at });
        }
        Kind::Consent if survey.anonymous => problems.push(SurveyProblem::SignedAnonymously { at }),
        Kind::YesNo | Kind::Number { .. } | Kind::Text | Kind::Consent => {}
    }
    if let Some(only_if) = &question.only_if {
        let earlier = survey.questions.iter().take(index).find(|earlier| earlier.id == only_if.question);
        let can_be = |value: &i64| earlier.is_some_and(|earlier| takes(earlier, *value));
        if only_if.any_of.is_empty() || !only_if.any_of.iter().all(can_be) {
            problems.push(SurveyProblem::BadBranch { at });
        }
    }
    problems
}

fn of_choices(survey: &Survey, at: usize, question: &Question) -> Vec<SurveyProblem> {
    let count = question.choices.len();
    if count < 2 {
        return vec![SurveyProblem::TooFewChoices { at }];
    }
    if count > MOST_CHOICES {
        return vec![SurveyProblem::TooManyChoices { at, count }];
    }
    let mut problems = Vec::new();
    for (place, choice) in question.choices.iter().enumerate() {
        let unwritten = survey.languages.iter().filter(|language| choice.exactly(language).trim().is_empty());
        problems.extend(unwritten.map(|language| SurveyProblem::UnwrittenChoice {
            at,
            choice: place + 1,
            language: language.clone(),
        }));
    }
    problems
}

/// Whether a question can have this value for an answer.
fn takes(question: &Question, value: i64) -> bool {
    match question.kind {
        Kind::Single | Kind::Multiple => usize::try_from(value).is_ok_and(|place| place < question.choices.len()),
        Kind::YesNo | Kind::Consent => value == 0 || value == 1,
        Kind::Scale { from, to } => from <= value && value <= to,
        Kind::Number { least, most } => {
            least.is_none_or(|least| least <= value) && most.is_none_or(|most| value <= most)
        }
        Kind::Text => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::{OnlyIf, Tongues};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn en(text: &str) -> Tongues {
        Tongues::in_one(&Language::of("en"), text)
    }

    fn good() -> Survey {
        let days = Question {
            id: 1,
            kind: Kind::Single,
            text: en("Which day?"),
            choices: vec![en("Monday"), en("Friday")],
            required: true,
            only_if: None,
        };
        let why = Question {
            id: 2,
            kind: Kind::Text,
            text: en("Why Friday?"),
            choices: Vec::new(),
            required: false,
            only_if: Some(OnlyIf { question: 1, any_of: vec![1] }),
        };
        Survey {
            title: en("Conferences"),
            languages: vec![Language::of("en")],
            questions: vec![days, why],
            deadline: Some(NOW + jiff::SignedDuration::from_hours(24)),
            ..Survey::default()
        }
    }

    fn said(change: impl FnOnce(&mut Survey)) -> Vec<String> {
        let mut survey = good();
        change(&mut survey);
        problems(&survey, NOW).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_stands_in_the_way_is_said_with_its_mend() {
        assert!(said(|_| {}).is_empty());
        let spanish = Language::of("es");
        assert_eq!(
            said(|survey| survey.languages.push(spanish)),
            [
                "give the survey a title in Spanish",
                "question 1: write it in Spanish",
                "question 1: write choice 1 in Spanish",
                "question 1: write choice 2 in Spanish",
                "question 2: write it in Spanish",
            ]
        );
        assert_eq!(
            said(|survey| {
                survey.deadline = Some(NOW);
                survey.questions[0].choices.pop();
                survey.questions[1].kind = Kind::Scale { from: 5, to: 1 };
            }),
            [
                "the deadline has passed; choose a later one",
                "question 1: write at least two choices",
                "question 2: the scale must go up, by at most ten steps: for example from 1 to 5",
                "question 2: it depends on an answer that cannot be given; choose an earlier question and one of its \
                 answers",
            ]
        );
        assert_eq!(
            said(|survey| {
                survey.anonymous = true;
                survey.questions[1].kind = Kind::Consent;
            }),
            ["question 2: a consent slip is signed with a name, so the survey cannot be anonymous"]
        );
        assert_eq!(
            said(|survey| survey.remind_after_days = vec![0, 3]),
            ["a reminder after 3 days would come after the deadline; take it out, or choose a later deadline"]
        );
        assert_eq!(
            said(|survey| *survey = Survey { deadline: survey.deadline, ..Survey::default() }),
            ["choose at least one language", "ask at least one question"]
        );
    }

    #[test]
    fn a_question_depends_on_an_earlier_one_and_on_an_answer_that_can_be_given() {
        let branch = |question, any_of: &[i64]| Some(OnlyIf { question, any_of: any_of.to_vec() });
        for (only_if, stands) in [
            (branch(1, &[0, 1]), true),
            (branch(1, &[2]), false),
            (branch(1, &[]), false),
            (branch(2, &[0]), false),
            (branch(9, &[0]), false),
        ] {
            let found = said(|survey| survey.questions[1].only_if.clone_from(&only_if));
            assert_eq!(found.is_empty(), stands, "{only_if:?}: {found:?}");
        }
    }
}
