//! The default of a slot, then the family's choice, then the floor (A40-A47).
//!
//! A cell of the family's grid is (guardian, student, category, contact point, channel). Only choices are stored; a
//! cell without one follows the category's default. Rule page: `docs/src/rules/who-gets-what.md`.

use crate::category::{Category, DefaultSlots};
use crate::channel::Channel;
use crate::ids::ContactPointId;
use crate::people::Slot;

use super::reason::SuppressReason;

/// What a cell says, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// On: the category reaches this slot, and nobody said otherwise.
    Default,
    /// On: there is no home phone on record, and the district lets a contact's own phone stand in (A40).
    StandsIn,
    /// On: the family chose it.
    FamilyOn,
    /// On: otherwise no number at all would be left (A46).
    Floor,
    /// Off: the category does not reach this slot, and nobody chose it.
    NotDefault,
    /// Off: the family turned it off.
    FamilyOff,
}

impl Wish {
    pub const fn is_on(self) -> bool {
        match self {
            Self::Default | Self::StandsIn | Self::FamilyOn | Self::Floor => true,
            Self::NotDefault | Self::FamilyOff => false,
        }
    }

    /// Why a cell that is off is off.
    pub const fn off_reason(self) -> Option<SuppressReason> {
        match self {
            Self::Default | Self::StandsIn | Self::FamilyOn | Self::Floor => None,
            Self::NotDefault => Some(SuppressReason::NotDefault),
            Self::FamilyOff => Some(SuppressReason::PreferenceOff),
        }
    }

    /// The wish for something that two contacts share, the student's home phones: on if either wants it; off only by
    /// a choice if anybody made one. Argument order does not matter for whether it is on.
    #[must_use]
    pub const fn either(self, other: Self) -> Self {
        match (self.is_on(), other.is_on()) {
            (true, _) => self,
            (false, true) => other,
            (false, false) => match other {
                Self::FamilyOff => other,
                Self::Default | Self::StandsIn | Self::FamilyOn | Self::Floor | Self::NotDefault => self,
            },
        }
    }
}

/// Whether the category reaches this slot over this channel before a family chooses anything (A40-A45).
///
/// A text cell is on for every category once the number has said YES; whether it has is for `basis` to ask. So is the
/// app, once it may show messages on some device: whoever set it up wants them.
pub const fn is_default(category: Category, slot: Slot, channel: Channel) -> bool {
    match channel {
        Channel::Sms | Channel::Push => true,
        Channel::Voice | Channel::Email => match category.rule().defaults {
            DefaultSlots::Everything => true,
            DefaultSlots::HomesAndEmails => match slot {
                Slot::HomePrimary | Slot::HomeSecondary | Slot::Email => true,
                Slot::Home | Slot::Mobile | Slot::Work => false,
            },
        },
    }
}

/// The family's choice if there is one, otherwise the default of the slot. New addresses of a later import have no
/// choice yet and get the default (A51).
pub const fn effective(category: Category, slot: Slot, channel: Channel, choice: Option<bool>) -> Wish {
    match choice {
        Some(true) => Wish::FamilyOn,
        Some(false) => Wish::FamilyOff,
        None if is_default(category, slot, channel) => Wish::Default,
        None => Wish::NotDefault,
    }
}

/// One voice cell of a guardian and a student, as the floor sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoiceCell {
    pub point: ContactPointId,
    pub slot: Slot,
    pub wish: Wish,
    /// False for a number that the network called dead, or that may never be dialled.
    pub usable: bool,
}

/// What the floor makes of the voice cells of one guardian and one student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// The category has none, a usable number is on, or the defaults alone leave none on (A40, decision 4).
    Holds,
    /// A number fell away or was turned off: this one must be on instead, and the family be told.
    Select(ContactPointId),
    /// No usable number is left: a task for the registrar, never a silent hole.
    NobodyLeft,
}

/// Whether a save of these cells may stand (A46): one usable phone number on, or none on record at all (A46 with
/// decision 2: a family without a phone may still save). E-mail and texts are not numbers.
pub fn floor_holds(category: Category, cells: &[VoiceCell]) -> bool {
    !category.rule().floor || !cells.iter().any(|cell| cell.usable) || cells.iter().any(|c| c.usable && c.wish.is_on())
}

/// What to do about a floor that a change broke which nobody could refuse: an import, a dead number, a STOP (A46).
///
/// The lowest slot wins (home phones, then the contact's home, mobile, work), then the older contact point.
pub fn floor(category: Category, cells: impl IntoIterator<Item = VoiceCell>) -> Floor {
    if !category.rule().floor {
        return Floor::Holds;
    }
    let mut broken = false;
    let mut best: Option<(i64, ContactPointId)> = None;
    for cell in cells {
        if cell.usable && cell.wish.is_on() {
            return Floor::Holds;
        }
        // A hole that the defaults alone leave is the registrar's warning, not ours to fill (decision 4).
        broken |= cell.wish == Wish::FamilyOff || cell.wish.is_on();
        if cell.usable {
            let candidate = (cell.slot.code(), cell.point);
            best = Some(best.map_or(candidate, |best| best.min(candidate)));
        }
    }
    match (broken, best) {
        (false, _) => Floor::Holds,
        (true, Some((_, point))) => Floor::Select(point),
        (true, None) => Floor::NobodyLeft,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WISHES: [Wish; 6] =
        [Wish::Default, Wish::StandsIn, Wish::FamilyOn, Wish::Floor, Wish::NotDefault, Wish::FamilyOff];

    fn cell(point: i64, slot: Slot, wish: Wish, usable: bool) -> VoiceCell {
        VoiceCell { point: ContactPointId::from_raw(point), slot, wish, usable }
    }

    fn any_cells() -> impl Strategy<Value = Vec<VoiceCell>> {
        let phones = vec![Slot::HomePrimary, Slot::HomeSecondary, Slot::Home, Slot::Mobile, Slot::Work];
        let one = (1..50_i64, prop::sample::select(phones), prop::sample::select(&WISHES[..]), any::<bool>());
        prop::collection::vec(one.prop_map(|(point, slot, wish, usable)| cell(point, slot, wish, usable)), 0..7)
    }

    #[test]
    fn a46_the_save_that_removes_the_last_number_is_refused_where_the_category_has_a_floor() {
        let all_off = [cell(1, Slot::HomePrimary, Wish::FamilyOff, true), cell(2, Slot::Mobile, Wish::FamilyOff, true)];
        for category in Category::ALL {
            let may_be_all_off = matches!(category, Category::General | Category::Surveys);
            assert_eq!(floor_holds(category, &all_off), may_be_all_off, "{category:?}");
            // Decision 2: a family without a phone is not kept from saving.
            assert!(floor_holds(category, &[]));
            assert!(floor_holds(category, &[all_off[0], cell(2, Slot::Mobile, Wish::FamilyOn, true)]));
        }
        let only_a_dead_one_on = [all_off[0], cell(2, Slot::Mobile, Wish::FamilyOn, false)];
        assert!(!floor_holds(Category::SchoolsOut, &only_a_dead_one_on));
    }

    #[test]
    fn a46_what_nobody_could_refuse_selects_the_first_number_left_or_calls_the_registrar() {
        let home_off = cell(9, Slot::HomePrimary, Wish::FamilyOff, true);
        let mobile_dead = cell(2, Slot::Mobile, Wish::FamilyOn, false);
        let work_off = cell(1, Slot::Work, Wish::NotDefault, true);
        assert_eq!(floor(Category::Attendance, [mobile_dead, work_off, home_off]), Floor::Select(home_off.point));
        assert_eq!(floor(Category::Attendance, [mobile_dead]), Floor::NobodyLeft);
        assert_eq!(floor(Category::General, [mobile_dead]), Floor::Holds);
        // Decision 4: a household with mobiles only is not called for absence by default.
        assert_eq!(floor(Category::Attendance, [cell(3, Slot::Mobile, Wish::NotDefault, true)]), Floor::Holds);
    }

    proptest! {
        #[test]
        fn a46_after_the_floor_has_chosen_it_holds(cells in any_cells(), category in prop::sample::select(&Category::ALL[..])) {
            match floor(category, cells.iter().copied()) {
                Floor::Select(point) => {
                    let mut mended = cells.clone();
                    mended.iter_mut().filter(|cell| cell.point == point).for_each(|cell| cell.wish = Wish::Floor);
                    prop_assert!(!floor_holds(category, &cells) && floor_holds(category, &mended));
                    prop_assert!(cells.iter().any(|cell| cell.point == point && cell.usable));
                }
                Floor::NobodyLeft => prop_assert!(!cells.iter().any(|cell| cell.usable)),
                Floor::Holds => prop_assert!(
                    floor_holds(category, &cells) || cells.iter().all(|cell| cell.wish == Wish::NotDefault)
                ),
            }
            let mut turned = cells.clone();
            turned.reverse();
            prop_assert_eq!(floor(category, turned), floor(category, cells));
        }

        #[test]
        fn either_is_on_if_one_is_and_its_order_changes_only_the_words(
            one in prop::sample::select(&WISHES[..]),
            other in prop::sample::select(&WISHES[..]),
        ) {
            prop_assert_eq!(one.either(other).is_on(), one.is_on() || other.is_on());
            prop_assert_eq!(one.either(other).off_reason(), other.either(one).off_reason());
        }

        #[test]
        fn a47_and_a51_a_choice_wins_and_without_one_the_slot_decides(
            category in prop::sample::select(&Category::ALL[..]),
            slot in prop::sample::select(&Slot::ALL[..]),
            choice in any::<Option<bool>>(),
        ) {
            for channel in slot.channels() {
                let wish = effective(category, slot, *channel, choice);
                prop_assert_eq!(wish.is_on(), choice.unwrap_or(is_default(category, slot, *channel)));
            }
        }
    }
}
