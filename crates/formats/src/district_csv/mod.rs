//! The flat export: students.csv (a row a student), contacts.csv (a row a student and contact), staff.csv.
//!
//! Column names differ from system to system; [`ColumnMap`] knows the usual ones and takes a district's own.

mod columns;
mod contacts;
mod staff;
mod students;
mod wide;

use crate::roster::RosterError;
use crate::roster::build::Builder;
use crate::roster::files::{FileSet, base};
use crate::roster::table::Table;
use columns::Sheet;
pub use columns::{BadColumnMap, ColumnMap};

/// Whether a name can be that of a table: .csv, .txt, .tsv or .tab.
pub fn is_table(name: &str) -> bool {
    let lower = base(name).to_ascii_lowercase();
    [".csv", ".txt", ".tsv", ".tab"].iter().any(|ending| lower.ends_with(ending))
}

/// Reads every table that there is, whatever it is called: its head says whether it holds students, contacts or staff.
pub fn read(files: &mut dyn FileSet, map: &ColumnMap, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    let names: Vec<String> = files.list().into_iter().map(|(name, _)| name).filter(|name| is_table(name)).collect();
    let mut sheets: Vec<(Sheet, String)> = Vec::new();
    let mut heads = Vec::new();
    for name in names {
        let Some(table) = Table::open(base(&name), files.open(&name)?, &mut builder.issues)? else {
            return Err(RosterError::Announced { file: base(&name).to_owned() });
        };
        heads.push((base(&name).to_owned(), table.head().join(", ")));
        let found = map.sheet_of(&table);
        sheets.extend(found.map(|sheet| (sheet, name)));
    }
    if !sheets.iter().any(|(sheet, _)| *sheet == Sheet::Students) {
        let (file, head) = heads.into_iter().next().ok_or(RosterError::NotARoster)?;
        let column = "Student_Number (with Last_Name and SchoolID)".to_owned();
        return Err(RosterError::MissingColumn { file, column, head: head.chars().take(300).collect() });
    }
    // Students first: contacts refer to them.
    sheets.sort_by_key(|(sheet, _)| *sheet);
    let contacts_follow = sheets.iter().any(|(sheet, _)| *sheet == Sheet::Contacts);
    let mut families = wide::Families::default();
    for (sheet, name) in sheets {
        let Some(mut table) = Table::open(base(&name), files.open(&name)?, &mut builder.issues)? else { continue };
        match sheet {
            Sheet::Students => {
                let keep = (!contacts_follow).then_some(&mut families);
                students::read(&mut table, map, builder, keep)?;
            }
            Sheet::Contacts => contacts::read(&mut table, map, builder)?,
            Sheet::Staff => staff::read(&mut table, map, builder)?,
        }
        builder.end_file(&table);
    }
    families.settle(builder);
    Ok(())
}
