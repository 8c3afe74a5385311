//! Step three: the plan, before anybody gets anything. What Send does, in numbers; who is not reached, and why.

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::people::PersonKind;
use schoolbell_engine::commands::preview_broadcast::{ChannelPreview, Preview, SampleFamily};
use schoolbell_store::read::names::Name;
use std::collections::HashMap;

use super::who::{also, families};
use crate::error::as_sentence;
use crate::looks::{address, channel_act, channel_heading, channel_icon, listed};
use crate::times::{Teller, counted, grouped, lasting};

/// Everything that the third step shows.
pub struct Review {
    /// "Call 412 phones, e-mail 655 and text 318".
    pub acts: String,
    /// "Done in about 9 minutes."
    pub done_in: String,
    pub families: String,
    pub families_more: String,
    pub covered: String,
    pub channels: Vec<ChannelLine>,
    pub hints: Vec<String>,
    pub nobody: u64,
    pub nobody_names: Vec<(PersonId, String)>,
    pub held: String,
    pub left_out: Vec<LeftOutLine>,
    pub left_out_all: String,
    pub samples: Vec<Sample>,
    pub cost: String,
    pub digest: String,
    pub sends_nothing: bool,
}

pub struct ChannelLine {
    pub icon: &'static str,
    pub name: &'static str,
    pub count: String,
    pub segments: String,
    pub takes: String,
    /// Calls: how many lines there are, and what one call more than that waits for.
    pub lines: String,
    pub up: bool,
}

pub struct LeftOutLine {
    pub code: i64,
    pub why: String,
    pub way_out: &'static str,
    pub count: String,
    pub some: Vec<(PersonId, String)>,
    pub more: bool,
}

/// One family and everything that it would read.
pub struct Sample {
    pub name: String,
    pub rows: Vec<SampleLine>,
}

pub struct SampleLine {
    pub icon: &'static str,
    pub how: String,
    pub to: String,
    pub subject: String,
    pub body: String,
    pub is_text: bool,
}

pub fn step(preview: Preview, teller: &Teller, names: &HashMap<PersonId, Name>) -> Review {
    let takes = preview.channels.iter().filter_map(|channel| channel.takes).max();
    let summary = &preview.summary;
    let students = summary.students_covered + summary.students_with_nobody;
    let held = summary.last_held_until.map(|until| {
        format!(
            "{} until {}, when the daytime hours open.",
            counted(summary.held, "delivery waits", "deliveries wait"),
            teller.plan(until)
        )
    });
    let mut by_count: Vec<_> = preview.left_out.iter().collect();
    by_count.sort_by_key(|line| std::cmp::Reverse(line.rows));
    let left_out = by_count.into_iter().map(left_out_line).collect();
    let all: u64 = preview.left_out.iter().map(|line| line.rows).sum();
    Review {
        acts: acts(&preview.channels),
        done_in: takes.map(|takes: SignedDuration| format!("Done in {}.", lasting(takes))).unwrap_or_default(),
        families: families(preview.count),
        families_more: also(preview.count),
        covered: format!("{} of {} students covered", grouped(summary.students_covered), grouped(students)),
        hints: preview.hints.iter().map(|hint| hint_words(hint, teller)).collect(),
        nobody: summary.students_with_nobody,
        nobody_names: summary.nobody.iter().filter_map(|id| names.get(id).map(|name| (*id, full(name)))).collect(),
        held: held.unwrap_or_default(),
        left_out,
        left_out_all: grouped(all),
        cost: cost(preview.cost_millicents),
        sends_nothing: summary.total_sends() == 0,
        digest: preview.digest,
        channels: preview.channels.iter().map(channel_line).collect(),
        samples: preview.samples.iter().filter(|family| !family.rows.is_empty()).map(sample).collect(),
    }
}

/// What the Send button says.
pub fn acts(channels: &[ChannelPreview]) -> String {
    let parts: Vec<String> = channels
        .iter()
        .filter(|channel| channel.deliveries > 0)
        .map(|channel| channel_act(channel.channel, channel.deliveries))
        .collect();
    let words = listed(&parts);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn channel_line(channel: &ChannelPreview) -> ChannelLine {
    let segments = u64::try_from(channel.segments).unwrap_or(0);
    ChannelLine {
        icon: channel_icon(channel.channel),
        name: channel_heading(channel.channel),
        count: grouped(channel.deliveries),
        segments: if channel.channel == Channel::Sms {
            counted(segments, "segment", "segments")
        } else {
            String::new()
        },
        takes: channel.takes.map(lasting).unwrap_or_default(),
        lines: lines(channel),
        up: channel.is_up,
    }
}

/// `at 60 lines: 4 h 35 min; at 120 lines: 2 h 18 min`: what calls take, and what would speed it up.
fn lines(channel: &ChannelPreview) -> String {
    let at = |lines: u64| {
        let busy = channel.deliveries.saturating_mul(u64::from(channel.call_seconds)).div_ceil(lines.max(1));
        (busy, format!("at {}: {}", counted(lines, "line", "lines"), hours_and_minutes(busy)))
    };
    match (channel.lines, channel.takes) {
        (0, _) | (_, None) => String::new(),
        (lines, Some(takes)) => {
            let (busy, now) = at(lines);
            // Where the calls begun in a second are the limit, more lines would not help.
            let limited_by_lines = takes.as_secs().unsigned_abs() <= busy && channel.deliveries > lines;
            if limited_by_lines { format!("{now}; {}", at(2 * lines).1) } else { now }
        }
    }
}

fn hours_and_minutes(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60).max(1);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{} h", grouped(hours)),
        (hours, minutes) => format!("{} h {minutes} min", grouped(hours)),
    }
}

fn hint_words(hint: &schoolbell_domain::broadcast::Hint, teller: &Teller) -> String {
    use schoolbell_domain::broadcast::Hint;
    match hint {
        Hint::OutOfHours { until } => {
            format!("Outside the hours for this kind of message: it waits until {}.", teller.plan(*until))
        }
        Hint::Weather { .. } | Hint::ExpiresWhileHeld | Hint::Unwritten { .. } => as_sentence(&hint.to_string()),
    }
}

fn left_out_line(left: &schoolbell_engine::commands::preview_broadcast::LeftOut) -> LeftOutLine {
    let shown = u64::try_from(left.some.len()).unwrap_or(0);
    LeftOutLine {
        code: left.reason.code(),
        why: as_sentence(left.reason.sentence()),
        way_out: way_out(left.reason),
        count: grouped(left.rows),
        some: left.some.iter().map(|(id, name)| (*id, full(name))).collect(),
        more: left.rows > shown,
    }
}

/// What somebody may do about it, if anything.
pub const fn way_out(reason: SuppressReason) -> &'static str {
    match reason {
        SuppressReason::NotDefault => "A family can choose it for itself.",
        SuppressReason::PreferenceOff => "Only the family can turn it on again.",
        SuppressReason::NoConsent => "An invitation goes to each mobile once; answering YES opens it.",
        SuppressReason::Revoked => "Only a new YES from that phone opens it again.",
        SuppressReason::DeadAddress => "The registrar can ask the family for a new one.",
        SuppressReason::Complained => "Emergencies still arrive there.",
        SuppressReason::CustodyRestricted => "The registrar keeps the document.",
        SuppressReason::NotAlertContact => "The registrar can make somebody a main or secondary contact.",
        SuppressReason::Merged => "Nothing to do: it arrives once, naming every child.",
        SuppressReason::NoGateway => "Your operator sets up carriers.",
        SuppressReason::CallLimit => "A consent on record lifts the limit.",
        SuppressReason::DenyListed => "The registrar should correct the record.",
        SuppressReason::NoAddress => "The registrar can add one.",
        SuppressReason::Reached => "Nothing to do: somebody of the family has it.",
        SuppressReason::NoApp => "The family can set it up again.",
        SuppressReason::Answered => "Nothing to do: the answer is there.",
    }
}

fn sample(family: &SampleFamily) -> Sample {
    let rows: Vec<SampleLine> = family
        .rows
        .iter()
        .map(|row| SampleLine {
            icon: channel_icon(row.row.channel),
            how: format!(
                "{} to {}{}",
                as_sentence(row.row.channel.plain()).trim_end_matches('.'),
                if row.row.kind == PersonKind::Student { "the home of " } else { "" },
                full(&row.name)
            ),
            to: row.row.address.as_ref().map(|stored| address(stored.expose())).unwrap_or_default(),
            subject: if row.row.channel == Channel::Email { row.rendered.subject.clone() } else { String::new() },
            body: row.rendered.body.clone(),
            is_text: row.row.channel == Channel::Sms,
        })
        .collect();
    let first = family.rows.iter().find(|row| row.row.kind != PersonKind::Student).or_else(|| family.rows.first());
    let name = first.map(|row| row.name.family.clone()).unwrap_or_default();
    Sample {
        name: format!("{name} family, {}", counted(u64::try_from(rows.len()).unwrap_or(0), "delivery", "deliveries")),
        rows,
    }
}

fn full(name: &Name) -> String {
    format!("{} {}", name.given, name.family).trim().to_owned()
}

fn cost(millicents: i64) -> String {
    let cents = u64::try_from(millicents).unwrap_or(0).div_ceil(1_000);
    if cents == 0 { String::new() } else { format!("Texts cost about ${}.{:02}.", grouped(cents / 100), cents % 100) }
}
