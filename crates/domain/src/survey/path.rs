//! The way through a survey: which questions somebody is asked, given what they said so far.

use super::{Answers, Question, Survey};

/// The questions that stand in somebody's way, in order. One that depends on another is asked only if that one is asked
/// itself and its answer is among those named.
pub fn asked<'a>(survey: &'a Survey, answers: &Answers) -> Vec<&'a Question> {
    let mut found: Vec<&Question> = Vec::new();
    for question in &survey.questions {
        let is_asked = question.only_if.as_ref().is_none_or(|only_if| {
            found.iter().any(|earlier| earlier.id == only_if.question)
                && answers
                    .get(&only_if.question)
                    .is_some_and(|answer| answer.values().iter().any(|value| only_if.any_of.contains(value)))
        });
        if is_asked {
            found.push(question);
        }
    }
    found
}

/// The first question of the way without an answer; those in `passed` were passed over.
pub fn next<'a>(survey: &'a Survey, answers: &Answers, passed: &[u16]) -> Option<&'a Question> {
    asked(survey, answers)
        .into_iter()
        .find(|question| !answers.contains_key(&question.id) && !passed.contains(&question.id))
}

/// Without the answers to questions that are not asked any more, because an earlier answer changed.
pub fn pruned(survey: &Survey, answers: &Answers) -> Answers {
    let mut left = answers.clone();
    loop {
        let on_the_way: Vec<u16> = asked(survey, &left).into_iter().map(|question| question.id).collect();
        let before = left.len();
        left.retain(|id, _| on_the_way.contains(id));
        if left.len() == before {
            return left;
        }
    }
}

/// Whether everything that needs an answer has one, and anything was said at all.
pub fn is_complete(survey: &Survey, answers: &Answers) -> bool {
    let missing = |question: &Question| question.required && !answers.contains_key(&question.id);
    !answers.is_empty() && !asked(survey, answers).into_iter().any(missing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::survey::{Answer, Kind, OnlyIf, Tongues};

    fn question(id: u16, only_if: Option<(u16, i64)>) -> Question {
        Question {
            id,
            kind: Kind::YesNo,
            text: Tongues::default(),
            choices: Vec::new(),
            required: true,
            only_if: only_if.map(|(question, value)| OnlyIf { question, any_of: vec![value] }),
        }
    }

    /// 1; 2 if 1 is yes; 3 if 2 is no; 4 if 1 is no.
    fn survey() -> Survey {
        let questions =
            vec![question(1, None), question(2, Some((1, 0))), question(3, Some((2, 1))), question(4, Some((1, 1)))];
        Survey { questions, ..Survey::default() }
    }

    fn said(answers: &[(u16, u16)]) -> Answers {
        answers.iter().map(|(id, place)| (*id, Answer::Choices(vec![*place]))).collect()
    }

    #[test]
    fn the_way_branches_by_what_was_said() {
        for (answers, way) in [
            (said(&[]), vec![1]),
            (said(&[(1, 0)]), vec![1, 2]),
            (said(&[(1, 0), (2, 1)]), vec![1, 2, 3]),
            (said(&[(1, 1)]), vec![1, 4]),
            // What was said to a question off the way opens nothing.
            (said(&[(1, 1), (2, 1)]), vec![1, 4]),
        ] {
            let found: Vec<u16> = asked(&survey(), &answers).iter().map(|question| question.id).collect();
            assert_eq!(found, way, "{answers:?}");
        }
        assert_eq!(next(&survey(), &said(&[(1, 0)]), &[]).map(|question| question.id), Some(2));
        assert_eq!(next(&survey(), &said(&[(1, 0)]), &[2]), None);
    }

    #[test]
    fn a_changed_answer_takes_what_hung_on_it_along() {
        let before = said(&[(1, 1), (2, 1), (3, 0), (4, 0)]);
        assert_eq!(pruned(&survey(), &before), said(&[(1, 1), (4, 0)]));
    }

    #[test]
    fn complete_is_what_lacks_no_needed_answer() {
        assert!(!is_complete(&survey(), &said(&[])));
        assert!(!is_complete(&survey(), &said(&[(1, 0)])));
        assert!(is_complete(&survey(), &said(&[(1, 0), (2, 0)])));
        assert!(!is_complete(&survey(), &said(&[(1, 0), (2, 1)])));
    }

    proptest! {
        /// Whatever was said in whatever order: what is left hangs together, and is left as it is a second time.
        #[test]
        fn what_is_left_stands_on_the_way(places in proptest::collection::btree_map(1_u16..=4, 0_u16..=1, 0..=4)) {
            let answers = said(&places.into_iter().collect::<Vec<_>>());
            let left = pruned(&survey(), &answers);
            let way: Vec<u16> = asked(&survey(), &left).iter().map(|question| question.id).collect();
            prop_assert!(left.keys().all(|id| way.contains(id)));
            prop_assert_eq!(pruned(&survey(), &left), left);
        }
    }
}
