//! The whole decision of a broadcast: for every person and contact point, a delivery or the reason why not.
//!
//! A page holds whole households, so that siblings who share a phone are always decided together. The types stand
//! here; the deciding is in `rows` (who and which points), `cell` (each verdict) and `dedupe` (one delivery each).
//! Rule page: `docs/src/rules/who-gets-what.md`.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::lookup::Lookup;
use super::reason::SuppressReason;
use super::suppression::Suppression;
use super::window::SendWindow;
use crate::audience::{Audience, Membership};
use crate::category::Category;
use crate::channel::Channel;
use crate::consent::ConsentState;
use crate::ids::{ContactPointId, PersonId, SchoolId};
use crate::language::Language;
use crate::people::{Address, ContactRole, PersonKind, Slot};

/// Decides a page.
///
/// Rows come sorted by person, contact point (a row without one first), channel and merge group, whatever the order of
/// the input. In: every contact point, over every channel asked for that it can carry, of the selected students (home
/// phones), their guardians (the points in the record of a selected child's school, A20) and the selected staff.
/// An e-mail address carries
/// the app only where it is set up. Each (contact point, channel) stands there exactly once; only where custody keeps children apart, once for each
/// merge group. Somebody with no such point has one row with `NoAddress`; so has a student of whom nobody at all would
/// hear. An empty page or an ask without channels gives no rows.
///
/// What is urgent is never held; a text goes only to a number that said YES; nobody who is custody-restricted for a
/// student gets anything about that student.
pub fn plan(ask: &Ask, page: &Page) -> Vec<PlanRow> {
    super::rows::rows(&Lookup::new(ask, page))
}

/// What is asked of the plan, the same for every page.
#[derive(Debug, Clone)]
pub struct Ask {
    pub category: Category,
    pub audience: Audience,
    /// The channels that have a text, in the order of `Channel::ALL`.
    pub channels: Vec<Channel>,
    /// Those of them for which a gateway is configured.
    pub gateways: Vec<Channel>,
    /// The instant of Send, or the chosen time.
    pub leaves_at: Timestamp,
    pub window: SendWindow,
    /// District setting, off by default: a mobile stands in for calls where a household has no home phone (A40).
    pub mobile_stands_in: bool,
}

/// Whole households, with everything that the rules ask about them.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub people: Vec<Person>,
    pub relationships: Vec<Relationship>,
    pub points: Vec<Point>,
    /// The families' choices for the category of the `Ask`; what is not here is the default.
    pub preferences: HashMap<PreferenceKey, bool>,
    /// Consent of texts (program alerts) by number; absent is `Unknown`.
    pub text_consent: HashMap<Address, ConsentState>,
    /// Consent of calls by number; only `Revoked` and `Provided` matter.
    pub voice_consent: HashMap<Address, ConsentState>,
    /// Program emergency calls, by number: whether somebody ended them (LAW-12).
    pub emergency_consent: HashMap<Address, ConsentState>,
    pub suppressions: HashMap<(Address, Channel), Suppression>,
    /// E-mail addresses with which the app is signed in on a device that may show messages.
    pub apps: HashSet<Address>,
    /// Exempt calls to this number in the last 30 days (LAW-5); absent is none.
    pub recent_exempt_calls: HashMap<Address, u32>,
    /// The hours in which somebody wants messages of the category `General`; absent is the district's own.
    pub hours: HashMap<PersonId, SendWindow>,
    /// The zone of each school named in the page.
    pub zones: HashMap<SchoolId, TimeZone>,
}

impl Page {
    /// Takes these numbers, E.164, out of every call and text of the page (LAW-8). Call it once the points are in;
    /// a number that no point has changes nothing.
    pub fn deny<'n>(&mut self, numbers: impl IntoIterator<Item = &'n str>) {
        for address in numbers.into_iter().filter_map(Address::from_stored) {
            for channel in [Channel::Voice, Channel::Sms] {
                self.suppressions.insert((address.clone(), channel), Suppression::Denied);
            }
        }
    }
}

/// A student, guardian or member of staff.
#[derive(Debug, Clone)]
pub struct Person {
    pub household: i64,
    pub language: Language,
    /// Schools, grade, sections and lists; of guardians only the id and the kind count.
    pub membership: Membership,
}

/// A guardian to a student.
#[derive(Debug, Clone)]
pub struct Relationship {
    pub guardian: PersonId,
    pub student: PersonId,
    pub role: ContactRole,
    pub custody_restricted: bool,
}

/// A contact point of somebody in the page.
#[derive(Debug, Clone)]
pub struct Point {
    pub id: ContactPointId,
    pub person: PersonId,
    pub school: SchoolId,
    pub slot: Slot,
    pub address: Address,
}

/// One cell of the family's grid, for the category of the `Ask`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PreferenceKey {
    pub guardian: PersonId,
    pub student: PersonId,
    pub point: ContactPointId,
    pub channel: Channel,
}

/// What the plan says of one contact point over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Whose contact point it is: a guardian, a student (home phones) or staff.
    pub person: PersonId,
    pub kind: PersonKind,
    pub language: Language,
    /// `None` together with `SuppressReason::NoAddress`.
    pub point: Option<ContactPointId>,
    pub slot: Option<Slot>,
    pub school: SchoolId,
    pub channel: Channel,
    pub address: Option<Address>,
    /// The students whom it is about, sorted; empty for staff. A merged delivery names them all.
    pub children: Vec<PersonId>,
    /// 0, or what keeps apart deliveries to one address that custody keeps apart.
    pub merge_group: i64,
    pub decision: Decision,
}

/// Send, or the reason why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Send { not_before: Timestamp, basis: Basis },
    Suppress(SuppressReason),
}

/// Why the law lets us: stored with the delivery that relied on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// LAW-1.
    Emergency,
    /// LAW-2: the family or the member of staff gave the number or address to the school.
    Provided,
    /// A YES on this number (A23).
    OptedIn,
    /// LAW-5: an exempt call to a home line, one of three in 30 days.
    Exempt,
    /// The family turned notifications on, on its own device.
    App,
    /// A24: the one invitation to a mobile that the family gave.
    Invitation,
    /// LAW-13, LAW-20: the family wrote, and this answers.
    Answer,
}

impl Basis {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Provided => "provided",
            Self::OptedIn => "opted_in",
            Self::Exempt => "exempt",
            Self::App => "app",
            Self::Invitation => "invitation",
            Self::Answer => "answer",
        }
    }
}
