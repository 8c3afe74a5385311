//! What a roster says, in our words, whatever file it came from. Keys are the source's own ids.

use crate::people::{Address, ContactRole, Slot};
use crate::school::SchoolLevel;

/// What a source speaks of. What it does not mention stays as it is, so that a file without classes empties none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Guardians and their relationships.
    pub contacts: bool,
    pub staff: bool,
    /// Sections and who is in them.
    pub sections: bool,
}

/// A whole roster. Each list is sorted by its key and holds a key once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub covers: Coverage,
    pub schools: Vec<School>,
    pub students: Vec<Student>,
    pub guardians: Vec<Guardian>,
    pub staff: Vec<Staff>,
    pub relationships: Vec<Relationship>,
    pub points: Vec<Point>,
    pub sections: Vec<Section>,
    pub enrollments: Vec<Enrollment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    pub key: String,
    pub name: String,
    pub level: SchoolLevel,
    pub phone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student {
    pub key: String,
    /// The current school (A21).
    pub school: String,
    pub number: String,
    pub given: String,
    pub family: String,
    pub grade: String,
    pub language: String,
    pub bus_am: Option<String>,
    pub bus_pm: Option<String>,
    pub birth_date: Option<String>,
    pub zip: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardian {
    pub key: String,
    pub given: String,
    pub family: String,
    pub language: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub key: String,
    pub given: String,
    pub family: String,
    pub title: Option<String>,
    pub schools: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    pub guardian: String,
    pub student: String,
    pub role: ContactRole,
    pub relation: String,
    pub lives_with: bool,
    pub custody_restricted: bool,
    pub custody_document: Option<String>,
}

/// Whose contact point it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    Student(String),
    Guardian(String),
    Staff(String),
}

/// One address in one slot of one person's record at one school (A20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub owner: Owner,
    pub school: String,
    pub slot: Slot,
    pub address: Address,
    pub extension: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub key: String,
    pub school: String,
    pub title: String,
    pub code: String,
    pub homeroom: bool,
    pub period: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnrollmentRole {
    Student,
    Teacher,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    pub section: String,
    pub person: String,
    pub role: EnrollmentRole,
}
