//! The preview: the plan of a draft over everybody whom it selects, before anybody gets anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::broadcast::{Draft, Hint, hints};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::digest::PlanDigest;
use schoolbell_domain::delivery::plan::{Decision, PlanRow};
use schoolbell_domain::delivery::summary::PlanSummary;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::Act;
use schoolbell_store::read::audience::{self, AudienceCount};
use schoolbell_store::read::gateways::{self, Gateway};
use schoolbell_store::read::names::{Name, names};
use schoolbell_store::read::recordings;
use schoolbell_store::tx::Reads;

use super::send_broadcast::{draft_problems, render_problems, renderer};
use crate::error::{CommandError, CommandResult, Problem};
use crate::planning::{Planning, pages};
use crate::reach::{must_stay_within, scope_of};
pub use crate::render::Rendered;
use crate::render::Renderer;
use crate::speech::{call_seconds, recorded_call_seconds};
use crate::{Actor, Engine};

/// What Send would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// What stands in the way of Send. With a problem of the audience or the category, the rest is empty.
    pub problems: Vec<Problem>,
    /// What a person may want to look at once more.
    pub hints: Vec<Hint>,
    pub count: AudienceCount,
    pub summary: PlanSummary,
    /// What Send must carry.
    pub digest: String,
    /// Who is left out, by reason, with some of them.
    pub left_out: Vec<LeftOut>,
    /// Some families with everything that they would read.
    pub samples: Vec<SampleFamily>,
    pub channels: Vec<ChannelPreview>,
    /// What the texts cost, in thousandths of a cent; 0 where the district names no price.
    pub cost_millicents: i64,
    pub leaves_at: Timestamp,
}

/// Rows that one reason leaves out.
#[derive(Debug, Clone)]
pub struct LeftOut {
    pub reason: SuppressReason,
    pub rows: u64,
    /// At most [`SAMPLES`] people.
    pub some: Vec<(PersonId, Name)>,
}

/// One household and what it would read.
#[derive(Debug, Clone)]
pub struct SampleFamily {
    pub rows: Vec<SampleRow>,
}

/// One delivery of a sample.
#[derive(Debug, Clone)]
pub struct SampleRow {
    pub row: PlanRow,
    pub name: Name,
    pub rendered: Arc<Rendered>,
}

/// What one channel has to do.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelPreview {
    pub channel: Channel,
    pub deliveries: u64,
    /// Segments of all texts; 0 for other channels.
    pub segments: i64,
    /// Of the longest text.
    pub most_segments: i64,
    /// What the gateways of the channel send in a second, together.
    pub per_second: f64,
    /// Calls at once, over all gateways; 0 for other channels.
    pub lines: u64,
    /// How long one call keeps a line, about; 0 for other channels.
    pub call_seconds: u32,
    /// From the first to the last, where a gateway is there.
    pub takes: Option<SignedDuration>,
    /// Whether one of them is up.
    pub is_up: bool,
}

/// People named for each reason, and families shown.
pub const SAMPLES: usize = 5;

/// Plans a draft and shows what Send would do.
pub async fn preview_broadcast(engine: &Engine, actor: &Actor, draft: &Draft) -> CommandResult<Preview> {
    actor.must(Act::Compose, scope_of(draft))?;
    let now = engine.now();
    let leaves_at = draft.send_at.unwrap_or(now).max(now);
    let mut reads = engine.db.read().await?;
    must_stay_within(&mut reads, draft).await?;
    let mut preview = empty(draft_problems(draft, now), leaves_at);
    preview.count = audience::count(&mut reads, &draft.audience).await?;
    if draft.category.is_none() || draft.audience.is_empty() {
        return Ok(preview);
    }
    let mut planning = Planning::of(&mut reads, draft, leaves_at).await?;
    preview.hints = hints(draft, leaves_at, &planning.district.time_zone, planning.ask.window);
    let mut renderer = renderer(engine, &mut reads, (actor, draft), leaves_at).await?;
    preview.problems.extend(render_problems(&renderer));
    let call_seconds = seconds_of_a_call(&mut reads, draft).await?;
    let mut tour = Tour { call_seconds, ..Tour::default() };
    for page in pages(&planning.households(&mut reads, 0).await?) {
        let rows = planning.rows(&mut reads, page).await?;
        preview.summary.merge(PlanSummary::of_page(&rows, leaves_at));
        tour.digest.merge(PlanDigest::of(&rows));
        tour.unwritten.extend(unwritten(draft, &rows));
        tour.visit(&mut reads, &mut renderer, rows).await?;
    }
    preview.hints.extend(tour.unwritten_hint());
    preview.digest = tour.digest.hex();
    preview.left_out = left_out(&mut reads, &preview.summary, &tour).await?;
    preview.channels = channels(&gateways::all(&mut reads).await?, &preview.summary, &tour);
    let segments: i64 = preview.channels.iter().map(|channel| channel.segments).sum();
    preview.cost_millicents = segments.saturating_mul(i64::from(planning.district.settings.segment_millicents));
    preview.samples = tour.samples;
    Ok(preview)
}

/// What a call of the first wording takes: the length of its recording, or of its words read aloud.
async fn seconds_of_a_call(reads: &mut impl Reads, draft: &Draft) -> CommandResult<u32> {
    let Some(wording) = draft.wordings.iter().find(|wording| wording.body(Channel::Voice).is_some()) else {
        return Ok(call_seconds(0));
    };
    Ok(match wording.voice_recording {
        Some(id) => recorded_call_seconds(recordings::lookup_length_ms(reads, id).await?.unwrap_or(0)),
        None => call_seconds(wording.voice_body.split_whitespace().count()),
    })
}

fn empty(problems: Vec<Problem>, leaves_at: Timestamp) -> Preview {
    Preview {
        problems,
        hints: Vec::new(),
        count: AudienceCount::default(),
        summary: PlanSummary::default(),
        digest: String::new(),
        left_out: Vec::new(),
        samples: Vec::new(),
        channels: Vec::new(),
        cost_millicents: 0,
        leaves_at,
    }
}

/// What is gathered on the way through the pages.
#[derive(Default)]
struct Tour {
    digest: PlanDigest,
    some: BTreeMap<SuppressReason, Vec<PersonId>>,
    samples: Vec<SampleFamily>,
    segments: i64,
    most_segments: i64,
    /// Who reads a language that nobody wrote.
    unwritten: BTreeSet<(Language, PersonId)>,
    /// Of a call in the first wording that has one.
    call_seconds: u32,
}

/// The people of these rows who get another language than the one on their record.
fn unwritten<'a>(draft: &'a Draft, rows: &'a [PlanRow]) -> impl Iterator<Item = (Language, PersonId)> + 'a {
    let sent = rows.iter().filter(|row| matches!(row.decision, Decision::Send { .. }));
    sent.filter_map(|row| {
        let wording = draft.wording_for(&row.language, row.channel)?;
        (wording.language.primary() != row.language.primary()).then(|| (row.language.clone(), row.person))
    })
}

impl Tour {
    /// The language of most people first.
    fn unwritten_hint(&self) -> Option<Hint> {
        let mut people: BTreeMap<&Language, u64> = BTreeMap::new();
        for (language, _) in &self.unwritten {
            *people.entry(language).or_default() += 1;
        }
        let mut languages: Vec<_> = people.into_iter().map(|(language, people)| (language.clone(), people)).collect();
        languages.sort_by_key(|(_, people)| std::cmp::Reverse(*people));
        (!languages.is_empty()).then_some(Hint::Unwritten { languages })
    }

    async fn visit(
        &mut self,
        reads: &mut impl Reads,
        renderer: &mut Renderer,
        rows: Vec<PlanRow>,
    ) -> CommandResult<()> {
        let children = renderer.names_for(reads, &rows).await?;
        for row in &rows {
            match row.decision {
                // What cannot be rendered stands among the problems already.
                Decision::Send { .. } => {
                    let segments = renderer.segments(row, &children).unwrap_or(0);
                    self.segments += segments;
                    self.most_segments = self.most_segments.max(segments);
                }
                Decision::Suppress(reason) => {
                    let some = self.some.entry(reason).or_default();
                    if some.len() < SAMPLES && !some.contains(&row.person) {
                        some.push(row.person);
                    }
                }
            }
        }
        if self.samples.len() < SAMPLES {
            self.take_samples(reads, renderer, &rows).await?;
        }
        Ok(())
    }

    /// The first families of a page: everything that goes out about the same children.
    async fn take_samples(
        &mut self,
        reads: &mut impl Reads,
        renderer: &mut Renderer,
        rows: &[PlanRow],
    ) -> CommandResult<()> {
        let mut families: Vec<(Vec<PersonId>, Vec<&PlanRow>)> = Vec::new();
        for row in rows.iter().filter(|row| matches!(row.decision, Decision::Send { .. })) {
            let about_the_same = |(children, _): &(Vec<PersonId>, Vec<&PlanRow>)| {
                children.iter().any(|child| row.children.contains(child))
            };
            let room = self.samples.len() + families.len() < SAMPLES;
            match families.iter().position(about_the_same).and_then(|at| families.get_mut(at)) {
                Some((_, of_family)) => of_family.push(row),
                None if room => {
                    families.push((row.children.clone(), vec![row]));
                }
                None => {}
            }
        }
        for (_, of_family) in families {
            let of_family: Vec<PlanRow> = of_family.into_iter().cloned().collect();
            let people: Vec<PersonId> = of_family.iter().map(|row| row.person).collect();
            let (children, named) = (renderer.names_for(reads, &of_family).await?, names(reads, &people).await?);
            let mut family = SampleFamily { rows: Vec::new() };
            for row in of_family {
                let name = named.get(&row.person).cloned();
                if let (Some(name), Ok(Some(rendered))) = (name, renderer.render(&row, &children)) {
                    family.rows.push(SampleRow { row, name, rendered });
                }
            }
            self.samples.push(family);
        }
        Ok(())
    }
}

async fn left_out(reads: &mut impl Reads, summary: &PlanSummary, tour: &Tour) -> CommandResult<Vec<LeftOut>> {
    let people: Vec<PersonId> = tour.some.values().flatten().copied().collect();
    let named = names(reads, &people).await?;
    let some = |reason: SuppressReason| {
        let people = tour.some.get(&reason).map(Vec::as_slice).unwrap_or_default();
        people.iter().filter_map(|person| named.get(person).map(|name| (*person, name.clone()))).collect()
    };
    Ok(summary.by_reason().into_iter().map(|(reason, rows)| LeftOut { reason, rows, some: some(reason) }).collect())
}

fn channels(gateways: &[Gateway], summary: &PlanSummary, tour: &Tour) -> Vec<ChannelPreview> {
    let of_channel = |(channel, deliveries): (&Channel, &u64)| {
        let mine = || gateways.iter().filter(|gateway| gateway.channel == *channel);
        let per_second: f64 = mine().map(|gateway| gateway.per_second).sum();
        let is_text = *channel == Channel::Sms;
        let segments = if is_text { tour.segments } else { 0 };
        let to_send = if is_text { u64::try_from(segments).unwrap_or(0) } else { *deliveries };
        let lines: u64 = mine().filter_map(|gateway| u64::try_from(gateway.lines?).ok()).sum();
        let busy = if *channel == Channel::Voice { busy(to_send, tour.call_seconds, lines) } else { None };
        ChannelPreview {
            channel: *channel,
            deliveries: *deliveries,
            segments,
            most_segments: if is_text { tour.most_segments } else { 0 },
            per_second,
            takes: takes(to_send, per_second).max(busy),
            lines,
            call_seconds: if *channel == Channel::Voice { tour.call_seconds } else { 0 },
            is_up: mine().any(|gateway| gateway.state == "up"),
        }
    };
    summary.sends.iter().map(of_channel).collect()
}

/// How long so many calls of so many seconds keep these lines busy; `None` where nothing says how many there are.
fn busy(calls: u64, seconds: u32, lines: u64) -> Option<SignedDuration> {
    let all = calls.saturating_mul(u64::from(seconds)).checked_div(lines)?;
    (calls > 0).then(|| SignedDuration::from_secs(i64::try_from(all.max(u64::from(seconds))).unwrap_or(i64::MAX)))
}

/// How long so many take at so many a second; `None` without a gateway.
fn takes(count: u64, per_second: f64) -> Option<SignedDuration> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    (per_second > 0.0).then(|| SignedDuration::try_from_secs_f64((f64::from(count) / per_second).ceil()).ok()).flatten()
}

/// The live count while choosing. Only the audience and the owner of the draft matter.
pub async fn count_audience(engine: &Engine, actor: &Actor, draft: &Draft) -> CommandResult<AudienceCount> {
    if !actor.may_somewhere(Act::Compose) {
        return Err(CommandError::not_allowed());
    }
    Ok(audience::count(&mut engine.db.read().await?, &draft.audience).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calls_take_is_told_from_lines_and_length() {
        let seconds = |calls, lines| busy(calls, 36, lines).map(|time| time.as_secs());
        assert_eq!(seconds(27_500, 60), Some(4 * 3_600 + 35 * 60));
        assert_eq!(seconds(27_500, 1_200), Some(13 * 60 + 45));
        assert_eq!(seconds(1, 60), Some(36), "one call takes as long as it takes");
        assert_eq!((seconds(0, 60), seconds(9, 0)), (None, None));
    }
}
