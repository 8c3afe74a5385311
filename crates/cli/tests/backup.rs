//! The program itself: backup, restore, release, and a district moved to another store with a kill in the middle.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{DeliveryId, OriginId};
use schoolbell_domain::people::Address;
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind, insert};
use schoolbell_store::{Db, StoreError, Synchronous};
use tempfile::TempDir;

/// The server for PostgreSQL's half, as `scripts/with-postgres` names it.
const SERVER: &str = "SCHOOLBELL_TEST_POSTGRES";
const DELIVERIES: i64 = 20_000;

fn schoolbell(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_schoolbell")).current_dir(folder).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn must(folder: &Path, args: &[&str]) -> String {
    let output = schoolbell(folder, args);
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

fn must_not(folder: &Path, args: &[&str]) -> String {
    let output = schoolbell(folder, args);
    assert!(!output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

/// A folder with a config and a district, and one texts' worth of queue in it.
fn district(deliveries: i64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    must(folder.path(), &["init", "--district", "Cedar ISD"]);
    let add = ["user", "add", "--name", "Ada", "--email", "ada@example.org", "--role", "district_administrator"];
    must(folder.path(), &add);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(queue(&folder.path().join("data/schoolbell.db"), deliveries)).unwrap();
    folder
}

async fn queue(file: &Path, deliveries: i64) -> Result<(), StoreError> {
    let db = Db::open(&format!("sqlite:{}", file.display()), Synchronous::Normal).await?;
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let row = |n: i64| NewDelivery {
        id: DeliveryId::from_raw(1_000 + n),
        origin: OriginId::from_raw(7),
        origin_kind: OriginKind::System,
        channel: Channel::Sms,
        person: None,
        contact_point: None,
        school: None,
        address: Address::from_stored(&format!("+1370{n:07}")),
        merge_group: 0,
        children: vec![],
        content: None,
        basis: None,
        opening: Opening::Queued { not_before: at },
        priority: 70,
        urgent: false,
        expires_at: at,
        created_at: at,
    };
    let rows: Vec<_> = (0..deliveries).map(row).collect();
    let mut tx = db.begin().await?;
    insert(&mut tx, &rows).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

#[test]
fn a_backup_is_restored_held_and_released_at_the_command_line() {
    let old = district(12);
    must(old.path(), &["backup", "--to", "cedar.backup"]);
    assert!(must_not(old.path(), &["backup", "--to", "cedar.backup"]).contains("is there already"));
    assert!(!old.path().join("cedar.backup.part").exists());
    let file = old.path().join("cedar.backup");
    assert!(must(old.path(), &["restore", "--check", "cedar.backup"]).contains("Cedar ISD"));
    assert!(must_not(old.path(), &["restore", "cedar.backup"]).contains("it holds the district Cedar ISD"));

    let new = tempfile::tempdir().unwrap();
    must(new.path(), &["init", "--district", "Cedar ISD"]);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() * 2 / 3;
    bytes[middle] ^= 1;
    std::fs::write(new.path().join("damaged.backup"), &bytes).unwrap();
    assert!(must_not(new.path(), &["restore", "damaged.backup"]).contains("damaged in table"));
    assert!(!new.path().join("data/schoolbell.db").exists(), "nothing was begun");

    let restored = must(new.path(), &["restore", file.to_str().unwrap()]);
    assert!(restored.contains("12 deliveries wait for you"), "{restored}");
    let doctor = said(&schoolbell(new.path(), &["doctor"]));
    assert!(doctor.contains("watch  restore") && doctor.contains("12 invitations and answers"), "{doctor}");
    assert!(must(new.path(), &["release"]).contains("12 deliveries wait"));
    assert!(must(new.path(), &["release", "--cancel"]).contains("nothing of it leaves"));
    assert!(must_not(new.path(), &["release", "--send"]).contains("nothing is held"));
    assert!(must(new.path(), &["release"]).contains("nothing is held"));
}

#[test]
fn a_district_moves_to_another_store_and_back_and_a_kill_in_the_middle_costs_only_time() {
    let home = district(DELIVERIES);
    let old = "sqlite:data/schoolbell.db";
    let (there, made) = other_store(home.path());
    kill_in_the_middle(home.path(), old, &there);
    let moved = must(home.path(), &["migrate-store", "--from", old, "--to", &there]);
    assert!(moved.contains("with the same digests"), "{moved}");
    assert!(moved.contains(&format!("{DELIVERIES} rows")), "{moved}");
    assert!(must_not(home.path(), &["user", "list"]).contains("was moved from this database"));
    assert!(said(&schoolbell(home.path(), &["doctor"])).contains("BROKEN restore"));
    assert!(must_not(home.path(), &["migrate-store", "--from", old, "--to", &there]).contains("already"));

    let other = district(1);
    let from_other = format!("sqlite:{}", other.path().join("data/schoolbell.db").display());
    let refused = must_not(home.path(), &["migrate-store", "--from", &from_other, "--to", &there]);
    assert!(refused.contains("it holds the district Cedar ISD"), "{refused}");

    let back = must(home.path(), &["migrate-store", "--from", &there, "--to", "sqlite:data/back.db"]);
    assert!(back.contains("with the same digests"), "{back}");
    let line = |text: &str| text.lines().find(|line| line.starts_with("delivery ")).map(str::to_owned);
    assert_eq!(line(&moved), line(&back), "the same rows after both ways");
    let config = std::fs::read_to_string(home.path().join("schoolbell.toml")).unwrap();
    let config = config.replace("#url = \"sqlite:data/schoolbell.db\"", "url = \"sqlite:data/back.db\"");
    std::fs::write(home.path().join("schoolbell.toml"), config).unwrap();
    assert!(must(home.path(), &["user", "list"]).contains("ada@example.org"));
    drop_store(made);
}

/// Ends the program with SIGKILL once it has begun with the table of deliveries, and looks that nothing is left of it.
fn kill_in_the_middle(folder: &Path, from: &str, to: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_schoolbell"))
        .current_dir(folder)
        .args(["migrate-store", "--from", from, "--to", to])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let begun = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("content "));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(begun.is_some(), "the copy never came to the deliveries");
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(!rest.iter().any(|line| line.contains("same digests")), "it was too late to kill it: {rest:?}");
}

/// PostgreSQL where there is one, another SQLite file otherwise.
#[expect(clippy::disallowed_methods, reason = "tests are told their server by the script that starts it")]
fn other_store(folder: &Path) -> (String, Option<String>) {
    let Some(server) = std::env::var(SERVER).ok().filter(|server| !server.is_empty()) else {
        eprintln!("!! SKIPPED on PostgreSQL: {SERVER} is not set; run it under scripts/with-postgres");
        return (format!("sqlite:{}", folder.join("data/other.db").display()), None);
    };
    let name = format!("schoolbell_move_{}", std::process::id());
    on_server(&server, &format!("CREATE DATABASE {name}"));
    let base = server.rsplit_once('/').map_or(server.as_str(), |(base, _)| base);
    (format!("{base}/{name}"), Some(name))
}

#[expect(clippy::disallowed_methods, reason = "tests are told their server by the script that starts it")]
fn drop_store(made: Option<String>) {
    if let (Some(name), Ok(server)) = (made, std::env::var(SERVER)) {
        on_server(&server, &format!("DROP DATABASE {name} WITH (FORCE)"));
    }
}

fn on_server(server: &str, statement: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(schoolbell_store::testing::run_on_server(server, statement)).unwrap();
}
