//! What an operator reads when the file is wrong, and that the template tells everything.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const LEAST: &str = "[district]\nname = \"Oak\"\ntime_zone = \"America/Chicago\"\n";

fn refusal(text: &str) -> String {
    Config::parse("schoolbell.toml", text, Path::new("")).unwrap_err().to_string()
}

/// The template with every example taken in.
fn everything() -> String {
    let taken = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '['))
            .map(str::to_owned)
    };
    TEMPLATE.lines().map(|line| taken(line).unwrap_or_else(|| line.to_owned())).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_template_is_a_config() {
    let config = Config::parse("template", TEMPLATE, Path::new("/srv/bell")).unwrap();
    assert!(config.gateways.is_empty());
    assert_eq!(config.database.url.from(&config.folder), "sqlite:/srv/bell/data/schoolbell.db");
}

#[test]
fn the_template_with_every_example_taken_in_is_a_config() {
    let config = Config::parse("template", &everything(), Path::new("")).unwrap();
    let kinds: BTreeSet<&str> = config.gateways.iter().map(|(_, gateway)| gateway.kind()).collect();
    assert_eq!(kinds, GatewayConfig::KINDS.iter().copied().collect(), "an example of every kind");
    for (name, gateway) in &config.gateways {
        assert_eq!(gateway.build(name).name(), name);
    }
}

/// Asks a section which keys it has, by a key that it cannot know.
fn keys_of(section: &str, before: &str) -> BTreeSet<String> {
    let rest = if section == "district" { String::new() } else { LEAST.to_owned() };
    let message = refusal(&format!("{rest}[{section}]\n{before}qqqqqqqqqqqq = 1\n"));
    let (_, keys) = message.split_once("write one of ").unwrap_or_else(|| panic!("{message}"));
    keys.split([',', ' '])
        .filter_map(|key| key.trim().strip_prefix('`')?.strip_suffix('`'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_template_documents_every_key() {
    let mut documented = BTreeMap::<String, BTreeSet<String>>::new();
    let table: toml::Table = everything().parse().unwrap();
    for (section, value) in &table {
        let inner = value.as_table().unwrap();
        if section != "gateways" {
            documented.insert(section.clone(), inner.keys().cloned().collect());
            continue;
        }
        for gateway in inner.values() {
            let mut keys: BTreeSet<String> = gateway.as_table().unwrap().keys().cloned().collect();
            keys.remove("kind");
            documented.entry(gateway["kind"].as_str().unwrap().to_owned()).or_default().extend(keys);
        }
    }
    for section in ["district", "database", "web", "log"] {
        assert_eq!(documented[section], keys_of(section, ""), "[{section}]");
    }
    for kind in GatewayConfig::KINDS {
        assert_eq!(documented[*kind], keys_of("gateways.x", &format!("kind = \"{kind}\"\n")), "kind = {kind}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_one_that_was_meant() {
    let text = format!("{LEAST}\n[web]\nlistn = \"127.0.0.1:80\"\n");
    assert_eq!(
        refusal(&text),
        "schoolbell.toml line 6: found the unknown key `listn`; write `listen` (known here: `listen`, `public_url`, \
         `upload_folder`, `max_upload_mb`)"
    );
}

#[test]
fn wrong_values_say_what_to_write() {
    let cases = [
        (
            "[district]\nname = 5\ntime_zone = \"UTC\"\n".to_owned(),
            "schoolbell.toml line 2: found integer `5`; write a string",
        ),
        (
            "[district]\nname = \"Oak\"\ntime_zone = \"Central\"\n".to_owned(),
            "schoolbell.toml line 3: found `Central`, which is no time zone; write its name, for example \"America/Chicago\"",
        ),
        (
            "[district]\nname = \"Oak\"\n".to_owned(),
            "schoolbell.toml line 1: found no `time_zone`; write the key `time_zone` in this section",
        ),
        (
            format!("{LEAST}[web]\nlisten = \"8080\"\n"),
            "schoolbell.toml line 5: found `8080`, which is no address; write an address and a port, for example \"127.0.0.1:8080\"",
        ),
        (
            format!("{LEAST}[database]\nsynchronous = \"off\"\n"),
            "schoolbell.toml line 5: found `off`; write one of `normal` or `full`",
        ),
        (
            format!("{LEAST}[database]\nurl = \"mysql://root:secret@db\"\n"),
            "schoolbell.toml line 5: found a database that is neither; write \"sqlite:data/schoolbell.db\" or \"postgres://user@host/name\"",
        ),
        (
            format!("{LEAST}[gateways.texts]\nkind = \"carrier-pigeon\"\n"),
            "schoolbell.toml line 5: found `carrier-pigeon`; write one of `drill`",
        ),
        (
            format!("{LEAST}[databse]\n"),
            "schoolbell.toml line 4: found the unknown section `databse`; write one of `[district]`, `[database]`, `[web]`, `[log]`, `[gateways.NAME]`",
        ),
    ];
    for (text, sentence) in cases {
        assert_eq!(refusal(&text), sentence, "\n{text}");
    }
}

#[test]
fn a_broken_line_is_named() {
    let message = refusal("[district]\nname = \"Oak\ntime_zone = \"UTC\"\n");
    assert!(message.starts_with("schoolbell.toml line 2: found "), "{message}");
}

#[test]
fn all_sections_are_looked_at() {
    let message = refusal("[district]\nname = 1\n[web]\nport = 2\n[log]\nformat = \"xml\"\n");
    assert_eq!(message.lines().count(), 3, "{message}");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("db"), "postgres://bell:open-sesame@db/bell\n").unwrap();
    let text = format!("{LEAST}[database]\nurl_file = \"db\"\n");
    let config = Config::parse("schoolbell.toml", &text, folder.path()).unwrap();
    assert_eq!(config.database.url.from(folder.path()), "postgres://bell:open-sesame@db/bell");
    assert!(!format!("{config:?}").contains("sesame"), "a secret stays out of every log");
}

#[test]
fn a_secret_that_cannot_be_read_or_stands_twice_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{LEAST}[database]\nurl_file = \"db\"\n");
    let message = Config::parse("schoolbell.toml", &text, folder.path()).unwrap_err().to_string();
    assert!(message.starts_with("schoolbell.toml line 5: found `url_file`, but "), "{message}");
    std::fs::write(folder.path().join("db"), "\n").unwrap();
    let message = Config::parse("schoolbell.toml", &text, folder.path()).unwrap_err().to_string();
    assert!(message.contains(" is empty; write the secret into that file"), "{message}");
    let both = format!("{LEAST}[database]\nurl = \"sqlite:a\"\nurl_file = \"db\"\n");
    let message = refusal(&both);
    assert!(message.contains("found both `url` and `url_file`; write only one of them"), "{message}");
}
