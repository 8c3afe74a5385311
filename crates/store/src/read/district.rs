//! The one district of a database.

use jiff::tz::TimeZone;
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::settings::DistrictSettings;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// The district, with its settings.
#[derive(Debug, Clone)]
pub struct District {
    pub name: String,
    pub time_zone: TimeZone,
    /// The zone's name as set up: `America/Chicago`.
    pub zone_name: String,
    pub settings: DistrictSettings,
}

statements! {
    IDENTITY = "SELECT name, created_at FROM district WHERE id = 1";
    LOOKUP = "SELECT name, time_zone, settings FROM district WHERE id = 1";
    ZONES = "SELECT DISTINCT time_zone FROM school WHERE active AND time_zone IS NOT NULL";
    SCHOOLS = "SELECT id, name, level, time_zone FROM school WHERE active ORDER BY name, id";
    ZONE = "SELECT time_zone FROM school WHERE id = $1";
}

/// The district, or `None` before it was set up.
pub async fn lookup_district(reads: &mut impl Reads) -> StoreResult<Option<District>> {
    let row: Option<(String, String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(LOOKUP).fetch_optional(conn).await)?;
    let Some((name, zone_name, settings)) = row else { return Ok(None) };
    let damaged = |what: String| StoreError::Damaged { row: "district".to_owned(), what };
    let time_zone = TimeZone::get(&zone_name).map_err(|error| damaged(error.to_string()))?;
    let settings = serde_json::from_str(&settings).map_err(|error| damaged(error.to_string()))?;
    Ok(Some(District { name, time_zone, zone_name, settings }))
}

/// What tells one district from another: its name, and the millisecond in which it was set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub created_at: i64,
}

/// Whose database this is; `None` before the district was set up.
pub async fn lookup_identity(reads: &mut impl Reads) -> StoreResult<Option<Identity>> {
    let row: Option<(String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(IDENTITY).fetch_optional(conn).await)?;
    Ok(row.map(|(name, created_at)| Identity { name, created_at }))
}

/// The district; fails before it was set up.
pub async fn get_district(reads: &mut impl Reads) -> StoreResult<District> {
    lookup_district(reads).await?.ok_or_else(|| StoreError::Missing("district".to_owned()))
}

/// The zones of schools that have one of their own.
pub async fn school_zones(reads: &mut impl Reads) -> StoreResult<Vec<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(ZONES).fetch_all(conn).await)?)
}

/// A school, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolRow {
    pub id: SchoolId,
    pub name: String,
    pub level: String,
    pub time_zone: Option<String>,
}

/// The active schools, by name.
pub async fn schools(reads: &mut impl Reads) -> StoreResult<Vec<SchoolRow>> {
    let rows: Vec<(i64, String, String, Option<String>)> =
        on!(reads.tx(), |conn| sqlx::query_as(SCHOOLS).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .map(|(id, name, level, time_zone)| SchoolRow { id: SchoolId::from_raw(id), name, level, time_zone })
        .collect())
}

/// The zone of a school where it differs from the district's.
pub async fn zone_of(reads: &mut impl Reads, school: SchoolId) -> StoreResult<Option<TimeZone>> {
    let name: Option<Option<String>> =
        on!(reads.tx(), |conn| sqlx::query_scalar(ZONE).bind(school.raw()).fetch_optional(conn).await)?;
    let zone = name.flatten().map(|name| TimeZone::get(&name));
    zone.transpose().map_err(|error| StoreError::Damaged { row: school.to_string(), what: error.to_string() })
}
