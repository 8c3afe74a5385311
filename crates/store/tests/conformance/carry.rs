//! A district carried from one engine to the other and back is the same district.

use schoolbell_domain::ids::OriginId;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::carry::catalogue::tables;
use schoolbell_store::carry::rows::digest_table;
use schoolbell_store::carry::{Onto, archive, backup, copy, restore};
use schoolbell_store::testing::{drop_postgres, ids, on_both, postgres, postgres_server, sqlite};
use schoolbell_store::write::deliveries::insert;
use schoolbell_store::write::district::insert_district;
use schoolbell_store::write::gateways::{GatewayEntry, register};
use schoolbell_store::{Db, StoreError};

use crate::rows::{now, text};

/// A row in some tables, with the values that are hard to carry.
async fn fill(db: &Db) -> Result<(), StoreError> {
    let ids = ids();
    let mut tx = db.begin().await?;
    let settings = DistrictSettings {
        help_contact: "Zoë \"Ñ\" 日本 \\ \n\u{1f514}".to_owned(),
        ..DistrictSettings::default()
    };
    insert_district(&mut tx, "Cedar ISD", "America/Chicago", &settings, now()).await?;
    let rows: Vec<_> = (0..1_203).map(|n| text(&ids, OriginId::from_raw(1), n)).collect();
    insert(&mut tx, &rows).await?;
    for (name, per_second) in [("a", 0.1 + 0.2), ("b", 1e300), ("c", f64::INFINITY)] {
        let channel = schoolbell_domain::channel::Channel::Sms;
        register(&mut tx, &GatewayEntry { name, channel, kind: "smpp", per_second, lines: None }, now()).await?;
    }
    tx.commit().await
}

#[tokio::test]
async fn both_engines_list_the_same_tables_parents_first() {
    let file = sqlite().await.unwrap();
    let of_sqlite = tables(&mut file.db.read().await.unwrap()).await.unwrap();
    let place = |name: &str| of_sqlite.iter().position(|table| table.name == name).unwrap();
    assert!(of_sqlite.len() > 30, "{}", of_sqlite.len());
    assert!(place("person") < place("student") && place("school") < place("student"));
    assert!(place("section") < place("enrollment") && place("user_account") < place("session"));
    on_both(async |db| -> Result<(), StoreError> {
        let mut here = tables(&mut db.read().await?).await?;
        let mut there = of_sqlite.clone();
        here.sort_by(|a, b| a.name.cmp(&b.name));
        there.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(here, there);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_district_is_the_same_after_file_and_copy_on_either_engine() {
    on_both(async |db| -> Result<(), StoreError> {
        fill(&db).await?;
        let mut view = db.read().await?;
        let head = backup::head(&mut view, "test", now()).await?;
        let file = backup::write(&mut view, &head, Vec::new(), |_| {}).await?;
        let (_, ends) = archive::check(file.as_slice())?;
        for table in tables(&mut view).await? {
            let stands = digest_table(&mut view, &table).await?;
            let end = ends.iter().find(|end| end.table == table.name).unwrap();
            assert_eq!((stands.rows, stands.hex()), (end.rows, end.digest.clone()), "{}", table.name);
        }
        let there = sqlite().await?;
        carried(&db, &there.db, &file).await?;
        if let Some(server) = postgres_server() {
            let (there, url) = postgres(&server).await?;
            carried(&db, &there, &file).await?;
            drop_postgres(&server, there, &url).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// The other end may read a whole table back before the next page is asked for: longer than a frozen node may rest.
#[tokio::test]
async fn a_copy_waits_for_an_end_that_takes_its_time() {
    let Some(server) = postgres_server() else { return };
    let (db, url) = postgres(&server).await.unwrap();
    fill(&db).await.unwrap();
    let there = sqlite().await.unwrap();
    let mut view = db.read().await.unwrap();
    let mut tx = there.db.begin().await.unwrap();
    copy::copy(&mut view, &mut tx, Onto::Whatever, |_| {}).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    assert!(!tables(&mut view).await.unwrap().is_empty(), "the view still stands");
    drop((view, tx));
    drop_postgres(&server, db, &url).await.unwrap();
}

/// Restored from the file first, then copied over it.
async fn carried(from: &Db, to: &Db, file: &[u8]) -> Result<(), StoreError> {
    let mut tx = to.begin().await?;
    restore::restore(&mut tx, file, Onto::Empty, |_| {}).await?;
    tx.commit().await?;
    let mut view = from.read().await?;
    assert_eq!(copy::compare(&mut view, &mut to.read().await?, &[]).await?, Vec::<String>::new());

    let mut tx = to.begin().await?;
    let refused = copy::copy(&mut view, &mut tx, Onto::Empty, |_| {}).await;
    assert!(refused.unwrap_err().to_string().contains("it holds the district Cedar ISD"));
    drop(tx);
    let mut tx = to.begin().await?;
    copy::copy(&mut view, &mut tx, Onto::Whatever, |_| {}).await?;
    tx.commit().await?;
    assert_eq!(copy::compare(&mut view, &mut to.read().await?, &[]).await?, Vec::<String>::new());
    // A row more is noticed.
    let mut tx = to.begin().await?;
    insert(&mut tx, &[text(&schoolbell_domain::ids::IdMaker::new(2), OriginId::from_raw(2), 1)]).await?;
    tx.commit().await?;
    assert_eq!(copy::compare(&mut view, &mut to.read().await?, &[]).await?, ["delivery", "tally"]);
    Ok(())
}
