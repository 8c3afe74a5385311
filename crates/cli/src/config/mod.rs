//! `schoolbell.toml`: one file per section, every key documented in [`TEMPLATE`], every wrong one refused with its line.

mod attendance;
mod database;
mod district;
mod gateways;
mod log;
mod mail;
mod portal;
mod problem;
mod secrets;
mod speech;
mod web;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

pub use attendance::AttendanceSection;
pub use database::DatabaseSection;
pub use district::DistrictSection;
pub use gateways::{Calls, GatewayConfig};
pub use log::{LogFormat, LogSection};
pub use mail::MailSection;
pub use portal::PortalSection;
pub use problem::{ConfigError, ConfigProblem};
pub use speech::SpeechSection;
pub use web::WebSection;

use problem::Source;

/// What `schoolbell init` writes.
pub const TEMPLATE: &str = include_str!("template.toml");

/// The whole file, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub district: DistrictSection,
    pub database: DatabaseSection,
    pub web: WebSection,
    /// By name, in the order of the alphabet.
    pub gateways: Vec<(String, GatewayConfig)>,
    pub log: LogSection,
    pub mail: MailSection,
    pub speech: SpeechSection,
    pub attendance: AttendanceSection,
    pub portal: PortalSection,
    /// Relative paths are taken from here: the folder of the file.
    pub folder: PathBuf,
}

impl Config {
    /// Reads a file. All sections are looked at, so that one run shows everything that is wrong.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Unreadable { file: file.display().to_string(), error: error.to_string() })?;
        let folder = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Self::parse(&file.display().to_string(), &text, &folder)
    }

    /// Reads a text. `name` is how messages call the file; secrets in files are looked for from `folder`.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let source = Source { name, text };
        let table = DeTable::parse(text).map_err(|error| ConfigError::one(source.problem(&error)))?;
        let mut reader = SectionReader { source, problems: Vec::new(), table: table.into_inner() };
        reader.problems.extend(secrets::read_files(&mut reader.table, folder, &reader.source));

        let district = reader.required::<DistrictSection>("district");
        let database = reader.optional::<DatabaseSection>("database");
        let web = reader.optional::<WebSection>("web");
        let log = reader.optional::<LogSection>("log");
        let mail = reader.optional::<MailSection>("mail");
        let speech = reader.optional::<SpeechSection>("speech");
        let attendance = reader.optional::<AttendanceSection>("attendance");
        let portal = reader.optional::<PortalSection>("portal");
        let gateways = reader.gateways();
        reader.refuse_the_rest();

        match (district, database, web, log, (mail, speech, attendance, portal)) {
            (
                Some(district),
                Some(database),
                Some(web),
                Some(log),
                (Some(mail), Some(speech), Some(attendance), Some(portal)),
            ) if reader.problems.is_empty() => {
                let folder = folder.to_path_buf();
                Ok(Self { district, database, web, gateways, log, mail, speech, attendance, portal, folder })
            }
            _ => Err(ConfigError::Problems(reader.problems)),
        }
    }

    /// A path of the file, taken from the file's folder when it is relative.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

const SECTIONS: &str =
    "`[district]`, `[database]`, `[web]`, `[log]`, `[mail]`, `[speech]`, `[attendance]`, `[portal]`, `[gateways.NAME]`";

/// Takes one section after the other out of the table and keeps what is wrong with them.
struct SectionReader<'a> {
    source: Source<'a>,
    problems: Vec<ConfigProblem>,
    table: DeTable<'a>,
}

impl<'a> SectionReader<'a> {
    fn required<T: DeserializeOwned>(&mut self, section: &str) -> Option<T> {
        if let Some((_, value)) = self.table.remove_entry(section) {
            return self.section(value);
        }
        self.problems.push(self.source.missing_section(section));
        None
    }

    /// An absent section has the defaults of its keys.
    fn optional<T: DeserializeOwned + Default>(&mut self, section: &str) -> Option<T> {
        match self.table.remove_entry(section) {
            Some((_, value)) => self.section(value),
            None => Some(T::default()),
        }
    }

    fn section<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'a>>) -> Option<T> {
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(section) => Some(section),
            Err(error) => {
                self.problems.push(self.source.problem(&error));
                None
            }
        }
    }

    fn gateways(&mut self) -> Vec<(String, GatewayConfig)> {
        let Some((_, value)) = self.table.remove_entry("gateways") else { return Vec::new() };
        let span = value.span();
        let DeValue::Table(tables) = value.into_inner() else {
            self.problems.push(self.source.at(
                span,
                "`gateways` that is no table",
                "a section `[gateways.NAME]` for each carrier",
            ));
            return Vec::new();
        };
        let mut gateways = Vec::new();
        for (name, value) in tables {
            match gateways::read(name.get_ref(), value, &self.source) {
                Ok(gateway) => gateways.push((name.into_inner().into_owned(), gateway)),
                Err(problem) => self.problems.push(problem),
            }
        }
        gateways.sort_by(|a, b| a.0.cmp(&b.0));
        gateways
    }

    fn refuse_the_rest(&mut self) {
        for name in self.table.keys() {
            let found = format!("the unknown section `{}`", name.get_ref());
            self.problems.push(self.source.at(name.span(), &found, &format!("one of {SECTIONS}")));
        }
    }
}

#[cfg(test)]
mod tests;
