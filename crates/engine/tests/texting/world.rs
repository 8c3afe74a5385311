//! A school with two teachers, two students and their parents, and two numbers that staff text from.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::clock::Clock;
use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::ids::{ConversationId, PersonId, SchoolId};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::commands::texting::record_sms_number::{NewNumber, Shared, record_sms_number};
use schoolbell_engine::commands::texting::send_text::{NewText, SentText, Stranger, Way, send_text};
use schoolbell_engine::commands::texting::set_up_texting::{Part, add_number, set_school, set_shown_name};
use schoolbell_engine::{Actor, CommandResult, Engine};
use schoolbell_gateways::Gateway;
use schoolbell_store::read::threads::{self, TextLine};
use schoolbell_store::write::roster::{
    EnrollmentRow, PersonRow, RelationshipRow, RosterRow, SchoolRow, SectionRow, StudentRow,
};
use schoolbell_store::{Db, StoreError, StoreResult};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const OAK: SchoolId = SchoolId::from_raw(1);
pub const SARAH: PersonId = PersonId::from_raw(11);
pub const MATEO: PersonId = PersonId::from_raw(12);
/// Sarah's father, on her record alone.
pub const ROBERT: PersonId = PersonId::from_raw(21);
/// Mateo's mother.
pub const MARTA: PersonId = PersonId::from_raw(22);
/// On Sarah's record with a custody restriction.
pub const RESTRICTED: PersonId = PersonId::from_raw(23);
pub const POOL: [&str; 2] = ["+13705550001", "+13705550002"];
pub const ROBERTS: &str = "+13725550101";
pub const MARTAS: &str = "+13725550102";

pub struct Hands(Mutex<Timestamp>);

impl Hands {
    pub fn move_by(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct World {
    pub engine: Engine,
    pub clock: Arc<Hands>,
    /// Teaches both students.
    pub bell: Actor,
    /// Teaches Sarah.
    pub ortiz: Actor,
    pub principal: Actor,
}

pub struct Started {
    stop: CancellationToken,
    ended: JoinHandle<StoreResult<()>>,
}

impl Started {
    pub async fn end(self) {
        self.stop.cancel();
        self.ended.await.unwrap().unwrap();
    }
}

impl World {
    /// Wednesday, 2027-01-13, noon in Chicago.
    pub async fn build(db: Db) -> Self {
        let noon = Timestamp::from_second(1_799_863_200).unwrap();
        let clock = Arc::new(Hands(Mutex::new(noon)));
        let engine = Engine::new(db.clone(), Arc::clone(&clock) as Arc<dyn Clock>, 1);
        let settings = DistrictSettings {
            program_name: "Oak Alerts".to_owned(),
            help_contact: "512-555-0100".to_owned(),
            window_opens: Time::constant(8, 0, 0, 0),
            window_closes: Time::constant(21, 0, 0, 0),
            ..DistrictSettings::default()
        };
        let system = Actor::command_line();
        set_up_district(&engine, &system, "Example ISD", "America/Chicago", &settings).await.unwrap();
        fill(&db).await.unwrap();
        set_school(&engine, &system, OAK, Part::Takes).await.unwrap();
        for number in POOL {
            add_number(&engine, &system, number, None).await.unwrap();
        }
        let bell = teacher(&engine, "Anna Bell", Role::Teacher, Some(901)).await;
        let ortiz = teacher(&engine, "Luis Ortiz", Role::Teacher, Some(902)).await;
        let principal = teacher(&engine, "Pat Okafor", Role::Principal, None).await;
        set_shown_name(&engine, &bell, "Mrs. Bell").await.unwrap();
        set_shown_name(&engine, &ortiz, "Mr. Ortiz").await.unwrap();
        Self { engine, clock, bell, ortiz, principal }
    }

    pub fn start(&self, gateway: Arc<dyn Gateway>) -> Started {
        let stop = CancellationToken::new();
        let ended = tokio::spawn(schoolbell_engine::run(self.engine.clone(), vec![gateway], stop.clone()));
        Started { stop, ended }
    }

    /// Sarah's father and Mateo's mother have opted in.
    pub async fn opted_in(self) -> Self {
        self.record(SARAH, ROBERT, ROBERTS).await.unwrap();
        self.record(MATEO, MARTA, MARTAS).await.unwrap();
        self
    }

    pub async fn record(&self, student: PersonId, person: PersonId, number: &str) -> CommandResult<()> {
        let new = NewNumber {
            student,
            person,
            number,
            opted_in_by: Whose::Guardian,
            evidence: "texting form, signed 2027-01-11",
            shared: Shared::Unasked,
        };
        record_sms_number(&self.engine, &self.bell, &new).await
    }

    pub async fn text(&self, actor: &Actor, to: (PersonId, PersonId), body: &str) -> CommandResult<SentText> {
        self.text_as(actor, to, body, (Stranger::No, "")).await
    }

    pub async fn text_as(
        &self,
        actor: &Actor,
        (student, person): (PersonId, PersonId),
        body: &str,
        (stranger, reason): (Stranger, &str),
    ) -> CommandResult<SentText> {
        let new = NewText { student, person, body, stranger, reason, send_at: None, way: Way::Alone };
        send_text(&self.engine, actor, &new).await
    }

    pub async fn texts(&self, thread: ConversationId) -> Vec<TextLine> {
        let mut reads = self.engine.reader().read().await.unwrap();
        threads::texts(&mut reads, thread, 100).await.unwrap()
    }

    pub async fn bodies(&self, thread: ConversationId) -> Vec<String> {
        self.texts(thread).await.into_iter().map(|line| line.link.text.body).collect()
    }

    pub async fn held(&self) -> Vec<threads::HeldLine> {
        let mut reads = self.engine.reader().read().await.unwrap();
        threads::held(&mut reads, 100).await.unwrap()
    }

    /// Looks again until it is so.
    pub async fn until(&self, what: &str, so: impl AsyncFn(&Self) -> bool) {
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while !so(self).await {
            assert!(std::time::Instant::now() < deadline, "waited too long for {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn teacher(engine: &Engine, name: &str, role: Role, person: Option<i64>) -> Actor {
    let grants = vec![Grant { role, scope: Scope::School(OAK) }];
    let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
    let new = NewUser {
        name: name.to_owned(),
        email: email.clone(),
        person: person.map(PersonId::from_raw),
        grants: grants.clone(),
    };
    let user = create_user(engine, &Actor::command_line(), new).await.unwrap();
    Actor { user: Some(user), name: email, grants }
}

#[expect(clippy::too_many_lines, reason = "a table of people and sections")]
async fn fill(db: &Db) -> Result<(), StoreError> {
    let school = SchoolRow {
        id: OAK.raw(),
        source_id: "oak".to_owned(),
        name: "Oak".to_owned(),
        level: "high".to_owned(),
        phone: None,
        active: true,
    };
    let people = [
        person(SARAH, 1, ("Sarah", "Whitlock")),
        person(MATEO, 1, ("Mateo", "Villarreal")),
        person(ROBERT, 2, ("Robert", "Whitlock")),
        person(MARTA, 2, ("Marta", "Villarreal")),
        person(RESTRICTED, 2, ("Dana", "Croft")),
        person(PersonId::from_raw(901), 3, ("Anna", "Bell")),
        person(PersonId::from_raw(902), 3, ("Luis", "Ortiz")),
    ];
    let students = [SARAH, MATEO].map(|id| StudentRow {
        person_id: id.raw(),
        school_id: OAK.raw(),
        number: id.raw().to_string(),
        grade: "10".to_owned(),
        bus_am: None,
        bus_pm: None,
        birth_date: Some("2011-05-14".to_owned()),
        zip: None,
    });
    let relations = [(ROBERT, SARAH, false), (MARTA, MATEO, false), (RESTRICTED, SARAH, true)].map(
        |(guardian, student, restricted)| RelationshipRow {
            guardian_id: guardian.raw(),
            student_id: student.raw(),
            role: 1,
            relation: "parent".to_owned(),
            lives_with: true,
            custody_restricted: restricted,
            custody_document: None,
            active: true,
        },
    );
    let sections = [(51, "ELA"), (52, "Biology")].map(|(id, title)| SectionRow {
        id,
        source_id: title.to_owned(),
        school_id: OAK.raw(),
        title: title.to_owned(),
        code: title.to_owned(),
        homeroom: false,
        period: None,
        active: true,
    });
    let enrollments = [
        (51, SARAH.raw(), "student"),
        (51, MATEO.raw(), "student"),
        (52, SARAH.raw(), "student"),
        (51, 901, "teacher"),
        (52, 902, "teacher"),
    ]
    .map(|(section_id, person_id, role)| EnrollmentRow {
        section_id,
        person_id,
        role: role.to_owned(),
        active: true,
    });
    let mut tx = db.begin().await?;
    SchoolRow::upsert(&mut tx, &[school]).await?;
    PersonRow::upsert(&mut tx, &people).await?;
    StudentRow::upsert(&mut tx, &students).await?;
    RelationshipRow::upsert(&mut tx, &relations).await?;
    SectionRow::upsert(&mut tx, &sections).await?;
    EnrollmentRow::upsert(&mut tx, &enrollments).await?;
    tx.commit().await
}

fn person(id: PersonId, kind: i64, (given, family): (&str, &str)) -> PersonRow {
    PersonRow {
        id: id.raw(),
        kind,
        source_id: id.raw().to_string(),
        given: given.to_owned(),
        family: family.to_owned(),
        folded_name: format!("{} {}", given.to_lowercase(), family.to_lowercase()),
        language: "en".to_owned(),
        title: None,
        active: true,
    }
}
