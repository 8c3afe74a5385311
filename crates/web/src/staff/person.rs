//! `/people/{person}`: everything on one person's record, school by school, and what they got.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::{BroadcastId, PersonId, SchoolId};
use schoolbell_domain::people::{ContactRole, PersonKind, Slot};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::invite_again::unconfirmed;
use schoolbell_engine::commands::record_revocation::Said;
use schoolbell_store::read::district::{self, SchoolRow};
use schoolbell_store::read::people_pages::{self, Card, PersonMessage, PointLine, Relative};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::people::kind_words;
use super::revocation::RevocationForm;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, CategoryLook, address, category, channel_icon, delivery_state};
use crate::session::Staff;
use crate::times::{Teller, TimeElement};

const MESSAGES: i64 = 30;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    name: String,
    kind: &'static str,
    kind_icon: &'static str,
    active: bool,
    facts: Vec<(&'static str, String)>,
    relatives_head: &'static str,
    relatives: Vec<RelativeLine>,
    owners: Vec<Owner>,
    /// Where staff may write down that a number asked us to stop.
    revocation: Option<RevocationForm>,
    person: PersonId,
    /// Mobiles whose invitation got lost: whose, as kept, as shown.
    lost_invitations: Vec<(PersonId, String, String)>,
    /// What was just written down.
    noted: Option<&'static str>,
    messages: Vec<MessageLine>,
    last_import: Option<TimeElement>,
}

struct RelativeLine {
    id: PersonId,
    name: String,
    what: String,
    restricted: bool,
}

/// The contact points of one person in the record of one school.
struct Owner {
    name: String,
    school: String,
    school_phone: String,
    differs: bool,
    points: Vec<Point>,
}

struct Point {
    slot: &'static str,
    icon: &'static str,
    address: String,
    extension: Option<String>,
    notes: Vec<Badge>,
}

struct MessageLine {
    broadcast: BroadcastId,
    person: PersonId,
    title: String,
    category: Option<CategoryLook>,
    channel_icon: &'static str,
    channel: &'static str,
    address: String,
    state: Badge,
    why: String,
    at: TimeElement,
}

#[derive(Deserialize)]
pub struct Asked {
    noted: Option<String>,
}

/// `GET /people/{person}`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(person): Path<PersonId>,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let card = people_pages::lookup_card(&mut reads, person).await?.ok_or(PageError::NotFound)?;
    let relatives = people_pages::relatives(&mut reads, &card).await?;
    must_see(&mut reads, &staff, &card, &relatives).await?;
    let schools = district::schools(&mut reads).await?;
    let phones = people_pages::school_phones(&mut reads).await?;
    let teller = staff.teller();
    let mut owners = Vec::new();
    let mut messages = Vec::new();
    let mut known = Vec::new();
    let mut mobiles: Vec<(PersonId, String)> = Vec::new();
    for (id, owner) in owners_of(&card, &relatives) {
        let points = people_pages::points(&mut reads, id).await?;
        owners.extend(by_school(&owner, &points, (&schools, &phones)));
        mobiles
            .extend(points.iter().filter(|point| point.slot == Slot::Mobile).map(|point| (id, point.address.clone())));
        known.extend(points);
        let found = people_pages::messages(&mut reads, id, MESSAGES).await?;
        messages.extend(found.into_iter().map(|message| (message.updated_at, shown(&teller, id, message))));
    }
    let lost_invitations = lost_invitations(&state, &staff, mobiles).await?;
    messages.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let (kind, kind_icon) = kind_words(card.kind);
    let title = name(&card.given, &card.family);
    html(&PersonPage {
        frame: Frame::new(&staff, Place::Students, title.clone()),
        name: title,
        kind,
        kind_icon,
        active: card.active,
        facts: facts(&card, &schools),
        relatives_head: if card.kind == PersonKind::Student { "Contacts" } else { "Students" },
        relatives: relatives.iter().map(|relative| relative_line(relative, card.kind, &schools)).collect(),
        owners,
        revocation: staff.actor.may_somewhere(Act::RecordRevocation).then(|| RevocationForm::of(&known)).flatten(),
        lost_invitations,
        person,
        noted: match asked.noted.as_deref() {
            Some("invited") => Some("The invitation goes out once more"),
            noted => noted.and_then(Said::from_word).map(Said::plain),
        },
        messages: messages.into_iter().map(|(_, line)| line).take(30).collect(),
        last_import: people_pages::last_import(&mut reads).await?.map(|at| teller.tell(at)),
    })
}

/// Invitations that staff may send once more: each number once.
async fn lost_invitations(
    state: &WebState,
    staff: &Staff,
    mut mobiles: Vec<(PersonId, String)>,
) -> PageResult<Vec<(PersonId, String, String)>> {
    if mobiles.is_empty() || !staff.actor.may_somewhere(Act::RecordRevocation) {
        return Ok(Vec::new());
    }
    let numbers: Vec<&str> = mobiles.iter().map(|(_, number)| number.as_str()).collect();
    let lost = unconfirmed(&state.engine, &numbers).await?;
    mobiles.retain(|(_, number)| lost.contains(number));
    mobiles.dedup_by(|one, other| one.1 == other.1);
    Ok(mobiles.into_iter().map(|(owner, number)| (owner, number.clone(), address(&number))).collect())
}

/// Whose contact points stand on the page: the person's own, and on a student's page those of the contacts too.
pub fn owners_of(card: &Card, relatives: &[Relative]) -> Vec<(PersonId, String)> {
    let mut owners = vec![(card.person, name(&card.given, &card.family))];
    if card.kind == PersonKind::Student {
        owners.extend(relatives.iter().map(|relative| (relative.person, name(&relative.given, &relative.family))));
    }
    owners
}

/// A record is seen by those who may see people in any school that it belongs to.
pub async fn must_see(reads: &mut impl Reads, staff: &Staff, card: &Card, relatives: &[Relative]) -> PageResult<()> {
    let places: Vec<SchoolId> = match card.kind {
        PersonKind::Student => card.school.into_iter().collect(),
        PersonKind::Guardian => relatives.iter().filter_map(|relative| relative.school).collect(),
        PersonKind::Staff => people_pages::staff_schools(reads, card.person).await?,
    };
    let scopes = places.into_iter().map(Scope::School).chain([Scope::District]);
    let mut answer = Err(PageError::NotFound);
    for scope in scopes {
        match staff.actor.must(Act::SeePeople, scope) {
            Ok(()) => return Ok(()),
            Err(no) => answer = Err(no.into()),
        }
    }
    answer
}

fn facts(card: &Card, schools: &[SchoolRow]) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |name, value: &str| {
        if !value.is_empty() {
            facts.push((name, value.to_owned()));
        }
    };
    add("School", &card.school.map(|school| school_name(schools, school)).unwrap_or_default());
    add("Grade", &card.grade);
    add("Student number", &card.number);
    add("Title", card.title.as_deref().unwrap_or(""));
    add("Bus, morning", card.bus_am.as_deref().unwrap_or(""));
    add("Bus, afternoon", card.bus_pm.as_deref().unwrap_or(""));
    add("Language", &card.language);
    add("Roster id", &card.source_id);
    facts
}

fn relative_line(relative: &Relative, of: PersonKind, schools: &[SchoolRow]) -> RelativeLine {
    let role = match relative.role {
        ContactRole::Main => "main contact",
        ContactRole::Secondary => "secondary contact",
        ContactRole::Other => "other contact, not alerted",
    };
    let mut what = match (of, relative.school) {
        (PersonKind::Guardian, Some(school)) => format!("{role} at {}", school_name(schools, school)),
        (PersonKind::Student | PersonKind::Guardian | PersonKind::Staff, _) => role.to_owned(),
    };
    if !relative.relation.is_empty() {
        what = format!("{}, {what}", relative.relation);
    }
    RelativeLine {
        id: relative.person,
        name: name(&relative.given, &relative.family),
        what,
        restricted: relative.custody_restricted,
    }
}

/// Points arrive by school. A contact whose schools hold different values is told so (A20).
fn by_school(
    owner: &str,
    points: &[PointLine],
    (schools, phones): (&[SchoolRow], &[(SchoolId, String)]),
) -> Vec<Owner> {
    let values = |school: SchoolId| -> Vec<(Slot, &str)> {
        points.iter().filter(|point| point.school == school).map(|point| (point.slot, point.address.as_str())).collect()
    };
    let mut ids: Vec<SchoolId> = points.iter().map(|point| point.school).collect();
    ids.dedup();
    let differs = ids.iter().any(|school| values(*school) != values(ids[0]));
    ids.iter()
        .map(|school| Owner {
            name: owner.to_owned(),
            school: school_name(schools, *school),
            school_phone: phones
                .iter()
                .find(|(id, _)| id == school)
                .map(|(_, phone)| address(phone))
                .unwrap_or_default(),
            differs,
            points: points.iter().filter(|point| point.school == *school).map(point).collect(),
        })
        .collect()
}

fn point(line: &PointLine) -> Point {
    let mut notes = Vec::new();
    match line.suppression {
        Some(Suppression::Dead) => notes.push(Badge { tone: "bell", icon: "circle-alert", words: "Does not work" }),
        Some(Suppression::Complaint) => {
            notes.push(Badge { tone: "bell", icon: "ban", words: "Marked our mail as unwanted" });
        }
        Some(Suppression::Denied) => notes.push(Badge { tone: "bell", icon: "ban", words: "Never dialled" }),
        None => {}
    }
    if line.calls_revoked {
        notes.push(Badge { tone: "", icon: "ban", words: "Asked not to be called" });
    }
    if line.slot == Slot::Mobile {
        notes.push(match line.consent {
            ConsentState::OptedIn => Badge { tone: "ok", icon: "check", words: "Texts: yes" },
            ConsentState::Revoked => Badge { tone: "", icon: "ban", words: "Texts: stopped" },
            ConsentState::Invited => Badge { tone: "", icon: "clock", words: "Texts: invited" },
            ConsentState::Provided | ConsentState::Unknown => Badge { tone: "", icon: "info", words: "Texts: not yet" },
        });
    }
    Point {
        slot: line.slot.plain(),
        icon: if line.slot.is_phone() { "phone" } else { "mail" },
        address: address(&line.address),
        extension: line.extension.clone(),
        notes,
    }
}

fn shown(teller: &Teller, person: PersonId, message: PersonMessage) -> MessageLine {
    MessageLine {
        broadcast: message.broadcast,
        person,
        title: message.title,
        category: message.category.map(category),
        channel_icon: channel_icon(message.channel),
        channel: message.channel.plain(),
        address: message.address.map(|stored| address(&stored)).unwrap_or_default(),
        state: delivery_state(message.state.kind()),
        why: super::reasons::why(message.state),
        at: teller.tell(message.updated_at),
    }
}

fn school_name(schools: &[SchoolRow], school: SchoolId) -> String {
    schools.iter().find(|row| row.id == school).map_or_else(|| school.to_string(), |row| row.name.clone())
}

fn name(given: &str, family: &str) -> String {
    format!("{given} {family}").trim().to_owned()
}
