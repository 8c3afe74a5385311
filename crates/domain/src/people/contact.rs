//! Contact points: the slots of a record (A13-A16), the roles of contacts, and which channel a slot can carry.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::email::EmailAddress;
use crate::phone::Phone;

/// What a person on the record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonKind {
    Student,
    Guardian,
    Staff,
}

impl PersonKind {
    pub const ALL: [Self; 3] = [Self::Student, Self::Guardian, Self::Staff];

    pub const fn code(self) -> i64 {
        match self {
            Self::Student => 1,
            Self::Guardian => 2,
            Self::Staff => 3,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What a guardian is to one student (A14, A15). Others stand on the record and are not alerted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactRole {
    /// The parent or guardian with whom the student resides.
    Main,
    /// The additional parent or other legal guardian.
    Secondary,
    /// Anyone else whom the school lists: a neighbour, an emergency contact.
    Other,
}

impl ContactRole {
    pub const ALL: [Self; 3] = [Self::Main, Self::Secondary, Self::Other];

    pub const fn code(self) -> i64 {
        match self {
            Self::Main => 1,
            Self::Secondary => 2,
            Self::Other => 3,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// The place of an address in a record. The two home slots are the student's (A13), the rest a contact's or staff's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    HomePrimary,
    HomeSecondary,
    Home,
    Mobile,
    Work,
    Email,
}

impl Slot {
    pub const ALL: [Self; 6] =
        [Self::HomePrimary, Self::HomeSecondary, Self::Home, Self::Mobile, Self::Work, Self::Email];

    pub const fn code(self) -> i64 {
        match self {
            Self::HomePrimary => 1,
            Self::HomeSecondary => 2,
            Self::Home => 3,
            Self::Mobile => 4,
            Self::Work => 5,
            Self::Email => 6,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.code() == code)
    }

    /// The channels that an address in this slot can carry. A home or work line never receives a text (A5, A24). The app
    /// belongs to the e-mail address with which it is signed in.
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            Self::HomePrimary | Self::HomeSecondary | Self::Home | Self::Work => &[Channel::Voice],
            Self::Mobile => &[Channel::Voice, Channel::Sms],
            Self::Email => &[Channel::Email, Channel::Push],
        }
    }

    pub const fn is_phone(self) -> bool {
        match self {
            Self::HomePrimary | Self::HomeSecondary | Self::Home | Self::Mobile | Self::Work => true,
            Self::Email => false,
        }
    }

    /// The words on pages: "home phone", "mobile".
    pub const fn plain(self) -> &'static str {
        match self {
            Self::HomePrimary => "primary home phone",
            Self::HomeSecondary => "second home phone",
            Self::Home => "home phone",
            Self::Mobile => "mobile",
            Self::Work => "work phone",
            Self::Email => "e-mail",
        }
    }
}

/// Where a delivery goes: a phone number or an e-mail address.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    Phone(Phone),
    Email(EmailAddress),
}

impl Address {
    /// The address as text, the key for "the same address". Never in a log.
    pub fn expose(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.expose(),
            Self::Email(email) => email.expose(),
        }
    }

    /// Reads what the store keeps: E.164 or an e-mail address.
    pub fn from_stored(text: &str) -> Option<Self> {
        if text.starts_with('+') {
            Phone::from_e164(text).map(Self::Phone)
        } else {
            EmailAddress::parse(text).ok().map(Self::Email)
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) => phone.fmt(f),
            Self::Email(email) => email.fmt(f),
        }
    }
}
