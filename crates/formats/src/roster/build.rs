//! Gathers rows into a snapshot: each key once, every reference led home, contacts ranked, points set at each school.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use schoolbell_domain::people::{Address, ContactRole, Slot};
use schoolbell_domain::phone::Phone;
use schoolbell_domain::roster::guard::References;
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{
    Coverage, Enrollment, EnrollmentRole, Guardian, Owner, Point, Relationship, School, Section, Snapshot, Staff,
    Student,
};

use super::issues::{At, Issues};
use super::table::{Column, Row, Table};
use super::value::{self, Number};
use super::{ReadOptions, ReadProgress};

/// Where a row stands, kept small: there are millions of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    file: u16,
    line: u32,
}

/// A contact of a student, before the contacts of the student are ranked.
#[derive(Debug, Clone)]
pub struct Link {
    pub guardian: String,
    pub student: String,
    /// The source's order of contacts, smallest first.
    pub rank: u32,
    /// Named outright by the source.
    pub role: Option<ContactRole>,
    /// A parent or other legal guardian: only such a one becomes secondary contact (A15).
    pub legal: bool,
    pub relation: String,
    pub lives_with: Option<bool>,
    pub custody_restricted: bool,
    pub custody_document: Option<String>,
    pub place: Place,
}

/// What a row with a key is to rows before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    New,
    /// Written before, in the same words or in others: the first one counts.
    Before,
}

/// Everything read so far.
pub struct Builder<'a> {
    pub today: Date,
    pub issues: Issues,
    pub covers: Coverage,
    pub rows: u64,
    denied: BTreeSet<Phone>,
    files: Vec<String>,
    tick: &'a mut dyn FnMut(ReadProgress),
    progress: ReadProgress,
    keys: HashMap<(&'static str, String), (u64, u32)>,
    pub schools: BTreeMap<String, School>,
    pub students: BTreeMap<String, Student>,
    /// Students whom the source knows and who are not here any more: references to them are no mistake.
    pub gone: HashSet<String>,
    pub guardians: BTreeMap<String, Guardian>,
    pub staff: BTreeMap<String, Staff>,
    pub sections: BTreeMap<String, Section>,
    /// What a contact is by its own row, for links that do not say it.
    pub relations: HashMap<String, String>,
    links: BTreeMap<(String, String), Link>,
    points: Vec<Point>,
    /// Addresses of guardians that the source keeps once, for all schools.
    everywhere: BTreeMap<String, Vec<(Slot, Address, Option<String>)>>,
    enrollments: Vec<(Enrollment, Place)>,
}

impl<'a> Builder<'a> {
    pub fn new(options: &ReadOptions, total: u64, tick: &'a mut dyn FnMut(ReadProgress)) -> Self {
        Self {
            today: options.today,
            issues: Issues::default(),
            covers: Coverage::default(),
            rows: 0,
            denied: options.denied.iter().cloned().collect(),
            files: Vec::new(),
            tick,
            progress: ReadProgress { done: 0, total },
            keys: HashMap::new(),
            schools: BTreeMap::new(),
            students: BTreeMap::new(),
            gone: HashSet::new(),
            guardians: BTreeMap::new(),
            staff: BTreeMap::new(),
            sections: BTreeMap::new(),
            relations: HashMap::new(),
            links: BTreeMap::new(),
            points: Vec::new(),
            everywhere: BTreeMap::new(),
            enrollments: Vec::new(),
        }
    }

    /// Counts a row and tells how far reading has come, every thousand rows.
    pub fn count_row(&mut self, table: &Table<'_>) {
        self.rows += 1;
        if self.rows.is_multiple_of(1000) {
            let done = self.progress.done + table.taken;
            (self.tick)(ReadProgress { done, ..self.progress });
        }
    }

    /// A file was read to its end.
    pub fn end_file(&mut self, table: &Table<'_>) {
        self.progress.done += table.taken;
        (self.tick)(self.progress);
    }

    pub fn place(&mut self, table: &Table<'_>, row: &Row) -> Place {
        let known = self.files.iter().position(|file| *file == table.file);
        let file = known.unwrap_or_else(|| {
            self.files.push(table.file.clone());
            self.files.len() - 1
        });
        Place { file: u16::try_from(file).unwrap_or(u16::MAX), line: u32::try_from(row.line).unwrap_or(u32::MAX) }
    }

    /// Whether a key was written before; a repetition and a contradiction are told apart in the issues.
    pub fn seen(&mut self, kind: &'static str, key: &str, table: &Table<'_>, row: &Row) -> Seen {
        let digest = row.digest();
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        let first = *self.keys.entry((kind, key.to_owned())).or_insert((digest, line));
        if first == (digest, line) {
            return Seen::New;
        }
        let at = At { file: &table.file, line: row.line, field: "", value: key };
        if first.0 == digest {
            self.issues.warning(IssueKind::Duplicate, at, format!("the same as line {}; taken once", first.1));
        } else {
            let message =
                format!("line {} says otherwise of this {kind}; line {} was taken, mend one", first.1, first.1);
            self.issues.error(IssueKind::Conflict, at, message);
        }
        Seen::Before
    }

    /// The value of a column that a row cannot do without.
    pub fn required<'r>(&mut self, table: &Table<'_>, row: &'r Row, column: Column) -> Option<&'r str> {
        let value = row.get(column);
        if !value.is_empty() {
            return Some(value);
        }
        let message = "the row has no identifier and was left out; every person and class needs one";
        self.issues.error(IssueKind::NoId, At { value: "", ..table.at(row, column) }, message);
        None
    }

    pub fn phones(&mut self, table: &Table<'_>, row: &Row, column: Column) -> Vec<Number> {
        value::phones(table.at(row, column), &self.denied, &mut self.issues)
    }

    /// Phones of one column as points of a slot.
    pub fn phone_points(
        &mut self,
        table: &Table<'_>,
        row: &Row,
        column: Column,
        slot: Slot,
    ) -> Vec<(Slot, Address, Option<String>)> {
        let phones = self.phones(table, row, column);
        phones.into_iter().map(|(phone, extension)| (slot, Address::Phone(phone), extension)).collect()
    }

    pub fn email_points(
        &mut self,
        table: &Table<'_>,
        row: &Row,
        column: Column,
    ) -> Vec<(Slot, Address, Option<String>)> {
        let emails = value::emails(table.at(row, column), &mut self.issues);
        emails.into_iter().map(|email| (Slot::Email, Address::Email(email), None)).collect()
    }

    pub fn add_points(&mut self, owner: &Owner, school: &str, points: Vec<(Slot, Address, Option<String>)>) {
        self.points.extend(points.into_iter().map(|(slot, address, extension)| Point {
            owner: owner.clone(),
            school: school.to_owned(),
            slot,
            address,
            extension,
        }));
    }

    /// Addresses of a guardian that hold at every school of the children (A20: each school's record keeps its own).
    pub fn add_guardian_points(&mut self, guardian: &str, points: Vec<(Slot, Address, Option<String>)>) {
        self.everywhere.entry(guardian.to_owned()).or_default().extend(points);
    }

    /// A contact of a student. Said twice, the first one counts and the better rank.
    pub fn link(&mut self, link: Link) {
        let key = (link.guardian.clone(), link.student.clone());
        match self.links.get_mut(&key) {
            None => drop(self.links.insert(key, link)),
            Some(known) => {
                known.rank = known.rank.min(link.rank);
                known.role = known.role.or(link.role);
                known.legal |= link.legal;
            }
        }
    }

    /// Sets all points of an owner at one school: where the owner is now.
    pub fn move_points(&mut self, owner: &Owner, school: &str) {
        for point in self.points.iter_mut().filter(|point| point.owner == *owner) {
            school.clone_into(&mut point.school);
        }
    }

    pub fn enroll(&mut self, enrollment: Enrollment, place: Place) {
        self.enrollments.push((enrollment, place));
    }

    fn at<'p>(files: &'p [String], place: Place, field: &'p str, value: &'p str) -> At<'p> {
        let file = files.get(usize::from(place.file)).map_or("", String::as_str);
        At { file, line: u64::from(place.line), field, value }
    }

    /// The snapshot: sorted, each key once, nothing that refers to what is not there.
    pub fn finish(mut self) -> (Snapshot, Issues, References, u64) {
        let mut references = References::default();
        self.students.retain(|_, student| self.schools.contains_key(&student.school));
        let relationships = self.relationships(&mut references);
        let linked: HashSet<&str> = relationships.iter().map(|link| link.guardian.as_str()).collect();
        self.guardians.retain(|key, _| linked.contains(key.as_str()));
        self.spread(&relationships);
        let enrollments = self.led_home(&mut references);
        self.points.retain(|point| match &point.owner {
            Owner::Student(key) => self.students.get(key).is_some_and(|student| student.school == point.school),
            Owner::Guardian(key) => self.guardians.contains_key(key) && self.schools.contains_key(&point.school),
            Owner::Staff(key) => self.staff.contains_key(key) && self.schools.contains_key(&point.school),
        });
        self.points.sort_by(|one, other| {
            let key = |point: &Point| (point.owner.clone(), point.school.clone(), point.slot);
            key(one).cmp(&key(other)).then_with(|| one.address.expose().cmp(other.address.expose()))
        });
        self.points.dedup_by(|one, other| {
            one.owner == other.owner
                && one.school == other.school
                && one.slot == other.slot
                && one.address == other.address
        });
        super::remarks::remark(&mut self.issues, &self.students, &relationships, &self.points, self.covers);
        let snapshot = Snapshot {
            covers: self.covers,
            schools: self.schools.into_values().collect(),
            students: self.students.into_values().collect(),
            guardians: self.guardians.into_values().collect(),
            staff: self.staff.into_values().collect(),
            relationships,
            points: self.points,
            sections: self.sections.into_values().collect(),
            enrollments,
        };
        (snapshot, self.issues.close(), references, self.rows)
    }

    /// Links whose two ends are there, with roles: what the source names, then by rank (A14, A15).
    fn relationships(&mut self, references: &mut References) -> Vec<Relationship> {
        let mut by_student: BTreeMap<String, Vec<Link>> = BTreeMap::new();
        for link in std::mem::take(&mut self.links).into_values() {
            references.all += 1;
            let lost = if self.gone.contains(&link.student) {
                continue;
            } else if !self.students.contains_key(&link.student) {
                Some(("student", &link.student))
            } else if !self.guardians.contains_key(&link.guardian) {
                Some(("contact", &link.guardian))
            } else {
                None
            };
            if let Some((what, key)) = lost {
                references.dangling += 1;
                let message = format!("no {what} of this id is in the files; the relationship was left out");
                let at = Self::at(&self.files, link.place, "", key);
                self.issues.error(IssueKind::MissingReference, at, message);
                continue;
            }
            by_student.entry(link.student.clone()).or_default().push(link);
        }
        let mut relationships: Vec<Relationship> = by_student.into_values().flat_map(ranked).collect();
        for link in relationships.iter_mut().filter(|link| link.relation.is_empty()) {
            if let Some(relation) = self.relations.get(&link.guardian) {
                link.relation.clone_from(relation);
            }
        }
        relationships.sort_by(|one, other| (&one.guardian, &one.student).cmp(&(&other.guardian, &other.student)));
        relationships
    }

    /// Sets the addresses of guardians at every school where they have a child.
    fn spread(&mut self, relationships: &[Relationship]) {
        let mut schools: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for link in relationships {
            if let Some(student) = self.students.get(&link.student) {
                schools.entry(&link.guardian).or_default().insert(&student.school);
            }
        }
        for (guardian, points) in std::mem::take(&mut self.everywhere) {
            let Some(schools) = schools.get(guardian.as_str()) else { continue };
            let owner = Owner::Guardian(guardian);
            for school in schools {
                for (slot, address, extension) in &points {
                    self.points.push(Point {
                        owner: owner.clone(),
                        school: (*school).to_owned(),
                        slot: *slot,
                        address: address.clone(),
                        extension: extension.clone(),
                    });
                }
            }
        }
    }

    /// Enrolments whose class and person are there.
    fn led_home(&mut self, references: &mut References) -> Vec<Enrollment> {
        let mut kept = Vec::with_capacity(self.enrollments.len());
        for (enrollment, place) in std::mem::take(&mut self.enrollments) {
            references.all += 1;
            let person = match enrollment.role {
                EnrollmentRole::Student if self.gone.contains(&enrollment.person) => continue,
                EnrollmentRole::Student => self.students.contains_key(&enrollment.person),
                EnrollmentRole::Teacher => self.staff.contains_key(&enrollment.person),
            };
            let lost = if !person {
                Some(("person", enrollment.person.as_str()))
            } else if !self.sections.contains_key(&enrollment.section) {
                Some(("class", enrollment.section.as_str()))
            } else {
                None
            };
            match lost {
                None => kept.push(enrollment),
                Some((what, key)) => {
                    references.dangling += 1;
                    let message = format!("no {what} of this id is in the files; the enrolment was left out");
                    let at = Self::at(&self.files, place, "", key);
                    self.issues.error(IssueKind::MissingReference, at, message);
                }
            }
        }
        kept.sort_by(|one, other| {
            (&one.section, &one.person, one.role).cmp(&(&other.section, &other.person, other.role))
        });
        kept.dedup();
        kept
    }
}

/// The contacts of one student, ranked: the first is the main contact, the next legal guardian the secondary one.
fn ranked(mut links: Vec<Link>) -> Vec<Relationship> {
    links.sort_by(|one, other| (one.rank, &one.guardian).cmp(&(other.rank, &other.guardian)));
    let mut has_main = links.iter().any(|link| link.role == Some(ContactRole::Main));
    let mut has_secondary = links.iter().any(|link| link.role == Some(ContactRole::Secondary));
    let role = |link: &Link| match link.role {
        Some(role) => role,
        None if !has_main => {
            has_main = true;
            ContactRole::Main
        }
        None if !has_secondary && link.legal => {
            has_secondary = true;
            ContactRole::Secondary
        }
        None => ContactRole::Other,
    };
    let roles: Vec<ContactRole> = links.iter().map(role).collect();
    let relationship = |(link, role): (Link, ContactRole)| Relationship {
        guardian: link.guardian,
        student: link.student,
        role,
        relation: link.relation,
        lives_with: link.lives_with.unwrap_or(role == ContactRole::Main),
        custody_restricted: link.custody_restricted,
        custody_document: link.custody_document,
    };
    links.into_iter().zip(roles).map(relationship).collect()
}
