//! Finds out which format a roster has, and reads it.

use super::build::Builder;
use super::files::{FileSet, base, find};
use super::{Format, ReadOptions, ReadProgress, ReadRoster, RosterError};
use crate::{district_csv, oneroster};

/// Reads a whole roster. `tick` hears now and then how far reading has come.
pub fn read(
    files: &mut dyn FileSet,
    options: &ReadOptions,
    tick: &mut dyn FnMut(ReadProgress),
) -> Result<ReadRoster, RosterError> {
    let format = options.format.or_else(|| detect(files)).ok_or(RosterError::NotARoster)?;
    let total = files.list().iter().filter(|(name, _)| base(name).contains('.')).map(|(_, size)| size).sum();
    let mut builder = Builder::new(options, total, tick);
    match format {
        Format::OneRoster => oneroster::read(files, &mut builder)?,
        Format::Sds => oneroster::sds::read(files, &mut builder)?,
        Format::Flat => district_csv::read(files, &options.columns, &mut builder)?,
    }
    let (snapshot, issues, references, rows) = builder.finish();
    Ok(ReadRoster { format, snapshot, issues, references, rows })
}

/// By the names of the files.
fn detect(files: &dyn FileSet) -> Option<Format> {
    let has = |name: &str| find(files, name).is_some();
    if has("users.csv") && has("orgs.csv") {
        Some(Format::OneRoster)
    } else if has("student.csv") && has("school.csv") {
        Some(Format::Sds)
    } else if files.list().iter().any(|(name, _)| district_csv::is_table(name)) {
        Some(Format::Flat)
    } else {
        None
    }
}
