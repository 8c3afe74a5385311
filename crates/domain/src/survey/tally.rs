//! Answers as figures. Of an anonymous survey, a group too small to hide in is not shown.

use std::collections::BTreeMap;

use super::{Answer, Answers, Kind, Question};

/// Of an anonymous survey no group of fewer answers is shown.
pub const SMALLEST_GROUP: u64 = 5;

/// The answers to one question.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// How often each choice was chosen, in the order of the choices; yes and no; agreed and not. `of`: who answered.
    Choices { counts: Vec<u64>, of: u64 },
    /// How often each number was said, ascending; a scale has every step.
    Numbers { counts: Vec<(i64, u64)>, mean: f64, median: f64, of: u64 },
    /// Texts are read, not counted.
    Texts { of: u64 },
}

impl Figure {
    /// How many answered the question.
    pub const fn of(&self) -> u64 {
        match self {
            Self::Choices { of, .. } | Self::Numbers { of, .. } | Self::Texts { of } => *of,
        }
    }
}

/// Counts the answers to a question.
pub fn figure<'a>(question: &Question, responses: impl IntoIterator<Item = &'a Answers>) -> Figure {
    let answers = responses.into_iter().filter_map(|answers| answers.get(&question.id));
    match &question.kind {
        Kind::Single | Kind::Multiple => choices(question.choices.len(), answers),
        Kind::YesNo | Kind::Consent => choices(2, answers),
        Kind::Scale { from, to } => numbers((*from..=*to).map(|step| (step, 0)).collect(), answers),
        Kind::Number { .. } => numbers(BTreeMap::new(), answers),
        Kind::Text => Figure::Texts { of: answers.map(|_| 1).sum() },
    }
}

fn choices<'a>(places: usize, answers: impl Iterator<Item = &'a Answer>) -> Figure {
    let (mut counts, mut of) = (vec![0; places], 0);
    for answer in answers {
        of += 1;
        for value in answer.values() {
            if let Some(count) = usize::try_from(value).ok().and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
        }
    }
    Figure::Choices { counts, of }
}

fn numbers<'a>(mut counts: BTreeMap<i64, u64>, answers: impl Iterator<Item = &'a Answer>) -> Figure {
    let mut said: Vec<i64> = answers.flat_map(Answer::values).collect();
    said.sort_unstable();
    for number in &said {
        *counts.entry(*number).or_default() += 1;
    }
    let of = said.len();
    #[expect(clippy::cast_precision_loss, reason = "a mean is rounded to a tenth")]
    let (mean, median) = match of {
        0 => (0.0, 0.0),
        of => {
            let sum: i128 = said.iter().copied().map(i128::from).sum();
            ((sum as f64) / (of as f64), (said[(of - 1) / 2] as f64).midpoint(said[of / 2] as f64))
        }
    };
    Figure::Numbers { counts: counts.into_iter().collect(), mean, median, of: of as u64 }
}

/// How often an answer to `down` came with an answer to `across`: a row for each choice of `down`, a column for each
/// of `across`. `None` where one of them has no choices to count.
pub fn cross<'a>(
    down: &Question,
    across: &Question,
    responses: impl IntoIterator<Item = &'a Answers>,
) -> Option<Vec<Vec<u64>>> {
    let (rows, columns) = (values_of(down)?, values_of(across)?);
    let mut counts = vec![vec![0; columns.len()]; rows.len()];
    for answers in responses {
        let (Some(one), Some(other)) = (answers.get(&down.id), answers.get(&across.id)) else { continue };
        for value in one.values() {
            let Some(row) = rows.iter().position(|known| *known == value) else { continue };
            for value in other.values() {
                if let Some(column) = columns.iter().position(|known| *known == value) {
                    counts[row][column] += 1;
                }
            }
        }
    }
    Some(counts)
}

/// The values of a question that can be counted one by one.
fn values_of(question: &Question) -> Option<Vec<i64>> {
    match question.kind {
        Kind::Single | Kind::Multiple => Some((0..).take(question.choices.len()).collect()),
        Kind::YesNo | Kind::Consent => Some(vec![0, 1]),
        Kind::Scale { from, to } => Some((from..=to).collect()),
        Kind::Number { .. } | Kind::Text => None,
    }
}

/// Which of some groups may be shown that together make a sum which is shown.
///
/// A group of fewer than `SMALLEST_GROUP` is not, unless it is empty. If that hides one group alone, the smallest of the
/// others is hidden too: otherwise the sum would tell it.
pub fn shown(counts: &[u64]) -> Vec<bool> {
    let mut shown: Vec<bool> = counts.iter().map(|count| *count == 0 || *count >= SMALLEST_GROUP).collect();
    if shown.iter().filter(|shown| !**shown).count() == 1 {
        let next = counts.iter().enumerate().filter(|(at, count)| shown[*at] && **count > 0).min_by_key(|(_, n)| **n);
        if let Some((at, _)) = next {
            shown[at] = false;
        }
    }
    shown
}

/// Tenths of a percent, rounded half up; 0 where nobody was asked.
pub fn rate(answered: u64, asked: u64) -> u64 {
    if asked == 0 { 0 } else { (answered * 2_000 + asked) / (asked * 2) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::survey::Tongues;

    fn question(id: u16, kind: Kind, choices: usize) -> Question {
        let choices = vec![Tongues::default(); choices];
        Question { id, kind, text: Tongues::default(), choices, required: false, only_if: None }
    }

    fn said(answers: &[(u16, Answer)]) -> Answers {
        answers.iter().cloned().collect()
    }

    #[test]
    fn answers_become_counts() {
        let days = question(1, Kind::Multiple, 3);
        let scale = question(2, Kind::Scale { from: 1, to: 4 }, 0);
        let all = [
            said(&[(1, Answer::Choices(vec![0, 2])), (2, Answer::Number(4))]),
            said(&[(1, Answer::Choices(vec![2])), (2, Answer::Number(1))]),
            said(&[(2, Answer::Number(4))]),
            said(&[]),
        ];
        assert_eq!(figure(&days, &all), Figure::Choices { counts: vec![1, 0, 2], of: 2 });
        assert_eq!(
            figure(&scale, &all),
            Figure::Numbers { counts: vec![(1, 1), (2, 0), (3, 0), (4, 2)], mean: 3.0, median: 4.0, of: 3 }
        );
        let consent = question(3, Kind::Consent, 0);
        let signed = |agrees| said(&[(3, Answer::Signed { agrees, name: "A".to_owned() })]);
        assert_eq!(
            figure(&consent, &[signed(true), signed(true), signed(false)]),
            Figure::Choices { counts: vec![2, 1], of: 3 }
        );
        assert_eq!(figure(&question(9, Kind::Text, 0), &all), Figure::Texts { of: 0 });
        let number = question(2, Kind::Number { least: None, most: None }, 0);
        let two = [said(&[(2, Answer::Number(1))]), said(&[(2, Answer::Number(4))])];
        assert_eq!(
            figure(&number, &two),
            Figure::Numbers { counts: vec![(1, 1), (4, 1)], mean: 2.5, median: 2.5, of: 2 }
        );
        assert_eq!(cross(&days, &scale, &all), Some(vec![vec![0, 0, 0, 1], vec![0, 0, 0, 0], vec![1, 0, 0, 1]]));
        assert_eq!(cross(&days, &number, &all), None);
    }

    #[test]
    fn small_groups_hide_and_one_alone_takes_another_along() {
        for (counts, seen) in [
            (vec![9, 7, 5], vec![true, true, true]),
            (vec![9, 7, 4], vec![true, false, false]),
            (vec![9, 3, 4], vec![true, false, false]),
            (vec![9, 0, 4], vec![false, true, false]),
            (vec![4], vec![false]),
            (vec![0, 0], vec![true, true]),
            (vec![], vec![]),
        ] {
            assert_eq!(shown(&counts), seen, "{counts:?}");
        }
    }

    #[test]
    fn rates_are_tenths_of_a_percent() {
        for (answered, asked, rate_) in [(0, 0, 0), (1, 3, 333), (2, 3, 667), (5, 5, 1_000), (1, 2_000, 1)] {
            assert_eq!(rate(answered, asked), rate_);
        }
    }

    proptest! {
        /// The sum of all groups is shown, and what is shown of them never leaves exactly one unknown.
        #[test]
        fn no_small_group_follows_from_the_sum(counts in proptest::collection::vec(0_u64..12, 0..8)) {
            let seen = shown(&counts);
            for (count, seen) in counts.iter().zip(&seen) {
                prop_assert!(!seen || *count == 0 || *count >= SMALLEST_GROUP);
            }
            let hidden = seen.iter().filter(|seen| !**seen).count();
            let others = counts.iter().filter(|count| **count > 0).count();
            prop_assert!(hidden != 1 || others == 1);
        }
    }
}
