//! The counts of a plan, page by page: what the preview shows before anybody presses Send.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::plan::{Decision, PlanRow};
use super::reason::SuppressReason;
use crate::channel::Channel;
use crate::ids::PersonId;
use crate::people::PersonKind;

/// Counts of the rows of a plan. Add whole pages, since a page holds whole households; add up pages with `merge`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanSummary {
    pub rows: u64,
    /// Deliveries by channel; a channel without one is not in it.
    pub sends: BTreeMap<Channel, u64>,
    /// Rows left out, by channel and reason.
    pub suppressed: BTreeMap<(Channel, SuppressReason), u64>,
    /// Deliveries that wait for the window to open.
    pub held: u64,
    /// When the last of them may leave.
    pub last_held_until: Option<Timestamp>,
    /// Main and secondary contacts and staff of whom at least one own address, or a child's home phone, gets it.
    pub people_reached: u64,
    /// Those who could have been told and get nothing at all.
    pub people_not_reached: u64,
    /// Students about whom somebody hears.
    pub students_covered: u64,
    /// Students about whom nobody hears. Somebody must act on each.
    pub students_with_nobody: u64,
    /// Who they are, by id; at most `MOST_NAMED`.
    pub nobody: Vec<PersonId>,
}

/// How many students with nobody reached a summary names.
pub const MOST_NAMED: usize = 200;

impl PlanSummary {
    /// The counts of one page. `leaves_at` is that of the `Ask`: what may leave later than that is held.
    pub fn of_page(rows: &[PlanRow], leaves_at: Timestamp) -> Self {
        let mut summary = Self::default();
        for row in rows {
            summary.count(row, leaves_at);
        }
        summary.count_people(rows);
        summary
    }

    /// Adds another page.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        for (channel, count) in other.sends {
            *self.sends.entry(channel).or_default() += count;
        }
        for (key, count) in other.suppressed {
            *self.suppressed.entry(key).or_default() += count;
        }
        self.held += other.held;
        self.last_held_until = self.last_held_until.max(other.last_held_until);
        self.people_reached += other.people_reached;
        self.people_not_reached += other.people_not_reached;
        self.students_covered += other.students_covered;
        self.students_with_nobody += other.students_with_nobody;
        self.nobody.extend(other.nobody);
        self.nobody.sort_unstable();
        self.nobody.truncate(MOST_NAMED);
    }

    /// Deliveries over all channels.
    pub fn total_sends(&self) -> u64 {
        self.sends.values().sum()
    }

    /// Rows left out for this reason over all channels.
    pub fn left_out(&self, reason: SuppressReason) -> u64 {
        self.suppressed.iter().filter(|((_, why), _)| *why == reason).map(|(_, count)| count).sum()
    }

    /// Rows left out by reason, over all channels, in the order of the reasons.
    pub fn by_reason(&self) -> BTreeMap<SuppressReason, u64> {
        let mut reasons = BTreeMap::new();
        for ((_, reason), count) in &self.suppressed {
            *reasons.entry(*reason).or_default() += count;
        }
        reasons
    }

    fn count(&mut self, row: &PlanRow, leaves_at: Timestamp) {
        self.rows += 1;
        match row.decision {
            Decision::Send { not_before, .. } => {
                *self.sends.entry(row.channel).or_default() += 1;
                if not_before > leaves_at {
                    self.held += 1;
                    self.last_held_until = self.last_held_until.max(Some(not_before));
                }
            }
            Decision::Suppress(reason) => *self.suppressed.entry((row.channel, reason)).or_default() += 1,
        }
    }

    fn count_people(&mut self, rows: &[PlanRow]) {
        let got = |row: &&PlanRow| match row.decision {
            Decision::Send { .. } | Decision::Suppress(SuppressReason::Merged) => true,
            Decision::Suppress(_) => false,
        };
        let covered: HashSet<PersonId> = rows.iter().filter(got).flat_map(|row| row.children.iter().copied()).collect();
        let students: HashSet<PersonId> = rows.iter().flat_map(|row| row.children.iter().copied()).collect();
        let mut nobody: Vec<PersonId> = students.difference(&covered).copied().collect();
        nobody.sort_unstable();
        self.students_covered += u64::try_from(covered.len()).unwrap_or(u64::MAX);
        self.students_with_nobody += u64::try_from(nobody.len()).unwrap_or(u64::MAX);
        nobody.truncate(MOST_NAMED);
        self.nobody = nobody;

        let rings_at_home = rows.iter().filter(got).filter(|row| row.kind == PersonKind::Student);
        let homes: HashSet<PersonId> = rings_at_home.flat_map(|row| row.children.iter().copied()).collect();
        let adults = || rows.iter().filter(|row| row.kind != PersonKind::Student && may_receive(row.decision));
        let told = adults().filter(|row| got(row) || row.children.iter().any(|child| homes.contains(child)));
        let told: HashSet<PersonId> = told.map(|row| row.person).collect();
        let all: HashSet<PersonId> = adults().map(|row| row.person).collect();
        self.people_reached += u64::try_from(told.len()).unwrap_or(u64::MAX);
        self.people_not_reached += u64::try_from(all.len() - told.len()).unwrap_or(u64::MAX);
    }
}

/// Custody and role decide that somebody is not to be told; that is no failure to reach.
const fn may_receive(decision: Decision) -> bool {
    match decision {
        Decision::Suppress(SuppressReason::CustodyRestricted | SuppressReason::NotAlertContact) => false,
        Decision::Suppress(_) | Decision::Send { .. } => true,
    }
}
