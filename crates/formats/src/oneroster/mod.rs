//! OneRoster 1.1 and 1.2 CSV in bulk, and Microsoft School Data Sync, read leniently.
//!
//! `docs/src/rosters.md` lists the columns. Slots beyond OneRoster's one `email`, `sms` and `phone` come from
//! `metadata.*` columns.

mod classes;
mod manifest;
mod orgs;
mod roles;
pub mod sds;
mod users;

pub(crate) use orgs::level_of;

use crate::roster::RosterError;
use crate::roster::build::Builder;
use crate::roster::files::{FileSet, find};
use crate::roster::table::{Row, Table};

/// Reads users and what they refer to.
pub fn read(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    manifest::check(files, builder)?;
    let orgs = orgs::read(files, builder)?;
    let roles = roles::read(files, builder)?;
    roles::relationships(files, builder)?;
    let mut several = users::read(files, builder, &orgs, &roles)?;
    users::birth_dates(files, builder)?;
    classes::sections(files, builder)?;
    classes::enrollments(files, builder, &mut several)?;
    several.settle(builder);
    Ok(())
}

/// Runs `body` over every row of a file; says whether the file is there and has a head.
fn each_row<'b, S>(
    files: &mut dyn FileSet,
    name: &str,
    builder: &mut Builder<'b>,
    prepare: impl FnOnce(&Table<'_>, &mut Builder<'b>) -> Result<S, RosterError>,
    mut body: impl FnMut(&Table<'_>, &Row, &S, &mut Builder<'b>),
) -> Result<bool, RosterError> {
    let Some(path) = find(files, name) else { return Ok(false) };
    let reader = files.open(&path)?;
    let Some(mut table) = Table::open(crate::roster::files::base(&path), reader, &mut builder.issues)? else {
        return Ok(false);
    };
    let state = prepare(&table, builder)?;
    while let Some(row) = table.next_row(&mut builder.issues)? {
        builder.count_row(&table);
        body(&table, &row, &state, builder);
    }
    builder.end_file(&table);
    Ok(true)
}

/// `tobedeleted` and the like; empty and `active` are here.
fn is_deleted(status: &str) -> bool {
    ["tobedeleted", "inactive", "deleted"].iter().any(|word| status.eq_ignore_ascii_case(word))
}
