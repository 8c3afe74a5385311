//! A survey from its first draft to its end: kept, asked, put off, closed.

use jiff::Timestamp;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{SurveyId, UserId};
use schoolbell_domain::permission::Act;
use schoolbell_domain::survey::{Survey, SurveyState, problems, wordings};
use schoolbell_store::Tx;
use schoolbell_store::read::surveys::{self, StandingSurvey};
use schoolbell_store::write::jobs::enqueue;
use schoolbell_store::write::surveys as write;
use serde_json::json;

use super::audit::tell;
use super::save_draft::{self, save_draft};
use crate::error::{CommandError, CommandResult, Problem};
use crate::jobs::{close_surveys, remind_survey};
use crate::{Actor, Engine, Queue, dice};

/// A draft of a survey as it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSurvey {
    pub id: SurveyId,
    /// To be given with the next save.
    pub version: i64,
}

/// The survey, or `NotFound`.
pub(crate) async fn get(engine: &Engine, id: SurveyId) -> CommandResult<StandingSurvey> {
    surveys::lookup(&mut engine.db.read().await?, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))
}

/// Keeps a new draft (`which` is `None`), or one of the version that the builder last saw. An unfinished one is kept as it
/// is; what it lacks stands in the way of asking alone.
pub async fn save_survey(
    engine: &Engine,
    actor: &Actor,
    which: Option<(SurveyId, i64)>,
    survey: &Survey,
) -> CommandResult<KeptSurvey> {
    actor.must(Act::Send(Category::Surveys), survey.scope())?;
    let by = actor.user.unwrap_or(UserId::from_raw(0));
    if let Some((id, _)) = which {
        let standing = get(engine, id).await?;
        actor.must(Act::Send(Category::Surveys), standing.survey.scope())?;
    }
    engine
        .db
        .write("save survey", async |tx| {
            let kept = match which {
                None => {
                    let id = SurveyId::from_raw(engine.next_id());
                    write::insert(tx, id, survey, (by, engine.now())).await?;
                    KeptSurvey { id, version: 1 }
                }
                Some((id, version)) => {
                    if !write::save(tx, (id, version), survey, engine.now()).await? {
                        return Err(CommandError::refused(
                            "changed meanwhile",
                            "this survey was changed or asked since you opened it; open it again to see how it stands",
                        ));
                    }
                    KeptSurvey { id, version: version + 1 }
                }
            };
            let detail = json!({ "version": kept.version });
            tell(engine, tx, actor, ("save_survey", &kept.id.to_string()), detail).await?;
            Ok(kept)
        })
        .await
}

/// Begins the message that asks it, to all families of its owner: the composer goes on from there. Sending it opens the
/// survey.
pub async fn begin_asking(engine: &Engine, actor: &Actor, id: SurveyId) -> CommandResult<save_draft::Kept> {
    let standing = get(engine, id).await?;
    actor.must(Act::Send(Category::Surveys), standing.survey.scope())?;
    must_be_askable(&standing, engine.now())?;
    let include = match standing.survey.owner {
        Some(school) => AudienceRule::School { school },
        None => AudienceRule::District,
    };
    let draft = Draft {
        title: standing.survey.title.read(&standing.survey.first_language()).to_owned(),
        category: Some(Category::Surveys),
        audience: Audience { include: vec![include], except: Vec::new() },
        wordings: wordings(&standing.survey),
        owner: standing.survey.owner,
        survey: Some(id),
        ..Draft::default()
    };
    save_draft(engine, actor, None, &draft).await
}

/// Refuses a survey with something in the way, and one that is over.
pub(super) fn must_be_askable(standing: &StandingSurvey, now: Timestamp) -> CommandResult<()> {
    if standing.state == SurveyState::Closed {
        return Err(CommandError::refused("state", "this survey is closed; begin a new one"));
    }
    let found: Vec<Problem> = problems(&standing.survey, now)
        .into_iter()
        .map(|problem| Problem { field: problem.field().to_owned(), message: problem.to_string() })
        .collect();
    if found.is_empty() { Ok(()) } else { Err(CommandError::BadInput(found)) }
}

/// The message of a survey leaves at `at`: from its first one on, families may answer, and its questions stand.
pub(super) async fn open(
    engine: &Engine,
    tx: &mut Tx,
    broadcast: schoolbell_domain::ids::BroadcastId,
    (draft, at): (&Draft, Timestamp),
) -> CommandResult<()> {
    let Some(id) = draft.survey else { return Ok(()) };
    let standing = surveys::lookup(tx, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    must_be_askable(&standing, at)?;
    if standing.survey.owner != draft.owner {
        return Err(CommandError::bad("owner", "the survey belongs to another school; send it in that one's name"));
    }
    write::ask(tx, id, broadcast, false).await?;
    if write::open(tx, id, &dice::token(), engine.now()).await? {
        for days in &standing.survey.remind_after_days {
            enqueue(tx, remind_survey::job(engine, id, *days, at)).await?;
        }
        if let Some(deadline) = standing.survey.deadline {
            enqueue(tx, close_surveys::job(engine, deadline)).await?;
        }
    }
    Ok(())
}

/// Gives an open survey a later or an earlier deadline.
pub async fn put_off_survey(engine: &Engine, actor: &Actor, id: SurveyId, deadline: Timestamp) -> CommandResult<()> {
    let standing = get(engine, id).await?;
    actor.must(Act::Send(Category::Surveys), standing.survey.scope())?;
    if deadline <= engine.now() {
        return Err(CommandError::bad("deadline", "the deadline has passed; choose a later one, or close the survey"));
    }
    let survey = Survey { deadline: Some(deadline), ..standing.survey };
    engine
        .db
        .write("put a survey off", async |tx| {
            if !write::put_off(tx, id, &survey, engine.now()).await? {
                return Err(CommandError::refused("state", "only an open survey has a deadline to move"));
            }
            enqueue(tx, close_surveys::job(engine, deadline)).await?;
            tell(engine, tx, actor, ("put_off_survey", &id.to_string()), json!({ "deadline": deadline })).await?;
            Ok(())
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    Ok(())
}

/// Ends it now: nobody answers any more.
pub async fn close_survey(engine: &Engine, actor: &Actor, id: SurveyId) -> CommandResult<()> {
    let standing = get(engine, id).await?;
    actor.must(Act::Send(Category::Surveys), standing.survey.scope())?;
    engine
        .db
        .write("close a survey", async |tx| {
            if write::close(tx, id, engine.now()).await? {
                tell(engine, tx, actor, ("close_survey", &id.to_string()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}
