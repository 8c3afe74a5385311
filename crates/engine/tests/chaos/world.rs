//! A district whose every family opted in to texts, and broadcasts on which Send is pressed.

use std::sync::Arc;

use jiff::civil::Time;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::ids::{BroadcastId, ConsentEventId};
use schoolbell_domain::people::{ContactRole, PersonKind, Slot};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::commands::preview_broadcast::preview_broadcast;
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::send_broadcast::send_broadcast;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::dispatch::Dispatcher;
use schoolbell_engine::{Actor, Engine};
use schoolbell_gateways::Gateway;
use schoolbell_gateways::smpp::{SmppConfig, SmppGateway};
use schoolbell_store::write::consent::NewConsentEvent;
use schoolbell_store::write::roster::{
    PersonRow, PointRow, RelationshipRow, RosterRow, SchoolRow, StudentRow, set_households,
};
use schoolbell_store::{Db, Tx, migrate, write};

/// The gateway of both the child and the test that sets the world up.
pub fn gateway(port: u16, per_second: f64) -> Arc<dyn Gateway> {
    let config: SmppConfig = serde_json::from_value(serde_json::json!({
        "host": "127.0.0.1", "port": port, "system_id": "school", "password": "bell", "source": "68453",
        "window": 20, "per_second": per_second, "reconnect_s": 0.05,
    }))
    .unwrap();
    Arc::new(SmppGateway::new("smsc", config).unwrap())
}

/// Builds the district; nothing has been sent when it returns.
pub async fn build(engine: &Engine, db: &Db, gateway: Arc<dyn Gateway>, families: i64) {
    migrate::migrate(db).await.unwrap();
    let settings = DistrictSettings {
        window_opens: Time::constant(0, 0, 0, 0),
        window_closes: Time::constant(23, 59, 59, 999_999_999),
        ..DistrictSettings::default()
    };
    let actor = Actor::command_line();
    set_up_district(engine, &actor, "Cedar ISD", "America/Chicago", &settings).await.unwrap();
    people(db, families).await;
    Dispatcher::new(engine.clone(), vec![gateway]).register().await.unwrap();
}

/// Presses Send; nothing has been planned when it returns.
pub async fn send(engine: &Engine, category: Category, body: &str) -> BroadcastId {
    let actor = Actor::command_line();
    let draft = Draft {
        title: "Early dismissal".to_owned(),
        category: Some(category),
        audience: Audience { include: vec![AudienceRule::District], except: vec![] },
        wordings: vec![Wording { sms_body: body.to_owned(), ..Wording::default() }],
        ..Draft::default()
    };
    let kept = save_draft(engine, &actor, None, &draft).await.unwrap();
    let preview = preview_broadcast(engine, &actor, &draft).await.unwrap();
    send_broadcast(engine, &actor, (kept.id, kept.version), Some(&preview.digest)).await.unwrap();
    kept.id
}

pub fn number(family: i64) -> String {
    format!("+1370{family:07}")
}

async fn people(db: &Db, families: i64) {
    let mut tx = db.begin().await.unwrap();
    let school = SchoolRow {
        id: 1,
        source_id: "1".to_owned(),
        name: "Cedar Elementary".to_owned(),
        level: "elementary".to_owned(),
        phone: None,
        active: true,
    };
    SchoolRow::upsert(&mut tx, &[school]).await.unwrap();
    let ids = |family: i64| (10 * family + 11, 10 * family + 12);
    let person = |id: i64, kind: PersonKind| PersonRow {
        id,
        kind: kind.code(),
        source_id: id.to_string(),
        given: "Ana".to_owned(),
        family: format!("Ruiz {id}"),
        folded_name: format!("ana ruiz {id}"),
        language: "en".to_owned(),
        title: None,
        active: true,
    };
    let rows: Vec<_> = (0..families)
        .flat_map(|family| {
            let (student, guardian) = ids(family);
            [person(student, PersonKind::Student), person(guardian, PersonKind::Guardian)]
        })
        .collect();
    PersonRow::upsert(&mut tx, &rows).await.unwrap();
    let households: Vec<_> =
        (0..families).flat_map(|family| [(ids(family).0, ids(family).0), (ids(family).1, ids(family).0)]).collect();
    for page in households.chunks(1_000) {
        set_households(&mut tx, page).await.unwrap();
    }
    contacts(&mut tx, families, ids).await;
    tx.commit().await.unwrap();
}

async fn contacts(tx: &mut Tx, families: i64, ids: impl Fn(i64) -> (i64, i64)) {
    let students: Vec<_> = (0..families)
        .map(|family| StudentRow {
            person_id: ids(family).0,
            school_id: 1,
            number: family.to_string(),
            grade: "3".to_owned(),
            bus_am: None,
            bus_pm: None,
            birth_date: None,
            zip: None,
        })
        .collect();
    StudentRow::upsert(tx, &students).await.unwrap();
    let relations: Vec<_> = (0..families)
        .map(|family| RelationshipRow {
            guardian_id: ids(family).1,
            student_id: ids(family).0,
            role: ContactRole::Main.code(),
            relation: "mother".to_owned(),
            lives_with: true,
            custody_restricted: false,
            custody_document: None,
            active: true,
        })
        .collect();
    RelationshipRow::upsert(tx, &relations).await.unwrap();
    let points: Vec<_> = (0..families)
        .map(|family| PointRow {
            id: 10 * family + 13,
            person_id: ids(family).1,
            school_id: 1,
            slot: Slot::Mobile.code(),
            address: number(family),
            extension: None,
            active: true,
            first_seen: 0,
        })
        .collect();
    PointRow::upsert(tx, &points).await.unwrap();
    let events: Vec<_> = (0..families)
        .map(|family| NewConsentEvent {
            number: number(family),
            program: Program::Alerts,
            event: ConsentEvent {
                id: ConsentEventId::from_raw(10 * family + 14),
                kind: ConsentEventKind::OptedIn,
                at: jiff::Timestamp::UNIX_EPOCH,
                actor: "family".to_owned(),
                evidence: "{}".to_owned(),
            },
        })
        .collect();
    write::consent::record(tx, &events).await.unwrap();
}
