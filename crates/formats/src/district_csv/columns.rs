//! Which column holds what: the usual names, and a district's own in front of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::roster::table::{Column, Table};

/// One of the three tables of the flat export, in the order in which they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sheet {
    Students,
    Contacts,
    Staff,
}

/// The district's own column names, by ours: `[students]` `number = ["Pupil ID"]`. What it does not name keeps the
/// usual names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnMap {
    pub students: BTreeMap<String, Vec<String>>,
    pub contacts: BTreeMap<String, Vec<String>>,
    pub staff: BTreeMap<String, Vec<String>>,
}

/// A column map names something that we do not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that a roster column can hold; the map may name: {1}")]
pub struct BadColumnMap(pub String, pub String);

/// Usual names, compared without case, blanks and underscores.
type Usual = &'static [(&'static str, &'static [&'static str])];

const STUDENTS: Usual = &[
    ("number", &["Student_Number", "StudentNumber", "Student ID", "StudentID", "Pupil_Number", "SIS ID"]),
    ("family", &["Last_Name", "LastName", "Student_Last_Name", "Surname", "Family_Name"]),
    ("given", &["First_Name", "FirstName", "Student_First_Name", "Given_Name"]),
    ("grade", &["Grade_Level", "Grade", "GradeLevel"]),
    ("school", &["SchoolID", "School_ID", "School Number", "School SIS ID", "School"]),
    ("school_name", &["School_Name", "School"]),
    ("homeroom", &["Home_Room", "Homeroom", "HR"]),
    ("homeroom_teacher", &["Homeroom_Teacher"]),
    ("bus_am", &["Bus_Route_AM", "Bus_AM", "AM_Bus", "Bus_Route", "Bus"]),
    ("bus_pm", &["Bus_Route_PM", "Bus_PM", "PM_Bus", "Bus_Route", "Bus"]),
    ("birth_date", &["DOB", "Birth_Date", "Birthdate", "Date_of_Birth"]),
    ("language", &["Home_Language", "Language", "PrimaryLanguage", "Primary_Language"]),
    ("status", &["Enroll_Status", "Enrollment_Status", "Status"]),
    ("entry", &["Entry_Date", "EntryDate"]),
    ("exit", &["Exit_Date", "ExitDate"]),
    ("zip", &["Zip", "Zip_Code", "Postal_Code"]),
    ("home_phone", &["Home_Phone", "HomePhone", "Home_Phone_1", "Phone"]),
    ("home_phone_2", &["Home_Phone_2", "HomePhone2", "Home2_Phone", "Secondary_Home_Phone"]),
];

const CONTACTS: Usual = &[
    ("student", &["Student_Number", "StudentNumber", "Student ID", "StudentID"]),
    ("school", &["SchoolID", "School_ID"]),
    ("id", &["Contact_ID", "ContactID", "Person_ID", "Guardian_ID"]),
    ("priority", &["Contact_Priority", "Priority", "Priority_Order", "Contact_Order"]),
    ("given", &["Contact_First_Name", "First_Name", "ContactFirstName"]),
    ("family", &["Contact_Last_Name", "Last_Name", "ContactLastName"]),
    ("relation", &["Relationship", "Relationship_Type", "Relation"]),
    ("custodial", &["Is_Custodial", "Custodial", "Legal_Guardian", "Is_Legal_Guardian"]),
    ("data_access", &["Data_Access", "DataAccess"]),
    ("lives_with", &["Lives_With", "LivesWith"]),
    ("restricted", &["Custody_Restricted", "No_Contact", "Court_Order"]),
    ("document", &["Custody_Document", "Court_Document"]),
    ("language", &["Language", "Contact_Language", "Home_Language"]),
    ("phone1", &["Phone1", "Phone_1"]),
    ("phone1_type", &["Phone1_Type", "Phone_1_Type"]),
    ("phone2", &["Phone2", "Phone_2"]),
    ("phone2_type", &["Phone2_Type", "Phone_2_Type"]),
    ("phone3", &["Phone3", "Phone_3"]),
    ("phone3_type", &["Phone3_Type", "Phone_3_Type"]),
    ("home", &["Home_Phone", "HomePhone"]),
    ("mobile", &["Mobile_Phone", "Cell_Phone", "Mobile", "Cell"]),
    ("work", &["Work_Phone", "WorkPhone", "Work"]),
    ("email", &["Email", "Email_Address", "Email1"]),
    ("email2", &["Email2", "Email_2"]),
];

const STAFF: Usual = &[
    ("id", &["Staff_ID", "StaffID", "TeacherNumber", "Teacher_Number", "Employee_ID"]),
    ("family", &["Last_Name", "LastName"]),
    ("given", &["First_Name", "FirstName"]),
    ("school", &["SchoolID", "School_ID", "School"]),
    ("title", &["Title", "Job_Title", "Position"]),
    ("home", &["Home_Phone"]),
    ("work", &["Work_Phone", "School_Phone", "Phone"]),
    ("mobile", &["Mobile_Phone", "Cell_Phone", "Mobile", "Cell"]),
    ("email", &["Email", "Email_Addr", "Email_Address"]),
];

impl ColumnMap {
    /// Refuses a map that names something we do not read: a slip there would leave a column out in silence.
    pub fn check(&self) -> Result<(), BadColumnMap> {
        for (own, usual) in [(&self.students, STUDENTS), (&self.contacts, CONTACTS), (&self.staff, STAFF)] {
            let unknown = own.keys().find(|field| !usual.iter().any(|(name, _)| name == field));
            if let Some(field) = unknown {
                let names: Vec<&str> = usual.iter().map(|(name, _)| *name).collect();
                return Err(BadColumnMap(field.clone(), names.join(", ")));
            }
        }
        Ok(())
    }

    /// The column of one of our fields.
    pub fn column(&self, sheet: Sheet, field: &str, table: &Table<'_>) -> Column {
        let (own, usual) = match sheet {
            Sheet::Students => (&self.students, STUDENTS),
            Sheet::Contacts => (&self.contacts, CONTACTS),
            Sheet::Staff => (&self.staff, STAFF),
        };
        if let Some(names) = own.get(field) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return table.column(&names);
        }
        let names = usual.iter().find(|(name, _)| *name == field).map_or(&[][..], |(_, names)| *names);
        table.column(names)
    }

    /// What a table holds, by its head.
    pub fn sheet_of(&self, table: &Table<'_>) -> Option<Sheet> {
        let has = |sheet, field: &str| self.column(sheet, field, table).is_some();
        if has(Sheet::Contacts, "student") && has(Sheet::Contacts, "id") {
            Some(Sheet::Contacts)
        } else if has(Sheet::Students, "number") && has(Sheet::Students, "family") && has(Sheet::Students, "school") {
            Some(Sheet::Students)
        } else if has(Sheet::Staff, "id") && has(Sheet::Staff, "family") {
            Some(Sheet::Staff)
        } else {
            None
        }
    }
}
