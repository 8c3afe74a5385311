//! What a registrar should know of a roster that was read without a fault.

use std::collections::{BTreeMap, HashMap, HashSet};

use schoolbell_domain::people::{ContactRole, Slot};
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Coverage, Owner, Point, Relationship, Student};

use super::issues::{At, Issues};

const WHOLE: At<'static> = At { file: "", line: 0, field: "", value: "" };

/// Adds a warning for families that cannot be reached, or not for absences, and for contacts that differ by school.
pub fn remark(
    issues: &mut Issues,
    students: &BTreeMap<String, Student>,
    relationships: &[Relationship],
    points: &[Point],
    covers: Coverage,
) {
    if !covers.contacts {
        if !students.is_empty() {
            let message = "the files hold no contacts of students; those of the last import stay as they are";
            issues.warning(IssueKind::NoContact, WHOLE, message);
        }
        return;
    }
    reachable(issues, students, relationships, points);
    differing(issues, points);
}

fn reachable(
    issues: &mut Issues,
    students: &BTreeMap<String, Student>,
    relationships: &[Relationship],
    points: &[Point],
) {
    let mut home: HashSet<&str> = HashSet::new();
    let mut guardians: HashSet<&str> = HashSet::new();
    for point in points {
        match &point.owner {
            Owner::Student(key) => drop(home.insert(key)),
            Owner::Guardian(key) => drop(guardians.insert(key)),
            Owner::Staff(_) => {}
        }
    }
    let alerted = |link: &&Relationship| link.role != ContactRole::Other && guardians.contains(link.guardian.as_str());
    let reached: HashSet<&str> = relationships.iter().filter(alerted).map(|link| link.student.as_str()).collect();
    for student in students.values() {
        if !home.contains(student.key.as_str()) && !reached.contains(student.key.as_str()) {
            let at = At { value: &student.number, ..WHOLE };
            issues.warning(
                IssueKind::NoContact,
                at,
                "no main or secondary contact with a phone or e-mail; ask the family",
            );
        }
    }
    let without = students.values().filter(|student| !home.contains(student.key.as_str())).count();
    if without > 0 {
        let message = format!(
            "{without} students have no home phone: by default they are not called for an absence (A40); \
             add one, or let the mobile stand in (settings)"
        );
        issues.warning(IssueKind::MobileOnly, WHOLE, message);
    }
}

/// A20: each school keeps its own record; where the same parent has other values, both registrars should know.
fn differing(issues: &mut Issues, points: &[Point]) {
    let mut by_school: HashMap<(&str, &str), Vec<(Slot, &str)>> = HashMap::new();
    let mut schools: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for point in points {
        let Owner::Guardian(key) = &point.owner else { continue };
        by_school.entry((key, &point.school)).or_default().push((point.slot, point.address.expose()));
        let known = schools.entry(key).or_default();
        if !known.contains(&point.school.as_str()) {
            known.push(&point.school);
        }
    }
    for (guardian, schools) in schools {
        let first = schools.first().and_then(|school| by_school.get(&(guardian, *school)));
        let other = schools.iter().skip(1).find(|school| by_school.get(&(guardian, **school)) != first);
        if let Some(other) = other {
            let message = format!(
                "this contact has other phones or e-mails at school {} than at school {other}; \
                 each school's registrar keeps its own record (A20), ask which is right",
                schools.first().copied().unwrap_or_default()
            );
            issues.warning(IssueKind::DiffersBetweenSchools, At { value: guardian, ..WHOLE }, message);
        }
    }
}
