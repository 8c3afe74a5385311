//! The ledger: folded as it grows, and a changed entry is found.

use schoolbell_domain::consent::{ConsentEventKind, ConsentState, Program};
use schoolbell_domain::ids::ConsentEventId;
use schoolbell_store::testing::{ids, on_both};
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::{StoreError, read};

use crate::rows::now;

const NUMBER: &str = "+13705550100";

#[tokio::test]
async fn law_9_a_revocation_is_not_undone_by_an_import_and_the_chain_shows_every_change() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let event = |number: &str, kind: ConsentEventKind| NewConsentEvent {
            id: ConsentEventId::from_raw(ids.next(now())),
            number: number.to_owned(),
            program: Program::Alerts,
            kind,
            at: now(),
            actor: "family".to_owned(),
            evidence: r#"{"text":"STOP"}"#.to_owned(),
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
        assert_eq!(read::consent::broken_link(&ledger), None);
        ledger[1].event.evidence = r#"{"text":"YES"}"#.to_owned();
        assert_eq!(read::consent::broken_link(&ledger), Some(ledger[1].event.id), "a changed entry");
        let mut ledger = read::consent::ledger(&mut tx, NUMBER).await?;
        let stop = ledger.remove(2);
        assert_eq!(stop.event.kind, ConsentEventKind::Stopped);
        assert_eq!(read::consent::broken_link(&ledger), Some(ledger[2].event.id), "a missing entry");
        Ok(())
    })
    .await
    .unwrap();
}
