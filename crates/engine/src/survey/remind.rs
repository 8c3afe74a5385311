//! Reminders: the message that asked goes out once more, to those alone who have not answered.

use std::collections::HashSet;

use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::plan::{Decision, PlanRow};
use schoolbell_domain::ids::{BroadcastId, PersonId, SurveyId, UserId};
use schoolbell_domain::people::Address;
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::surveys;
use schoolbell_store::tx::Reads;
use schoolbell_store::write::broadcasts::{self, Keeping, Version};
use schoolbell_store::write::jobs::enqueue;
use schoolbell_store::write::surveys as write;
use schoolbell_store::{StoreResult, Tx};
use serde_json::json;

use super::keep::is_open;
use crate::attendance::run::program;
use crate::commands::audit::tell;
use crate::error::CommandResult;
use crate::jobs::expand_broadcast;
use crate::live::LiveEvent;
use crate::{Engine, Queue};

/// Reminds whoever has not answered; nobody, if the survey is closed or everybody has.
pub(crate) async fn remind(engine: &Engine, survey: SurveyId, days: u8) -> CommandResult<Option<BroadcastId>> {
    let broadcast = engine.db.write("remind of a survey", async |tx| begin(engine, tx, survey, days).await).await?;
    if let Some(broadcast) = broadcast {
        engine.wake.now(Queue::Jobs);
        engine.live.tell(LiveEvent::Broadcast(broadcast));
    }
    Ok(broadcast)
}

async fn begin(engine: &Engine, tx: &mut Tx, survey: SurveyId, days: u8) -> CommandResult<Option<BroadcastId>> {
    let now = engine.now();
    let Some(standing) = surveys::lookup(tx, survey).await?.filter(|standing| is_open(standing, now)) else {
        return Ok(None);
    };
    let Some(first) = surveys::askings(tx, survey).await?.first().copied() else { return Ok(None) };
    let Some(asked) = lookup_broadcast(tx, first).await? else { return Ok(None) };
    let people = surveys::open_students(tx, survey).await?;
    let unique = format!("reminder {days}");
    if people.is_empty() || asked.draft.survey != Some(survey) {
        return Ok(None);
    }
    let draft = Draft {
        title: format!("{} ({unique})", asked.draft.title),
        category: Some(Category::Surveys),
        audience: Audience { include: vec![AudienceRule::People { people }], except: Vec::new() },
        wordings: asked.draft.wordings.iter().map(reminding).collect(),
        owner: asked.draft.owner,
        survey: Some(survey),
        reminds: true,
        ..Draft::default()
    };
    let id = BroadcastId::from_raw(engine.next_id());
    let keeping = Keeping { by: asked.sent_by.unwrap_or(UserId::from_raw(0)), at: now };
    broadcasts::insert_draft(tx, id, &draft, keeping).await?;
    let expires_at = get_district(tx).await?.settings.expires_at(Category::Surveys, now);
    let expires_at = standing.survey.deadline.map_or(expires_at, |deadline| deadline.min(expires_at));
    broadcasts::begin_sending(tx, Version { id, version: 1 }, keeping, expires_at).await?;
    write::ask(tx, survey, id, true).await?;
    enqueue(tx, expand_broadcast::job(engine, id)).await?;
    let detail = json!({ "broadcast": id, "days": days });
    tell(engine, tx, &program(), ("remind_of_survey", &survey.to_string()), detail).await?;
    Ok(Some(id))
}

fn reminding(wording: &Wording) -> Wording {
    let spanish = wording.language.primary() == "es";
    let word = if spanish { "Recordatorio" } else { "Reminder" };
    let before = |text: &str| if text.trim().is_empty() { String::new() } else { format!("{word}: {text}") };
    Wording {
        email_subject: before(&wording.email_subject),
        sms_body: before(&wording.sms_body),
        voice_body: before(&wording.voice_body),
        ..wording.clone()
    }
}

/// Of a reminder: whoever has answered gets none, unless somebody who has not shares the address.
pub(crate) async fn leave_out_answered(
    reads: &mut impl Reads,
    survey: SurveyId,
    rows: &mut [PlanRow],
) -> StoreResult<()> {
    let open: HashSet<PersonId> = surveys::open_speakers(reads, survey).await?.into_iter().collect();
    let asked: HashSet<Address> =
        rows.iter().filter(|row| open.contains(&row.person)).filter_map(|row| row.address.clone()).collect();
    for row in rows.iter_mut().filter(|row| matches!(row.decision, Decision::Send { .. })) {
        let is_asked = open.contains(&row.person) || row.address.as_ref().is_some_and(|at| asked.contains(at));
        if !is_asked {
            row.decision = Decision::Suppress(SuppressReason::Answered);
        }
    }
    Ok(())
}
