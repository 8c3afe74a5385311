//! A small district, made from a seed: two schools, families with shared phones, custody, consent and dead addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::ids::{ConsentEventId, SchoolId};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::write::gateways::{GatewayEntry, register};
use schoolbell_store::write::roster::{
    EnrollmentRow, PersonRow, PointRow, RelationshipRow, RosterRow, SchoolRow, SectionRow, StaffSchoolRow, StudentRow,
    set_households,
};
use schoolbell_store::{Db, StoreError, Tx};

use crate::commands::create_user::{NewUser, create_user};
use crate::commands::set_up_district::set_up_district;
use crate::{Actor, CommandResult, Engine};

/// The first and the second school.
pub const OAK: SchoolId = SchoolId::from_raw(1);
pub const ELM: SchoolId = SchoolId::from_raw(2);
/// A class of Oak.
pub const HOMEROOM: i64 = 50;

/// A clock that tests move: Wednesday, 2027-01-13, noon in Chicago.
#[derive(Debug)]
pub struct Hands(AtomicI64);

impl Default for Hands {
    fn default() -> Self {
        Self(AtomicI64::new(1_799_863_200))
    }
}

impl Hands {
    pub fn move_by(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A district that is set up, with an engine on it.
pub struct Town {
    pub engine: Engine,
    pub clock: Arc<Hands>,
}

/// Rows of a roster under way.
#[derive(Default)]
struct Rows {
    people: Vec<PersonRow>,
    students: Vec<StudentRow>,
    relationships: Vec<RelationshipRow>,
    points: Vec<PointRow>,
    enrollments: Vec<EnrollmentRow>,
    households: Vec<(i64, i64)>,
    opted_in: Vec<String>,
}

impl Town {
    /// A town of so many families, on this database.
    pub async fn build(db: Db, families: i64) -> CommandResult<Self> {
        let clock = Arc::new(Hands::default());
        let engine = Engine::new(db, Arc::clone(&clock) as Arc<dyn Clock>, 1);
        let settings = DistrictSettings { help_contact: "512-555-0100".to_owned(), ..DistrictSettings::default() };
        set_up_district(&engine, &Actor::command_line(), "Example ISD", "America/Chicago", &settings).await?;
        let town = Self { engine, clock };
        town.fill(families).await?;
        Ok(town)
    }

    async fn fill(&self, families: i64) -> CommandResult<()> {
        let mut rows = Rows::default();
        for family in 0..families {
            rows.family(family);
        }
        let staff = person(9_001, 3, "Sam");
        let engine = &self.engine;
        engine
            .db
            .write("fill the town", async |tx| {
                SchoolRow::upsert(tx, &[school(OAK, "Oak Elementary"), school(ELM, "Elm Middle")]).await?;
                PersonRow::upsert(tx, &rows.people).await?;
                PersonRow::upsert(tx, &[staff]).await?;
                StudentRow::upsert(tx, &rows.students).await?;
                StaffSchoolRow::upsert(tx, &[StaffSchoolRow { person_id: 9_001, school_id: 1, active: true }]).await?;
                RelationshipRow::upsert(tx, &rows.relationships).await?;
                PointRow::upsert(tx, &rows.points).await?;
                PointRow::upsert(tx, &[point((90_010, 9_001, 1), 6, "sam@example.org".to_owned())]).await?;
                SectionRow::upsert(tx, &[homeroom()]).await?;
                EnrollmentRow::upsert(tx, &rows.enrollments).await?;
                set_households(tx, &rows.households).await?;
                let events: Vec<_> = rows.opted_in.iter().map(|number| opt_in(engine, number)).collect();
                record(tx, &events).await?;
                for (name, channel) in [("texts", Channel::Sms), ("mail", Channel::Email), ("calls", Channel::Voice)] {
                    let entry = GatewayEntry { name, channel, kind: "drill", per_second: 10.0, lines: None };
                    register(tx, &entry, engine.now()).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }

    /// Writes to the roster as an import would.
    pub async fn change(&self, body: impl AsyncFnOnce(&mut Tx) -> Result<(), StoreError>) -> CommandResult<()> {
        Ok(self.engine.db.write("change the roster", body).await?)
    }

    /// Somebody with this role in this place.
    pub async fn actor(&self, role: Role, scope: Scope) -> CommandResult<Actor> {
        let grant = Grant { role, scope };
        let email = format!("{}-{}@example.org", role.word(), self.engine.next_id());
        let new = NewUser { name: "Maria Ruiz".to_owned(), email: email.clone(), person: None, grants: vec![grant] };
        let user = create_user(&self.engine, &Actor::command_line(), new).await?;
        Ok(Actor { user: Some(user), name: email, grants: vec![grant] })
    }
}

impl Rows {
    /// One family: one to three children over both schools, one or two contacts, sometimes a grandmother who is no
    /// contact. Every seventh family has a custody restriction, every third has said YES on its mobile.
    fn family(&mut self, family: i64) {
        let id = |n: i64| 1_000 + family * 10 + n;
        let children = 1 + family % 3;
        for child in 0..children {
            let school = 1 + (family + child) % 2;
            self.people.push(person(id(child), 1, ["Ana", "Luis", "Mia"][usize::try_from(child).unwrap_or(0)]));
            self.students.push(student(id(child), school, family));
            self.households.push((id(child), id(0)));
            self.points.push(point((id(child) * 10, id(child), school), 1, phone(family, 0)));
            if school == 1 && family % 4 == 0 {
                let row = EnrollmentRow {
                    section_id: HOMEROOM,
                    person_id: id(child),
                    role: "student".to_owned(),
                    active: true,
                };
                self.enrollments.push(row);
            }
        }
        for guardian in 0..=(family % 2) + i64::from(family % 5 == 0) {
            self.guardian(family, guardian, children);
        }
        if family % 3 == 0 {
            self.opted_in.push(phone(family, 1));
        }
    }

    fn guardian(&mut self, family: i64, guardian: i64, children: i64) {
        let id = |n: i64| 1_000 + family * 10 + n;
        let me = id(5 + guardian);
        self.people.push(person(me, 2, "Pat"));
        self.households.push((me, id(0)));
        for child in 0..children {
            let restricted = guardian == 1 && family % 7 == 0 && child == 0;
            self.relationships.push(relationship((me, id(child)), guardian + 1, restricted));
        }
        let mut schools: Vec<i64> = (0..children).map(|child| 1 + (family + child) % 2).collect();
        schools.sort_unstable();
        schools.dedup();
        for school in schools {
            // The second contact of every other family has the first one's mobile.
            let mobile = if guardian == 1 && family % 4 == 1 { 1 } else { 1 + guardian };
            self.points.push(point((me * 10 + school, me, school), 4, phone(family, mobile)));
            self.points.push(point((me * 10 + school + 4, me, school), 6, format!("g{me}@example.org")));
        }
    }
}

fn school(id: SchoolId, name: &str) -> SchoolRow {
    SchoolRow {
        id: id.raw(),
        source_id: name.to_owned(),
        name: name.to_owned(),
        level: "elementary".to_owned(),
        phone: None,
        active: true,
    }
}

fn person(id: i64, kind: i64, given: &str) -> PersonRow {
    PersonRow {
        id,
        kind,
        source_id: format!("src-{id}"),
        given: given.to_owned(),
        family: "Example".to_owned(),
        folded_name: format!("{} example", given.to_lowercase()),
        language: if id % 40 == 5 { "es" } else { "en" }.to_owned(),
        title: None,
        active: true,
    }
}

fn student(person_id: i64, school_id: i64, family: i64) -> StudentRow {
    StudentRow {
        person_id,
        school_id,
        number: format!("N{person_id}"),
        grade: ["03", "04"][usize::try_from(family % 2).unwrap_or(0)].to_owned(),
        bus_am: (family % 6 == 1).then(|| "R7".to_owned()),
        bus_pm: None,
        birth_date: None,
        zip: None,
    }
}

/// A guardian as the town has them.
pub fn guardian(id: i64) -> PersonRow {
    person(id, 2, "Pat")
}

pub fn relationship((guardian_id, student_id): (i64, i64), role: i64, custody_restricted: bool) -> RelationshipRow {
    RelationshipRow {
        guardian_id,
        student_id,
        role,
        relation: "parent".to_owned(),
        lives_with: true,
        custody_restricted,
        custody_document: None,
        active: true,
    }
}

pub fn point((id, person_id, school_id): (i64, i64, i64), slot: i64, address: String) -> PointRow {
    PointRow { id, person_id, school_id, slot, address, extension: None, active: true, first_seen: 0 }
}

fn homeroom() -> SectionRow {
    SectionRow {
        id: HOMEROOM,
        source_id: "hr".to_owned(),
        school_id: 1,
        title: "Ms. Lee's homeroom".to_owned(),
        code: "HR-1".to_owned(),
        homeroom: true,
        period: None,
        active: true,
    }
}

fn phone(family: i64, n: i64) -> String {
    format!("+1372555{:04}", family * 4 + n)
}

fn opt_in(engine: &Engine, number: &str) -> NewConsentEvent {
    NewConsentEvent {
        number: number.to_owned(),
        program: Program::Alerts,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind: ConsentEventKind::OptedIn,
            at: engine.now(),
            actor: "family".to_owned(),
            evidence: "{}".to_owned(),
        },
    }
}

/// A message to everybody of the district, or of one school, on every channel.
pub fn draft(category: Category, owner: Option<SchoolId>) -> Draft {
    let rule = owner.map_or(AudienceRule::District, |school| AudienceRule::School { school });
    Draft {
        title: "Snow".to_owned(),
        category: Some(category),
        audience: Audience { include: vec![rule], except: Vec::new() },
        wordings: vec![Wording {
            email_subject: "{{school}} is closed".to_owned(),
            email_body: "Dear family of {{students}},\n\n**{{school}}** is closed. {{sender}}".to_owned(),
            sms_body: "{{school}} is closed today. Questions: {{school_phone}}".to_owned(),
            voice_body: "{{school}} is closed today.".to_owned(),
            ..Wording::default()
        }],
        owner,
        ..Draft::default()
    }
}
