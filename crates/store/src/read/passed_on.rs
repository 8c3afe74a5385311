//! Numbers that have passed to other people since somebody said something about them (LAW-16).

use schoolbell_domain::consent::Program;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

statements! {
    /// Somebody has the number since a time after the word, somebody had it then, and nobody who has it now is one of those or
    /// belongs to them: by household, or by a student of both, also where a tie has ended since. A revocation is no such word:
    /// the carrier keeps it too.
    PASSED_ON = "SELECT DISTINCT consent.number, consent.program FROM contact_point fresh \
        JOIN person owner ON owner.id = fresh.person_id JOIN consent ON consent.number = fresh.address \
        WHERE fresh.active AND owner.active AND fresh.first_seen > consent.since \
        AND consent.program <> 'emergency_calls' AND consent.state IN ('provided', 'invited', 'opted_in') \
        AND EXISTS (SELECT 1 FROM contact_point held \
            WHERE held.address = consent.number AND held.first_seen <= consent.since) \
        AND NOT EXISTS (SELECT 1 FROM contact_point point JOIN person ON person.id = point.person_id \
            WHERE point.address = consent.number AND point.active AND person.active \
            AND (point.first_seen <= consent.since OR EXISTS ( \
                SELECT 1 FROM contact_point held JOIN person holder ON holder.id = held.person_id \
                WHERE held.address = consent.number AND held.first_seen <= consent.since \
                AND (holder.id = person.id OR holder.household = person.household \
                    OR EXISTS (SELECT 1 FROM relationship tie WHERE tie.guardian_id = person.id AND tie.student_id = holder.id) \
                    OR EXISTS (SELECT 1 FROM relationship tie WHERE tie.guardian_id = holder.id AND tie.student_id = person.id) \
                    OR EXISTS (SELECT 1 FROM relationship tie JOIN relationship other ON other.student_id = tie.student_id \
                        WHERE tie.guardian_id = person.id AND other.guardian_id = holder.id))))) \
        ORDER BY consent.number, consent.program";
}

/// What was agreed for a number and is somebody else's now: the number and the program of each, in order.
pub async fn passed_on(reads: &mut impl Reads) -> StoreResult<Vec<(String, Program)>> {
    let rows: Vec<(String, String)> = on!(reads.tx(), |conn| sqlx::query_as(PASSED_ON).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(number, word)| match Program::from_word(&word) {
            Some(program) => Ok((number, program)),
            None => Err(StoreError::Damaged { row: "consent".to_owned(), what: format!("program {word}") }),
        })
        .collect()
}
