//! Two-way texts in the demo: a teacher with classes, families who opted in, and phones that answer.

use anyhow::Context;
use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_engine::commands::texting::record_sms_number::{NewNumber, Shared, record_sms_number};
use schoolbell_engine::commands::texting::set_up_texting::{Part, add_number, set_school, set_shown_name};
use schoolbell_engine::{Actor, Engine};
use schoolbell_store::read;

/// Numbers that staff text from.
const OURS: [&str; 3] = ["+13705550001", "+13705550002", "+13705550003"];
/// Their last two digits say what the drill's phone does: answer in English, in Spanish, nothing, STOP, with a picture.
const PHONES: [&str; 7] =
    ["370-555-0141", "370-555-0142", "370-555-0150", "370-555-0241", "370-555-0198", "370-555-0341", "370-555-0143"];

/// A teacher of the sample at this school, whose classes the demo's teacher has.
pub async fn teacher_of(engine: &Engine, school: SchoolId) -> anyhow::Result<Option<PersonId>> {
    let mut view = engine.reader().read().await?;
    Ok(read::texting::a_teacher_of(&mut view, school).await?)
}

/// Sets texting up for the teacher with this e-mail, once; a second start finds it.
pub async fn prepare(engine: &Engine, school: SchoolId, email: &str) -> anyhow::Result<()> {
    let system = Actor::command_line();
    let mut view = engine.reader().read().await?;
    let user = read::users::lookup_user_by_email(&mut view, email).await?.context("the demo's teacher is not there")?;
    let is_ready = !read::texting::numbers(&mut view).await?.is_empty();
    let Some(person) = user.person.filter(|_| !is_ready) else { return Ok(()) };
    let taught = read::texting::taught_by(&mut view, person, 400).await?;
    drop(view);
    set_school(engine, &system, school, Part::Takes).await?;
    for number in OURS {
        add_number(engine, &system, number, None).await?;
    }
    let teacher = Actor { user: Some(user.id), name: user.email, grants: system.grants.clone() };
    set_shown_name(engine, &teacher, "Mx. Ellison").await?;
    let mut phones = PHONES.iter();
    let mut done: Vec<PersonId> = Vec::new();
    for row in taught {
        if done.contains(&row.student) {
            continue;
        }
        let mut view = engine.reader().read().await?;
        let guardians = read::people_pages::guardians(&mut view, row.student).await?;
        drop(view);
        let Some(guardian) = guardians.iter().find(|one| !one.custody_restricted && !done.contains(&one.person)) else {
            continue;
        };
        let Some(number) = phones.next() else { break };
        let new = NewNumber {
            student: row.student,
            person: guardian.person,
            number,
            opted_in_by: Whose::Guardian,
            evidence: "texting form of the demo, signed at enrollment",
            shared: Shared::Unasked,
        };
        record_sms_number(engine, &system, &new).await?;
        done.extend([row.student, guardian.person]);
    }
    Ok(())
}
