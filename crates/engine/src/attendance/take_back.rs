//! What was told is no longer so: what has not left is cancelled, or names fewer children.

use std::collections::HashSet;

use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{BroadcastId, ContentId, DeliveryId, OriginId, PersonId, SchoolId, UserId};
use schoolbell_store::read::attendance;
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::names::names;
use schoolbell_store::write::attendance::{Waiting, rename, waiting};
use schoolbell_store::write::content::{NewContent, intern};
use schoolbell_store::write::queue;
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreResult, Tx};

use crate::Engine;
use crate::commands::send_broadcast::sender_name;
use crate::render::{Addressee, Renderer};

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TakenBack {
    pub cancelled: usize,
    pub renamed: usize,
}

/// Looks through what waits of a message about absences: rows that name only children of whom nothing stands any more
/// are cancelled, rows that name others too get a new text. `settled` are children whose absence was explained meanwhile.
/// Twice is once.
pub(crate) async fn take_back(
    engine: &Engine,
    tx: &mut Tx,
    broadcast: BroadcastId,
    settled: &[PersonId],
) -> StoreResult<TakenBack> {
    let Some(run) = attendance::lookup_run_of(tx, broadcast).await? else { return Ok(TakenBack::default()) };
    let lines = attendance::lines(tx, run.id).await?;
    let mut standing: HashSet<PersonId> =
        lines.iter().filter(|line| !line.taken_back).map(|line| line.student).collect();
    for student in settled {
        standing.remove(student);
    }
    let changed: HashSet<PersonId> = lines.iter().filter(|line| line.taken_back).map(|line| line.student).collect();
    let touched = |child: &PersonId| !standing.contains(child) || changed.contains(child);
    let rows: Vec<Waiting> =
        waiting(tx, broadcast).await?.into_iter().filter(|row| row.children.iter().any(touched)).collect();
    if rows.is_empty() {
        return Ok(TakenBack::default());
    }
    let (dead, others): (Vec<Waiting>, Vec<Waiting>) =
        rows.into_iter().partition(|row| !row.children.iter().any(|child| standing.contains(child)));
    let cancelled = cancel(engine, tx, &dead).await?;
    let renamed = rewrite(engine, tx, broadcast, (&others, &standing)).await?;
    Ok(TakenBack { cancelled, renamed })
}

async fn cancel(engine: &Engine, tx: &mut Tx, rows: &[Waiting]) -> StoreResult<usize> {
    let ids: Vec<DeliveryId> = rows.iter().map(|row| row.id).collect();
    let steps: Vec<_> = queue::lock(tx, &ids)
        .await?
        .iter()
        .filter(|row| matches!(row.state, DeliveryState::Queued(_)))
        .map(|row| row.step(DeliveryState::Cancelled, None))
        .collect();
    let mut moves = Moves::default();
    let done = queue::advance(tx, engine.now(), &steps, &mut moves).await?;
    tallies::apply(tx, &moves).await?;
    Ok(done.len())
}

async fn rewrite(
    engine: &Engine,
    tx: &mut Tx,
    id: BroadcastId,
    (rows, standing): (&[Waiting], &HashSet<PersonId>),
) -> StoreResult<usize> {
    let Some(broadcast) = lookup_broadcast(tx, id).await? else { return Ok(0) };
    let district = get_district(tx).await?;
    let sender = broadcast.sent_by.filter(|user| *user != UserId::from_raw(0));
    let sender = sender_name(tx, sender, &district.name).await?;
    let at = broadcast.sent_at.unwrap_or_else(|| engine.now());
    let mut renderer = Renderer::of(tx, &broadcast.draft, &district, &sender, at).await?;
    renderer.link(engine.public_url.as_deref(), super::link::seal(tx).await?);
    let mut renamed = 0;
    for row in rows {
        let children: Vec<PersonId> = row.children.iter().copied().filter(|child| standing.contains(child)).collect();
        let names = names(tx, &children).await?;
        let to = Addressee {
            channel: row.channel,
            language: &row.language,
            school: row.school.unwrap_or(SchoolId::from_raw(0)),
            children: &children,
            person: None,
        };
        let Some(text) = renderer.surely(&to, &names) else { continue };
        let content = NewContent {
            id: ContentId::from_raw(engine.next_id()),
            channel: text.channel,
            language: text.language.clone(),
            subject: text.subject.clone(),
            body: text.body.clone(),
            html: text.html.clone(),
            segments: text.segments,
        };
        let ids = intern(tx, OriginId::from(id), &[content]).await?;
        let Some(content) = ids.first() else { continue };
        renamed += usize::from(rename(tx, row.id, *content, &children).await?);
    }
    Ok(renamed)
}
