//! `schoolbell attendance brakes`: years of a school district, drawn from a seed, against the rule that stops a run.
//!
//! Right runs are ordinary days, storms, flu weeks, exam days, days before holidays; wrong ones are what files do when
//! they go wrong: everybody absent, a whole grade, every second student. What is drawn shares nothing with the rule.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use schoolbell_domain::attendance::usual::{AbsenceLimits, Count, judge};

#[derive(clap::Args)]
pub struct BrakesArgs {
    /// The seed: the same one gives the same years
    #[arg(long, default_value_t = 20_260_812)]
    seed: u64,
    /// Years to play
    #[arg(long, default_value_t = 20)]
    years: u32,
}

/// What was played and what was stopped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Played {
    pub right: u32,
    pub stopped_right: u32,
    pub wrong: u32,
    pub stopped_wrong: u32,
}

pub fn run(args: &BrakesArgs) {
    let mut all = Played::default();
    for year in 0..args.years {
        let played = play(args.seed.wrapping_add(u64::from(year)));
        all.right += played.right;
        all.stopped_right += played.stopped_right;
        all.wrong += played.wrong;
        all.stopped_wrong += played.stopped_wrong;
    }
    let share = f64::from(all.stopped_right) / f64::from(all.right.max(1));
    println!("seed {}, {} years of 10 schools", args.seed, args.years);
    println!("right runs stopped: {} of {} (1 in {:.0})", all.stopped_right, all.right, 1.0 / share.max(1e-9));
    println!("wrong runs stopped: {} of {}", all.stopped_wrong, all.wrong);
}

/// Dice of our own, so that a seed means the same in every version (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// How many of so many, each with this chance.
    fn of(&mut self, many: u32, chance: f64) -> u32 {
        (0..many).map(|_| u32::from(self.share() < chance)).sum()
    }
}

/// One school year of ten schools, each with a run a day.
pub fn play(seed: u64) -> Played {
    let mut dice = Dice(seed);
    let mut played = Played::default();
    let days = school_days();
    // A storm keeps families of all schools at home; flu begins at one school and passes through the others.
    let storms: Vec<usize> = (0..3).map(|_| pick(&mut dice, days.len())).collect();
    let exams: Vec<usize> = (0..6).map(|_| pick(&mut dice, days.len())).collect();
    for school in 0..10_u32 {
        let enrolled = [420, 380, 510, 640, 1_850, 300, 720, 95, 1_200, 450][school as usize];
        let usual = dice.between(0.02, 0.06);
        let flu = pick(&mut dice, days.len() - 20);
        let mut history: Vec<Count> = Vec::new();
        for (at, day) in days.iter().enumerate() {
            let mut chance = usual * weekday(day.weekday());
            if storms.contains(&at) {
                chance *= dice.between(2.0, 4.0);
            }
            if exams.contains(&at) {
                chance *= 0.5;
            }
            if (flu..flu + 15).contains(&at) {
                let into = at - flu;
                let peak = if into < 5 { f64::from(u32::try_from(into).unwrap_or(0)) * 0.5 + 1.0 } else { 3.2 };
                chance *= peak;
            }
            let right = Count { day: *day, students: dice.of(enrolled, chance.min(0.9)), enrolled };
            wrong(&mut dice, right, &history, &mut played);
            if right.students > 0 {
                played.right += 1;
                let stopped = judge(right, &history, &AbsenceLimits::default()).is_some();
                played.stopped_right += u32::from(stopped);
                history.push(right);
            }
        }
    }
    played
}

/// One day in ten a file that has gone wrong is tried beside the right one; it leaves no history.
fn wrong(dice: &mut Dice, right: Count, history: &[Count], played: &mut Played) {
    if dice.share() >= 0.1 {
        return;
    }
    let share = [1.0, 0.95, 0.5, 0.33][pick(dice, 4)];
    let students = dice.of(right.enrolled, share).max(right.students);
    played.wrong += 1;
    played.stopped_wrong += u32::from(judge(Count { students, ..right }, history, &AbsenceLimits::default()).is_some());
}

fn weekday(day: Weekday) -> f64 {
    match day {
        Weekday::Monday => 1.2,
        Weekday::Friday => 1.4,
        Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Saturday | Weekday::Sunday => 1.0,
    }
}

/// About 180 days: weekdays from August to May, without two weeks of winter and one of spring.
fn school_days() -> Vec<Date> {
    let first = date(2026, 8, 12);
    let breaks = [
        (date(2026, 11, 23), date(2026, 11, 27)),
        (date(2026, 12, 21), date(2027, 1, 4)),
        (date(2027, 3, 15), date(2027, 3, 19)),
    ];
    let days = (0..285).filter_map(|days| first.checked_add(days.days()).ok());
    days.filter(|day| day.weekday().to_monday_zero_offset() < 5)
        .filter(|day| !breaks.iter().any(|(from, to)| from <= day && day <= to))
        .collect()
}

fn pick(dice: &mut Dice, of: usize) -> usize {
    usize::try_from(dice.next() % (of.max(1) as u64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_one_right_run_in_two_hundred_waits_over_a_year_of_storms_flu_and_exams_and_wrong_files_do() {
        let played = play(20_260_812);
        assert!(played.right > 1_700, "{played:?}");
        assert!(played.stopped_right * 200 <= played.right, "{played:?}");
        assert!(played.wrong > 100 && played.stopped_wrong * 100 >= played.wrong * 95, "{played:?}");
    }
}
