//! Setting up the district and changing its settings.

use jiff::Timestamp;
use schoolbell_domain::settings::DistrictSettings;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    SET_UP = "INSERT INTO district (id, name, time_zone, settings, instance_epoch, created_at) \
        VALUES (1, $1, $2, $3, 1, $4) ON CONFLICT (id) DO NOTHING";
    CHANGE = "UPDATE district SET name = $1, time_zone = $2, settings = $3 WHERE id = 1";
}

/// Writes the district; `false` if there is one already. `zone` is a name that jiff knows.
pub async fn insert_district(
    tx: &mut Tx,
    name: &str,
    zone: &str,
    settings: &DistrictSettings,
    at: Timestamp,
) -> StoreResult<bool> {
    let settings = to_text(settings)?;
    let rows = on!(tx, |conn| sqlx::query(SET_UP)
        .bind(name)
        .bind(zone)
        .bind(&settings)
        .bind(at.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Replaces name, zone and settings; `false` before the district was set up.
pub async fn update_district(tx: &mut Tx, name: &str, zone: &str, settings: &DistrictSettings) -> StoreResult<bool> {
    let settings = to_text(settings)?;
    let rows = on!(tx, |conn| sqlx::query(CHANGE)
        .bind(name)
        .bind(zone)
        .bind(&settings)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

fn to_text(settings: &DistrictSettings) -> StoreResult<String> {
    serde_json::to_string(settings)
        .map_err(|error| StoreError::Damaged { row: "district".to_owned(), what: error.to_string() })
}
