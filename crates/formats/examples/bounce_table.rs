//! How mail that came back is read, class by class: `cargo run --example bounce_table -- FOLDER EXPECTED.csv`.
//!
//! The table of expectations has the columns file, n, dsn_status, reply_code, reason and hard_bounce.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use schoolbell_formats::mail::{Returned, read_returned};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("name a folder of mails")?);
    let mut expected: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for row in csv::Reader::from_path(args.next().ok_or("name the table of expectations")?)?.records() {
        let row = row?;
        let (file, reason, hard) = (&row[0], &row[4], &row[5] == "true");
        expected.entry(file.to_owned()).or_default().push((reason.to_owned(), hard));
    }
    let mut missing = 0;
    let mut classes: BTreeMap<(bool, String), (usize, usize)> = BTreeMap::new();
    for (file, rows) in expected {
        let path = folder.join(&file);
        if !path.exists() {
            missing += 1;
            continue;
        }
        let bytes = std::fs::read(path)?;
        let read = read_returned(&bytes);
        let mut hard = match &read {
            Returned::Bounce(bounce) => bounce.failed.iter().filter(|failed| failed.is_hard()).count(),
            Returned::Complaint(_) | Returned::AutoReply | Returned::Other => 0,
        };
        let mut sorted = rows.clone();
        sorted.sort_by_key(|(_, is_hard)| !is_hard);
        for (reason, is_hard) in sorted {
            let class = classes.entry((!is_hard, reason.clone())).or_default();
            class.0 += 1;
            let suppressed = hard > 0;
            hard = hard.saturating_sub(1);
            class.1 += usize::from(suppressed);
            if suppressed != is_hard {
                println!("{file}: {reason}, hard {is_hard}: {read:?}");
            }
        }
    }
    if classes.is_empty() {
        return Err(format!("{} holds no mail of the table", folder.display()).into());
    }
    println!("{missing} mails of the table are not in this folder");
    println!("{:<20} {:>5} {:>5} {:>10}", "class", "hard", "mails", "suppressed");
    for ((soft, reason), (mails, suppressed)) in classes {
        println!("{reason:<20} {:>5} {mails:>5} {suppressed:>10}", if soft { "no" } else { "yes" });
    }
    Ok(())
}
