//! What an operator reads when the file is wrong, and that the template tells everything.

use std::collections::BTreeSet;
use std::sync::Arc;

use schoolbell_engine::speech::{EspeakNg, Speaker};

use super::*;

const LEAST: &str = "[district]\nname = \"Oak\"\ntime_zone = \"America/Chicago\"\n";

fn refusal(text: &str) -> String {
    Config::parse("schoolbell.toml", text, Path::new("")).unwrap_err().to_string()
}

/// The template with every example taken in.
fn everything() -> String {
    let taken = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[' || c == '"'))
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

/// A folder with the secrets that the template's examples name.
fn with_secrets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let authority = rcgen::generate_simple_self_signed(["ca.example.org".to_owned()]).unwrap();
    for (name, text) in [
        ("mail-password", "open sesame".to_owned()),
        ("sms-password", "sesame".to_owned()),
        ("sip-password", "sesame three".to_owned()),
        ("twilio-token", "sesame too".to_owned()),
        ("bounce-key", "sixteen letters and more".to_owned()),
        ("dkim.pem", key.serialize_pem()),
        ("dkim-ed25519.pem", key.serialize_pem()),
        ("ca.pem", authority.cert.pem()),
        ("launch-secret", "sixteen letters and sixteen more".to_owned()),
        ("attendance-token", "sesame five, with sixteen letters".to_owned()),
        ("oidc-secret", "sesame four".to_owned()),
        ("push-key", schoolbell_gateways::push::vapid::new_key().unwrap().expose().to_owned()),
    ] {
        std::fs::write(secrets.join(name), text).unwrap();
    }
    folder
}

#[test]
fn the_template_with_every_example_taken_in_is_a_config() {
    let folder = with_secrets();
    let config = Config::parse("template", &everything(), folder.path()).unwrap_or_else(|error| panic!("{error}"));
    let kinds: BTreeSet<&str> = config.gateways.iter().map(|(_, gateway)| gateway.kind()).collect();
    assert_eq!(kinds, GatewayConfig::KINDS.iter().copied().collect(), "an example of every kind");
    let voice = Arc::new(EspeakNg::new("espeak-ng", 150));
    let voicing = Arc::new(Speaker::new(voice, folder.path().to_path_buf(), "+15125550100"));
    let calls = Calls { voicing, reception: None };
    for (name, gateway) in &config.gateways {
        assert_eq!(
            gateway.build(name, "https://bell.example.org", &calls).map(|gateway| gateway.name().to_owned()),
            Ok(name.clone())
        );
    }
    assert!(!format!("{config:?}").contains("sesame"), "a secret stays out of every log");
}

/// Asks the last section of a text which keys it has, by a key that it cannot know. `None`: it takes any key.
fn keys_of(text: &str) -> Option<BTreeSet<String>> {
    let message = refusal(&format!("{text}\nqqqqqqqqqqqq = 1\n"));
    let line = message.lines().find(|line| line.contains("qqqqqqqqqqqq"))?;
    let (_, keys) = line.split_once("; write ")?;
    let words = keys.split([',', ' ']).filter_map(|key| key.trim().strip_prefix('`')?.strip_suffix('`'));
    Some(words.map(str::to_owned).collect())
}

/// Keys as the section knows them: a secret in a file is the secret.
fn documented(table: &toml::Table) -> BTreeSet<String> {
    let plain = |key: &String| match key.strip_suffix("_file") {
        Some(secret) if secrets::SECRETS.contains(&secret) => secret.to_owned(),
        _ => key.clone(),
    };
    table.keys().filter(|key| *key != "kind").map(plain).collect()
}

#[test]
fn the_template_documents_every_key() {
    let table: toml::Table = everything().parse().unwrap();
    for (section, value) in &table {
        let inner = value.as_table().unwrap();
        if section != "gateways" {
            let before = if section == "district" { "" } else { LEAST };
            assert_eq!(Some(documented(inner)), keys_of(&format!("{before}[{section}]")), "[{section}]");
            continue;
        }
        for (name, gateway) in inner {
            let gateway = gateway.as_table().unwrap();
            let before = format!("{LEAST}[gateways.{name}]\nkind = {}\n", gateway["kind"]);
            assert_eq!(Some(documented(gateway)), keys_of(&before), "[gateways.{name}]");
            for (part, value) in gateway.iter().filter(|(_, value)| value.is_table()) {
                if let Some(known) = keys_of(&format!("{before}[gateways.{name}.{part}]")) {
                    assert_eq!(documented(value.as_table().unwrap()), known, "[gateways.{name}.{part}]");
                }
            }
        }
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
            "schoolbell.toml line 5: found `carrier-pigeon`; write one of `drill`, `sip`, `smpp`, `smtp`, `twilio`, `webpush`",
        ),
        (
            format!("{LEAST}[databse]\n"),
            "schoolbell.toml line 4: found the unknown section `databse`; write one of `[district]`, `[database]`, `[web]`, `[log]`, `[mail]`, `[speech]`, `[attendance]`, `[portal]`, `[gateways.NAME]`",
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
