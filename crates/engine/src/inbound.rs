//! Texts that came in: kept first, then handled. YES opens, STOP closes at once, HELP answers (A25-A28, LAW-9 to 13, 20).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, ConsentState, Program};
use schoolbell_domain::conversation::keyword::{Keyword, classify};
use schoolbell_domain::conversation::reply::Speaker;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::ids::{ConsentEventId, ContentId, ConversationId, DeliveryId, OriginId};
use schoolbell_domain::people::Address;
use schoolbell_domain::phone::Phone;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_gateways::HeardText;
use schoolbell_store::read::district;
use schoolbell_store::write::consent::{self, NewConsentEvent};
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_REPLY};
use schoolbell_store::write::inbound::{self as texts, NewInbound};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::write::threads;
use schoolbell_store::{StoreError, StoreResult, Tx, read};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::attendance::answer;
use crate::live::LiveEvent;
use crate::post::Note;
use crate::revocation::{self, Revocation};
use crate::survey::by_text as survey;
use crate::texting::{self, Came};
use crate::{Engine, Queue};

const POLL: Duration = Duration::from_secs(1);
/// Texts handled in one transaction.
const BATCH: i64 = 50;
/// A reply later than this is of no use; the confirmation of STOP must go within five minutes (LAW-13).
const REPLY_EXPIRES_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// More keywords from one number in an hour come from a machine that answers ours: it gets silence.
const MOST_KEYWORDS_AN_HOUR: i64 = 10;

/// Handles texts until `stop`.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let mut hints = engine.wake.listen(Queue::Inbound);
    while !stop.is_cancelled() {
        match handle_waiting(&engine, BATCH).await {
            Ok(0) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = hints.wait(POLL) => {}
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "texts that came in were not handled and are tried again");
                stop.run_until_cancelled(tokio::time::sleep(POLL)).await.unwrap_or(());
            }
        }
    }
}

/// Handles all that waits, before a gateway is fed: a STOP in it counts from the first text on.
pub(crate) async fn drain(engine: &Engine) {
    loop {
        match handle_waiting(engine, BATCH).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "texts that came in were not handled and are tried again");
                return;
            }
        }
    }
}

/// Handles what waits, at most `most` texts; answers how many.
async fn handle_waiting(engine: &Engine, most: i64) -> StoreResult<usize> {
    if !read::inbound::is_waiting(&mut engine.db.read().await?).await? {
        return Ok(0);
    }
    let handled = engine
        .db
        .write("handle texts", async |tx| {
            let settings = district::lookup_district(tx).await?.map(|district| district.settings).unwrap_or_default();
            let mut follows = Follows::default();
            let waiting = texts::lock_unhandled(tx, most).await?;
            for text in &waiting {
                handle(engine, tx, &settings, text, &mut follows).await?;
            }
            tallies::apply(tx, &follows.moves).await?;
            Ok::<_, StoreError>((waiting.len(), follows))
        })
        .await;
    let (count, follows) = handled?;
    engine.touched.touch(follows.moves.origins());
    for thread in follows.threads {
        engine.live.tell(LiveEvent::Thread(thread));
    }
    engine.live.tell(LiveEvent::Inbound);
    engine.wake.now(Queue::Deliveries);
    Ok(count)
}

/// What follows from a batch of texts, beside the rows.
#[derive(Default)]
pub(crate) struct Follows {
    pub moves: Moves,
    /// Threads that have a text more.
    pub threads: Vec<ConversationId>,
}

async fn handle(
    engine: &Engine,
    tx: &mut Tx,
    settings: &DistrictSettings,
    text: &NewInbound,
    follows: &mut Follows,
) -> StoreResult<()> {
    let now = engine.now();
    let keyword = classify(&text.body);
    texts::handled(tx, text.id, Some(keyword.word()), now).await?;
    let Some(number) = number_of(&text.from) else { return Ok(()) };
    let our = texting::our_number(&text.to);
    let is_texting = read::texting::is_ours(tx, &our).await?;
    let recent = texts::recent_keywords(tx, &text.from, now - SignedDuration::from_hours(1)).await?;
    let short_code = if settings.short_code.is_empty() { &text.to } else { &settings.short_code };
    let help_contact = if settings.help_contact.is_empty() { "your school" } else { &settings.help_contact };
    let speaker = Speaker { program: &settings.program_name, help_contact, short_code };
    if is_texting {
        let came = Came { text, keyword, number: &number, our: &our };
        let answer = texting::receive(engine, tx, &came, &speaker, follows).await?;
        return match answer {
            Some(answer) if recent <= MOST_KEYWORDS_AN_HOUR => {
                threads::set_sender(tx, OriginId::from(text.id), &our).await?;
                reply(engine, tx, &number, text, answer).await
            }
            Some(_) | None => Ok(()),
        };
    }
    let answer = match keyword {
        Keyword::OptOut => opt_out(engine, tx, &speaker, (&number, text), &mut follows.moves).await?,
        // "Yes" to a question is no consent; the number has given it long since.
        Keyword::OptIn
            if state(tx, &number).await? == ConsentState::OptedIn
                && survey::awaits_yes(engine, tx, &number).await? =>
        {
            survey::by_text(engine, tx, &number, &text.body).await?
        }
        Keyword::OptIn => opt_in(engine, tx, &speaker, (&number, text)).await?,
        Keyword::Help => Some(speaker.help()),
        Keyword::Unclear => match answer::by_text(engine, tx, &number, text).await? {
            None => survey::by_text(engine, tx, &number, &text.body).await?,
            answer => answer,
        },
    };
    match answer {
        Some(answer) if recent <= MOST_KEYWORDS_AN_HOUR => reply(engine, tx, &number, text, answer).await,
        Some(_) | None => Ok(()),
    }
}

/// A STOP holds back what is on its way to its number, whichever node will handle it.
pub(crate) fn halt_at_once(engine: &Engine, heard: &HeardText) {
    if classify(&heard.body) == Keyword::OptOut
        && let Some(number) = number_of(&heard.from)
    {
        halt(engine, &number);
    }
}

/// Here and, by a note, on the nodes that have other gateways.
pub(crate) fn halt(engine: &Engine, number: &Phone) {
    let number = Address::Phone(number.clone());
    engine.halted.halt(number.clone());
    engine.post.put(&Note::Halt(number));
}

/// E.164, also where the carrier leaves the `+` or the country's 1 away.
pub(crate) fn number_of(from: &str) -> Option<Phone> {
    let digits: String = from.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        10 => Phone::from_e164(&format!("+1{digits}")),
        _ => Phone::from_e164(&format!("+{digits}")),
    }
}

/// STOP: as far as the policy says, at once. One confirmation, then silence.
async fn opt_out(
    engine: &Engine,
    tx: &mut Tx,
    speaker: &Speaker<'_>,
    (number, text): (&Phone, &NewInbound),
    moves: &mut Moves,
) -> StoreResult<Option<String>> {
    let was = state(tx, number).await?;
    let evidence = evidence(text);
    let said =
        Revocation { kind: ConsentEventKind::Stopped, heard_in: Program::Alerts, actor: "family", evidence: &evidence };
    revocation::close(engine, tx, number, said, moves).await?;
    Ok((was != ConsentState::Revoked).then(|| speaker.stopped()))
}

/// YES: opens the alerts, if the number is on any record (A26).
async fn opt_in(
    engine: &Engine,
    tx: &mut Tx,
    speaker: &Speaker<'_>,
    (number, text): (&Phone, &NewInbound),
) -> StoreResult<Option<String>> {
    if !texts::is_on_file(tx, number.expose()).await? {
        return Ok(Some(speaker.not_on_file()));
    }
    let yes = NewConsentEvent {
        number: number.expose().to_owned(),
        program: Program::Alerts,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind: ConsentEventKind::OptedIn,
            at: engine.now(),
            actor: "family".to_owned(),
            evidence: evidence(text),
        },
    };
    consent::record(tx, &[yes]).await?;
    let number = Address::Phone(number.clone());
    engine.halted.lift(&number);
    engine.post.put(&Note::Lift(number));
    Ok(Some(speaker.opted_in()))
}

async fn state(tx: &mut Tx, number: &Phone) -> StoreResult<ConsentState> {
    let states = read::consent::states(tx, Program::Alerts, &[number.expose()]).await?;
    Ok(states.get(number.expose()).copied().unwrap_or(ConsentState::Unknown))
}

/// Number, time and program stand in the entry; this is the rest of A25.
pub(crate) fn evidence(text: &NewInbound) -> String {
    json!({
        "text": text.body, "message": text.id.to_string(), "gateway": text.gateway, "to": text.to,
        "received_at": text.received_at.to_string(), "media": text.media,
    })
    .to_string()
}

/// The fixed answer, as a delivery of its own; handled twice, it is still one.
async fn reply(engine: &Engine, tx: &mut Tx, number: &Phone, text: &NewInbound, body: String) -> StoreResult<()> {
    let now: Timestamp = engine.now();
    // A text from before a restore: the original may have answered it.
    let not_before = read::instance::held_if_older(tx, text.received_at).await?.unwrap_or(now);
    let origin = OriginId::from(text.id);
    let rendering = NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Sms,
        language: schoolbell_domain::language::Language::default(),
        subject: String::new(),
        body,
        html: None,
        segments: 1,
    };
    let content = content::intern(tx, origin, &[rendering]).await?;
    let row = NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin,
        origin_kind: OriginKind::System,
        channel: Channel::Sms,
        person: None,
        contact_point: None,
        school: None,
        address: Some(Address::Phone(number.clone())),
        merge_group: 0,
        children: Vec::new(),
        content: content.first().copied(),
        basis: Some(Basis::Answer),
        opening: Opening::Queued { not_before },
        priority: PRIORITY_REPLY,
        urgent: false,
        expires_at: text.received_at + REPLY_EXPIRES_AFTER,
        created_at: now,
    };
    deliveries::insert(tx, &[row]).await.map(drop)
}
