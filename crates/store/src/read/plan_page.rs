//! Whole households with everything that the plan asks about them: the hottest read of all.
//!
//! A handful of set statements a page, none of them by person. [`Needs`] holds what is the same for every page.

use std::collections::HashMap;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use schoolbell_domain::audience::{Audience, AudienceRule, Membership};
use schoolbell_domain::category::{Category, LawBasis};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_domain::delivery::plan::{Page, Person, Point, PreferenceKey, Relationship};
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::window::SendWindow;
use schoolbell_domain::ids::{ContactPointId, ListId, PersonId, SchoolId, SectionId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::{Address, ContactRole, PersonKind, Slot};

use super::district;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::{Reads, Tx};

/// Households of a page: the size whose statements stay prepared.
pub const HOUSEHOLDS: usize = 500;
const CHUNK: usize = rows_that_fit(1, HOUSEHOLDS);

/// What is asked of every page alike.
#[derive(Debug, Clone)]
pub struct Needs {
    category: Category,
    /// Only classes and lists that the audience names are read: nobody else's matter.
    sections: Vec<SectionId>,
    lists: Vec<ListId>,
    /// Calls that the family did not agree to are counted where the law counts them (LAW-5).
    exempt_calls_since: Option<i64>,
    /// Whether the app is asked for.
    apps: bool,
    zones: HashMap<SchoolId, TimeZone>,
}

statements! {
    /// A language that somebody chose himself counts before the record's (LAW-56).
    PEOPLE = "SELECT person.id, person.kind, person.household, COALESCE(person_choice.language, person.language), student.school_id, student.grade, \
        student.bus_am, student.bus_pm, person_choice.general_opens, person_choice.general_closes FROM person LEFT JOIN student ON student.person_id = person.id \
        LEFT JOIN person_choice ON person_choice.person_id = person.id \
        WHERE person.household IN {list@1} AND person.active";
    STAFF_SCHOOLS = "SELECT staff_school.person_id, staff_school.school_id FROM person \
        JOIN staff_school ON staff_school.person_id = person.id \
        WHERE person.household IN {list@1} AND person.kind = 3 AND person.active AND staff_school.active";
    RELATIONSHIPS = "SELECT relationship.guardian_id, relationship.student_id, relationship.role, \
        relationship.custody_restricted FROM person JOIN relationship ON relationship.student_id = person.id \
        JOIN person guardian ON guardian.id = relationship.guardian_id \
        WHERE person.household IN {list@1} AND person.active AND relationship.active AND guardian.active";
    POINTS = "SELECT contact_point.id, contact_point.person_id, contact_point.school_id, contact_point.slot, \
        contact_point.address FROM person JOIN contact_point ON contact_point.person_id = person.id \
        WHERE person.household IN {list@1} AND person.active AND contact_point.active";
    PREFERENCES = "SELECT preference.guardian_id, preference.student_id, preference.contact_point_id, \
        preference.channel, preference.wanted FROM person JOIN preference ON preference.student_id = person.id \
        AND preference.category = $1 WHERE person.household IN {list@2} AND person.active";
    CONSENT = "SELECT DISTINCT consent.number, consent.program, consent.state FROM person \
        JOIN contact_point ON contact_point.person_id = person.id AND contact_point.slot <> 6 \
        JOIN consent ON consent.number = contact_point.address \
        WHERE person.household IN {list@1} AND person.active AND contact_point.active";
    SUPPRESSIONS = "SELECT DISTINCT suppression.address, suppression.channel, suppression.kind FROM person \
        JOIN contact_point ON contact_point.person_id = person.id \
        JOIN suppression ON suppression.address = contact_point.address \
        WHERE person.household IN {list@1} AND person.active AND contact_point.active";
    APPS = "SELECT DISTINCT push_subscription.email FROM person \
        JOIN contact_point ON contact_point.person_id = person.id AND contact_point.slot = 6 \
        JOIN push_subscription ON push_subscription.email = contact_point.address \
        WHERE person.household IN {list@1} AND person.active AND contact_point.active";
    EXEMPT_CALLS = "SELECT delivery.address, COUNT(*) FROM person JOIN delivery ON delivery.person_id = person.id \
        WHERE delivery.channel = 1 AND delivery.basis = 'exempt' AND delivery.state IN (2, 3, 4, 5, 7, 9) \
        AND delivery.created_at > $1 AND person.household IN {list@2} GROUP BY delivery.address";
    SECTIONS = "SELECT enrollment.section_id, enrollment.person_id FROM enrollment \
        JOIN person ON person.id = enrollment.person_id WHERE enrollment.section_id = $1 \
        AND enrollment.role = 'student' AND enrollment.active AND person.household IN {list@2}";
    LISTS = "SELECT saved_list_member.list_id, saved_list_member.person_id FROM saved_list_member \
        JOIN person ON person.id = saved_list_member.person_id WHERE saved_list_member.list_id = $1 \
        AND person.household IN {list@2}";
    HOUSEHOLD_OF = "SELECT household FROM person WHERE id = $1";
}

type Text = Option<String>;
type PersonRow = (i64, i64, i64, String, Option<i64>, Text, Text, Text, Text, Text);

impl Needs {
    /// Reads what every page shares: the zones, and which classes and lists the audience names.
    ///
    /// `exempt_since_ms`: 30 days before the instant of Send.
    pub async fn of(
        reads: &mut impl Reads,
        category: Category,
        audience: &Audience,
        channels: &[Channel],
        exempt_since_ms: i64,
    ) -> StoreResult<Self> {
        let district = district::get_district(reads).await?;
        let mut zones = HashMap::new();
        for school in district::schools(reads).await? {
            let zone = match school.time_zone {
                Some(name) => TimeZone::get(&name).map_err(|error| damaged(school.id, error))?,
                None => district.time_zone.clone(),
            };
            zones.insert(school.id, zone);
        }
        let (mut sections, mut lists) = (Vec::new(), Vec::new());
        for rule in audience.include.iter().chain(&audience.except) {
            match rule {
                AudienceRule::Section { section } => sections.push(*section),
                AudienceRule::List { list } => lists.push(*list),
                AudienceRule::District
                | AudienceRule::School { .. }
                | AudienceRule::Grade { .. }
                | AudienceRule::BusRoute { .. }
                | AudienceRule::People { .. }
                | AudienceRule::Staff { .. } => {}
            }
        }
        sections.sort_unstable();
        sections.dedup();
        lists.sort_unstable();
        lists.dedup();
        let counts = category.rule().law_basis == LawBasis::NumberProvided && channels.contains(&Channel::Voice);
        let apps = channels.contains(&Channel::Push);
        Ok(Self { category, sections, lists, exempt_calls_since: counts.then_some(exempt_since_ms), apps, zones })
    }
}

/// The people of these households, at most [`HOUSEHOLDS`] at a time, with everything that the plan asks.
pub async fn load(reads: &mut impl Reads, needs: &Needs, households: &[i64]) -> StoreResult<Page> {
    let tx = reads.tx();
    let mut page = Page { zones: needs.zones.clone(), ..Page::default() };
    for chunk in households.chunks(CHUNK) {
        people(tx, needs, chunk, &mut page).await?;
        relationships(tx, chunk, &mut page).await?;
        points(tx, chunk, &mut page).await?;
        preferences(tx, needs, chunk, &mut page).await?;
        permissions(tx, needs, chunk, &mut page).await?;
    }
    Ok(page)
}

async fn people(tx: &mut Tx, needs: &Needs, chunk: &[i64], page: &mut Page) -> StoreResult<()> {
    let rows = fetch_set!(tx, PersonRow, PEOPLE, [], chunk, |query, id| query.bind(*id))?;
    let mut staff = of_person(fetch_set!(tx, (i64, i64), STAFF_SCHOOLS, [], chunk, |query, id| query.bind(*id))?);
    let mut sections = HashMap::<i64, Vec<i64>>::new();
    for section in &needs.sections {
        let found = fetch_set!(tx, (i64, i64), SECTIONS, [section.raw()], chunk, |query, id| query.bind(*id))?;
        for (section, person) in found {
            sections.entry(person).or_default().push(section);
        }
    }
    let mut lists = HashMap::<i64, Vec<i64>>::new();
    for list in &needs.lists {
        let found = fetch_set!(tx, (i64, i64), LISTS, [list.raw()], chunk, |query, id| query.bind(*id))?;
        for (list, person) in found {
            lists.entry(person).or_default().push(list);
        }
    }
    for (id, kind, household, language, school, grade, bus_am, bus_pm, opens, closes) in rows {
        let person = PersonId::from_raw(id);
        if let (Some(opens), Some(closes)) = (opens, closes) {
            page.hours.insert(person, hours(&opens, &closes).ok_or_else(|| damaged(person, "the hours it chose"))?);
        }
        let kind = PersonKind::from_code(kind).ok_or_else(|| damaged(person, "its kind"))?;
        let mut schools: Vec<SchoolId> = school.map(SchoolId::from_raw).into_iter().collect();
        schools.extend(staff.remove(&id).unwrap_or_default().into_iter().map(SchoolId::from_raw));
        let ids = |of: &mut HashMap<i64, Vec<i64>>| of.remove(&id).unwrap_or_default();
        let membership = Membership {
            person,
            kind,
            schools,
            grade: grade.unwrap_or_default(),
            sections: ids(&mut sections).into_iter().map(SectionId::from_raw).collect(),
            routes: bus_am.into_iter().chain(bus_pm).collect(),
            lists: ids(&mut lists).into_iter().map(ListId::from_raw).collect(),
        };
        page.people.push(Person { household, language: Language::of(&language), membership });
    }
    Ok(())
}

async fn relationships(tx: &mut Tx, chunk: &[i64], page: &mut Page) -> StoreResult<()> {
    let rows = fetch_set!(tx, (i64, i64, i64, bool), RELATIONSHIPS, [], chunk, |query, id| query.bind(*id))?;
    for (guardian, student, role, custody_restricted) in rows {
        let student = PersonId::from_raw(student);
        let role = ContactRole::from_code(role).ok_or_else(|| damaged(student, "a contact's role"))?;
        let guardian = PersonId::from_raw(guardian);
        page.relationships.push(Relationship { guardian, student, role, custody_restricted });
    }
    Ok(())
}

async fn points(tx: &mut Tx, chunk: &[i64], page: &mut Page) -> StoreResult<()> {
    let rows = fetch_set!(tx, (i64, i64, i64, i64, String), POINTS, [], chunk, |query, id| query.bind(*id))?;
    for (id, person, school, slot, address) in rows {
        let id = ContactPointId::from_raw(id);
        page.points.push(Point {
            id,
            person: PersonId::from_raw(person),
            school: SchoolId::from_raw(school),
            slot: Slot::from_code(slot).ok_or_else(|| damaged(id, "its slot"))?,
            address: Address::from_stored(&address).ok_or_else(|| damaged(id, "its address"))?,
        });
    }
    Ok(())
}

async fn preferences(tx: &mut Tx, needs: &Needs, chunk: &[i64], page: &mut Page) -> StoreResult<()> {
    let key = needs.category.key();
    let rows = fetch_set!(tx, (i64, i64, i64, i64, bool), PREFERENCES, [key], chunk, |query, id| query.bind(*id))?;
    for (guardian, student, point, channel, wanted) in rows {
        let key = PreferenceKey {
            guardian: PersonId::from_raw(guardian),
            student: PersonId::from_raw(student),
            point: ContactPointId::from_raw(point),
            channel: Channel::from_code(channel)
                .ok_or_else(|| damaged(PersonId::from_raw(student), "a choice's channel"))?,
        };
        page.preferences.insert(key, wanted);
    }
    Ok(())
}

/// Consent and what the network told us.
async fn permissions(tx: &mut Tx, needs: &Needs, chunk: &[i64], page: &mut Page) -> StoreResult<()> {
    let rows = fetch_set!(tx, (String, String, String), CONSENT, [], chunk, |query, id| query.bind(*id))?;
    for (number, program, state) in rows {
        let (Some(address), Some(program), Some(state)) =
            (Address::from_stored(&number), Program::from_word(&program), ConsentState::from_word(&state))
        else {
            return Err(damaged("consent", "a state or program"));
        };
        match program {
            Program::Alerts => page.text_consent.insert(address, state),
            Program::Voice => page.voice_consent.insert(address, state),
            Program::EmergencyCalls => page.emergency_consent.insert(address, state),
            Program::Texting => None,
        };
    }
    let rows = fetch_set!(tx, (String, i64, i64), SUPPRESSIONS, [], chunk, |query, id| query.bind(*id))?;
    for (address, channel, kind) in rows {
        let (Some(address), Some(channel), Some(kind)) =
            (Address::from_stored(&address), Channel::from_code(channel), Suppression::from_code(kind))
        else {
            return Err(damaged("suppression", "a channel or kind"));
        };
        page.suppressions.insert((address, channel), kind);
    }
    if needs.apps {
        let rows = fetch_set!(tx, (String,), APPS, [], chunk, |query, id| query.bind(*id))?;
        page.apps.extend(rows.iter().filter_map(|(email,)| Address::from_stored(email)));
    }
    if let Some(since) = needs.exempt_calls_since {
        let rows = fetch_set!(tx, (Option<String>, i64), EXEMPT_CALLS, [since], chunk, |query, id| query.bind(*id))?;
        for (address, count) in rows {
            if let Some(address) = address.as_deref().and_then(Address::from_stored) {
                page.recent_exempt_calls.insert(address, u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
    }
    Ok(())
}

/// Hours as they are kept: `09:00`.
pub(super) fn hours(opens: &str, closes: &str) -> Option<SendWindow> {
    let time = |text: &str| Time::strptime("%H:%M", text).ok();
    Some(SendWindow { opens: time(opens)?, closes: time(closes)? })
}

/// The household of a person, whole or former; `None` if nobody has this id.
pub async fn household_of(reads: &mut impl Reads, person: PersonId) -> StoreResult<Option<i64>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(HOUSEHOLD_OF).bind(person.raw()).fetch_optional(conn).await)?)
}

fn of_person(rows: Vec<(i64, i64)>) -> HashMap<i64, Vec<i64>> {
    let mut by_person = HashMap::<i64, Vec<i64>>::new();
    for (person, other) in rows {
        by_person.entry(person).or_default().push(other);
    }
    by_person
}

fn damaged(row: impl std::fmt::Display, what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged { row: row.to_string(), what: what.to_string() }
}
