//! What a restored copy holds back: shown on *Now*, decided at `POST /held`.

use axum::extract::State;
use axum::response::Redirect;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::release_held::release_held;
use schoolbell_store::read::instance::{self, Decision, HeldBroadcast};
use schoolbell_store::tx::Reads;

use crate::WebState;
use crate::error::PageResult;
use crate::form::Signed;
use crate::session::Staff;
use crate::times::{TimeElement, counted, grouped};

/// The notice on *Now*.
pub struct Hold {
    pub taken: TimeElement,
    /// "1,204 deliveries".
    pub waiting: String,
    pub broadcasts: Vec<HeldLine>,
    /// "12 invitations and answers"; empty for none.
    pub others: String,
    /// A person decided and it is being carried out.
    pub decided: bool,
    pub may_decide: bool,
    pub csrf: String,
}

pub struct HeldLine {
    pub href: String,
    pub title: String,
    pub what: String,
    pub goes: Option<TimeElement>,
}

/// The notice, for those who may send or decide; `None` when nothing is held.
pub async fn look(reads: &mut impl Reads, staff: &Staff) -> PageResult<Option<Hold>> {
    let may_decide = staff.actor.must(Act::ReleaseHeld, Scope::District).is_ok();
    if !may_decide && !staff.actor.may_somewhere(Act::Compose) {
        return Ok(None);
    }
    let Some(current) = instance::current(reads).await?.filter(|current| current.held) else { return Ok(None) };
    let work = instance::held_work(reads, &current).await?;
    let teller = staff.teller();
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let line = |held: &HeldBroadcast| HeldLine {
        href: format!("/broadcasts/{}", held.id),
        title: held.title.clone(),
        what: if held.send_at.is_some() {
            "scheduled".to_owned()
        } else {
            format!("{} deliveries wait", grouped(count(held.waiting)))
        },
        goes: held.send_at.map(|at| teller.tell(at)),
    };
    Ok(Some(Hold {
        taken: teller.tell(current.backup_at),
        waiting: counted(count(work.deliveries()), "delivery", "deliveries"),
        // What a school may see of others' messages is its own; the whole list is the district's.
        broadcasts: if may_decide { work.broadcasts.iter().map(line).collect() } else { Vec::new() },
        others: if work.other_texts > 0 {
            format!("{} invitations and answers", grouped(count(work.other_texts)))
        } else {
            String::new()
        },
        decided: current.decision.is_some(),
        may_decide,
        csrf: staff.csrf.clone(),
    }))
}

/// `POST /held`: `decision` is `send` or `cancel`.
pub async fn decide(State(state): State<WebState>, form: Signed) -> PageResult<Redirect> {
    let decision = match form.fields.text("decision") {
        "send" => Decision::Send,
        "cancel" => Decision::Cancel,
        other => {
            let sentence = format!("`{other}` is no decision; choose to send what is held, or to give it up");
            return Err(CommandError::bad("decision", sentence).into());
        }
    };
    release_held(&state.engine, &form.staff.actor, decision).await?;
    Ok(Redirect::to("/"))
}
