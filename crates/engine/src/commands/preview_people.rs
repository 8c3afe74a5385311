//! The preview, person by person: every row of the plan of a draft, before anybody gets anything.

use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::plan::{Decision, PlanRow};
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::people::name::fold_name;
use schoolbell_domain::permission::Act;
use schoolbell_store::read::names::{Name, names};

use crate::error::CommandResult;
use crate::planning::{Planning, pages};
use crate::reach::{must_stay_within, scope_of};
use crate::{Actor, Engine};

/// Which rows of the plan somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Everything,
    /// What will be sent.
    Goes,
    /// What will not, whatever the reason.
    LeftOut,
    Because(SuppressReason),
}

/// A page of the plan.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub which: Which,
    /// Words of a name, in any order; empty for everybody.
    pub name: &'a str,
    /// Rows that were shown before.
    pub skip: usize,
    pub limit: usize,
}

/// One row of the plan, with the person's name.
#[derive(Debug, Clone)]
pub struct PreviewRow {
    pub row: PlanRow,
    pub name: Name,
}

/// Rows by the first child whom they are about, so that a family stands together.
#[derive(Debug, Clone)]
pub struct PreviewPage {
    pub rows: Vec<PreviewRow>,
    /// Whether others come after them.
    pub more: bool,
}

/// A page of the plan's rows.
///
/// The plan is walked from its beginning, since a row far down may be merged into one that stands before it: what is
/// shown is what Send does, at about 50,000 rows a second.
pub async fn preview_people(
    engine: &Engine,
    actor: &Actor,
    draft: &Draft,
    asked: Asked<'_>,
) -> CommandResult<PreviewPage> {
    actor.must(Act::Compose, scope_of(draft))?;
    let mut reads = engine.db.read().await?;
    must_stay_within(&mut reads, draft).await?;
    let now = engine.now();
    let mut planning = Planning::of(&mut reads, draft, draft.send_at.unwrap_or(now).max(now)).await?;
    let folded = fold_name(asked.name);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let mut page = PreviewPage { rows: Vec::new(), more: false };
    let mut to_skip = asked.skip;
    for households in pages(&planning.households(&mut reads, 0).await?) {
        let rows = planning.rows(&mut reads, households).await?;
        let mut wanted: Vec<PlanRow> = rows.into_iter().filter(|row| asked.which.takes(row.decision)).collect();
        if words.is_empty() && wanted.len() <= to_skip {
            to_skip -= wanted.len();
            continue;
        }
        let people: Vec<PersonId> = wanted.iter().map(|row| row.person).collect();
        let named = names(&mut reads, &people).await?;
        wanted.retain(|row| named.get(&row.person).is_some_and(|name| is_called(name, &words)));
        wanted.sort_by_key(|row| row.children.first().copied().unwrap_or(row.person));
        let skipped = to_skip.min(wanted.len());
        to_skip -= skipped;
        for row in wanted.into_iter().skip(skipped) {
            if page.rows.len() == asked.limit {
                page.more = true;
                return Ok(page);
            }
            if let Some(name) = named.get(&row.person) {
                page.rows.push(PreviewRow { name: name.clone(), row });
            }
        }
    }
    Ok(page)
}

impl Which {
    fn takes(self, decision: Decision) -> bool {
        match (self, decision) {
            (Self::Everything, _) | (Self::Goes, Decision::Send { .. }) | (Self::LeftOut, Decision::Suppress(_)) => {
                true
            }
            (Self::Because(wanted), Decision::Suppress(reason)) => wanted == reason,
            (Self::Goes, Decision::Suppress(_)) | (Self::LeftOut | Self::Because(_), Decision::Send { .. }) => false,
        }
    }
}

fn is_called(name: &Name, words: &[&str]) -> bool {
    let folded = fold_name(&format!("{} {}", name.given, name.family));
    words.iter().all(|word| folded.contains(word))
}
