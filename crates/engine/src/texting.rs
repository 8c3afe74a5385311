//! Two-way texts where the rules meet the rows: whose number may be written to, what the guard says, and what comes in.

use jiff::civil::Date;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, ConsentState, Program};
use schoolbell_domain::conversation::enabled::Ages;
use schoolbell_domain::conversation::guard::{Hit, Known, candidate_names, check, needs_a_human};
use schoolbell_domain::conversation::keyword::Keyword;
use schoolbell_domain::conversation::reply::Speaker;
use schoolbell_domain::conversation::staff_first::{HeldReason, Incoming, Pair, may_receive};
use schoolbell_domain::conversation::text::{Direction, Text};
use schoolbell_domain::ids::{ConsentEventId, PersonId, TextId, UserId};
use schoolbell_domain::people::Address;
use schoolbell_domain::people::name::fold_name;
use schoolbell_domain::permission::{Act, Grant, Role, Scope, can};
use schoolbell_domain::phone::Phone;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::read::sms_contacts::{self, TextStudent};
use schoolbell_store::read::{district, users};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::consent::{self, NewConsentEvent};
use schoolbell_store::write::inbound::NewInbound;
use schoolbell_store::write::text_media::{MediaId, Wanted};
use schoolbell_store::write::texting::NewHeld;
use schoolbell_store::write::threads::{self, Standing};
use schoolbell_store::{StoreResult, Tx, read, write};
use serde_json::json;

use crate::error::{CommandError, CommandResult};
use crate::inbound::{Follows, evidence, number_of};
use crate::post::Note;
use crate::revocation::{self, Revocation};
use crate::{Actor, Engine, alarm, office};

/// A text that came in to one of our texting numbers.
#[derive(Clone, Copy)]
pub(crate) struct Came<'a> {
    pub text: &'a NewInbound,
    pub keyword: Keyword,
    pub number: &'a Phone,
    pub our: &'a str,
}

/// A number of ours as it is kept: E.164 where it is a phone number, a short code as it is.
pub fn our_number(to: &str) -> String {
    let digits = to.chars().filter(char::is_ascii_digit).count();
    match number_of(to) {
        Some(number) if digits >= 10 => number.expose().to_owned(),
        Some(_) | None => to.chars().filter(char::is_ascii_digit).collect(),
    }
}

/// Joins its thread or is held; STOP, START and HELP are honoured either way (B16, B21, LAW-9). Answers what is sent back.
pub(crate) async fn receive(
    engine: &Engine,
    tx: &mut Tx,
    came: &Came<'_>,
    speaker: &Speaker<'_>,
    follows: &mut Follows,
) -> StoreResult<Option<String>> {
    let was = state(tx, came.number).await?;
    let answer = match came.keyword {
        Keyword::OptOut => stop(engine, tx, came, speaker, follows).await?.filter(|_| was != ConsentState::Revoked),
        // "Are you able to log on today?" "Yes": an answer, unless a START after a STOP.
        Keyword::OptIn => start(engine, tx, came, speaker, was).await?,
        Keyword::Help => Some(speaker.help()),
        Keyword::Unclear => None,
    };
    let placed = join_or_hold(engine, tx, came, follows).await?;
    let may_answer = was != ConsentState::Revoked && came.keyword != Keyword::OptOut;
    match (answer, placed) {
        (Some(answer), _) => Ok(Some(answer)),
        (None, Placed::Held(Held::First)) if may_answer => Ok(Some(speaker.held())),
        (None, Placed::Joined(mut thread, Asks::Nothing)) if may_answer => {
            office::answer(engine, tx, (speaker, came.text), &mut thread).await?;
            Ok(None)
        }
        (None, Placed::Held(Held::First | Held::Again) | Placed::Joined(..)) => Ok(None),
    }
}

/// Where a text went.
enum Placed {
    Joined(Box<Standing>, Asks),
    Held(Held),
}

/// Whether the words of a text ask for a person now: no machine answers those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Nothing,
    Human,
}

/// Whether a held text is the first of its pair of numbers: that one is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    First,
    Again,
}

async fn join_or_hold(engine: &Engine, tx: &mut Tx, came: &Came<'_>, follows: &mut Follows) -> StoreResult<Placed> {
    let their = came.number.expose();
    let owners = sms_contacts::owners(tx, their).await?;
    let thread = threads::lock_pair(tx, came.our, their).await?;
    let was = thread.is_some() || threads::was_of_pair(tx, came.our, their).await?;
    let same = |thread: &Standing| {
        owners.iter().any(|(student, person, _)| *student == thread.student && *person == thread.person)
    };
    let pair = Pair {
        staff_sent_first: was,
        on_record: !owners.is_empty(),
        is_same_person: thread.as_ref().is_none_or(same),
        open: thread.is_some(),
    };
    match (may_receive(pair), thread) {
        (Incoming::Joins, Some(mut thread)) => {
            let asks = append(engine, tx, came, &mut thread).await?;
            follows.threads.push(thread.id);
            Ok(Placed::Joined(Box::new(thread), asks))
        }
        (Incoming::Held(reason), _) => {
            hold(engine, tx, came, (reason, owners.first().copied())).await.map(Placed::Held)
        }
        (Incoming::Joins, None) => hold(engine, tx, came, (HeldReason::StaffNotFirst, None)).await.map(Placed::Held),
    }
}

async fn append(engine: &Engine, tx: &mut Tx, came: &Came<'_>, thread: &mut Standing) -> StoreResult<Asks> {
    let detail = json!({ "inbound": came.text.id.to_string(), "from": came.text.from, "media": came.text.media });
    let text = Text {
        id: TextId::from_raw(engine.next_id()),
        conversation: thread.id,
        direction: Direction::In,
        author: String::new(),
        // PostgreSQL refuses NUL, and the seal must be of what is kept.
        body: came.text.body.replace('\0', "\u{fffd}"),
        at: came.text.received_at,
        detail: detail.to_string(),
    };
    let needs_human = needs_a_human(&text.body);
    threads::append(tx, thread, &text, needs_human).await?;
    for (place, address) in (0..).zip(&came.text.media) {
        let id = MediaId { inbound: came.text.id, place };
        let (gateway, address) = (came.text.gateway.clone(), address.clone());
        let wanted = Wanted { id, thread: thread.id, gateway, address, tries: 0 };
        write::text_media::want(tx, &wanted, engine.now()).await?;
    }
    if needs_human {
        alarm::raise(engine, tx, thread.id, text.id).await?;
        return Ok(Asks::Human);
    }
    Ok(Asks::Nothing)
}

async fn hold(
    engine: &Engine,
    tx: &mut Tx,
    came: &Came<'_>,
    (reason, owner): (HeldReason, Option<(PersonId, PersonId, schoolbell_domain::ids::SchoolId)>),
) -> StoreResult<Held> {
    let from = came.number.expose();
    let again = write::texting::was_answered(tx, from, came.our).await?;
    let held = NewHeld {
        inbound: came.text.id,
        from: from.to_owned(),
        to: came.our.to_owned(),
        reason,
        answered: !again,
        student: owner.map(|(student, ..)| student),
        school: owner.map(|(.., school)| school),
        held_at: engine.now(),
    };
    write::texting::hold(tx, &held).await?;
    Ok(if again { Held::Again } else { Held::First })
}

/// STOP in a thread closes as far as the policy says, like any other.
async fn stop(
    engine: &Engine,
    tx: &mut Tx,
    came: &Came<'_>,
    speaker: &Speaker<'_>,
    follows: &mut Follows,
) -> StoreResult<Option<String>> {
    let evidence = evidence(came.text);
    let said = Revocation {
        kind: ConsentEventKind::Stopped,
        heard_in: Program::Texting,
        actor: "family",
        evidence: &evidence,
    };
    revocation::close(engine, tx, came.number, said, &mut follows.moves).await?;
    Ok(Some(speaker.stopped()))
}

/// START after a STOP opens the threads again.
async fn start(
    engine: &Engine,
    tx: &mut Tx,
    came: &Came<'_>,
    speaker: &Speaker<'_>,
    was: ConsentState,
) -> StoreResult<Option<String>> {
    let says_start = ["start", "unstop"].iter().any(|word| came.text.body.to_lowercase().contains(word));
    if was != ConsentState::Revoked || !says_start {
        return Ok(None);
    }
    let event = NewConsentEvent {
        number: came.number.expose().to_owned(),
        program: Program::Texting,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind: ConsentEventKind::OptedIn,
            at: engine.now(),
            actor: "family".to_owned(),
            evidence: evidence(came.text),
        },
    };
    consent::record(tx, &[event]).await?;
    let number = Address::Phone(came.number.clone());
    engine.halted.lift(&number);
    engine.post.put(&Note::Lift(number));
    Ok(Some(speaker.reopened()))
}

async fn state(tx: &mut Tx, number: &Phone) -> StoreResult<ConsentState> {
    let states = read::consent::states(tx, Program::Texting, &[number.expose()]).await?;
    Ok(states.get(number.expose()).copied().unwrap_or(ConsentState::Unknown))
}

/// The member of the staff on the roster whom a user is: as entered, otherwise by the e-mail they sign in with.
pub async fn staff_person(reads: &mut impl Reads, user: UserId) -> StoreResult<Option<PersonId>> {
    let Some(user) = users::lookup_user(reads, user).await? else { return Ok(None) };
    match user.person {
        Some(person) => Ok(Some(person)),
        None => read::texting::staff_by_email(reads, &user.email).await,
    }
}

/// The student, if the actor may text about them: a teacher those of the own sections, others those of their school.
pub async fn must_text(reads: &mut impl Reads, actor: &Actor, student: PersonId) -> CommandResult<TextStudent> {
    let found = sms_contacts::lookup_student(reads, student)
        .await?
        .ok_or_else(|| CommandError::NotFound(student.to_string()))?;
    let place = Scope::School(found.school);
    actor.must(Act::Text, place)?;
    let others: Vec<Grant> = actor.grants.iter().filter(|grant| grant.role != Role::Teacher).copied().collect();
    if can(&others, Act::Text, place) {
        return Ok(found);
    }
    let person = match actor.user {
        Some(user) => staff_person(reads, user).await?,
        None => None,
    };
    let teaches = match person {
        Some(person) => sms_contacts::teaches(reads, person, student).await?,
        None => false,
    };
    if teaches {
        return Ok(found);
    }
    Err(CommandError::refused("B16", "this student is in none of your sections; ask your office or a supervisor"))
}

/// Whether somebody stands in today for another who is away.
pub async fn covers(reads: &mut impl Reads, engine: &Engine, actor: &Actor, away: UserId) -> StoreResult<bool> {
    let Some(user) = actor.user else { return Ok(false) };
    let (today, _) = today(reads, engine).await?;
    let covers = read::office::covered_by(reads, user, today).await?;
    Ok(covers.iter().any(|cover| cover.user == away))
}

/// What the guard says of a text about a student to one person. Its writer, who is on the roster too, may sign it.
pub async fn guard(
    reads: &mut impl Reads,
    settings: &DistrictSettings,
    student: &TextStudent,
    (to, writer): (PersonId, &str),
    body: &str,
) -> StoreResult<Vec<Hit>> {
    let mut people = sms_contacts::named(reads, student.school, &candidate_names(body)).await?;
    let writer = fold_name(writer);
    people.retain(|one| one.is_student || fold_name(&format!("{} {}", one.given, one.family)) != writer);
    let mut addressed = vec![student.given.clone()];
    addressed.extend(student.contact(to).map(|contact| contact.given.clone()));
    Ok(check(body, &Known { addressed, people }, &settings.texting.own_words))
}

/// How somebody's name stands in texts: as chosen, otherwise the name they sign in with.
pub async fn shown_name(reads: &mut impl Reads, user: UserId) -> StoreResult<String> {
    let profile = read::texting::profile(reads, user).await?;
    if !profile.shown_name.trim().is_empty() {
        return Ok(profile.shown_name);
    }
    Ok(users::lookup_user(reads, user).await?.map(|user| user.name).unwrap_or_default())
}

/// The name of whoever signed in, as it stands under what they enter.
pub(crate) async fn name_of(reads: &mut impl Reads, actor: &Actor) -> StoreResult<String> {
    let Some(user) = actor.user else { return Ok(actor.name.clone()) };
    Ok(users::lookup_user(reads, user).await?.map_or_else(|| actor.name.clone(), |user| user.name))
}

/// Today in the district, and the ages that hold today.
pub async fn today(reads: &mut impl Reads, engine: &Engine) -> StoreResult<(Date, Ages)> {
    let zone = district::lookup_district(reads).await?.map(|district| district.time_zone);
    let today = engine.now().to_zoned(zone.unwrap_or(jiff::tz::TimeZone::UTC)).date();
    Ok((today, sms_contacts::ages(reads, today).await?))
}
