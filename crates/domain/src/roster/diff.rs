//! What a snapshot would change: rows matched by the source's own keys.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::snapshot::{
    Enrollment, EnrollmentRole, Guardian, Owner, Point, Relationship, School, Section, Staff, Student,
};
use crate::people::Slot;

/// A row as it stands in the store. Inactive rows take part, since a family that returns gets its old row back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    pub id: i64,
    pub active: bool,
    pub row: T,
}

/// The source's own key of a row.
pub trait Keyed {
    type Key<'a>: Hash + Eq
    where
        Self: 'a;
    fn key(&self) -> Self::Key<'_>;
}

macro_rules! keyed {
    ($type:ty, $key:ty, |$row:ident| $expr:expr) => {
        impl Keyed for $type {
            type Key<'a> = $key;
            fn key(&self) -> Self::Key<'_> {
                let $row = self;
                $expr
            }
        }
    };
}

keyed!(School, &'a str, |row| &row.key);
keyed!(Student, &'a str, |row| &row.key);
keyed!(Guardian, &'a str, |row| &row.key);
keyed!(Staff, &'a str, |row| &row.key);
keyed!(Section, &'a str, |row| &row.key);
keyed!(Relationship, (&'a str, &'a str), |row| (&row.guardian, &row.student));
keyed!(Enrollment, (&'a str, &'a str, EnrollmentRole), |row| (&row.section, &row.person, row.role));
keyed!(Point, (&'a Owner, &'a str, Slot, &'a str), |row| (&row.owner, &row.school, row.slot, row.address.expose()));

/// Which rows of a list come, change and go; numbers are places in the two lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// New ones that nobody has seen before.
    pub added: Vec<usize>,
    /// (old, new): the same key with other values.
    pub changed: Vec<(usize, usize)>,
    /// (old, new): the key stood inactive and is back, with the same values or others.
    pub returned: Vec<(usize, usize)>,
    /// Active old ones that the snapshot no longer has.
    pub left: Vec<usize>,
    pub unchanged: usize,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.returned.is_empty() && self.left.is_empty()
    }

    pub fn count(&self) -> Count {
        Count {
            added: self.added.len() + self.returned.len(),
            changed: self.changed.len(),
            left: self.left.len(),
            unchanged: self.unchanged,
        }
    }
}

/// Matches two lists by key. A list holds each key once.
pub fn compare<T: Keyed + PartialEq>(old: &[Stored<T>], new: &[T]) -> Changes {
    let mut places: HashMap<T::Key<'_>, usize> = old.iter().enumerate().map(|(at, row)| (row.row.key(), at)).collect();
    let mut changes = Changes::default();
    for (at, row) in new.iter().enumerate() {
        match places.remove(&row.key()) {
            None => changes.added.push(at),
            Some(was) if !old[was].active => changes.returned.push((was, at)),
            Some(was) if old[was].row == *row => changes.unchanged += 1,
            Some(was) => changes.changed.push((was, at)),
        }
    }
    changes.left.extend(places.into_values().filter(|was| old[*was].active));
    changes.left.sort_unstable();
    changes
}

/// How many rows of one kind come, change, go and stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub added: usize,
    pub changed: usize,
    pub left: usize,
    pub unchanged: usize,
}

impl Count {
    /// Active rows before the import.
    pub const fn before(self) -> usize {
        self.changed + self.left + self.unchanged
    }

    /// Active rows after it.
    pub const fn after(self) -> usize {
        self.added + self.changed + self.unchanged
    }

    pub const fn is_empty(self) -> bool {
        self.added == 0 && self.changed == 0 && self.left == 0
    }
}

/// The whole difference in figures, as pages show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffCounts {
    pub schools: Count,
    pub students: Count,
    pub guardians: Count,
    pub staff: Count,
    pub relationships: Count,
    pub points: Count,
    pub sections: Count,
    pub enrollments: Count,
    /// Distinct phone numbers; nothing of them can be `changed`.
    pub numbers: Count,
}

impl DiffCounts {
    pub const fn is_empty(&self) -> bool {
        self.schools.is_empty()
            && self.students.is_empty()
            && self.guardians.is_empty()
            && self.staff.is_empty()
            && self.relationships.is_empty()
            && self.points.is_empty()
            && self.sections.is_empty()
            && self.enrollments.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn guardian(key: u8, given: u8) -> Guardian {
        Guardian { key: key.to_string(), given: given.to_string(), family: String::new(), language: "en".to_owned() }
    }

    fn roster() -> impl Strategy<Value = Vec<Guardian>> {
        proptest::collection::btree_map(0_u8..20, 0_u8..3, 0..20)
            .prop_map(|rows| rows.into_iter().map(|(key, given)| guardian(key, given)).collect())
    }

    fn apply(old: &[Stored<Guardian>], new: &[Guardian], changes: &Changes) -> Vec<Stored<Guardian>> {
        let mut after = old.to_vec();
        for (was, now) in changes.changed.iter().chain(&changes.returned) {
            after[*was] = Stored { active: true, row: new[*now].clone(), ..after[*was] };
        }
        for was in &changes.left {
            after[*was].active = false;
        }
        let next = i64::try_from(after.len()).unwrap_or(0);
        after.extend(changes.added.iter().zip(next..).map(|(now, id)| Stored {
            id,
            active: true,
            row: new[*now].clone(),
        }));
        after
    }

    proptest! {
        #[test]
        fn applying_a_diff_and_diffing_again_finds_nothing(first in roster(), second in roster()) {
            let empty: Vec<Stored<Guardian>> = Vec::new();
            let stands = apply(&empty, &first, &compare(&empty, &first));
            let changes = compare(&stands, &second);
            let count = changes.count();
            prop_assert_eq!((count.before(), count.after()), (first.len(), second.len()));
            let stands = apply(&stands, &second, &changes);
            prop_assert!(compare(&stands, &second).is_empty());
            // A family that left and is back has its old row, not a new one.
            let back = compare(&stands, &first);
            prop_assert!(back.added.is_empty());
        }
    }
}
