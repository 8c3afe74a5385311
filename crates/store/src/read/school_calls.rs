//! How calls of schools present themselves.

use std::collections::HashMap;

use schoolbell_domain::ids::SchoolId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// The choices of one school; E.164.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchoolCalls {
    /// Whom key 3 reaches, where it is not the roster's number.
    pub office: Option<String>,
    /// What families see, where it is not the trunk's own number.
    pub caller_id: Option<String>,
}

statements! {
    ALL = "SELECT school_id, office, caller_id FROM school_calls";
}

/// The schools that chose something.
pub async fn all(reads: &mut impl Reads) -> StoreResult<HashMap<SchoolId, SchoolCalls>> {
    let rows: Vec<(i64, Option<String>, Option<String>)> =
        on!(reads.tx(), |conn| sqlx::query_as(ALL).fetch_all(conn).await)?;
    let chosen = |(id, office, caller_id)| (SchoolId::from_raw(id), SchoolCalls { office, caller_id });
    Ok(rows.into_iter().map(chosen).collect())
}
