//! The town as OneRoster 1.1 CSV, bulk, with the `metadata.*` columns of docs/src/rosters.md.

use std::collections::BTreeMap;

use crate::names::{DISTRICT, SCHOOLS, SUBJECTS};
use crate::people::{Staff, Student, Town};

type Table = Result<Vec<u8>, Box<dyn std::error::Error>>;
type Files = Result<Vec<(&'static str, Vec<u8>)>, Box<dyn std::error::Error>>;

/// Largest homeroom.
const ROOM: usize = 24;

/// All files of the zip, in the order of the standard.
pub fn all(town: &Town) -> Files {
    let (classes, enrollments) = classes(town)?;
    Ok(vec![
        ("manifest.csv", manifest()?),
        ("academicSessions.csv", sessions()?),
        ("orgs.csv", orgs()?),
        ("courses.csv", courses()?),
        ("classes.csv", classes),
        ("users.csv", users(town)?),
        ("enrollments.csv", enrollments),
        ("demographics.csv", demographics(town)?),
    ])
}

fn table(head: &str, rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(head.split(','))?;
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner().map_err(|error| error.to_string())?)
}

fn row<const N: usize>(values: [&str; N]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn manifest() -> Table {
    let mut rows = vec![
        row(["manifest.version", "1.0"]),
        row(["oneroster.version", "1.1"]),
        row(["source.systemName", "Schoolbell sample district"]),
        row(["source.systemCode", "sample"]),
    ];
    for file in [
        "academicSessions",
        "categories",
        "classes",
        "classResources",
        "courses",
        "courseResources",
        "demographics",
        "enrollments",
        "lineItems",
        "orgs",
        "resources",
        "results",
        "users",
    ] {
        let present = ["academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "users"];
        rows.push(row([&format!("file.{file}"), if present.contains(&file) { "bulk" } else { "absent" }]));
    }
    table("propertyName,value", rows)
}

fn sessions() -> Table {
    table(
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
        [row(["wc-2026", "", "", "School year 2026-27", "schoolYear", "2026-08-17", "2027-05-28", "", "2027"])],
    )
}

fn orgs() -> Table {
    let mut rows = vec![row([DISTRICT.0, "", "", DISTRICT.1, "district", "", "", ""])];
    for school in SCHOOLS {
        rows.push(row([school.key, "", "", school.name, "school", "", DISTRICT.0, school.phone]));
    }
    table("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,metadata.phone", rows)
}

fn courses() -> Table {
    let mut rows = Vec::new();
    for school in SCHOOLS {
        let home = [school.key, "homeroom"].join("-");
        rows.push(row([&home, "", "", "wc-2026", "Homeroom", "HR", "", school.key, "", ""]));
        for (subject, code) in SUBJECTS.iter().filter(|_| school.first >= 6) {
            let key = [school.key, code].join("-");
            rows.push(row([&key, "", "", "wc-2026", subject, code, "", school.key, subject, ""]));
        }
    }
    table(
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
        rows,
    )
}

fn grade(number: u8) -> String {
    if number == 0 { "KG".to_owned() } else { format!("{number:02}") }
}

fn teachers(town: &Town, school: usize) -> Vec<&Staff> {
    town.staff.iter().filter(|member| member.school == school && member.title == "Teacher").collect()
}

/// Homerooms of every grade; in the upper schools a class a period for each homeroom too.
fn classes(town: &Town) -> Result<(Vec<u8>, Vec<u8>), Box<dyn std::error::Error>> {
    let mut rooms = BTreeMap::<(usize, u8, usize), Vec<&Student>>::new();
    for student in &town.students {
        rooms.entry((student.school, student.grade, student.room / ROOM)).or_default().push(student);
    }
    let mut classes = Vec::new();
    let mut enrollments = Vec::new();
    for (at, ((school, year, room), students)) in rooms.into_iter().enumerate() {
        let letter = char::from(b'A' + u8::try_from(room).unwrap_or(0));
        let group = Group { at, school, name: format!("{}{letter}", grade(year)), grade: grade(year), students };
        group.lessons(town, &mut classes, &mut enrollments);
    }
    Ok((
        table(
            "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
             schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
            classes,
        )?,
        table(
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
            enrollments,
        )?,
    ))
}

/// Students who sit in one room.
struct Group<'a> {
    at: usize,
    school: usize,
    name: String,
    grade: String,
    students: Vec<&'a Student>,
}

impl Group<'_> {
    /// Their homeroom and lessons, and who is enrolled in each.
    fn lessons(&self, town: &Town, classes: &mut Vec<Vec<String>>, enrollments: &mut Vec<Vec<String>>) {
        let school = &SCHOOLS[self.school];
        let staff = teachers(town, self.school);
        let upper = school.first >= 6;
        let lessons = std::iter::once(("Homeroom", "HR")).chain(SUBJECTS.iter().copied().filter(|_| upper));
        for (period, (subject, code)) in lessons.enumerate() {
            let key = format!("{}-{}-{code}", school.key, self.name);
            let (kind, course) = if period == 0 { ("homeroom", "homeroom") } else { ("scheduled", code) };
            let number = if period == 0 { String::new() } else { period.to_string() };
            let course = [school.key, course].join("-");
            let title = format!("{subject} {}", self.name);
            let code = format!("{code}-{}", self.name);
            classes.push(row([
                &key,
                "",
                "",
                &title,
                &self.grade,
                &course,
                &code,
                kind,
                "",
                school.key,
                "wc-2026",
                "",
                "",
                &number,
            ]));
            let teacher = staff[(self.at + period * 5) % staff.len()];
            let people = self.students.iter().map(|student| (&student.key, "student", "false"));
            for (person, role, primary) in people.chain([(&teacher.key, "teacher", "true")]) {
                let id = format!("{key}-{person}");
                let days = ["2026-08-17", "2027-05-28"];
                enrollments.push(row([&id, "", "", &key, school.key, person, role, primary, days[0], days[1]]));
            }
        }
    }
}

const USER_COLUMNS: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,\
    familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,metadata.homePhone,\
    metadata.homePhone2,metadata.workPhone,metadata.mainContact,metadata.secondaryContact,metadata.relationship,\
    metadata.homeLanguage,metadata.busRouteAM,metadata.busRoutePM,metadata.zip,metadata.custodyRestricted,\
    metadata.custodyDocument,metadata.title";

/// Fills a row by the names of its columns.
fn user(values: &[(&str, String)]) -> Vec<String> {
    USER_COLUMNS
        .split(',')
        .map(|column| {
            values.iter().find(|(name, _)| *name == column).map(|(_, value)| value.clone()).unwrap_or_default()
        })
        .collect()
}

fn users(town: &Town) -> Table {
    let students = town.students.iter().map(|student| student_row(town, student));
    let guardians = town.guardians.iter().map(|guardian| {
        let mut schools: Vec<&str> =
            guardian.children.iter().map(|child| SCHOOLS[town.students[*child].school].key).collect();
        schools.sort_unstable();
        schools.dedup();
        let children: Vec<&str> = guardian.children.iter().map(|child| town.students[*child].key.as_str()).collect();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        user(&[
            ("sourcedId", guardian.key.clone()),
            ("enabledUser", "true".to_owned()),
            ("orgSourcedIds", schools.join(",")),
            ("role", "guardian".to_owned()),
            ("username", guardian.key.clone()),
            ("givenName", guardian.given.clone()),
            ("familyName", guardian.family.clone()),
            ("email", text(&guardian.email)),
            ("sms", text(&guardian.mobile)),
            ("agentSourcedIds", children.join(",")),
            ("metadata.homePhone", text(&guardian.home)),
            ("metadata.workPhone", text(&guardian.work)),
            ("metadata.relationship", guardian.relation.to_owned()),
            ("metadata.homeLanguage", guardian.language.to_owned()),
        ])
    });
    let staff = town.staff.iter().map(|member| {
        let role = if member.title == "Teacher" { "teacher" } else { "administrator" };
        user(&[
            ("sourcedId", member.key.clone()),
            ("enabledUser", "true".to_owned()),
            ("orgSourcedIds", SCHOOLS[member.school].key.to_owned()),
            ("role", role.to_owned()),
            ("username", member.email.clone()),
            ("givenName", member.given.clone()),
            ("familyName", member.family.clone()),
            ("email", member.email.clone()),
            ("sms", member.mobile.clone().unwrap_or_default()),
            ("metadata.title", member.title.to_owned()),
        ])
    });
    table(USER_COLUMNS, students.chain(guardians).chain(staff))
}

fn student_row(town: &Town, student: &Student) -> Vec<String> {
    let agents: Vec<&str> = student.guardians.iter().map(|at| town.guardians[*at].key.as_str()).collect();
    let restricted: Vec<_> =
        student.guardians.iter().map(|at| &town.guardians[*at]).filter(|it| it.custody.is_some()).collect();
    let keys: Vec<&str> = restricted.iter().map(|guardian| guardian.key.as_str()).collect();
    let document = restricted.first().and_then(|guardian| guardian.custody.clone()).unwrap_or_default();
    let agent = |at: usize| agents.get(at).copied().unwrap_or_default().to_owned();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    user(&[
        ("sourcedId", student.key.clone()),
        ("enabledUser", "true".to_owned()),
        ("orgSourcedIds", SCHOOLS[student.school].key.to_owned()),
        ("role", "student".to_owned()),
        ("username", student.number.clone()),
        ("givenName", student.given.clone()),
        ("familyName", student.family.clone()),
        ("identifier", student.number.clone()),
        ("agentSourcedIds", agents.join(",")),
        ("grades", grade(student.grade)),
        ("metadata.homePhone", text(&student.home)),
        ("metadata.homePhone2", text(&student.home_2)),
        ("metadata.mainContact", agent(0)),
        ("metadata.secondaryContact", agent(1)),
        ("metadata.homeLanguage", student.language.to_owned()),
        ("metadata.busRouteAM", text(&student.bus)),
        ("metadata.busRoutePM", text(&student.bus)),
        ("metadata.zip", student.zip.to_owned()),
        ("metadata.custodyRestricted", keys.join(",")),
        ("metadata.custodyDocument", document),
    ])
}

fn demographics(town: &Town) -> Table {
    let rows = town.students.iter().map(|student| {
        let (month, day) = (1 + student.birth_day / 28, 1 + student.birth_day % 28);
        vec![
            student.key.clone(),
            String::new(),
            String::new(),
            format!("{}-{month:02}-{day:02}", student.birth_year),
            String::new(),
        ]
    });
    table("sourcedId,status,dateLastModified,birthDate,sex", rows)
}
