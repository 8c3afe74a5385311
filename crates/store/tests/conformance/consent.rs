//! The ledger: folded as it grows, and a changed entry is found.

use schoolbell_domain::consent::{
    ConsentEvent, ConsentEventKind, ConsentState, PolicyAuthor, Program, RevocationRecord, RevocationScope,
    revocation_scope_on,
};
use schoolbell_domain::ids::ConsentEventId;
use schoolbell_store::testing::{ids, on_both};
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::{StoreError, read, write};

use crate::rows::now;

const NUMBER: &str = "+13705550100";

#[tokio::test]
async fn law_9_a_revocation_is_not_undone_by_an_import_and_the_chain_shows_every_change() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let event = |number: &str, kind: ConsentEventKind| NewConsentEvent {
            number: number.to_owned(),
            program: Program::Alerts,
            event: ConsentEvent {
                id: ConsentEventId::from_raw(ids.next(now())),
                kind,
                at: now(),
                actor: "family".to_owned(),
                evidence: r#"{"text":"STOP"}"#.to_owned(),
            },
        };
        let mut tx = db.begin().await?;
        // One set may hold several entries of one ledger.
        let first = [event(NUMBER, ConsentEventKind::Provided), event(NUMBER, ConsentEventKind::OptedIn)];
        record(&mut tx, &first).await?;
        let more = [event(NUMBER, ConsentEventKind::Stopped), event("+13705550101", ConsentEventKind::Provided)];
        record(&mut tx, &more).await?;
        record(&mut tx, &[event(NUMBER, ConsentEventKind::Provided)]).await?;
        let states = read::consent::states(&mut tx, Program::Alerts, &[NUMBER, "+13705550101"]).await?;
        assert_eq!(states.get(NUMBER), Some(&ConsentState::Revoked));
        assert_eq!(states.get("+13705550101"), Some(&ConsentState::Provided));

        let mut ledger = read::consent::ledger(&mut tx, NUMBER).await?;
        assert_eq!(ledger.len(), 4);
        assert_eq!(read::consent::broken_link(NUMBER, &ledger), None);
        ledger[1].link.event.evidence = r#"{"text":"YES"}"#.to_owned();
        assert_eq!(read::consent::broken_link(NUMBER, &ledger), Some(ledger[1].link.event.id), "a changed entry");
        let mut ledger = read::consent::ledger(&mut tx, NUMBER).await?;
        let stop = ledger.remove(2);
        assert_eq!(stop.link.event.kind, ConsentEventKind::Stopped);
        assert_eq!(read::consent::broken_link(NUMBER, &ledger), Some(ledger[2].link.event.id), "a missing entry");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn law_11_the_reach_of_a_stop_changes_on_its_date_by_data_alone() {
    on_both(async |db| -> Result<(), StoreError> {
        let mut tx = db.begin().await?;
        let records = read::policies::revocation_records(&mut tx).await?;
        let law: Vec<_> = records.iter().filter(|record| record.author == PolicyAuthor::Law).cloned().collect();
        let on = |records: &[RevocationRecord], date: &str| revocation_scope_on(records, date.parse().unwrap());
        assert_eq!(on(&law, "2027-01-30"), RevocationScope::Program);
        assert_eq!(on(&law, "2027-01-31"), RevocationScope::AllNonEmergency);
        assert_eq!(on(&records, "2026-11-22"), RevocationScope::AllNonEmergency, "ours, from the first day");
        // The waiver is prolonged: one record, no release.
        let waived = RevocationRecord {
            author: PolicyAuthor::Law,
            effective_from: "2027-01-31".parse().unwrap(),
            scope: RevocationScope::Program,
            source: "a later order".to_owned(),
        };
        write::policies::put_revocation_record(&mut tx, &waived).await?;
        let records = read::policies::revocation_records(&mut tx).await?;
        let law: Vec<_> = records.into_iter().filter(|record| record.author == PolicyAuthor::Law).collect();
        assert_eq!((law.len(), on(&law, "2027-01-31")), (2, RevocationScope::Program));
        Ok(())
    })
    .await
    .unwrap();
}
