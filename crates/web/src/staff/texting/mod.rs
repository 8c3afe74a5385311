//! `/texting`: two-way texts between staff and families. Path follows address.

pub mod compose;
pub mod enrollments;
pub mod guidance;
pub mod hours;
pub mod inbox;
pub mod many;
pub mod media;
pub mod outreach;
pub mod requests;
pub mod settings;
pub mod student;
pub mod supervision;
pub mod templates;
pub mod thread;

use schoolbell_domain::ids::PersonId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::sms_contacts::{TextStudent, lookup_student};
use schoolbell_store::tx::Reads;

use crate::error::{PageError, PageResult};
use crate::session::Staff;

/// `Ana Ortega`.
fn name(given: &str, family: &str) -> String {
    format!("{given} {family}").trim().to_owned()
}

/// The student, for those who may see people at the school.
async fn seen_student(reads: &mut impl Reads, staff: &Staff, id: PersonId) -> PageResult<TextStudent> {
    let student = lookup_student(reads, id).await?.ok_or(PageError::NotFound)?;
    staff.actor.must(Act::SeePeople, Scope::School(student.school))?;
    Ok(student)
}
