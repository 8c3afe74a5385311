//! The hash chain of the ledger: an entry that somebody changed, put in or took out shows.

use sha2::{Digest, Sha256};

use super::{ConsentEvent, Program};
use crate::ids::ConsentEventId;

/// An entry of the ledger with its place in the chain of its number and program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub event: ConsentEvent,
    /// Of the entry before it; empty for the first.
    pub previous_hash: String,
    pub hash: String,
}

/// The hash of an entry: SHA-256 over the hash before it and every field, each after its length in eight octets, as
/// 64 hex digits. `number` is E.164.
pub fn seal(previous_hash: &str, event: &ConsentEvent, number: &str, program: Program) -> String {
    let (id, at) = (event.id.raw().to_string(), event.at.as_millisecond().to_string());
    let fields = [previous_hash, &id, number, program.word(), event.kind.word(), &at, &event.actor, &event.evidence];
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field.as_bytes());
    }
    format!("{:x}", hasher.finalize())
}

/// Checks the ledger of one number and program, oldest first: the first entry whose link does not hold, if any.
///
/// An entry taken off the end leaves no trace here; the folded state beside the ledger names the last event.
pub fn verify(number: &str, program: Program, links: &[Link]) -> Result<(), ConsentEventId> {
    let mut previous = "";
    for link in links {
        if link.previous_hash != previous || link.hash != seal(previous, &link.event, number, program) {
            return Err(link.event.id);
        }
        previous = &link.hash;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::consent::ConsentEventKind;

    const NUMBER: &str = "+15125550104";

    fn chain(kinds: &[ConsentEventKind]) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for (index, kind) in kinds.iter().enumerate() {
            let event = ConsentEvent {
                id: ConsentEventId::from_raw(i64::try_from(index).unwrap() + 1),
                kind: *kind,
                at: Timestamp::from_second(1_790_000_000 + i64::try_from(index).unwrap()).unwrap(),
                actor: "family".to_owned(),
                evidence: r#"{"text":"YES"}"#.to_owned(),
            };
            let previous_hash = links.last().map_or(String::new(), |link| link.hash.clone());
            let hash = seal(&previous_hash, &event, NUMBER, Program::Alerts);
            links.push(Link { event, previous_hash, hash });
        }
        links
    }

    #[test]
    fn a_seal_covers_every_field_and_their_borders() {
        let link = &chain(&[ConsentEventKind::OptedIn])[0];
        let sealed = |event: &ConsentEvent| seal("", event, NUMBER, Program::Alerts);
        let moved = ConsentEvent {
            actor: "famil".to_owned(),
            evidence: "y{\"text\":\"YES\"}".to_owned(),
            ..link.event.clone()
        };
        assert_ne!(sealed(&moved), link.hash);
        assert_ne!(seal("", &link.event, "+15125550105", Program::Alerts), link.hash);
        assert_ne!(seal("", &link.event, NUMBER, Program::Voice), link.hash);
        assert_ne!(seal("0", &link.event, NUMBER, Program::Alerts), link.hash);
        assert_eq!(link.hash.len(), 64);
    }

    proptest! {
        #[test]
        fn an_honest_chain_verifies_and_any_change_shows(
            kinds in prop::collection::vec(prop::sample::select(&ConsentEventKind::ALL[..]), 1..9),
            at in any::<prop::sample::Index>(),
            how in 0..5_u8,
        ) {
            let honest = chain(&kinds);
            prop_assert_eq!(verify(NUMBER, Program::Alerts, &honest), Ok(()));
            let at = at.index(honest.len());
            let mut changed = honest.clone();
            match how {
                0 => changed[at].event.evidence.push(' '),
                1 => changed[at].event.kind = if kinds[at] == ConsentEventKind::Stopped { ConsentEventKind::OptedIn } else { ConsentEventKind::Stopped },
                2 => changed[at].event.at = Timestamp::UNIX_EPOCH,
                3 => changed[at].hash = changed[at].hash.replace(['0', '1', '2', '3'], "f"),
                _ => {
                    changed.remove(at);
                    // Taking off the end is for the folded state to notice.
                    if at == changed.len() { return Ok(()); }
                }
            }
            prop_assert!(changed == honest || verify(NUMBER, Program::Alerts, &changed).is_err());
        }
    }
}
