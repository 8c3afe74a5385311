//! Looks at a message before it leaves: what is unlike what its sender does waits, what is urgent goes and is looked at
//! after.

use jiff::SignedDuration;
use schoolbell_domain::brake::{Brake, Facts, brakes};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::ids::HoldId;
use schoolbell_store::read::audience;
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::holds::{self, Hold};
use schoolbell_store::tx::Reads;
use schoolbell_store::write;
use serde_json::json;

use super::audit::tell;
use super::send_broadcast::Sending;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::{Actor, Engine};

/// The same words within this time are sent twice by mistake.
const SAME_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Keeps a hold if something is unlike what the sender does; `None`: it may go. Asked twice, it is the same hold. The
/// operator at the command line is asked for no second look.
pub(super) async fn hold(
    engine: &Engine,
    actor: &Actor,
    sending: &Sending<'_>,
    families: u32,
) -> CommandResult<Option<HoldId>> {
    if actor.user.is_none() {
        return Ok(None);
    }
    let reasons = reasons(engine, sending, families).await?;
    if reasons.is_empty() {
        return Ok(None);
    }
    keep(engine, actor, sending, (reasons, "waits")).await.map(Some)
}

/// What is urgent has left; the reasons stand on the page of holds for whoever looks at it after.
pub(super) async fn look_after(engine: &Engine, actor: &Actor, sending: &Sending<'_>) -> CommandResult<()> {
    let mut reads = engine.db.read().await?;
    let families = audience::households(&mut reads, &sending.draft.audience, 0).await?.len();
    drop(reads);
    let reasons = reasons(engine, sending, u32::try_from(families).unwrap_or(u32::MAX)).await?;
    // A second person was not asked, so nothing is to be said of it; and the night is when emergencies come.
    let told = |reason: &Brake| !matches!(reason, Brake::TwoPeople { .. } | Brake::OutOfHours { .. });
    let reasons: Vec<Brake> = reasons.into_iter().filter(told).collect();
    if !reasons.is_empty() {
        keep(engine, actor, sending, (reasons, "after")).await?;
    }
    Ok(())
}

async fn reasons(engine: &Engine, sending: &Sending<'_>, families: u32) -> CommandResult<Vec<Brake>> {
    let mut reads = engine.db.read().await?;
    let district = get_district(&mut reads).await?;
    let facts = Facts {
        families,
        largest: holds::largest_of(&mut reads, sending.by, sending.which.id).await?,
        same: same(&mut reads, engine, sending).await?,
    };
    let (settings, now) = (&district.settings, engine.now());
    Ok(brakes(sending.draft, &facts, (now, &district.time_zone), settings.window(), &settings.brakes))
}

/// Another message with the same words to an audience that shares people: its title, and when it left.
async fn same(
    reads: &mut impl Reads,
    engine: &Engine,
    sending: &Sending<'_>,
) -> CommandResult<Option<(String, jiff::Timestamp)>> {
    let mine = words(&sending.draft.wordings);
    for (_, title, text, at) in holds::sent_since(reads, engine.now() - SAME_WITHIN, sending.which.id).await? {
        // A draft that this program cannot read was written by another; it is compared with nothing.
        let Ok(other) = serde_json::from_str::<Draft>(&text) else { continue };
        let same_people = other.audience == sending.draft.audience || other.owner == sending.draft.owner;
        if same_people && other.attendance_run.is_none() && words(&other.wordings) == mine {
            return Ok(Some((title, at)));
        }
    }
    Ok(None)
}

/// All texts without regard to blanks and case.
fn words(wordings: &[Wording]) -> Vec<String> {
    let texts = wordings
        .iter()
        .flat_map(|wording| [&wording.email_subject, &wording.email_body, &wording.sms_body, &wording.voice_body]);
    texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()).collect()
}

async fn keep(
    engine: &Engine,
    actor: &Actor,
    sending: &Sending<'_>,
    (reasons, state): (Vec<Brake>, &str),
) -> CommandResult<HoldId> {
    let subject = sending.which.id.raw();
    let hold = Hold {
        id: HoldId::from_raw(engine.next_id()),
        kind: "broadcast".to_owned(),
        subject,
        version: sending.which.version,
        digest: sending.digest.map(str::to_owned),
        school: sending.draft.owner,
        category: sending.category.key().to_owned(),
        reasons,
        asked_by: sending.by,
        state: state.to_owned(),
        made_at: engine.now(),
        decided_by: None,
        decided_at: None,
        note: None,
    };
    let id = engine
        .db
        .write("hold a message", async |tx| {
            let known = holds::of_subject(tx, subject).await?;
            if let Some(known) = known.filter(|known| known.state == state && known.version == hold.version) {
                return Ok(known.id);
            }
            write::holds::insert(tx, &hold).await?;
            let detail = json!({ "hold": hold.id, "state": state });
            tell(engine, tx, actor, ("hold_broadcast", &sending.which.id.to_string()), detail).await?;
            Ok::<_, CommandError>(hold.id)
        })
        .await?;
    engine.live.tell(LiveEvent::All);
    Ok(id)
}
