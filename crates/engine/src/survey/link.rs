//! The link in a message that asks a survey: it names the survey and the person who was written to.

use schoolbell_domain::ids::{DeliveryId, PersonId, SurveyId};
use schoolbell_formats::mail::Seal;
use schoolbell_store::write::secrets;
use schoolbell_store::{StoreResult, Tx};

use crate::dice;

/// The name of the secret that seals the links.
const SECRET: &str = "survey_link";

/// The seal of the links of this installation.
pub(crate) async fn seal(tx: &mut Tx) -> StoreResult<Seal> {
    let secret = secrets::get_or_keep(tx, SECRET, &dice::token()).await?;
    Ok(Seal::new(secret.as_bytes()))
}

/// The sealed ids of both, parted by `-`. The person's is sealed together with the survey's, so that parts of two links
/// make no third.
pub(crate) fn token(seal: &Seal, survey: SurveyId, person: PersonId) -> String {
    let sealed = |raw| seal.token(DeliveryId::from_raw(raw));
    format!("{}-{}", sealed(survey.raw()), sealed(survey.raw() ^ person.raw()))
}

/// The survey and the person of a link; `None` if it is none of ours.
pub(crate) fn open(seal: &Seal, token: &str) -> Option<(SurveyId, PersonId)> {
    let (survey, both) = token.split_once('-')?;
    let (survey, both) = (seal.open(survey)?.raw(), seal.open(both)?.raw());
    Some((SurveyId::from_raw(survey), PersonId::from_raw(survey ^ both)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_for_its_own_person_and_no_letter_of_it_may_change() {
        let seal = Seal::new(b"secret");
        let (survey, ana, ben) = (SurveyId::from_raw(7_700), PersonId::from_raw(1_000), PersonId::from_raw(2_000));
        let token = token(&seal, survey, ana);
        assert_eq!(open(&seal, &token), Some((survey, ana)));
        assert_eq!(open(&Seal::new(b"other"), &token), None);
        assert_eq!(open(&seal, ""), None);
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let opened = open(&seal, &String::from_utf8(other).unwrap());
            assert!(opened.is_none() || opened == Some((survey, ana)), "{at}");
        }
        assert_ne!(super::token(&seal, survey, ben), token);
    }
}
