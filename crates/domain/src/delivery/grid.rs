//! The family's grid: what each cell of a guardian says, for one category, and whether an edit may stand (A36, A37, A46).
//!
//! The wishes are those that the plan folds: the grid cannot show what a message would not do.

use jiff::Timestamp;

use super::cell::Tie;
use super::lookup::{Known, Lookup};
use super::plan::{Ask, Page, PreferenceKey};
use super::preference::{VoiceCell, Wish, floor_holds};
use super::reason::SuppressReason;
use super::window::SendWindow;
use crate::audience::{Audience, AudienceRule};
use crate::category::Category;
use crate::channel::Channel;
use crate::ids::{PersonId, SchoolId};
use crate::people::{Address, Slot};

/// One cell, for one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridCell {
    pub key: PreferenceKey,
    pub slot: Slot,
    pub school: SchoolId,
    pub address: Address,
    pub wish: Wish,
    /// Why nothing goes here whatever is wished: no YES to texts, a dead number, a STOP.
    pub barred: Option<SuppressReason>,
    /// The only usable number that is on for this guardian and student, where one must be (A46).
    pub last: bool,
}

/// Every cell of these guardians for these students over calls, texts, mail and the app: the students' home phones, then the
/// guardian's own points in the record of the student's school. By guardian, student, point and channel.
///
/// The page must hold the whole households, with the choices of the category.
pub fn grid(ask: &Ask, page: &Page, guardians: &[PersonId], students: &[PersonId]) -> Vec<GridCell> {
    let lookup = Lookup::new(ask, page);
    let mut cells = Vec::new();
    for tie in ties(&lookup, guardians, students) {
        let voice: Vec<VoiceCell> = lookup.voice_cells(tie).collect();
        let on = voice.iter().filter(|cell| cell.usable && cell.wish.is_on());
        let last =
            if ask.category.rule().floor && on.clone().count() == 1 { on.map(|cell| cell.point).next() } else { None };
        let own = lookup.points_of(tie.guardian).iter().copied();
        let own = own.filter(|known| tie.student.membership.schools.contains(&known.point.school));
        for known in lookup.home_phones(tie.student).chain(own) {
            for channel in lookup.channels_of(known) {
                cells.push(cell(
                    &lookup,
                    tie,
                    known,
                    (channel, last == Some(known.point.id) && channel == Channel::Voice),
                ));
            }
        }
    }
    cells
}

/// The students for whom, with the choices of this page, a guardian would be left without a number where one must stay
/// on (A46). What the floor would turn on by itself does not count: a save that needs it is refused.
pub fn broken_floors(ask: &Ask, page: &Page, guardians: &[PersonId], students: &[PersonId]) -> Vec<PersonId> {
    let lookup = Lookup::new(ask, page);
    let broken = |tie: &Tie<'_>| {
        let bare = tie.without_floor();
        let cells: Vec<VoiceCell> = lookup.voice_cells(bare).collect();
        !floor_holds(ask.category, &cells)
    };
    let mut broken: Vec<PersonId> = ties(&lookup, guardians, students)
        .into_iter()
        .filter(broken)
        .map(|tie| tie.student.membership.person)
        .collect();
    broken.sort_unstable();
    broken.dedup();
    broken
}

/// What is asked of the grid of a category: everybody, over every channel that a family chooses, as if every carrier
/// were there.
pub fn ask_of(category: Category, mobile_stands_in: bool) -> Ask {
    let channels = Channel::ALL.to_vec();
    Ask {
        category,
        audience: Audience { include: vec![AudienceRule::District], except: Vec::new() },
        gateways: channels.clone(),
        channels,
        leaves_at: Timestamp::UNIX_EPOCH,
        window: SendWindow::default(),
        mobile_stands_in,
    }
}

fn ties<'a>(lookup: &Lookup<'a>, guardians: &[PersonId], students: &[PersonId]) -> Vec<Tie<'a>> {
    let all = guardians.iter().flat_map(|guardian| lookup.selected_ties(*guardian));
    all.filter(|tie| students.contains(&tie.student.membership.person)).filter(Tie::may_receive).collect()
}

fn cell<'a>(lookup: &Lookup<'a>, tie: Tie<'a>, known: Known<'a>, (channel, last): (Channel, bool)) -> GridCell {
    let student = tie.student.membership.person;
    let wish = lookup.wish(tie, known, channel);
    // As if it were on: what bars it then bars it always.
    let barred = lookup.judge(Some(student), Wish::FamilyOn, known, channel).verdict.err();
    GridCell {
        key: PreferenceKey { guardian: tie.guardian, student, point: known.point.id, channel },
        slot: known.point.slot,
        school: known.point.school,
        address: known.point.address.clone(),
        wish,
        barred,
        last,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::plan::{Person, Point, Relationship};
    use super::*;
    use crate::audience::Membership;
    use crate::ids::ContactPointId;
    use crate::language::Language;
    use crate::people::{ContactRole, PersonKind};
    use crate::phone::Phone;

    const STUDENT: PersonId = PersonId::from_raw(1);
    const GUARDIANS: [PersonId; 2] = [PersonId::from_raw(10), PersonId::from_raw(11)];
    const OAK: SchoolId = SchoolId::from_raw(1);

    fn person(id: PersonId, kind: PersonKind) -> Person {
        let membership = Membership {
            person: id,
            kind,
            schools: if kind == PersonKind::Student { vec![OAK] } else { Vec::new() },
            grade: String::new(),
            sections: Vec::new(),
            routes: Vec::new(),
            lists: Vec::new(),
        };
        Person { household: 1, language: Language::default(), membership }
    }

    /// A home phone of the student; a mobile, a work phone and nothing else of each of the two contacts.
    fn page() -> Page {
        let number = |n: i64| Address::Phone(Phone::from_e164(&format!("+1512555{n:04}")).unwrap());
        let point = |id: i64, person, slot| Point {
            id: ContactPointId::from_raw(id),
            person,
            school: OAK,
            slot,
            address: number(id),
        };
        let mut page = Page::default();
        page.people.push(person(STUDENT, PersonKind::Student));
        page.points.push(point(100, STUDENT, Slot::HomePrimary));
        for (at, guardian) in GUARDIANS.into_iter().enumerate() {
            let id = 110 + 10 * i64::try_from(at).unwrap();
            page.people.push(person(guardian, PersonKind::Guardian));
            page.points.push(point(id, guardian, Slot::Mobile));
            page.points.push(point(id + 1, guardian, Slot::Work));
            let role = if at == 0 { ContactRole::Main } else { ContactRole::Secondary };
            page.relationships.push(Relationship { guardian, student: STUDENT, role, custody_restricted: false });
        }
        page
    }

    fn cells(category: Category, page: &Page) -> Vec<GridCell> {
        grid(&ask_of(category, false), page, &GUARDIANS, &[STUDENT])
    }

    /// As the command does it: apply, look at the floors, keep or refuse.
    fn save(category: Category, page: &mut Page, (key, wanted): (PreferenceKey, bool)) -> bool {
        let before = page.preferences.insert(key, wanted);
        let broken = broken_floors(&ask_of(category, false), page, &[key.guardian], &[STUDENT]);
        if !wanted && key.channel == Channel::Voice && !broken.is_empty() {
            match before {
                Some(before) => page.preferences.insert(key, before),
                None => page.preferences.remove(&key),
            };
            return false;
        }
        true
    }

    #[test]
    fn a36_the_grid_has_the_home_phone_and_the_guardians_own_points_with_their_defaults() {
        let all = cells(Category::General, &page());
        // For each guardian: home by call, mobile by call and text, work by call.
        assert_eq!(all.len(), 8);
        let home: Vec<_> = all.iter().filter(|cell| cell.slot == Slot::HomePrimary).collect();
        assert!(home.iter().all(|cell| cell.wish == Wish::Default && !cell.last), "General has no floor");
        let text = all.iter().find(|cell| cell.key.channel == Channel::Sms).unwrap();
        assert_eq!(text.barred, Some(SuppressReason::NoConsent));
        let closing = cells(Category::SchoolsOut, &page());
        assert!(closing.iter().filter(|cell| cell.key.channel == Channel::Voice).all(|cell| cell.wish.is_on()));
    }

    #[test]
    fn a46_the_last_number_is_marked_before_it_is_refused_and_only_where_there_is_a_floor() {
        let mut page = page();
        let all = cells(Category::Attendance, &page);
        let last: Vec<_> = all.iter().filter(|cell| cell.last).collect();
        assert_eq!(last.len(), 2, "by default attendance rings the home phone alone, for each guardian");
        let key = last[0].key;
        assert!(!save(Category::Attendance, &mut page, (key, false)));
        let mobile = PreferenceKey { point: ContactPointId::from_raw(110), ..key };
        assert!(save(Category::Attendance, &mut page, (mobile, true)));
        assert!(cells(Category::Attendance, &page).iter().all(|cell| !cell.last || cell.key.guardian != key.guardian));
        assert!(save(Category::Attendance, &mut page, (key, false)), "now that another one is on");
        assert!(!save(Category::Attendance, &mut page, (mobile, false)));
        assert!(save(Category::General, &mut Page { preferences: HashMap::new(), ..page }, (key, false)), "A47");
    }

    proptest! {
        #[test]
        fn a46_floors_hold_under_any_interleaving_of_edits(
            category in prop::sample::select(&Category::ALL[..]),
            edits in prop::collection::vec((0..8_usize, any::<bool>()), 0..40),
        ) {
            // Two parents, or one parent with two windows: whatever the order, each save sees what stands.
            let mut page = page();
            let keys: Vec<PreferenceKey> = cells(category, &page).into_iter().map(|cell| cell.key).collect();
            for (at, wanted) in edits {
                save(category, &mut page, (keys[at], wanted));
                let broken = broken_floors(&ask_of(category, false), &page, &GUARDIANS, &[STUDENT]);
                prop_assert!(broken.is_empty(), "{category:?}");
            }
        }
    }
}
