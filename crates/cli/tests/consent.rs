//! The program itself: the proof of one number's consent, and a ledger that somebody altered behind the program's back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Output};

use jiff::Timestamp;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::ids::ConsentEventId;
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::{Db, StoreError, Synchronous};

const NUMBER: &str = "+15125550143";
/// The same number of letters as what stands in its place afterwards.
const SAID: &str = "Yes, please 7731";
const FORGED: &str = "Nope, never 7731";

fn schoolbell(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_schoolbell")).current_dir(folder).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn ledgers(file: &Path) -> Result<(), StoreError> {
    let db = Db::open(&format!("sqlite:{}", file.display()), Synchronous::Normal).await?;
    let kinds = [ConsentEventKind::Provided, ConsentEventKind::Invited, ConsentEventKind::OptedIn];
    let events = [NUMBER, "+15125550144"].into_iter().enumerate().flat_map(|(place, number)| {
        kinds.into_iter().enumerate().map(move |(at, kind)| {
            let id = i64::try_from(place * 10 + at + 1).unwrap();
            let opened = kind == ConsentEventKind::OptedIn && place == 0;
            let evidence = if opened { format!("{{\"text\":\"{SAID}\",\"id\":\"SM1\"}}") } else { "{}".to_owned() };
            NewConsentEvent {
                number: number.to_owned(),
                program: Program::Alerts,
                event: ConsentEvent {
                    id: ConsentEventId::from_raw(id),
                    kind,
                    at: Timestamp::from_second(1_790_000_000 + id).unwrap(),
                    actor: "family".to_owned(),
                    evidence,
                },
            }
        })
    });
    let mut tx = db.begin().await?;
    record(&mut tx, &events.collect::<Vec<_>>()).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// A25, LAW-9: years later the proof stands on one page, and one altered row is found.
#[test]
fn a25_consent_is_proved_on_one_page_and_one_altered_row_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(schoolbell(at, &["init", "--district", "Cedar ISD"]).status.success());
    assert!(schoolbell(at, &["migrate"]).status.success());
    let file = at.join("data/schoolbell.db");
    tokio::runtime::Runtime::new().unwrap().block_on(ledgers(&file)).unwrap();
    let proof = said(&schoolbell(at, &["consent", "show", "512-555-0143"]));
    for wanted in ["alerts: opted_in", "provided", "invited", SAID, "SM1", "2026-"] {
        assert!(proof.contains(wanted), "{wanted}: {proof}");
    }
    assert!(proof.lines().count() < 50, "one page");
    let whole = schoolbell(at, &["consent", "verify"]);
    assert!(whole.status.success() && said(&whole).contains("the ledgers of 2 numbers"), "{}", said(&whole));
    // One row, by somebody with the file: as many octets, so that SQLite reads on.
    let bytes = std::fs::read(&file).unwrap();
    let place = bytes.windows(SAID.len()).position(|part| part == SAID.as_bytes()).unwrap();
    let mut forged = bytes.clone();
    forged[place..place + FORGED.len()].copy_from_slice(FORGED.as_bytes());
    std::fs::write(&file, &forged).unwrap();
    let broken = schoolbell(at, &["consent", "verify"]);
    assert!(!broken.status.success(), "{}", said(&broken));
    let words = said(&broken);
    assert!(words.contains(NUMBER) && words.contains("broken") && !words.contains("+15125550144"), "{words}");
    assert!(said(&schoolbell(at, &["consent", "show", "512-555-0143"])).contains("the chain is broken at"));
    std::fs::write(&file, bytes).unwrap();
    assert!(schoolbell(at, &["consent", "verify"]).status.success());
}
