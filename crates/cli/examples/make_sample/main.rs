//! Makes the sample district that the demo loads: the same bytes at every run.
//!
//! `cargo run -p schoolbell --example make_sample -- crates/cli/sample/willow-creek.zip`
//!
//! Everybody in it is invented. Numbers are of area codes and exchanges that are set aside for fiction or assigned to
//! nobody; mail is at example.org. The last two digits of the numbers are spread evenly, so that the drill carrier
//! shows every outcome, and a few addresses begin with the words that make its mail relay refuse or defer.

mod dice;
mod names;
mod people;
mod tables;

use std::fs::File;
use std::io::Write;

use zip::write::SimpleFileOptions;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let path =
        std::env::args().nth(1).ok_or("name the zip to write, for example crates/cli/sample/willow-creek.zip")?;
    let town = people::town();
    let mut zip = zip::ZipWriter::new(File::create(&path)?);
    let options = SimpleFileOptions::default().compression_level(Some(9)).last_modified_time(zip::DateTime::default());
    for (name, text) in tables::all(&town)? {
        zip.start_file(name, options)?;
        zip.write_all(&text)?;
    }
    zip.finish()?;
    println!(
        "{path}: {} students, {} guardians, {} staff in {} schools",
        town.students.len(),
        town.guardians.len(),
        town.staff.len(),
        names::SCHOOLS.len()
    );
    Ok(())
}
