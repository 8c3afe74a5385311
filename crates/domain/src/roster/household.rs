//! Who is decided together: people joined by a shared child or a shared address.

use std::collections::HashMap;

/// An address of more people than this joins nobody: it is a shelter's, an agency's or a placeholder.
pub const PEOPLE_PER_ADDRESS: usize = 50;

/// Groups of people, by union-find. The number of a household is the smallest person id in it.
#[derive(Debug, Default)]
pub struct Households {
    places: HashMap<i64, u32>,
    people: Vec<i64>,
    above: Vec<u32>,
}

impl Households {
    /// A person alone, unless already known.
    pub fn add(&mut self, person: i64) -> u32 {
        *self.places.entry(person).or_insert_with(|| {
            let place = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
            self.people.push(person);
            self.above.push(place);
            place
        })
    }

    /// A guardian and a student are one household.
    pub fn join(&mut self, one: i64, other: i64) {
        let (one, other) = (self.add(one), self.add(other));
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        // The smaller id stays on top, so that a household keeps its number while its eldest row is there.
        let (top, below) =
            if self.people[one as usize] < self.people[other as usize] { (one, other) } else { (other, one) };
        self.above[below as usize] = top;
    }

    /// Everybody who has one home phone, mobile or e-mail address. Work lines do not come here: colleagues are no
    /// family, and a large employer would make one household of half the district.
    pub fn join_sharing(&mut self, people: &[i64]) {
        if people.len() > PEOPLE_PER_ADDRESS {
            return;
        }
        for pair in people.windows(2) {
            self.join(pair[0], pair[1]);
        }
    }

    /// Each person with the number of the household.
    pub fn all(mut self) -> impl Iterator<Item = (i64, i64)> {
        (0..self.people.len()).map(move |at| {
            let root = self.root(u32::try_from(at).unwrap_or(u32::MAX));
            (self.people[at], self.people[root as usize])
        })
    }

    fn root(&mut self, mut place: u32) -> u32 {
        while self.above[place as usize] != place {
            let next = self.above[place as usize];
            self.above[place as usize] = self.above[next as usize];
            place = self.above[place as usize];
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(households: Households) -> HashMap<i64, i64> {
        households.all().collect()
    }

    #[test]
    fn siblings_and_both_their_parents_are_one_household() {
        let mut households = Households::default();
        // Parents 10 and 11; 10 has 1 and 2, 11 has 2 and 3 of an earlier marriage.
        for (guardian, student) in [(10, 1), (10, 2), (11, 2), (11, 3)] {
            households.join(guardian, student);
        }
        households.add(99);
        let numbers = numbered(households);
        assert!([1, 2, 3, 10, 11].iter().all(|person| numbers[person] == 1));
        assert_eq!(numbers[&99], 99);
    }

    #[test]
    fn a_shared_phone_joins_and_an_office_line_does_not() {
        let mut households = Households::default();
        households.join_sharing(&[5, 7]);
        let crowd: Vec<i64> = (100..=150).collect();
        for person in &crowd {
            households.add(*person);
        }
        households.join_sharing(&crowd);
        let numbers = numbered(households);
        assert_eq!(numbers[&7], 5);
        assert_eq!(numbers[&150], 150);
    }
}
