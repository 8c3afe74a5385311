//! Writes a difference: every row by its key, what stood before it kept. The caller holds the one transaction.

use std::collections::HashMap;

use schoolbell_domain::ids::ImportId;
use schoolbell_domain::people::{PersonKind, fold_name};
use schoolbell_domain::roster::diff::{Changes, Stored};
use schoolbell_domain::roster::snapshot::{
    EnrollmentRole, Guardian, Owner, Point, Relationship, School, Section, Snapshot, Staff, Student,
};
use schoolbell_store::write::roster::{
    EnrollmentRow, PersonRow, PointRow, RelationshipRow, RosterRow, SchoolRow, SectionRow, StaffSchoolRow, StudentRow,
};
use schoolbell_store::{StoreError, StoreResult, Tx};

use super::compare::{Difference, Standing};
use super::log::Log;
use crate::Engine;

/// Rows in one statement.
const SET: usize = 500;

/// What is applied: where from, where to, and the ids on both sides.
pub(crate) struct Apply<'a> {
    engine: &'a Engine,
    standing: &'a Standing,
    snapshot: &'a Snapshot,
    log: Log,
    schools: HashMap<&'a str, i64>,
    people: HashMap<(PersonKind, &'a str), i64>,
    sections: HashMap<&'a str, i64>,
    tick: &'a mut (dyn FnMut(usize) + Send),
}

impl<'a> Apply<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        import: ImportId,
        standing: &'a Standing,
        snapshot: &'a Snapshot,
        tick: &'a mut (dyn FnMut(usize) + Send),
    ) -> Self {
        let log = Log::new(import.raw());
        let schools = standing.schools.iter().map(|row| (row.row.key.as_str(), row.id)).collect();
        let students = standing.students.iter().map(|row| ((PersonKind::Student, row.row.key.as_str()), row.id));
        let guardians = standing.guardians.iter().map(|row| ((PersonKind::Guardian, row.row.key.as_str()), row.id));
        let staff = standing.staff.iter().map(|row| ((PersonKind::Staff, row.row.key.as_str()), row.id));
        let people = students.chain(guardians).chain(staff).collect();
        let sections = standing.sections.iter().map(|row| (row.row.key.as_str(), row.id)).collect();
        Self { engine, standing, snapshot, log, schools, people, sections, tick }
    }

    /// Writes everything, parents before children.
    pub(crate) async fn run(mut self, tx: &mut Tx, difference: &Difference) -> StoreResult<()> {
        self.number(difference);
        let (standing, snapshot) = (self.standing, self.snapshot);
        self.write(tx, &difference.schools, (&standing.schools, &snapshot.schools), Self::school).await?;
        self.write(tx, &difference.students, (&standing.students, &snapshot.students), Self::student_person).await?;
        self.write(tx, &difference.students, (&standing.students, &snapshot.students), Self::student).await?;
        self.write(tx, &difference.guardians, (&standing.guardians, &snapshot.guardians), Self::guardian).await?;
        self.write(tx, &difference.staff, (&standing.staff, &snapshot.staff), Self::staff).await?;
        self.staff_schools(tx, &difference.staff).await?;
        let relationships = (standing.relationships.as_slice(), snapshot.relationships.as_slice());
        self.write(tx, &difference.relationships, relationships, Self::relationship).await?;
        self.write(tx, &difference.points, (&standing.points, &snapshot.points), Self::point).await?;
        self.write(tx, &difference.sections, (&standing.sections, &snapshot.sections), Self::section).await?;
        let enrollments = (standing.enrollments.as_slice(), snapshot.enrollments.as_slice());
        self.write(tx, &difference.enrollments, enrollments, Self::enrollment).await?;
        self.log.write(tx).await
    }

    /// Ids for whatever is new.
    fn number(&mut self, difference: &Difference) {
        let snapshot = self.snapshot;
        for at in &difference.schools.added {
            self.schools.insert(&snapshot.schools[*at].key, self.engine.next_id());
        }
        for at in &difference.students.added {
            self.people.insert((PersonKind::Student, &snapshot.students[*at].key), self.engine.next_id());
        }
        for at in &difference.guardians.added {
            self.people.insert((PersonKind::Guardian, &snapshot.guardians[*at].key), self.engine.next_id());
        }
        for at in &difference.staff.added {
            self.people.insert((PersonKind::Staff, &snapshot.staff[*at].key), self.engine.next_id());
        }
        for at in &difference.sections.added {
            self.sections.insert(&snapshot.sections[*at].key, self.engine.next_id());
        }
    }

    /// Writes one list: `row` makes a table row of a snapshot row with its id (0 for a new one) and whether it is here.
    async fn write<T, R: RosterRow>(
        &mut self,
        tx: &mut Tx,
        changes: &Changes,
        (old, new): (&'a [Stored<T>], &'a [T]),
        row: impl Fn(&Self, &T, i64, bool) -> StoreResult<R>,
    ) -> StoreResult<()> {
        for chunk in changes.added.chunks(SET) {
            let rows: Vec<R> = chunk.iter().map(|at| row(self, &new[*at], 0, true)).collect::<StoreResult<_>>()?;
            self.log.new_rows(&rows);
            self.log.write_if_many(tx).await?;
            R::upsert(tx, &rows).await?;
            (self.tick)(chunk.len());
        }
        let moved: Vec<(usize, Option<usize>)> = changes
            .changed
            .iter()
            .chain(&changes.returned)
            .map(|(was, now)| (*was, Some(*now)))
            .chain(changes.left.iter().map(|was| (*was, None)))
            .collect();
        for chunk in moved.chunks(SET) {
            let stood = |(was, _): &(usize, Option<usize>)| {
                let was = &old[*was];
                row(self, &was.row, was.id, was.active)
            };
            let stands = |(was, now): &(usize, Option<usize>)| match now {
                Some(now) => row(self, &new[*now], old[*was].id, true),
                None => row(self, &old[*was].row, old[*was].id, false),
            };
            let before: Vec<R> = chunk.iter().map(stood).collect::<StoreResult<_>>()?;
            let after: Vec<R> = chunk.iter().map(stands).collect::<StoreResult<_>>()?;
            self.log.old_rows(&before)?;
            self.log.write_if_many(tx).await?;
            R::upsert(tx, &after).await?;
            (self.tick)(chunk.len());
        }
        Ok(())
    }

    /// Where staff work: a pair for each school, resting where somebody no longer works.
    async fn staff_schools(&mut self, tx: &mut Tx, changes: &Changes) -> StoreResult<()> {
        let (standing, snapshot) = (self.standing, self.snapshot);
        let mut before: Vec<StaffSchoolRow> = Vec::new();
        let mut after: Vec<StaffSchoolRow> = Vec::new();
        let moved = changes.changed.iter().chain(&changes.returned).map(|(was, now)| (Some(*was), Some(*now)));
        let added = changes.added.iter().map(|now| (None, Some(*now)));
        for (was, now) in moved.chain(added) {
            let old: &[String] = was.map_or(&[], |was| &standing.staff[was].row.schools);
            let new: &[String] = now.map_or(&[], |now| &snapshot.staff[now].schools);
            let key = now.map_or("", |now| &snapshot.staff[now].key);
            let person_id = self.person(PersonKind::Staff, key)?;
            let pair = |school: &String, active| {
                Ok::<_, StoreError>(StaffSchoolRow { person_id, school_id: self.school_id(school)?, active })
            };
            for school in new.iter().filter(|school| !old.contains(school)) {
                // Whether it rested or is new makes no difference: undone, it rests.
                before.push(pair(school, false)?);
                after.push(pair(school, true)?);
            }
            for school in old.iter().filter(|school| !new.contains(school)) {
                before.push(pair(school, true)?);
                after.push(pair(school, false)?);
            }
        }
        self.log.old_rows(&before)?;
        StaffSchoolRow::upsert(tx, &after).await
    }

    fn school_id(&self, key: &str) -> StoreResult<i64> {
        self.schools.get(key).copied().ok_or_else(|| StoreError::Missing(format!("school {key}")))
    }

    fn person(&self, kind: PersonKind, key: &str) -> StoreResult<i64> {
        self.people.get(&(kind, key)).copied().ok_or_else(|| StoreError::Missing(format!("person {key}")))
    }

    fn section_id(&self, key: &str) -> StoreResult<i64> {
        self.sections.get(key).copied().ok_or_else(|| StoreError::Missing(format!("class {key}")))
    }

    fn school(&self, row: &School, _: i64, active: bool) -> StoreResult<SchoolRow> {
        Ok(SchoolRow {
            id: self.school_id(&row.key)?,
            source_id: row.key.clone(),
            name: row.name.clone(),
            level: row.level.word().to_owned(),
            phone: row.phone.clone(),
            active,
        })
    }

    fn student_person(&self, row: &Student, _: i64, active: bool) -> StoreResult<PersonRow> {
        let name = (row.given.as_str(), row.family.as_str());
        let person = person_row(PersonKind::Student, &row.key, name, active);
        Ok(PersonRow { id: self.person(PersonKind::Student, &row.key)?, language: row.language.clone(), ..person })
    }

    fn guardian(&self, row: &Guardian, _: i64, active: bool) -> StoreResult<PersonRow> {
        let name = (row.given.as_str(), row.family.as_str());
        let person = person_row(PersonKind::Guardian, &row.key, name, active);
        Ok(PersonRow { id: self.person(PersonKind::Guardian, &row.key)?, language: row.language.clone(), ..person })
    }

    fn staff(&self, row: &Staff, _: i64, active: bool) -> StoreResult<PersonRow> {
        let name = (row.given.as_str(), row.family.as_str());
        let person = person_row(PersonKind::Staff, &row.key, name, active);
        Ok(PersonRow { id: self.person(PersonKind::Staff, &row.key)?, title: row.title.clone(), ..person })
    }

    fn student(&self, row: &Student, _: i64, _: bool) -> StoreResult<StudentRow> {
        Ok(StudentRow {
            person_id: self.person(PersonKind::Student, &row.key)?,
            school_id: self.school_id(&row.school)?,
            number: row.number.clone(),
            grade: row.grade.clone(),
            bus_am: row.bus_am.clone(),
            bus_pm: row.bus_pm.clone(),
            birth_date: row.birth_date.clone(),
            zip: row.zip.clone(),
        })
    }

    fn relationship(&self, row: &Relationship, _: i64, active: bool) -> StoreResult<RelationshipRow> {
        Ok(RelationshipRow {
            guardian_id: self.person(PersonKind::Guardian, &row.guardian)?,
            student_id: self.person(PersonKind::Student, &row.student)?,
            role: row.role.code(),
            relation: row.relation.clone(),
            lives_with: row.lives_with,
            custody_restricted: row.custody_restricted,
            custody_document: row.custody_document.clone(),
            active,
        })
    }

    fn point(&self, row: &Point, id: i64, active: bool) -> StoreResult<PointRow> {
        let person_id = match &row.owner {
            Owner::Student(key) => self.person(PersonKind::Student, key)?,
            Owner::Guardian(key) => self.person(PersonKind::Guardian, key)?,
            Owner::Staff(key) => self.person(PersonKind::Staff, key)?,
        };
        Ok(PointRow {
            id: if id == 0 { self.engine.next_id() } else { id },
            person_id,
            school_id: self.school_id(&row.school)?,
            slot: row.slot.code(),
            address: row.address.expose().to_owned(),
            extension: row.extension.clone(),
            active,
            first_seen: self.engine.now().as_millisecond(),
        })
    }

    fn section(&self, row: &Section, _: i64, active: bool) -> StoreResult<SectionRow> {
        Ok(SectionRow {
            id: self.section_id(&row.key)?,
            source_id: row.key.clone(),
            school_id: self.school_id(&row.school)?,
            title: row.title.clone(),
            code: row.code.clone(),
            homeroom: row.homeroom,
            period: row.period.clone(),
            active,
        })
    }

    fn enrollment(
        &self,
        row: &schoolbell_domain::roster::snapshot::Enrollment,
        _: i64,
        active: bool,
    ) -> StoreResult<EnrollmentRow> {
        let (kind, role) = match row.role {
            EnrollmentRole::Student => (PersonKind::Student, "student"),
            EnrollmentRole::Teacher => (PersonKind::Staff, "teacher"),
        };
        Ok(EnrollmentRow {
            section_id: self.section_id(&row.section)?,
            person_id: self.person(kind, &row.person)?,
            role: role.to_owned(),
            active,
        })
    }
}

/// A person without id, in English and without a title.
fn person_row(kind: PersonKind, key: &str, (given, family): (&str, &str), active: bool) -> PersonRow {
    PersonRow {
        id: 0,
        kind: kind.code(),
        source_id: key.to_owned(),
        given: given.to_owned(),
        family: family.to_owned(),
        folded_name: fold_name(&format!("{family} {given}")),
        language: "en".to_owned(),
        title: None,
        active,
    }
}
