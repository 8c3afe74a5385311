//! users.csv: students, contacts and staff. demographics.csv: birth dates.

use std::collections::HashMap;

use jiff::civil::Date;
use schoolbell_domain::people::{ContactRole, Slot};
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Guardian, Owner, Staff, Student};

use super::orgs::Others;
use super::roles::{Role, Roles};
use super::{each_row, is_deleted};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Link, Seen};
use crate::roster::files::FileSet;
use crate::roster::table::{Column, Row, Table};
use crate::roster::value::{self, language, list};

/// Rank of a relationship that only the contact's row names: behind all that the student's row names.
const NAMED_BY_CONTACT: u32 = 1_000;

struct Columns {
    id: usize,
    status: Column,
    enabled: Column,
    orgs: Column,
    primary_org: Column,
    role: Column,
    given: Column,
    family: Column,
    username: Column,
    identifier: Column,
    user_ids: Column,
    email: Column,
    sms: Column,
    phone: Column,
    agents: Column,
    grades: Column,
    home: Column,
    home2: Column,
    work: Column,
    main: Column,
    secondary: Column,
    relation: Column,
    language: Column,
    bus_am: Column,
    bus_pm: Column,
    zip: Column,
    restricted: Column,
    document: Column,
    title: Column,
}

impl Columns {
    fn of(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Self, RosterError> {
        let issues = &mut builder.issues;
        Ok(Self {
            id: table.must(&["sourcedId"], issues)?,
            status: table.column(&["status"]),
            enabled: table.column(&["enabledUser"]),
            orgs: table.column_or_alike(&["orgSourcedIds"], issues),
            primary_org: table.column(&["primaryOrgSourcedId"]),
            role: table.column(&["role"]),
            given: table.column_or_alike(&["givenName", "firstName"], issues),
            family: table.column_or_alike(&["familyName", "lastName"], issues),
            username: table.column(&["username"]),
            identifier: table.column(&["identifier"]),
            user_ids: table.column(&["userIds", "userId"]),
            email: table.column(&["email"]),
            sms: table.column(&["sms", "mobile"]),
            phone: table.column(&["phone"]),
            agents: table.column(&["agents"]).or(table.column_or_alike(&["agentSourcedIds"], issues)),
            grades: table.column(&["grades", "grade"]),
            home: table.column(&["metadata.homePhone"]),
            home2: table.column(&["metadata.homePhone2"]),
            work: table.column(&["metadata.workPhone"]),
            main: table.column(&["metadata.mainContact"]),
            secondary: table.column(&["metadata.secondaryContact"]),
            relation: table.column(&["metadata.relationship"]),
            language: table.column(&["metadata.homeLanguage"]),
            bus_am: table.column(&["metadata.busRouteAM"]),
            bus_pm: table.column(&["metadata.busRoutePM"]),
            zip: table.column(&["metadata.zip"]),
            restricted: table.column(&["metadata.custodyRestricted"]),
            document: table.column(&["metadata.custodyDocument"]),
            title: table.column(&["metadata.title"]),
        })
    }
}

/// What a role makes of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Student,
    Contact,
    Staff,
}

fn kind_of(role: &str) -> Option<Kind> {
    match role.to_ascii_lowercase().as_str() {
        "student" => Some(Kind::Student),
        "parent" | "guardian" | "relative" | "contact" => Some(Kind::Contact),
        "teacher"
        | "administrator"
        | "aide"
        | "proctor"
        | "counselor"
        | "principal"
        | "staff"
        | "faculty"
        | "professor"
        | "adjunct"
        | "other"
        | "siteadministrator"
        | "districtadministrator"
        | "systemadministrator"
        | "sysadmin"
        | "ta"
        | "teacherassistant"
        | "nurse"
        | "coach" => Some(Kind::Staff),
        _ => None,
    }
}

/// Students who belong to several schools: the enrolment that began last says where they are now (A21).
#[derive(Debug, Default)]
pub struct Several {
    latest: HashMap<String, Option<(Date, String)>>,
}

impl Several {
    /// An enrolment that holds today.
    pub fn enrolled(&mut self, student: &str, school: &str, begin: Option<Date>) {
        if let Some(latest) = self.latest.get_mut(student) {
            let begin = begin.unwrap_or(Date::MIN);
            if latest.as_ref().is_none_or(|(known, _)| *known < begin) {
                *latest = Some((begin, school.to_owned()));
            }
        }
    }

    /// Moves the students, and their home phones with them.
    pub fn settle(self, builder: &mut Builder<'_>) {
        for (key, latest) in self.latest {
            let Some((_, school)) = latest.filter(|(_, school)| builder.schools.contains_key(school)) else { continue };
            let Some(student) = builder.students.get_mut(&key) else { continue };
            student.school.clone_from(&school);
            builder.move_points(&Owner::Student(key), &school);
        }
    }
}

/// Reads all users. What a student's row says of contacts becomes links.
pub fn read(
    files: &mut dyn FileSet,
    builder: &mut Builder<'_>,
    others: &Others,
    roles: &Roles,
) -> Result<Several, RosterError> {
    let mut several = Several::default();
    builder.covers.staff = true;
    let found = each_row(files, "users.csv", builder, Columns::of, |table, row, columns, builder| {
        let Some(key) = builder.required(table, row, Some(columns.id)) else { return };
        let deleted = is_deleted(row.get(columns.status));
        let mut roles = roles_of(row, columns, roles.get(key));
        if roles.iter().all(|role| role.name.is_empty()) && builder.relations.contains_key(key) {
            roles = vec![Role { name: "contact".to_owned(), org: String::new(), grade: String::new() }];
        }
        if deleted {
            builder.gone.insert(key.to_owned());
            return;
        }
        if builder.seen("user", key, table, row) == Seen::Before {
            return;
        }
        let user = User { table, row, columns, key, others, roles: &roles };
        user.take(builder, &mut several);
    })?;
    if found { Ok(several) } else { Err(RosterError::MissingFile { file: "users.csv".to_owned() }) }
}

/// Roles of the row itself (1.1), or those of roles.csv (1.2).
fn roles_of(row: &Row, columns: &Columns, known: Option<&Vec<Role>>) -> Vec<Role> {
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        return known.clone();
    }
    let role = row.get(columns.role).to_owned();
    let mut orgs: Vec<&str> = list(row.get(columns.primary_org)).collect();
    orgs.extend(list(row.get(columns.orgs)).filter(|org| *org != row.get(columns.primary_org)));
    if orgs.is_empty() {
        orgs.push("");
    }
    orgs.into_iter().map(|org| Role { name: role.clone(), org: org.to_owned(), grade: String::new() }).collect()
}

struct User<'u> {
    table: &'u Table<'u>,
    row: &'u Row,
    columns: &'u Columns,
    key: &'u str,
    others: &'u Others,
    roles: &'u [Role],
}

impl User<'_> {
    fn take(&self, builder: &mut Builder<'_>, several: &mut Several) {
        let mut kinds: Vec<Kind> = Vec::new();
        for role in self.roles {
            match kind_of(&role.name) {
                Some(kind) if kinds.contains(&kind) => {}
                Some(kind) => kinds.push(kind),
                None => {
                    let at =
                        crate::roster::issues::At { value: &role.name, ..self.table.at(self.row, self.columns.role) };
                    let message =
                        "not a role; write student, parent, guardian, teacher or administrator. The user was left out";
                    builder.issues.error(IssueKind::BadValue, at, message);
                }
            }
        }
        for kind in kinds {
            match kind {
                Kind::Student => self.student(builder, several),
                Kind::Contact => self.contact(builder),
                Kind::Staff => self.staff(builder),
            }
        }
    }

    fn get(&self, column: Column) -> &str {
        self.row.get(column)
    }

    fn optional(&self, column: Column) -> Option<String> {
        Some(self.get(column)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Given and family name; a user without either goes by the log-in.
    fn names(&self) -> (String, String) {
        let (given, family) = (self.get(self.columns.given), self.get(self.columns.family));
        if given.is_empty() && family.is_empty() {
            return (String::new(), self.get(self.columns.username).to_owned());
        }
        (given.to_owned(), family.to_owned())
    }

    /// The schools of a kind of role. An organisation that is no school becomes one if the user has no other.
    fn schools(&self, kind: Kind, builder: &mut Builder<'_>) -> Vec<String> {
        let orgs: Vec<&str> =
            self.roles.iter().filter(|role| kind_of(&role.name) == Some(kind)).map(|role| role.org.as_str()).collect();
        let mut schools: Vec<String> = Vec::new();
        for org in &orgs {
            if builder.schools.contains_key(*org) && !schools.iter().any(|known| known == org) {
                schools.push((*org).to_owned());
            }
        }
        if schools.is_empty()
            && let Some(other) = orgs.iter().find_map(|org| self.others.get(*org))
        {
            builder.schools.insert(other.key.clone(), other.clone());
            schools.push(other.key.clone());
        }
        schools
    }

    fn student(&self, builder: &mut Builder<'_>, several: &mut Several) {
        let columns = self.columns;
        // OneRoster has no other word for a pupil who left in mid-year and stays in the export.
        if value::truth(self.get(columns.enabled)) == Some(false) {
            builder.gone.insert(self.key.to_owned());
            let at = self.table.at(self.row, columns.enabled);
            let message = "enabledUser is false: read as a student who left; export true for those who are here";
            builder.issues.warning(IssueKind::LeftOut, at, message);
            return;
        }
        let schools = self.schools(Kind::Student, builder);
        let Some(school) = schools.first().cloned() else {
            let at = self.table.at(self.row, columns.orgs);
            let message = "no school of this id is in orgs.csv; the student was left out";
            builder.issues.error(IssueKind::MissingReference, at, message);
            return;
        };
        if schools.len() > 1 {
            several.latest.insert(self.key.to_owned(), None);
        }
        let (given, family) = self.names();
        let grade = self.roles.iter().map(|role| role.grade.as_str()).find(|grade| !grade.is_empty());
        let grade = grade.or_else(|| list(self.get(columns.grades)).next()).unwrap_or("");
        let student = Student {
            key: self.key.to_owned(),
            school: school.clone(),
            number: self.number(),
            given,
            family,
            grade: value::grade(grade),
            language: language(self.get(columns.language)),
            bus_am: self.optional(columns.bus_am),
            bus_pm: self.optional(columns.bus_pm),
            birth_date: None,
            zip: self.optional(columns.zip),
        };
        builder.students.insert(student.key.clone(), student);
        self.student_points(builder, &school);
        self.contacts_of_student(builder);
    }

    /// The number that families and staff know: `identifier`, or the local id in `userIds`.
    fn number(&self) -> String {
        let identifier = self.get(self.columns.identifier);
        if !identifier.is_empty() {
            return identifier.to_owned();
        }
        let ids = self.get(self.columns.user_ids);
        let inner = ids.trim_matches(['{', '}']).split('}').next().unwrap_or("");
        let number = inner.split_once(':').map_or("", |(_, number)| number.trim());
        if number.is_empty() { self.key.to_owned() } else { number.to_owned() }
    }

    /// The two home slots (A13): the metadata columns, or the one `phone` that OneRoster has. A pupil's own mobile and
    /// mailbox are no way to the family and stay out.
    fn student_points(&self, builder: &mut Builder<'_>, school: &str) {
        let first = self.columns.home.filter(|at| !self.get(Some(*at)).is_empty()).or(self.columns.phone);
        let mut points = builder.phone_points(self.table, self.row, first, Slot::HomePrimary);
        points.extend(builder.phone_points(self.table, self.row, self.columns.home2, Slot::HomeSecondary));
        // Two numbers in the first field: the second slot is where the other belongs.
        if points.len() == 2 && points[1].0 == Slot::HomePrimary {
            points[1].0 = Slot::HomeSecondary;
        }
        builder.add_points(&Owner::Student(self.key.to_owned()), school, points);
    }

    fn contacts_of_student(&self, builder: &mut Builder<'_>) {
        let main: Vec<&str> = list(self.get(self.columns.main)).collect();
        let secondary: Vec<&str> = list(self.get(self.columns.secondary)).collect();
        let restricted: Vec<&str> = list(self.get(self.columns.restricted)).collect();
        let agents = main.iter().chain(&secondary).copied().chain(list(self.get(self.columns.agents)));
        let place = builder.place(self.table, self.row);
        for (rank, guardian) in (0..).zip(agents) {
            let role = if main.contains(&guardian) {
                Some(ContactRole::Main)
            } else if secondary.contains(&guardian) {
                Some(ContactRole::Secondary)
            } else {
                None
            };
            let custody_restricted = restricted.contains(&guardian);
            builder.link(Link {
                guardian: guardian.to_owned(),
                student: self.key.to_owned(),
                rank,
                role,
                legal: true,
                relation: String::new(),
                lives_with: None,
                custody_restricted,
                custody_document: self.optional(self.columns.document).filter(|_| custody_restricted),
                place,
            });
        }
    }

    fn contact(&self, builder: &mut Builder<'_>) {
        builder.covers.contacts = true;
        let (given, family) = self.names();
        let language = language(self.get(self.columns.language));
        builder.guardians.insert(self.key.to_owned(), Guardian { key: self.key.to_owned(), given, family, language });
        let mobiles = builder.phone_points(self.table, self.row, self.columns.sms, Slot::Mobile);
        let mut points = builder.phone_points(self.table, self.row, self.columns.home, Slot::Home);
        // Many exports put the mobile into `phone` as well; it is a home line only if it is another number.
        let phones = builder.phone_points(self.table, self.row, self.columns.phone, Slot::Home);
        points.extend(phones.into_iter().filter(|phone| !mobiles.iter().any(|mobile| mobile.1 == phone.1)));
        points.extend(mobiles);
        points.extend(builder.phone_points(self.table, self.row, self.columns.work, Slot::Work));
        points.extend(builder.email_points(self.table, self.row, self.columns.email));
        builder.add_guardian_points(self.key, points);
        self.children_of_contact(builder);
    }

    fn children_of_contact(&self, builder: &mut Builder<'_>) {
        let relation = self.get(self.columns.relation);
        if !relation.is_empty() {
            builder.relations.insert(self.key.to_owned(), relation.to_owned());
        }
        let place = builder.place(self.table, self.row);
        for student in list(self.get(self.columns.agents)) {
            builder.link(Link {
                guardian: self.key.to_owned(),
                student: student.to_owned(),
                rank: NAMED_BY_CONTACT,
                role: None,
                legal: true,
                relation: String::new(),
                lives_with: None,
                custody_restricted: false,
                custody_document: None,
                place,
            });
        }
    }

    fn staff(&self, builder: &mut Builder<'_>) {
        let schools = self.schools(Kind::Staff, builder);
        if schools.is_empty() {
            let at = self.table.at(self.row, self.columns.orgs);
            let message = "no organisation of this id is in orgs.csv; this member of staff was left out";
            builder.issues.error(IssueKind::MissingReference, at, message);
            return;
        }
        let (given, family) = self.names();
        let mut points = builder.phone_points(self.table, self.row, self.columns.sms, Slot::Mobile);
        points.extend(builder.phone_points(self.table, self.row, self.columns.phone, Slot::Work));
        points.extend(builder.phone_points(self.table, self.row, self.columns.work, Slot::Work));
        points.extend(builder.phone_points(self.table, self.row, self.columns.home, Slot::Home));
        points.extend(builder.email_points(self.table, self.row, self.columns.email));
        let owner = Owner::Staff(self.key.to_owned());
        for school in &schools {
            builder.add_points(&owner, school, points.clone());
        }
        let title = self.optional(self.columns.title);
        builder.staff.insert(self.key.to_owned(), Staff { key: self.key.to_owned(), given, family, title, schools });
    }
}

/// demographics.csv: the birth dates of students, where it is there.
pub fn birth_dates(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    each_row(
        files,
        "demographics.csv",
        builder,
        |table, _| Ok((table.column(&["sourcedId", "userSourcedId"]), table.column(&["birthDate"]))),
        |table, row, (id, birth), builder| {
            let born = value::optional_date(table.at(row, *birth), &mut builder.issues);
            if let Some(student) = builder.students.get_mut(row.get(*id)) {
                student.birth_date = born.map(|date| date.to_string());
            }
        },
    )?;
    Ok(())
}
