//! The answer to what a family asks of the record: granted or refused with reason, the hearing after a refusal, the family's
//! statement (B14; 34 CFR 99.10, 99.20 to 99.22).

use schoolbell_domain::conversation::record_request::{Step, Told};
use schoolbell_domain::ids::CommunicationId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::record_requests::{RequestLine, lookup_request};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::record_requests::{NewStep, step};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::record_requests::Calendar;
use crate::texting::name_of;
use crate::{Actor, Engine};

/// A step as it is entered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub request: CommunicationId,
    pub step: Step,
    /// The reason, what was amended, or the family's statement.
    pub words: &'a str,
    /// Whether the family was told in writing, where it has to be.
    pub told: Told,
}

/// The request, for those who answer requests at the student's school: office, registrar, principal.
pub async fn must_answer(reads: &mut impl Reads, actor: &Actor, id: CommunicationId) -> CommandResult<RequestLine> {
    let line = lookup_request(reads, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    actor.must(Act::SettleHeld, Scope::School(line.school))?;
    Ok(line)
}

/// Takes the next step. It cannot be edited or taken back.
///
/// Who refused a request does not decide the hearing on it.
pub async fn answer_request(engine: &Engine, actor: &Actor, answer: &Answer<'_>) -> CommandResult<()> {
    engine
        .db
        .write("answer a request", async |tx| {
            let line = must_answer(tx, actor, answer.request).await?;
            must_be_next(&line, answer.step)?;
            must_be_impartial(actor, &line, answer.step)?;
            let wrong = answer.step.problems(line.asked, answer.words, answer.told);
            if !wrong.is_empty() {
                let problem = |(field, message): (&str, &str)| Problem { field: field.into(), message: message.into() };
                return Err(CommandError::BadInput(wrong.into_iter().map(problem).collect()));
            }
            let due_on = match answer.step {
                Step::HearingAsked => Some(Calendar::read(tx, engine).await?.hearing_due_on()),
                Step::Granted | Step::Refused | Step::HearingAmends | Step::HearingUpholds | Step::Statement => None,
            };
            let taken_by = name_of(tx, actor).await?;
            let new = NewStep {
                request: line.id,
                number: i64::try_from(line.steps.len()).unwrap_or(i64::MAX).saturating_add(1),
                step: answer.step,
                words: answer.words.trim(),
                taken_by: &taken_by,
                user: actor.user,
                at: engine.now(),
                due_on,
            };
            if !step(tx, new).await? {
                return Err(CommandError::refused("state", "somebody else has just answered this request; look again"));
            }
            let detail = json!({ "step": answer.step.word(), "student": line.student.to_string() });
            tell(engine, tx, actor, ("answer_request", &line.id.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

fn must_be_next(line: &RequestLine, step: Step) -> CommandResult<()> {
    let standing = line.standing();
    if step.after(line.asked, standing).is_some() {
        return Ok(());
    }
    Err(CommandError::refused("B14", format!("this cannot follow: the request is {}", standing.plain())))
}

/// 34 CFR 99.22(c): the hearing is held by somebody without a direct interest in how it ends.
fn must_be_impartial(actor: &Actor, line: &RequestLine, step: Step) -> CommandResult<()> {
    let decides = matches!(step, Step::HearingAmends | Step::HearingUpholds);
    let refused = |user| line.steps.iter().any(|one| one.step == Step::Refused && one.user == Some(user));
    if decides && actor.user.is_some_and(refused) {
        return Err(CommandError::refused(
            "LAW-52",
            "who refused the request does not decide the hearing; somebody without a stake in it does (34 CFR 99.22(c))",
        ));
    }
    Ok(())
}
