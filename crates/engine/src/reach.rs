//! How far a draft may reach: a school's own people, unless the district sends.

use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::permission::Scope;
use schoolbell_store::read::audience::selects_outside;
use schoolbell_store::tx::Reads;

use crate::error::{CommandError, CommandResult};

/// The place in which a draft acts: its owner's school, or the district.
pub(crate) fn scope_of(draft: &Draft) -> Scope {
    draft.owner.map_or(Scope::District, Scope::School)
}

/// Refuses a school's draft that selects anybody outside of the school.
pub(crate) async fn must_stay_within(reads: &mut impl Reads, draft: &Draft) -> CommandResult<()> {
    let Some(school) = draft.owner else { return Ok(()) };
    if selects_outside(reads, &draft.audience, school).await? {
        return Err(CommandError::refused(
            "permission",
            "this message is for people of other schools too; choose people of your school, or ask the district to send it",
        ));
    }
    Ok(())
}
