//! The inbox by section: threads about the students of a section that one teaches, and of no other.

use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::ids::{PersonId, SchoolId, SectionId};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_engine::Actor;
use schoolbell_engine::commands::create_user::NewUser;
use schoolbell_engine::commands::texting::record_sms_number::{NewNumber, Shared, record_sms_number};
use schoolbell_engine::commands::texting::send_text::{NewText, Stranger, Way, send_text};
use schoolbell_store::read::{district, texting, users};
use schoolbell_store::write::roster::{EnrollmentRow, PersonRow, RosterRow, SectionRow};

use super::texting::set_up;
use super::world::{Done, World};

const LINCOLN: &str = "Lincoln Elementary School";
/// The teacher, and one of other sections.
const STAFF: [PersonId; 2] = [PersonId::from_raw(901), PersonId::from_raw(902)];
const ELA: SectionId = SectionId::from_raw(51);
const BIOLOGY: SectionId = SectionId::from_raw(52);
const ART: SectionId = SectionId::from_raw(53);

/// Ana learns ELA and Art, Luis Biology; the teacher has ELA and Biology. Answers the school with Ana and Luis.
async fn classes(world: &World) -> Done<(SchoolId, PersonId, PersonId)> {
    let mut reads = world.engine.reader().read().await?;
    let schools = district::schools(&mut reads).await?;
    let school = schools.iter().find(|school| school.name == LINCOLN).ok_or("no school")?.id;
    let students = texting::of_school(&mut reads, school, 100).await?;
    drop(reads);
    let of = |given: &str| students.iter().find(|row| row.given == given).map(|row| row.student);
    let (ana, luis) = (of("Ana").ok_or("no Ana")?, of("Luis").ok_or("no Luis")?);
    let people = STAFF.map(|id| PersonRow {
        id: id.raw(),
        kind: 3,
        source_id: format!("staff-{}", id.raw()),
        given: "Anna".to_owned(),
        family: "Bell".to_owned(),
        folded_name: "anna bell".to_owned(),
        language: "en".to_owned(),
        title: None,
        active: true,
    });
    let sections = [(ELA, "ELA"), (BIOLOGY, "Biology"), (ART, "Art")].map(|(id, title)| SectionRow {
        id: id.raw(),
        source_id: title.to_owned(),
        school_id: school.raw(),
        title: title.to_owned(),
        code: title.to_owned(),
        homeroom: false,
        period: None,
        active: true,
    });
    let enrolled = [
        (ELA, STAFF[0], "teacher"),
        (BIOLOGY, STAFF[0], "teacher"),
        (ART, STAFF[1], "teacher"),
        (ELA, ana, "student"),
        (ART, ana, "student"),
        (BIOLOGY, luis, "student"),
    ];
    let enrolled = enrolled.map(|(section, person, role)| EnrollmentRow {
        section_id: section.raw(),
        person_id: person.raw(),
        role: role.to_owned(),
        active: true,
    });
    let mut tx = world.db.begin().await?;
    PersonRow::upsert(&mut tx, &people).await?;
    SectionRow::upsert(&mut tx, &sections).await?;
    EnrollmentRow::upsert(&mut tx, &enrolled).await?;
    tx.commit().await?;
    Ok((school, ana, luis))
}

#[tokio::test]
async fn the_inbox_is_narrowed_to_one_section_and_only_to_one_that_the_reader_teaches() -> Done {
    let world = World::new().await?;
    set_up(&world).await?;
    let (school, ana, luis) = classes(&world).await?;
    let grants = vec![Grant { role: Role::Teacher, scope: Scope::School(school) }];
    let email = "anna.bell@example.org".to_owned();
    let new = NewUser { name: "Anna Bell".to_owned(), email: email.clone(), person: Some(STAFF[0]), grants };
    let mut teacher = world.signed_in_with(new.clone()).await?;
    let mut reads = world.engine.reader().read().await?;
    let user = users::lookup_user_by_email(&mut reads, &email).await?.ok_or("no user")?.id;
    drop(reads);
    let bell = Actor { user: Some(user), name: email, grants: new.grants };
    for (student, number) in [(ana, "370-555-0150"), (luis, "370-555-0151")] {
        let form = NewNumber {
            student,
            person: student,
            number,
            opted_in_by: Whose::Guardian,
            evidence: "form of January 4",
            shared: Shared::Unasked,
        };
        record_sms_number(&world.engine, &bell, &form).await?;
        let text = NewText {
            student,
            person: student,
            body: "Are you able to log on?",
            stranger: Stranger::No,
            reason: "",
            send_at: None,
            way: Way::Alone,
        };
        send_text(&world.engine, &bell, &text).await?;
    }

    let all = teacher.get("/texting").await?;
    let names = |page: &str| ["About Ana Ortega", "About Luis Ortega"].map(|name| page.contains(name));
    assert_eq!(names(&all.text), [true, true]);
    assert!(all.words().contains("ELA") && all.words().contains("Biology") && !all.words().contains("Art\n"));
    for (section, shown) in [(ELA, [true, false]), (BIOLOGY, [false, true])] {
        let page = teacher.get(&format!("/texting?section={section}")).await?;
        assert_eq!(names(&page.text), shown, "{section}");
        assert!(page.text.contains(&format!("section={section}&#38;search=")), "a live list stays narrowed");
    }
    assert_eq!(
        teacher.get(&format!("/texting?section={ART}")).await?.status,
        403,
        "Ana's, but somebody else teaches it"
    );
    let found = teacher.get("/texting?search=luis").await?;
    assert_eq!(names(&found.text), [false, true]);
    assert!(found.text.contains("&#38;search=luis"), "a live list stays searched");
    Ok(())
}
