//! The link in a mail about absences: it opens without signing in, and names the run and the children of that mail.

use schoolbell_domain::ids::{AttendanceRunId, DeliveryId, PersonId};
use schoolbell_formats::mail::Seal;
use schoolbell_store::write::secrets;
use schoolbell_store::{StoreResult, Tx};

use crate::dice;

/// The name of the secret that seals the links.
const SECRET: &str = "absence_link";

/// The seal of the links of this installation.
pub(crate) async fn seal(tx: &mut Tx) -> StoreResult<Seal> {
    let secret = secrets::get_or_keep(tx, SECRET, &dice::token()).await?;
    Ok(Seal::new(secret.as_bytes()))
}

/// The sealed ids of the run and of its children, parted by `-`.
pub(crate) fn token(seal: &Seal, run: AttendanceRunId, children: &[PersonId]) -> String {
    let ids = std::iter::once(run.raw()).chain(children.iter().map(|child| child.raw()));
    ids.map(|id| seal.token(DeliveryId::from_raw(id))).collect::<Vec<_>>().join("-")
}

/// The run and the children of a link; `None` if it is none of ours.
pub(crate) fn open(seal: &Seal, token: &str) -> Option<(AttendanceRunId, Vec<PersonId>)> {
    let ids: Vec<i64> = token.split('-').map(|part| seal.open(part).map(DeliveryId::raw)).collect::<Option<_>>()?;
    let (run, children) = ids.split_first()?;
    let children: Vec<PersonId> = children.iter().copied().map(PersonId::from_raw).collect();
    (!children.is_empty()).then_some((AttendanceRunId::from_raw(*run), children))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_for_its_own_children_and_no_letter_of_it_may_change() {
        let seal = Seal::new(b"secret");
        let (run, children) = (AttendanceRunId::from_raw(77), [1_000, 2_000].map(PersonId::from_raw));
        let token = token(&seal, run, &children);
        assert_eq!(open(&seal, &token), Some((run, children.to_vec())));
        assert_eq!(open(&Seal::new(b"other"), &token), None);
        assert_eq!(open(&seal, ""), None);
        let mut other = token.into_bytes();
        other[3] = if other[3] == b'0' { b'1' } else { b'0' };
        assert_eq!(open(&seal, &String::from_utf8(other).unwrap()), None);
    }
}
