//! `[district]`: whose program this is. Written into the database when it is first set up; changed there afterwards.

use jiff::tz::TimeZone;
use serde::Deserialize;

/// The district as it is first set up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictSection {
    pub name: String,
    pub time_zone: ZoneName,
    /// How texts name the program; the district's name and "Alerts" when absent.
    pub program_name: Option<String>,
    /// Whom families ask, as told in the answer to HELP.
    pub help_contact: Option<String>,
}

/// A name that the time zone database knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct ZoneName(pub String);

impl TryFrom<String> for ZoneName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match TimeZone::get(&name) {
            Ok(_) => Ok(Self(name)),
            Err(_) => Err(format!("`{name}`, which is no time zone; write its name, for example \"America/Chicago\"")),
        }
    }
}
