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
/// A text cell is on for every category once the number has said YES; whether it has is for `basis` to ask.
pub const fn is_default(category: Category, slot: Slot, channel: Channel) -> bool {
    match channel {
        Channel::Sms => true,
        Channel::Push => false,
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
