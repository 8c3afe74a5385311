//! The numbers of a broadcast from its counters: a bar per channel, school by school, failures by reason, times.

use std::collections::BTreeMap;

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::{DeliveryState, FailReason, Family, StateKind, SuppressReason};
use schoolbell_domain::ids::SchoolId;
use schoolbell_store::read::broadcasts::Broadcast;
use schoolbell_store::read::calls;
use schoolbell_store::read::district::SchoolRow;
use schoolbell_store::read::tallies::{self, Count, Pace};
use schoolbell_store::tx::Reads;

use crate::error::{PageResult, as_sentence};
use crate::looks::{Bar, bar, channel_heading, channel_icon};
use crate::times::{counted, grouped, lasting};

/// Everything counted of a broadcast.
pub struct Report {
    pub channels: Vec<ChannelReport>,
    pub schools: Vec<SchoolReport>,
    pub failures: Vec<FailureLine>,
    pub left_out: Vec<LeftOutLine>,
    pub headline: String,
    pub empty: bool,
}

pub struct ChannelReport {
    pub icon: &'static str,
    pub name: &'static str,
    pub bar: Bar,
    pub legend: Vec<(&'static str, &'static str, String)>,
    /// "50 % within 4 seconds, 95 % within 9 seconds, all within 12 seconds".
    pub pace: String,
    pub rate: String,
}

pub struct SchoolReport {
    pub name: String,
    pub bar: Bar,
    pub arrived: String,
    pub all: String,
}

pub struct FailureLine {
    pub why: String,
    pub whose: &'static str,
    pub count: String,
}

pub struct LeftOutLine {
    pub why: String,
    pub code: i64,
    pub count: String,
}

/// Deliveries of one channel or school, by what a person wants to know.
#[derive(Debug, Clone, Copy, Default)]
struct Shares {
    delivered: u64,
    sent: u64,
    open: u64,
    /// Of those: a phone rings.
    ringing: u64,
    failed: u64,
    stopped: u64,
}

impl Shares {
    fn add(&mut self, count: &Count) {
        let n = u64::try_from(count.count).unwrap_or(0);
        match count.state.kind() {
            StateKind::Delivered => self.delivered += n,
            StateKind::Accepted => self.sent += n,
            StateKind::Queued => self.open += n,
            StateKind::Sending => {
                self.open += n;
                self.ringing += n;
            }
            StateKind::Undelivered | StateKind::Rejected | StateKind::Unconfirmed => self.failed += n,
            StateKind::Cancelled | StateKind::Expired => self.stopped += n,
            StateKind::Suppressed => {}
        }
    }

    const fn all(self) -> u64 {
        self.delivered + self.sent + self.open + self.failed + self.stopped
    }

    fn bar(self) -> Bar {
        let words = format!(
            "{} delivered, {} sent, {} to go, {} not delivered, {} stopped, of {}",
            self.delivered,
            self.sent,
            self.open,
            self.failed,
            self.stopped,
            self.all()
        );
        bar(
            self.all(),
            &[("ok", self.delivered), ("brand", self.sent), ("bell", self.failed), ("line", self.stopped)],
            words,
        )
    }

    fn legend(self) -> Vec<(&'static str, &'static str, String)> {
        let rows = [
            ("ok", "delivered", self.delivered),
            ("brand", "sent", self.sent),
            ("none", "to go", self.open),
            ("bell", "not delivered", self.failed),
            ("line", "stopped or expired", self.stopped),
        ];
        let shown = rows.into_iter().filter(|(_, words, count)| *count > 0 || *words == "delivered");
        shown.map(|(tone, words, count)| (tone, words, grouped(count))).collect()
    }

    /// The same in the words of calls; `machines` took so many of those that were delivered.
    fn legend_of_calls(self, machines: u64) -> Vec<(&'static str, &'static str, String)> {
        let machines = machines.min(self.delivered);
        let rows = [
            ("ok", "heard by a person", self.delivered - machines),
            ("ok", "left on a machine", machines),
            ("brand", "talking", self.sent),
            ("none", "ringing", self.ringing),
            ("none", "to go", self.open - self.ringing),
            ("bell", "not delivered", self.failed),
            ("line", "stopped or expired", self.stopped),
        ];
        let shown = rows.into_iter().filter(|(_, words, count)| *count > 0 || *words == "heard by a person");
        shown.map(|(tone, words, count)| (tone, words, grouped(count))).collect()
    }
}

pub async fn report(reads: &mut impl Reads, broadcast: &Broadcast, schools: &[SchoolRow]) -> PageResult<Report> {
    let counts = tallies::counts(reads, broadcast.id.into()).await?;
    let mut channels = Vec::new();
    for channel in Channel::ALL {
        let mut shares = Shares::default();
        counts.iter().filter(|count| count.channel == channel).for_each(|count| shares.add(count));
        if shares.all() == 0 {
            continue;
        }
        let pace = match broadcast.sent_at {
            Some(sent_at) => tallies::pace(reads, broadcast.id.into(), sent_at, Some(channel)).await?,
            None => None,
        };
        channels.push(ChannelReport {
            icon: channel_icon(channel),
            name: channel_heading(channel),
            bar: shares.bar(),
            legend: match channel {
                Channel::Voice => {
                    let machines = calls::taken_by(reads, broadcast.id.into(), "machine").await?;
                    shares.legend_of_calls(machines)
                }
                Channel::Sms | Channel::Email | Channel::Push => shares.legend(),
            },
            pace: pace.as_ref().map(|pace| pace_words(pace, shares)).unwrap_or_default(),
            rate: pace.as_ref().map(rate_words).unwrap_or_default(),
        });
    }
    Ok(Report {
        schools: by_school(&counts, schools),
        failures: failures(&counts),
        left_out: left_out(&counts),
        headline: headline(&counts),
        empty: channels.is_empty(),
        channels,
    })
}

fn pace_words(pace: &Pace, shares: Shares) -> String {
    let rest = if shares.open == 0 {
        format!("all within {}", lasting(pace.p100))
    } else {
        format!("so far within {}", lasting(pace.p100))
    };
    format!("First tries: half within {}, 95 % within {}, {rest} of Send.", lasting(pace.p50), lasting(pace.p95))
}

fn rate_words(pace: &Pace) -> String {
    let seconds = pace.p100.as_secs().max(1).unsigned_abs();
    let per_second = u64::try_from(pace.attempted).unwrap_or(0).div_ceil(seconds);
    format!("{} a second", grouped(per_second))
}

fn headline(counts: &[Count]) -> String {
    let mut all = Shares::default();
    for count in counts {
        all.add(count);
    }
    format!(
        "{} delivered or sent of {}",
        grouped(all.delivered + all.sent),
        counted(all.all(), "delivery", "deliveries")
    )
}

fn by_school(counts: &[Count], schools: &[SchoolRow]) -> Vec<SchoolReport> {
    let mut found: BTreeMap<SchoolId, Shares> = BTreeMap::new();
    for count in counts {
        if let Some(school) = count.school {
            found.entry(school).or_default().add(count);
        }
    }
    let shown = schools.iter().filter_map(|row| found.get(&row.id).map(|shares| (row, *shares)));
    shown
        .filter(|(_, shares)| shares.all() > 0)
        .map(|(row, shares)| SchoolReport {
            name: row.name.clone(),
            bar: shares.bar(),
            arrived: grouped(shares.delivered + shares.sent),
            all: grouped(shares.all()),
        })
        .collect()
}

fn failures(counts: &[Count]) -> Vec<FailureLine> {
    let mut found: BTreeMap<FailReason, i64> = BTreeMap::new();
    for count in counts {
        if let DeliveryState::Undelivered(reason)
        | DeliveryState::Rejected(reason)
        | DeliveryState::Queued(Some(reason)) = count.state
        {
            *found.entry(reason).or_default() += count.count;
        }
    }
    let mut lines: Vec<_> = found.into_iter().collect();
    lines.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    lines
        .into_iter()
        .map(|(reason, count)| FailureLine {
            why: as_sentence(reason.sentence()),
            whose: match reason.family() {
                Family::RecipientForNow => "Their side, for now: we try again.",
                Family::RecipientForGood => "Their side, for good: the registrar needs a better address.",
                Family::OurSide => "Our side: your operator should look.",
            },
            count: grouped(u64::try_from(count).unwrap_or(0)),
        })
        .collect()
}

fn left_out(counts: &[Count]) -> Vec<LeftOutLine> {
    let mut found: BTreeMap<SuppressReason, i64> = BTreeMap::new();
    for count in counts {
        if let DeliveryState::Suppressed(reason) = count.state {
            *found.entry(reason).or_default() += count.count;
        }
    }
    let mut lines: Vec<_> = found.into_iter().collect();
    lines.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let line = |(reason, count): (SuppressReason, i64)| LeftOutLine {
        why: as_sentence(reason.sentence()),
        code: reason.code(),
        count: grouped(u64::try_from(count).unwrap_or(0)),
    };
    lines.into_iter().map(line).collect()
}
