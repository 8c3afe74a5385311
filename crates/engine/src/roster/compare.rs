//! A snapshot beside what stands: which rows come, change and go, and what the guard has to know.

use std::collections::{HashMap, HashSet};

use schoolbell_domain::people::{Address, Slot};
use schoolbell_domain::phone::Phone;
use schoolbell_domain::roster::diff::{Changes, Count, DiffCounts, Stored, compare};
use schoolbell_domain::roster::guard::SharedNumber;
use schoolbell_domain::roster::snapshot::{
    Coverage, Enrollment, Guardian, Owner, Point, Relationship, School, Section, Snapshot, Staff, Student,
};
use schoolbell_store::StoreResult;
use schoolbell_store::read::{imports, roster};
use schoolbell_store::tx::Reads;

/// The roster as it stands. What the snapshot does not speak of was left out of the lists and counted.
#[derive(Debug, Default)]
pub struct Standing {
    /// Moves with every change of the roster.
    pub version: i64,
    pub schools: Vec<Stored<School>>,
    pub students: Vec<Stored<Student>>,
    pub guardians: Vec<Stored<Guardian>>,
    pub staff: Vec<Stored<Staff>>,
    pub relationships: Vec<Stored<Relationship>>,
    pub points: Vec<Stored<Point>>,
    pub sections: Vec<Stored<Section>>,
    pub enrollments: Vec<Stored<Enrollment>>,
    /// Active contact points of people whom the snapshot does not speak of.
    untouched: Vec<Stored<Point>>,
}

impl Standing {
    pub async fn load(reads: &mut impl Reads, covers: Coverage) -> StoreResult<Self> {
        let mut standing = Self {
            version: imports::roster_version(reads).await?,
            schools: roster::schools(reads).await?,
            students: roster::students(reads).await?,
            points: roster::points(reads).await?,
            ..Self::default()
        };
        if covers.contacts {
            standing.guardians = roster::guardians(reads).await?;
            standing.relationships = roster::relationships(reads).await?;
        }
        if covers.staff {
            standing.staff = roster::staff(reads).await?;
        }
        if covers.sections {
            standing.sections = roster::sections(reads).await?;
            standing.enrollments = roster::enrollments(reads).await?;
        }
        let spoken_of = |point: &Stored<Point>| match point.row.owner {
            Owner::Student(_) => true,
            Owner::Guardian(_) => covers.contacts,
            Owner::Staff(_) => covers.staff,
        };
        let (points, untouched) = standing.points.into_iter().partition(spoken_of);
        standing.points = points;
        standing.untouched = untouched;
        Ok(standing)
    }
}

/// What an import would do.
#[derive(Debug, Default)]
pub struct Difference {
    pub schools: Changes,
    pub students: Changes,
    pub guardians: Changes,
    pub staff: Changes,
    pub relationships: Changes,
    pub points: Changes,
    pub sections: Changes,
    pub enrollments: Changes,
    pub counts: DiffCounts,
}

impl Difference {
    pub fn of(standing: &Standing, snapshot: &Snapshot) -> Self {
        let mut difference = Self {
            schools: schools(standing, snapshot),
            students: compare(&standing.students, &snapshot.students),
            guardians: compare(&standing.guardians, &snapshot.guardians),
            staff: compare(&standing.staff, &snapshot.staff),
            relationships: compare(&standing.relationships, &snapshot.relationships),
            points: points(standing, snapshot),
            sections: compare(&standing.sections, &snapshot.sections),
            enrollments: compare(&standing.enrollments, &snapshot.enrollments),
            counts: DiffCounts::default(),
        };
        difference.counts = DiffCounts {
            schools: difference.schools.count(),
            students: difference.students.count(),
            guardians: difference.guardians.count(),
            staff: difference.staff.count(),
            relationships: difference.relationships.count(),
            points: difference.points.count(),
            sections: difference.sections.count(),
            enrollments: difference.enrollments.count(),
            numbers: numbers(standing, snapshot),
        };
        difference
    }

    /// Rows to write, for the bar.
    pub fn rows(&self) -> usize {
        let lists = [
            &self.schools,
            &self.students,
            &self.guardians,
            &self.staff,
            &self.relationships,
            &self.points,
            &self.sections,
            &self.enrollments,
        ];
        lists.iter().map(|it| it.added.len() + it.changed.len() + it.returned.len() + it.left.len()).sum()
    }
}

/// A file without staff does not name the offices where only staff is: a school goes only if the snapshot speaks of
/// everybody who could be there.
fn schools(standing: &Standing, snapshot: &Snapshot) -> Changes {
    let mut changes = compare(&standing.schools, &snapshot.schools);
    if !snapshot.covers.staff {
        changes.unchanged += changes.left.len();
        changes.left.clear();
    }
    changes
}

/// A student who moves to another school takes the contact points along: the same address of the same person is the
/// same row at the new school, and the family's choices with it (A21, A47).
fn points(standing: &Standing, snapshot: &Snapshot) -> Changes {
    let mut changes = compare(&standing.points, &snapshot.points);
    let mut leaving: HashMap<(&Owner, Slot, &str), usize> = HashMap::new();
    for was in &changes.left {
        let row = &standing.points[*was].row;
        leaving.insert((&row.owner, row.slot, row.address.expose()), *was);
    }
    let mut moved: HashSet<usize> = HashSet::new();
    let mut added = Vec::with_capacity(changes.added.len());
    for now in changes.added {
        let row = &snapshot.points[now];
        match leaving.remove(&(&row.owner, row.slot, row.address.expose())) {
            Some(was) => {
                moved.insert(was);
                changes.changed.push((was, now));
            }
            None => added.push(now),
        }
    }
    changes.added = added;
    changes.left.retain(|was| !moved.contains(was));
    changes
}

fn phone(address: &Address) -> Option<&Phone> {
    match address {
        Address::Phone(phone) => Some(phone),
        Address::Email(_) => None,
    }
}

/// Distinct phone numbers that come, stay and go.
fn numbers(standing: &Standing, snapshot: &Snapshot) -> Count {
    let active = |point: &&Stored<Point>| point.active;
    let untouched: HashSet<&Phone> =
        standing.untouched.iter().filter(active).filter_map(|point| phone(&point.row.address)).collect();
    let mut before: HashSet<&Phone> =
        standing.points.iter().filter(active).filter_map(|point| phone(&point.row.address)).collect();
    before.extend(&untouched);
    let mut after: HashSet<&Phone> = snapshot.points.iter().filter_map(|point| phone(&point.address)).collect();
    after.extend(&untouched);
    let unchanged = before.intersection(&after).count();
    Count { added: after.len() - unchanged, changed: 0, left: before.len() - unchanged, unchanged }
}

/// Home and mobile numbers that more than `most` people would have.
pub fn shared_numbers(standing: &Standing, snapshot: &Snapshot, most: usize) -> Vec<SharedNumber> {
    let after = people_per_number(snapshot.points.iter());
    let crowded: Vec<(&Phone, usize)> = after.into_iter().filter(|(_, people)| *people > most).collect();
    if crowded.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<&Point> = standing.points.iter().filter(|point| point.active).map(|point| &point.row).collect();
    rows.sort_by(|one, other| one.owner.cmp(&other.owner));
    let before = people_per_number(rows.into_iter());
    let mut shared: Vec<SharedNumber> = crowded
        .into_iter()
        .map(|(number, people)| SharedNumber {
            number: number.clone(),
            people,
            before: before.get(number).copied().unwrap_or(0),
        })
        .collect();
    shared.sort_by(|one, other| (other.people, &one.number).cmp(&(one.people, &other.number)));
    shared
}

/// How many people have each number; the points of one person stand together.
fn people_per_number<'p>(points: impl Iterator<Item = &'p Point>) -> HashMap<&'p Phone, usize> {
    let mut people: HashMap<&Phone, (usize, &Owner)> = HashMap::new();
    for point in points.filter(|point| point.slot != Slot::Work) {
        let Some(number) = phone(&point.address) else { continue };
        let known = people.entry(number).or_insert((1, &point.owner));
        if known.1 != &point.owner {
            *known = (known.0 + 1, &point.owner);
        }
    }
    people.into_iter().map(|(number, (people, _))| (number, people)).collect()
}
