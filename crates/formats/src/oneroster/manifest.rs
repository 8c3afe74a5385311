//! manifest.csv: which files there should be, and in which mode.

use std::collections::HashMap;

use super::each_row;
use crate::roster::RosterError;
use crate::roster::build::Builder;
use crate::roster::files::{FileSet, find};

/// Refuses changes-only exports, and files that are announced and missing: a sign of a cut-off copy.
pub fn check(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    let mut modes: HashMap<String, String> = HashMap::new();
    each_row(
        files,
        "manifest.csv",
        builder,
        |table, builder| {
            let name = table.must(&["propertyName", "property"], &mut builder.issues)?;
            let value = table.must(&["value"], &mut builder.issues)?;
            Ok((name, value))
        },
        |_, row, (name, value), _| {
            if let Some(file) = row.get(Some(*name)).strip_prefix("file.") {
                modes.insert(file.to_lowercase(), row.get(Some(*value)).to_ascii_lowercase());
            }
        },
    )?;
    for file in ["orgs", "users", "roles", "classes", "enrollments", "demographics"] {
        let Some(mode) = modes.get(file) else { continue };
        let name = format!("{file}.csv");
        if mode.starts_with("delta") {
            return Err(RosterError::NotBulk { file: name, mode: mode.clone() });
        }
        let size = find(files, &name)
            .and_then(|path| files.list().into_iter().find(|(known, _)| *known == path))
            .map_or(0, |(_, size)| size);
        if mode.starts_with("bul") && size == 0 {
            return Err(RosterError::Announced { file: name });
        }
    }
    Ok(())
}
