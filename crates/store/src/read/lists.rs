//! Ids of an uploaded list, looked up.

use std::collections::HashMap;

use schoolbell_domain::ids::{ListId, PersonId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Reads;

statements! {
    BY_NUMBER = "SELECT student.number, person.id FROM student JOIN person ON person.id = student.person_id \
        WHERE person.active AND student.number IN {list@1} ORDER BY person.id";
    BY_SOURCE = "SELECT person.source_id, person.id FROM person WHERE person.kind IN (1, 3) AND person.active \
        AND person.source_id IN {list@1} ORDER BY person.id";
    SCHOOL_OF = "SELECT school_id FROM saved_list WHERE id = $1";
}

/// Whom each id means: a student's number first, then the roster's own id of a student or member of staff. An id that
/// means nobody is not in the answer; one that means several (a number used by two schools) names them all.
pub async fn people_by_ids(reads: &mut impl Reads, ids: &[String]) -> StoreResult<HashMap<String, Vec<PersonId>>> {
    let tx = reads.tx();
    let mut found = HashMap::<String, Vec<PersonId>>::new();
    for chunk in ids.chunks(rows_that_fit(1, 500)) {
        for (id, person) in fetch_set!(tx, (String, i64), BY_NUMBER, [], chunk, |query, id| query.bind(id.as_str()))? {
            found.entry(id).or_default().push(PersonId::from_raw(person));
        }
        let rest: Vec<&String> = chunk.iter().filter(|id| !found.contains_key(*id)).collect();
        if rest.is_empty() {
            continue;
        }
        let rest = rest.as_slice();
        for (id, person) in fetch_set!(tx, (String, i64), BY_SOURCE, [], rest, |query, id| query.bind(id.as_str()))? {
            found.entry(id).or_default().push(PersonId::from_raw(person));
        }
    }
    Ok(found)
}

/// The school of a list (`Some(None)`: the district's); `None` if there is no such list.
pub async fn school_of_list(reads: &mut impl Reads, id: ListId) -> StoreResult<Option<Option<SchoolId>>> {
    let row: Option<Option<i64>> =
        on!(reads.tx(), |conn| sqlx::query_scalar(SCHOOL_OF).bind(id.raw()).fetch_optional(conn).await)?;
    Ok(row.map(|school| school.map(SchoolId::from_raw)))
}
