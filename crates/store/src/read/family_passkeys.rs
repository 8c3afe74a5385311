//! The passkeys with which families sign in.

use jiff::Timestamp;
use schoolbell_domain::ids::PersonId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One passkey of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyPasskey {
    pub id: i64,
    /// Lower case.
    pub email: String,
    /// For whom it was made: the first guardian of the account then.
    pub person: PersonId,
    /// base64url, as the next three.
    pub credential: String,
    pub user_handle: String,
    pub public_key: String,
    /// What moves with every use.
    pub standing: String,
    /// How a browser may reach it, as bits.
    pub transports: i64,
    pub user_agent: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// A copy of it may exist.
    pub suspect_at: Option<Timestamp>,
}

statements! {
    OF_ACCOUNT = "SELECT id, email, person_id, credential, user_handle, public_key, standing, transports, user_agent, created_at, \
        used_at, suspect_at FROM family_passkey WHERE email = $1 ORDER BY id";
}

/// A row in the order of its columns above.
pub(crate) type Row = (i64, String, i64, String, String, String, String, i64, String, i64, Option<i64>, Option<i64>);

/// The passkeys of an account, oldest first.
pub async fn passkeys(reads: &mut impl Reads, email: &str) -> StoreResult<Vec<FamilyPasskey>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OF_ACCOUNT).bind(email).fetch_all(conn).await)?;
    rows.into_iter().map(passkey).collect()
}

pub(crate) fn passkey(row: Row) -> StoreResult<FamilyPasskey> {
    let (id, email, person, credential, user_handle, public_key, standing, transports, user_agent, made, used, suspect) =
        row;
    Ok(FamilyPasskey {
        id,
        email,
        person: PersonId::from_raw(person),
        credential,
        user_handle,
        public_key,
        standing,
        transports,
        user_agent,
        created_at: instant(made)?,
        used_at: used.map(instant).transpose()?,
        suspect_at: suspect.map(instant).transpose()?,
    })
}
