//! Rosters of others, and our own with every fault that exports have.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use jiff::civil::date;
use proptest::prelude::*;
use schoolbell_domain::people::{ContactRole, Slot};
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Owner, Snapshot};
use schoolbell_formats::district_csv::ColumnMap;
use schoolbell_formats::roster::{MemoryFiles, ReadOptions, ReadRoster, RosterError, ZipFiles, read};

fn options() -> ReadOptions {
    ReadOptions { format: None, today: date(2026, 1, 12), denied: Vec::new(), columns: ColumnMap::default() }
}

fn take(files: &[(&str, &[u8])]) -> Result<ReadRoster, RosterError> {
    let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    read(&mut MemoryFiles(files), &options(), &mut |_| {})
}

fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let tables = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let tables = tables.filter(|path| path.extension().is_some_and(|ending| ending == "csv"));
    tables
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

fn counts(snapshot: &Snapshot) -> [usize; 6] {
    [
        snapshot.schools.len(),
        snapshot.students.len(),
        snapshot.guardians.len(),
        snapshot.staff.len(),
        snapshot.sections.len(),
        snapshot.enrollments.len(),
    ]
}

fn kinds(read: &ReadRoster) -> Vec<IssueKind> {
    read.issues.by_kind().keys().copied().collect()
}

// Rosters of others ----------------------------------------------------------------------------------------------

#[test]
fn school_data_sync_1_is_taken_whole() {
    for (name, wanted) in [
        ("sds-v1/100 Users", [2, 86, 0, 12, 28, 602 + 28]),
        ("sds-v1/25 Users", [2, 22, 0, 2, 2, 44 + 2]),
        ("sds-v1/Min Required Attributes", [2, 22, 0, 2, 2, 44 + 2]),
    ] {
        let read = read(&mut MemoryFiles(folder(name)), &options(), &mut |_| {}).unwrap();
        assert_eq!(counts(&read.snapshot), wanted, "{name}: {:?}", read.issues.list());
        assert_eq!(read.references.dangling, 0, "{name}");
        assert!(!read.snapshot.covers.contacts, "it has none, and takes none away");
    }
}

#[test]
fn school_data_sync_2_finds_the_contacts_that_have_no_role() {
    let read = read(&mut MemoryFiles(folder("sds-v2.1")), &options(), &mut |_| {}).unwrap();
    assert_eq!(counts(&read.snapshot), [3, 4, 2, 2, 2, 6], "{:?}", read.issues.list());
    assert_eq!(read.snapshot.relationships.len(), 3);
    // +1 123 456 7890 is no number: each is named with its line.
    assert_eq!(read.issues.by_kind()[&IssueKind::BadPhone], 4);
    assert!(
        read.issues.list().iter().filter(|it| it.kind == IssueKind::BadPhone).all(|it| it.line == 3 || it.line == 6)
    );
}

#[test]
fn students_without_their_schools_are_explained_one_by_one() {
    let mut files = folder("oea-contoso");
    files.push(("School.csv".to_owned(), b"SIS ID,Name\nsch0,Contoso High School\n".to_vec()));
    let read = read(&mut MemoryFiles(files), &options(), &mut |_| {}).unwrap();
    assert_eq!(read.snapshot.students.len() + read.issues.by_kind().get(&IssueKind::MissingReference).unwrap_or(&0), 2);
    assert_eq!(read.snapshot.students[0].language, "en");
}

// OneRoster --------------------------------------------------------------------------------------------------------

const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
    d,,,Oak District,district,,\n\
    oak,,,Oak Elementary School,SCHOOL,1,d\n\
    elm,,,Elm High School,school,2,d\n";
const HEAD: &str = "sourcedId,status,enabledUser,orgSourcedIds,role,username,givenName,familyName,identifier,email,sms,phone,\
    agentSourcedIds,grades,metadata.homePhone,metadata.homePhone2,metadata.workPhone,metadata.mainContact,\
    metadata.secondaryContact,metadata.relationship,metadata.custodyRestricted,metadata.custodyDocument\n";
const USERS: &str = "s1,,TRUE,oak,student,s1,Ana,Ruiz,1001,ana@students.example.org,,,\"p2,p1,p3\",3,201-555-0100,201-555-0101,,p1,p2,,p3,order 12\n\
    s2,,true,elm,student,s2,Ben,Ruiz,1002,,,,\"p1,p2\",10,201-555-0100,,,,,,,\n\
    p1,,true,oak,parent,p1,Carla,Ruiz,,carla@example.org,201-555-0110,201-555-0111,,,,,201-555-0112 x7,,,Mother,,\n\
    p2,,true,oak,guardian,p2,Dan,Ruiz,,dan@example.org,201-555-0120,(201) 555-0120,,,,,,,,Father,,\n\
    p3,,true,oak,relative,p3,Eve,Ruiz,,,201-555-0130,,,,,,,,,Aunt,,\n\
    t1,,true,\"oak,elm\",teacher,t1,Finn,Lee,,finn@staff.example.org,201-555-0140,201-555-0150,,,,,,,,,,\n";
const CLASSES: &str = "sourcedId,status,title,classCode,classType,schoolSourcedId,periods\n\
    c1,,Homeroom 3,HR3,Homeroom,oak,1\nc2,,Maths,MAT,scheduled,elm,2\n";
const ENROLLMENTS: &str = "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate\n\
    e1,,c1,oak,s1,student,,\ne2,,c2,elm,s2,student,2025-08-15,2026-06-10\ne3,,c1,oak,t1,teacher,,\n";

fn oneroster(users: &str) -> Result<ReadRoster, RosterError> {
    let users = format!("{HEAD}{users}");
    take(&[
        ("orgs.csv", ORGS.as_bytes()),
        ("Users.CSV", users.as_bytes()),
        ("classes.csv", CLASSES.as_bytes()),
        ("enrollments.csv", ENROLLMENTS.as_bytes()),
    ])
}

fn slots(snapshot: &Snapshot, owner: &Owner, school: &str) -> Vec<(Slot, String, Option<String>)> {
    let own = snapshot.points.iter().filter(|point| point.owner == *owner && point.school == school);
    own.map(|point| (point.slot, point.address.expose().to_owned(), point.extension.clone())).collect()
}

/// A13 to A16: two home phones, and four addresses of each contact, each in its slot.
#[test]
fn every_slot_of_a_record_is_kept() {
    let snapshot = oneroster(USERS).unwrap().snapshot;
    assert_eq!(counts(&snapshot), [2, 2, 3, 1, 2, 3]);
    let text = |text: &str| text.to_owned();
    assert_eq!(
        slots(&snapshot, &Owner::Student(text("s1")), "oak"),
        [(Slot::HomePrimary, text("+12015550100"), None), (Slot::HomeSecondary, text("+12015550101"), None)]
    );
    let carla = [
        (Slot::Home, text("+12015550111"), None),
        (Slot::Mobile, text("+12015550110"), None),
        (Slot::Work, text("+12015550112"), Some(text("7"))),
        (Slot::Email, text("carla@example.org"), None),
    ];
    // A20: the same contact at two schools is two records.
    assert_eq!(slots(&snapshot, &Owner::Guardian(text("p1")), "oak"), carla);
    assert_eq!(slots(&snapshot, &Owner::Guardian(text("p1")), "elm"), carla);
    // `phone` that repeats the mobile is no home line, and would be called twice.
    let dan = slots(&snapshot, &Owner::Guardian(text("p2")), "oak");
    assert_eq!(dan.iter().map(|it| it.0).collect::<Vec<_>>(), [Slot::Mobile, Slot::Email]);
    assert_eq!(slots(&snapshot, &Owner::Staff(text("t1")), "elm").len(), 3);
}

/// A14, A15: named by metadata, or else the order of the agents.
#[test]
fn contacts_have_their_roles() {
    let snapshot = oneroster(USERS).unwrap().snapshot;
    let role = |guardian: &str, student: &str| {
        let found = snapshot.relationships.iter().find(|it| it.guardian == guardian && it.student == student).unwrap();
        (found.role, found.relation.as_str(), found.custody_restricted, found.custody_document.as_deref())
    };
    assert_eq!(role("p1", "s1"), (ContactRole::Main, "Mother", false, None));
    assert_eq!(role("p2", "s1"), (ContactRole::Secondary, "Father", false, None));
    assert_eq!(role("p3", "s1"), (ContactRole::Other, "Aunt", true, Some("order 12")));
    assert_eq!(role("p1", "s2").0, ContactRole::Main);
}

/// A21: the enrolment that began last says where a student of two schools is.
#[test]
fn a_student_of_two_schools_is_where_the_last_enrolment_is() {
    let users = USERS.replace("s2,,true,elm,", "s2,,true,\"oak,elm\",");
    let snapshot = oneroster(&users).unwrap().snapshot;
    assert_eq!(snapshot.students[1].school, "elm");
    assert_eq!(slots(&snapshot, &Owner::Student("s2".to_owned()), "elm").len(), 1);
}

/// OneRoster 1.2 keeps roles in a file of their own.
#[test]
fn roles_of_1_2_are_read() {
    let users = "sourcedId,status,enabledUser,username,givenName,familyName,email,sms,phone,agentSourcedIds,primaryOrgSourcedId\n\
        s1,,true,s1,Ana,Ruiz,,,,p1,\np1,,true,p1,Carla,Ruiz,carla@example.org,201-555-0110,,s1,\n";
    let roles = "sourcedId,status,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\n\
        r1,,s1,primary,student,,,oak,\nr2,,p1,primary,parent,,,oak,\nr3,,p1,secondary,teacher,,,elm,\n";
    let read = take(&[
        ("manifest.csv", b"propertyName,value\noneroster.version,1.2\nfile.users,bulk\nfile.roles,bulk\n"),
        ("orgs.csv", ORGS.as_bytes()),
        ("users.csv", users.as_bytes()),
        ("roles.csv", roles.as_bytes()),
        ("userprofiles.csv", b"sourcedId\n"),
    ])
    .unwrap();
    assert_eq!(counts(&read.snapshot)[..4], [2, 1, 1, 1]);
    assert_eq!(read.snapshot.staff[0].schools, ["elm"]);
}

#[test]
fn every_fault_of_a_row_is_told_and_the_good_rows_go_in() {
    let row = "s3,,true,oak,student,s3,Gus,Lee,1003,,,,p1,3,201-555-0160,,,,,,,\n";
    let cases: &[(&str, String, IssueKind, usize)] = &[
        ("bad phone", row.replace("201-555-0160", "none"), IssueKind::BadPhone, 3),
        ("emergency line", row.replace("201-555-0160", "911"), IssueKind::BadPhone, 3),
        ("unassigned", row.replace("201-555-0160", "370-555-0160"), IssueKind::UnassignedArea, 3),
        ("two phones", row.replace("201-555-0160", "201-555-0160 / 201-555-0161"), IssueKind::TwoPhones, 3),
        ("twice", row.repeat(2), IssueKind::Duplicate, 3),
        ("contradiction", format!("{row}{}", row.replace("Gus", "Changed")), IssueKind::Conflict, 3),
        ("no id", row.replacen("s3", "", 1), IssueKind::NoId, 2),
        ("stray quote", row.replace("Gus", "Robert \"Bob Jr"), IssueKind::StrayQuote, 3),
        ("open quote", row.replace("Gus", "\"Gus"), IssueKind::StrayQuote, 3),
        ("short", "s3,,true,oak,student,s3,Gus,Lee\n".to_owned(), IssueKind::ShortRow, 3),
        ("long", row.replace('\n', "extra\n").replace("extra", ",extra"), IssueKind::LongRow, 3),
        ("formula", row.replace("Gus", "=SUM(A1)"), IssueKind::Formula, 3),
        ("NUL", row.replace("Gus", "G\0us"), IssueKind::Nul, 3),
        ("no school", row.replace("oak", "ash"), IssueKind::MissingReference, 2),
        ("no contact", row.replace(",p1,", ",p9,"), IssueKind::MissingReference, 3),
        ("role", row.replace(",student,", ",pupil,"), IssueKind::BadValue, 2),
        ("left", row.replace(",true,", ",FALSE,"), IssueKind::LeftOut, 2),
    ];
    for (label, row, kind, students) in cases {
        // A good row follows the bad one: it must not be swallowed.
        let read = oneroster(&format!(
            "{}{row}{}",
            &USERS[..USERS.find("p1,,").unwrap()],
            &USERS[USERS.find("p1,,").unwrap()..]
        ))
        .unwrap_or_else(|error| panic!("{label}: {error}"));
        assert!(kinds(&read).contains(kind), "{label}: {:?}", read.issues.list());
        assert_eq!(read.snapshot.students.len(), *students, "{label}: {:?}", read.issues.list());
        assert_eq!(read.snapshot.guardians.len(), 3, "{label}");
        let line = read.issues.list().iter().find(|it| it.kind == *kind).unwrap().line;
        assert!((4..=5).contains(&line), "{label} line {line}");
    }
}

#[test]
fn names_in_windows_1252_are_converted_and_a_byte_order_mark_is_no_column() {
    let mut users = b"\xef\xbb\xbf".to_vec();
    users.extend(HEAD.as_bytes());
    users.extend(USERS.replace("Ana", "@").bytes().map(|b| if b == b'@' { 0xd1 } else { b }));
    let read = take(&[("orgs.csv", ORGS.as_bytes()), ("users.csv", &users)]).unwrap();
    assert_eq!(read.snapshot.students[0].given, "Ñ");
    assert!(kinds(&read).contains(&IssueKind::Encoding));
}

#[test]
fn a_line_break_in_quotes_is_one_row_and_carriage_returns_alone_end_lines() {
    let read = oneroster(&USERS.replace("Ana,Ruiz", "\"Ana\nMaria\",Ruiz")).unwrap();
    assert_eq!(read.snapshot.students[0].given, "Ana Maria");
    let mac = |text: &str| text.replace('\n', "\r");
    let users = mac(&format!("{HEAD}{USERS}"));
    let read = take(&[("orgs.csv", mac(ORGS).as_bytes()), ("users.csv", users.as_bytes())]).unwrap();
    assert_eq!(read.snapshot.students.len(), 2);
}

#[test]
fn a_misspelt_head_is_read_and_told() {
    let users =
        format!("{HEAD}{USERS}").replace("agentSourcedIds", "agentSuorcedIds").replace("givenName", "givenNmae");
    let read = take(&[("orgs.csv", ORGS.as_bytes()), ("users.csv", users.as_bytes())]).unwrap();
    assert_eq!(read.snapshot.students[0].given, "Ana");
    assert_eq!(read.issues.by_kind()[&IssueKind::Header], 2);
}

#[test]
fn denied_numbers_never_come_in() {
    let mut options = options();
    options.denied = vec![schoolbell_domain::phone::Phone::from_e164("+12015550100").unwrap()];
    let users = format!("{HEAD}{USERS}");
    let files = [("orgs.csv", ORGS), ("users.csv", users.as_str())];
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    let read = read(&mut MemoryFiles(files), &options, &mut |_| {}).unwrap();
    assert!(read.snapshot.points.iter().all(|point| point.address.expose() != "+12015550100"));
    assert_eq!(read.issues.by_kind()[&IssueKind::DeniedNumber], 2);
}

// Cut off -------------------------------------------------------------------------------------------------------------

/// Whatever byte the copy stopped at: either it is refused, or it ends with a whole row, and the guard decides.
#[test]
fn a_file_that_stops_in_a_row_is_refused() {
    let whole = format!("{HEAD}{USERS}");
    for end in HEAD.len()..whole.len() {
        let cut = &whole[..end];
        let read = take(&[("orgs.csv", ORGS.as_bytes()), ("users.csv", cut.as_bytes())]);
        let row = cut.rsplit('\n').next().unwrap();
        let commas = |text: &str| text.matches(',').count();
        let in_a_row = !row.is_empty() && commas(row) < commas(HEAD.trim_end());
        match read {
            Err(RosterError::CutOff { .. }) => {}
            other => assert!(!in_a_row || row.contains('"'), "cut at {end}: {row:?} gave {other:?}"),
        }
    }
}

#[test]
fn what_the_manifest_announces_must_be_there() {
    let manifest = b"propertyName,value\nfile.users,bulk\nfile.classes,bulk\n";
    let users = format!("{HEAD}{USERS}");
    let files: &[(&str, &[u8])] =
        &[("manifest.csv", manifest), ("orgs.csv", ORGS.as_bytes()), ("users.csv", users.as_bytes())];
    assert!(matches!(take(files), Err(RosterError::Announced { file }) if file == "classes.csv"));
    let delta = b"propertyName,value\nfile.users,delta\n";
    let files: &[(&str, &[u8])] =
        &[("manifest.csv", delta), ("orgs.csv", ORGS.as_bytes()), ("users.csv", users.as_bytes())];
    assert!(matches!(take(files), Err(RosterError::NotBulk { .. })));
}

#[test]
fn a_zip_that_was_cut_off_does_not_open() {
    use std::io::{Cursor, Write};
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("export/orgs.csv", ORGS.to_owned()), ("export/Users.csv", format!("{HEAD}{USERS}"))] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let whole = read(&mut ZipFiles::open(Cursor::new(bytes.clone())).unwrap(), &options(), &mut |_| {}).unwrap();
    assert_eq!(whole.snapshot.students.len(), 2);
    for end in (0..bytes.len()).step_by(7) {
        let cut = bytes[..end].to_vec();
        let read = ZipFiles::open(Cursor::new(cut)).and_then(|mut files| read(&mut files, &options(), &mut |_| {}));
        assert!(read.is_err(), "cut at {end}");
    }
}

#[test]
fn what_is_no_roster_says_what_one_is() {
    let error = take(&[("holiday.jpg", b"\xff\xd8")]).unwrap_err();
    assert!(error.to_string().contains("users.csv and orgs.csv"), "{error}");
    let error = take(&[("students.csv", b"a,b,c\n1,2,3\n")]).unwrap_err();
    assert!(error.to_string().contains("Student_Number"), "{error}");
}

// The flat export --------------------------------------------------------------------------------------------------------

const STUDENTS: &str = "Student_Number,Last_Name,First_Name,Grade_Level,SchoolID,School_Name,Home_Room,Bus_Route_AM,Enroll_Status,\
    Entry_Date,Exit_Date,Home_Phone,Home_Phone_2,Contact1_Name,Contact1_Mobile_Phone,Contact1_Email,Contact2_Name,Contact2_Mobile_Phone\n\
    1001,Ruiz,Ana,3,101,Oak Elementary School,HR3,B7,0,,,201-555-0100,201-555-0101,Carla Ruiz,201-555-0110,carla@example.org,Dan Ruiz,201-555-0120\n\
    1002,Ruiz,Ben,10,102,Elm High School,HR10,,0,,,,,Carla Ruiz,(201) 555-0110,,\"Ruiz, Dan\",201.555.0121\n\
    1003,Lee,Gus,0,101,Oak Elementary School,HR3,,2,,,,,Finn Lee,201-555-0130,,,\n";
const CONTACTS: &str = "Student_Number,SchoolID,Contact_ID,Contact_Priority,Contact_First_Name,Contact_Last_Name,Relationship,\
    Is_Custodial,Lives_With,Data_Access,Language,Phone1_Type,Phone1,Phone2_Type,Phone2,Email,Email2\n\
    1001,101,7,1,Carla,Ruiz,Mother,1,1,1,es,Mobile,201-555-0110,Work,201-555-0112 ext 9,carla@example.org,carla@work.example.com\n\
    1001,101,8,2,Rosa,Ruiz,Grandmother,0,0,0,es,Mobile,201-555-0140,,,,\n\
    1001,101,9,3,Dan,Ruiz,Father,1,0,1,es,Mobile,201-555-0120,,,,\n\
    1002,102,7,1,Carla,Ruiz,Mother,1,1,1,es,Mobile,201-555-0119,,,,\n\
    1003,101,10,1,Finn,Lee,Father,1,1,1,en,Mobile,201-555-0130,,,,\n";

#[test]
fn the_flat_export_carries_every_slot_and_role() {
    let read = take(&[("students.csv", STUDENTS.as_bytes()), ("contacts.csv", CONTACTS.as_bytes())]).unwrap();
    let snapshot = &read.snapshot;
    // Gus has left, and with him the contact of nobody else.
    assert_eq!(counts(snapshot), [2, 2, 3, 0, 2, 2], "{:?}", read.issues.list());
    let roles: Vec<ContactRole> =
        snapshot.relationships.iter().filter(|it| it.student == "1001").map(|it| it.role).collect();
    // The grandmother is second in the list and no legal guardian (A15).
    assert_eq!(roles, [ContactRole::Main, ContactRole::Other, ContactRole::Secondary]);
    let carla = slots(snapshot, &Owner::Guardian("7".to_owned()), "101");
    assert_eq!(carla.len(), 4);
    assert_eq!(carla[1].2.as_deref(), Some("9"));
    // A20: at the other school she has another mobile, and both registrars are told.
    assert_eq!(slots(snapshot, &Owner::Guardian("7".to_owned()), "102")[0].1, "+12015550119");
    assert!(kinds(&read).contains(&IssueKind::DiffersBetweenSchools));
    assert_eq!(snapshot.guardians[0].language, "es");
    assert_eq!(snapshot.students[0].bus_am.as_deref(), Some("B7"));
}

#[test]
fn contacts_in_the_students_row_are_one_parent_for_siblings() {
    let read =
        take(&[("pupils.txt", STUDENTS.replace(',', "\t").replace("Ruiz\t Dan", "Ruiz, Dan").as_bytes())]).unwrap();
    let snapshot = &read.snapshot;
    assert_eq!(snapshot.students.len(), 2, "{:?}", read.issues.list());
    // Carla has the same mobile in both rows; Dan has two numbers and may be two people.
    let names: Vec<&str> = snapshot.guardians.iter().map(|it| it.given.as_str()).collect();
    assert_eq!(names, ["Carla", "Dan", "Dan"]);
    assert_eq!(snapshot.relationships.len(), 4);
}

/// A21: on the day of a transfer the new school's row counts.
#[test]
fn a_transfer_in_mid_year_leaves_the_student_at_the_new_school() {
    let students = "Student_Number,Last_Name,First_Name,SchoolID,Entry_Date,Exit_Date\n\
        1001,Ruiz,Ana,101,08/15/2025,01/12/2026\n1001,Ruiz,Ana,102,01/12/2026,\n";
    let at = |today| {
        let options = ReadOptions { today, ..options() };
        let files = MemoryFiles(vec![("students.csv".to_owned(), students.as_bytes().to_vec())]);
        read(&mut { files }, &options, &mut |_| {}).unwrap().snapshot.students[0].school.clone()
    };
    assert_eq!([at(date(2026, 1, 11)), at(date(2026, 1, 12))], ["101", "102"]);
}

#[test]
fn a_district_maps_its_own_columns() {
    let students = "Pupil;Surname;First_Name;Campus;Telephone\n1001;Ruiz;Ana;101;201-555-0100\n";
    let map = r#"{"students":{"number":["Pupil"],"school":["Campus"],"home_phone":["Telephone"]}}"#;
    let options = ReadOptions { columns: serde_json::from_str(map).unwrap(), ..options() };
    let files = MemoryFiles(vec![("export.csv".to_owned(), students.as_bytes().to_vec())]);
    let read = read(&mut { files }, &options, &mut |_| {}).unwrap();
    assert_eq!(read.snapshot.points.len(), 1);
    let wrong: ColumnMap = serde_json::from_str(r#"{"students":{"numbr":["Pupil"]}}"#).unwrap();
    assert!(wrong.check().unwrap_err().to_string().contains("`numbr`"));
}

// Anything ---------------------------------------------------------------------------------------------------------------

proptest! {
    /// No bytes can bring the reader down, and what it takes refers to nothing that is not there.
    #[test]
    fn any_bytes_are_read_or_explained(
        users in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'p'), Just(b'1'), any::<u8>()], 0..400),
    ) {
        let mut bytes = HEAD.as_bytes().to_vec();
        bytes.extend(USERS.as_bytes());
        bytes.extend(users);
        if let Ok(read) = take(&[("orgs.csv", ORGS.as_bytes()), ("users.csv", &bytes), ("classes.csv", CLASSES.as_bytes())]) {
            for link in &read.snapshot.relationships {
                prop_assert!(read.snapshot.guardians.iter().any(|it| it.key == link.guardian));
                prop_assert!(read.snapshot.students.iter().any(|it| it.key == link.student));
            }
            for point in &read.snapshot.points {
                prop_assert!(read.snapshot.schools.iter().any(|it| it.key == point.school));
            }
        }
    }
}
