//! Who gets what, written down: the plan of a broadcast becomes rows, a page of households at a time.
//!
//! Each page is one commit with the cursor, so a run that broke off goes on behind the last page that stands. The
//! first page is small: its messages leave while the rest is still planned.

use std::collections::{HashMap, HashSet};

use schoolbell_domain::broadcast::{BroadcastState, CallWishes, Leaving, delays};
use schoolbell_domain::category::CategoryRule;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::digest::PlanDigest;
use schoolbell_domain::delivery::plan::{Decision, PlanRow};
use schoolbell_domain::ids::{BroadcastId, ContentId, DeliveryId, JobId, OriginId, PersonId, UserId};
use schoolbell_store::read::broadcasts::{Broadcast, lookup_broadcast};
use schoolbell_store::read::reached::{Wish, households};
use schoolbell_store::read::surveys::StandingSurvey;
use schoolbell_store::write::content::{NewContent, intern};
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind, insert};
use schoolbell_store::write::jobs::NewJob;
use schoolbell_store::write::{audit, broadcasts, reached, surveys};
use schoolbell_store::{ReadTx, StoreError, StoreResult, Tx, read};
use serde_json::json;

use crate::commands::send_broadcast::sender_name;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::planning::{Planning, pages};
use crate::render::{Rendered, Renderer};
use crate::survey::remind::leave_out_answered;
use crate::survey::seats;
use crate::{Engine, Queue};

pub const KIND: &str = "expand_broadcast";

pub(crate) fn job(engine: &Engine, id: BroadcastId) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: id.to_string(),
        unique_key: Some(format!("{KIND} {id}")),
        run_at: engine.now(),
    }
}

/// Writes every page that does not stand yet. Run twice, it changes nothing; a stopped broadcast is left as it is.
pub(crate) async fn expand(engine: &Engine, id: BroadcastId) -> CommandResult<()> {
    expand_at_most(engine, id, usize::MAX).await
}

/// As `expand`, and breaks off after so many pages, as a crash would.
pub(crate) async fn expand_at_most(engine: &Engine, id: BroadcastId, most: usize) -> CommandResult<()> {
    // One view of the people for the whole run: an import meanwhile cannot move a household past the cursor. Consent
    // is asked once more when a row is claimed, so a STOP meanwhile holds.
    let mut reads = engine.db.read().await?;
    let broadcast = lookup_broadcast(&mut reads, id).await?;
    let Some(broadcast) = broadcast.filter(|broadcast| broadcast.state == BroadcastState::Expanding) else {
        return Ok(());
    };
    let mut expansion = Expansion::of(&mut reads, broadcast).await?;
    if expansion.broadcast.draft.attendance_run.is_some() {
        let seal = engine.db.write("seal of links", async |tx| crate::attendance::link::seal(tx).await).await?;
        expansion.renderer.link(engine.public_url.as_deref(), seal);
    }
    if expansion.broadcast.draft.survey.is_some() {
        let seal = engine.db.write("seal of links", async |tx| crate::survey::link::seal(tx).await).await?;
        expansion.renderer.link(engine.public_url.as_deref(), seal);
    }
    let households = expansion.planning.households(&mut reads, expansion.behind).await?;
    let mut digest = PlanDigest::default();
    for (at, page) in pages(&households).enumerate() {
        if at == most {
            return Ok(());
        }
        let mut rows = expansion.planning.rows(&mut reads, page).await?;
        if let (Some(survey), true) = (expansion.broadcast.draft.survey, expansion.broadcast.draft.reminds) {
            leave_out_answered(&mut reads, survey, &mut rows).await?;
        }
        digest.merge(PlanDigest::of(&rows));
        if !expansion.write_page(engine, &mut reads, page, &rows).await? {
            return Ok(());
        }
        engine.wake.now(Queue::Deliveries);
        engine.live.tell(LiveEvent::Broadcast(id));
    }
    let whole = expansion.broadcast.expand_cursor.is_none().then(|| digest.hex());
    end(engine, &expansion.broadcast, whole).await?;
    engine.live.tell(LiveEvent::Broadcast(id));
    Ok(())
}

/// A broadcast that is being written.
struct Expansion {
    broadcast: Broadcast,
    rule: &'static CategoryRule,
    planning: Planning,
    renderer: Renderer,
    /// What it asks, if it asks a survey.
    survey: Option<StandingSurvey>,
    /// The household up to which the rows stand; 0 before the first.
    behind: i64,
}

impl Expansion {
    async fn of(reads: &mut ReadTx, broadcast: Broadcast) -> CommandResult<Self> {
        let damaged = |what: &str| {
            CommandError::Fault(StoreError::Damaged { row: broadcast.id.to_string(), what: what.to_owned() })
        };
        let sent_at = broadcast.sent_at.ok_or_else(|| damaged("no time of Send"))?;
        // What a restored copy held back leaves in the hours of the day on which it was let go.
        let leaves_at = read::instance::leaves_at(reads, sent_at).await?;
        let planning = Planning::of(reads, &broadcast.draft, leaves_at).await?;
        let sender = broadcast.sent_by.filter(|user| *user != UserId::from_raw(0));
        let sender = sender_name(reads, sender, &planning.district.name).await?;
        let renderer = Renderer::of(reads, &broadcast.draft, &planning.district, &sender, sent_at).await?;
        let rule = planning.ask.category.rule();
        let behind = broadcast.expand_cursor.unwrap_or(0);
        let survey = match broadcast.draft.survey {
            Some(id) => read::surveys::lookup(reads, id).await?,
            None => None,
        };
        Ok(Self { broadcast, rule, planning, renderer, survey, behind })
    }

    /// Commits one page; `false` if the broadcast was stopped, or another run is further.
    async fn write_page(
        &mut self,
        engine: &Engine,
        reads: &mut ReadTx,
        page: &[i64],
        rows: &[PlanRow],
    ) -> StoreResult<bool> {
        let Some(last) = page.last().copied() else { return Ok(true) };
        let behind = std::mem::replace(&mut self.behind, last);
        let names = self.renderer.names_for(reads, rows).await?;
        let mut contents = Vec::new();
        let mut of_row = Vec::with_capacity(rows.len());
        for row in rows {
            let rendered = match row.decision {
                Decision::Send { .. } => self.renderer.render_surely(row, &names),
                Decision::Suppress(_) => None,
            };
            of_row.push(rendered.map(|rendered| {
                contents.push(new_content(engine, &rendered));
                contents.len() - 1
            }));
        }
        let mut deliveries: Vec<NewDelivery> = rows.iter().map(|row| self.delivery(engine, row)).collect();
        let wishes = self.broadcast.draft.call_wishes();
        put_off(reads, wishes, (rows, &mut deliveries)).await?;
        let seats = match &self.survey {
            Some(survey) => seats::of_rows(reads, survey.survey.seat, rows).await?,
            None => Vec::new(),
        };
        let survey = self.broadcast.draft.survey;
        let (broadcast, origin) = (self.broadcast.id, OriginId::from(self.broadcast.id));
        engine
            .db
            .write("expand a page", async |tx: &mut Tx| {
                // First, for its lock: a Stop that comes now waits until the page stands, and then cancels it.
                if !broadcasts::advance_cursor(tx, broadcast, (behind, last)).await? {
                    return Ok(false);
                }
                if !wishes.is_plain() {
                    let text_first = wishes.after_text_min > 0;
                    reached::wish(tx, origin, Wish { stops_on: wishes.stops_on, text_first }).await?;
                }
                if let Some(survey) = survey {
                    surveys::seats(tx, survey, &seats).await?;
                }
                let ids = intern(tx, origin, &contents).await?;
                let mut deliveries = deliveries;
                for (delivery, content) in deliveries.iter_mut().zip(&of_row) {
                    delivery.content = content.and_then(|at| ids.get(at).copied());
                }
                let passed_over = insert(tx, &deliveries).await?.passed_over;
                insert(tx, &merged(deliveries, &passed_over)).await?;
                Ok(true)
            })
            .await
    }

    fn delivery(&self, engine: &Engine, row: &PlanRow) -> NewDelivery {
        let (opening, basis) = match row.decision {
            Decision::Send { not_before, basis } => (Opening::Queued { not_before }, Some(basis)),
            Decision::Suppress(reason) => (Opening::Suppressed(reason), None),
        };
        let sent_at = self.planning.ask.leaves_at;
        NewDelivery {
            id: DeliveryId::from_raw(engine.next_id()),
            origin: OriginId::from(self.broadcast.id),
            origin_kind: OriginKind::Broadcast,
            channel: row.channel,
            person: Some(row.person),
            contact_point: row.point,
            school: Some(row.school),
            address: row.address.clone(),
            merge_group: row.merge_group,
            children: row.children.clone(),
            content: None,
            basis,
            opening,
            priority: self.rule.priority,
            urgent: self.rule.resend_on_lost_lease,
            expires_at: self.broadcast.expires_at.unwrap_or(sent_at + self.rule.expires_after),
            created_at: engine.now(),
        }
    }
}

/// Lets calls leave later, where the sender chose that a text or another phone of the family comes first.
async fn put_off(
    reads: &mut ReadTx,
    wishes: CallWishes,
    (rows, deliveries): (&[PlanRow], &mut [NewDelivery]),
) -> StoreResult<()> {
    if wishes.without_waits() == wishes {
        return Ok(());
    }
    let mut people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    people.sort_unstable();
    people.dedup();
    let households: HashMap<PersonId, i64> = households(reads, &people).await?.into_iter().collect();
    let (leave, leaving): (Vec<&mut NewDelivery>, Vec<Leaving>) = deliveries
        .iter_mut()
        .zip(rows)
        .filter(|(_, row)| matches!(row.decision, Decision::Send { .. }))
        .map(|(delivery, row)| {
            let household = households.get(&row.person).copied().unwrap_or(0);
            let family = (household, row.merge_group);
            (delivery, Leaving { family, channel: row.channel, slot: row.slot })
        })
        .unzip();
    for (delivery, delay) in leave.into_iter().zip(delays(wishes, &leaving)) {
        if let Opening::Queued { not_before } = &mut delivery.opening {
            *not_before = not_before.checked_add(delay).unwrap_or(*not_before);
        }
    }
    Ok(())
}

/// The rows of an address that an earlier page already serves, which a run that went on after a crash does not know:
/// nobody is without a row that says why.
fn merged(deliveries: Vec<NewDelivery>, passed_over: &[DeliveryId]) -> Vec<NewDelivery> {
    let passed_over: HashSet<DeliveryId> = passed_over.iter().copied().collect();
    let left = deliveries.into_iter().filter(|delivery| passed_over.contains(&delivery.id));
    left.map(|delivery| NewDelivery {
        content: None,
        basis: None,
        opening: Opening::Suppressed(SuppressReason::Merged),
        ..delivery
    })
    .collect()
}

fn new_content(engine: &Engine, rendered: &Rendered) -> NewContent {
    NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: rendered.channel,
        language: rendered.language.clone(),
        subject: rendered.subject.clone(),
        body: rendered.body.clone(),
        html: rendered.html.clone(),
        segments: rendered.segments,
    }
}

/// Every row stands. `digest` is that of the plan as written, where one run wrote it all.
async fn end(engine: &Engine, broadcast: &Broadcast, digest: Option<String>) -> StoreResult<()> {
    let now = engine.now();
    let subject = broadcast.id.to_string();
    let detail = json!({ "digest": digest }).to_string();
    engine
        .db
        .write("end the expansion", async |tx| {
            if broadcasts::end_expanding(tx, broadcast.id, digest.as_deref().unwrap_or_default(), now).await? {
                let told = audit::Told {
                    id: engine.next_id(),
                    at: now,
                    actor: "schoolbell",
                    action: "expand_broadcast",
                    subject: &subject,
                    detail: &detail,
                };
                audit::append(tx, told).await?;
            }
            Ok(())
        })
        .await
}
