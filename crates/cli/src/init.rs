//! `schoolbell init`: writes the settings, every key explained.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};

use schoolbell_gateways::push::vapid::new_key;
use schoolbell_gateways::secret::Secret;

use crate::config::{Config, TEMPLATE};

#[derive(clap::Args)]
pub struct InitArgs {
    /// Where to write it
    #[arg(default_value = "schoolbell.toml", value_name = "FILE")]
    file: PathBuf,
    /// The district's name, as families know it
    #[arg(long)]
    district: Option<String>,
    /// The district's time zone, for example America/Chicago
    #[arg(long)]
    time_zone: Option<String>,
    /// Show it instead of writing it
    #[arg(long)]
    print: bool,
}

/// Writes the file, or shows it. A file that is there already is never overwritten.
pub fn init(args: &InitArgs) -> anyhow::Result<()> {
    let text =
        fill(args.district.as_deref(), args.time_zone.as_deref()) + &app(&new_key().map_err(anyhow::Error::msg)?);
    // What was given may be wrong: a zone that nobody knows.
    Config::parse(&args.file.display().to_string(), &text, &PathBuf::new())?;
    if args.print {
        print!("{text}");
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // It may come to hold passwords.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(&args.file) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already and was left as it is; name another file", args.file.display())
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be written", args.file.display())),
    };
    file.write_all(text.as_bytes()).with_context(|| format!("{} cannot be written", args.file.display()))?;
    let config = args.file.display();
    println!("wrote {config}. Next:");
    println!("  1. read it and set the district, the pages' address and the carriers");
    println!("  2. schoolbell doctor --config {config}");
    println!(
        "  3. schoolbell user add --config {config} --name \"Your Name\" --email you@example.org --role district_administrator"
    );
    println!("  4. schoolbell serve --config {config}");
    Ok(())
}

/// The template with what was given on the command line.
pub fn fill(district: Option<&str>, time_zone: Option<&str>) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = TEMPLATE.to_owned();
    if let Some(district) = district {
        text = text.replacen("\"Example School District\"", &quoted(district), 1);
    }
    if let Some(zone) = time_zone {
        text = text.replacen("\"America/Chicago\"", &quoted(zone), 1);
    }
    text
}

/// The app's notifications work from the start: they need no carrier, only a key of the district's own.
fn app(key: &Secret) -> String {
    format!(
        "\n# The app's notifications, with a key made for this file. Families' devices know the district by it: a new one\n\
         # makes them ask again.\n[gateways.app]\nkind = \"webpush\"\nprivate_key = \"{}\"\ncontact = \"mailto:it@example.org\"\n",
        key.expose()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_stands_in_the_file_even_with_quotes_in_it() {
        let text = fill(Some("The \"Old\" Mill\\Creek"), Some("America/Denver"));
        let key = new_key().unwrap();
        let config = Config::parse("x", &(text + &app(&key)), &PathBuf::new()).unwrap();
        let door = config.gateways.iter().find_map(|(_, gateway)| gateway.push_door().unwrap()).unwrap();
        assert_eq!(door.public_key.len(), 87, "families' browsers subscribe with a point of P-256");
        assert_eq!(config.district.name, "The \"Old\" Mill\\Creek");
        assert_eq!(config.district.time_zone.0, "America/Denver");
    }
}
