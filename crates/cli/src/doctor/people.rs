//! Is there somebody to press Send, and somebody to reach?

use schoolbell_domain::permission::Role;
use schoolbell_store::{Db, StoreResult, read};

use super::Finding;

pub async fn look(db: &Db) -> Vec<Finding> {
    match see(db).await {
        Ok(findings) => findings,
        Err(_) => vec![Finding::watch(
            "people",
            "the database is not set up yet",
            "start `schoolbell serve` once, or run `schoolbell migrate` and `schoolbell user add`",
        )],
    }
}

async fn see(db: &Db) -> StoreResult<Vec<Finding>> {
    let mut view = db.read().await?;
    let administrators = read::users::users(&mut view)
        .await?
        .into_iter()
        .filter(|(user, grants)| user.active && grants.iter().any(|grant| grant.role == Role::DistrictAdministrator))
        .count();
    let schools = read::district::schools(&mut view).await?.len();
    let users = if administrators == 0 {
        Finding::watch(
            "people",
            "nobody may sign in as district administrator",
            "schoolbell user add --name … --email … --role district_administrator",
        )
    } else {
        Finding::well("people", format!("{administrators} may sign in as district administrator"))
    };
    let roster = if schools == 0 {
        Finding::watch("roster", "no roster was imported", "schoolbell import FILE, or the Roster page")
    } else {
        Finding::well("roster", format!("{schools} schools"))
    };
    Ok(vec![users, roster])
}
