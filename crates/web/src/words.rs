//! The words of the families' pages: one Fluent file for each language, read at start from inside the program.
//!
//! A key that a language lacks is said in English. Tests hold that none does, and that no page asks for a key that is
//! nowhere.

use std::fmt::Display;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use schoolbell_domain::language::Language;

use crate::frame::cookie;

/// A language in which the families' pages stand.
struct Tongue {
    tag: &'static str,
    /// In its own words: "Español".
    name: &'static str,
    source: &'static str,
}

const TONGUES: [Tongue; 2] = [
    Tongue { tag: "en", name: "English", source: include_str!("../locales/en.ftl") },
    Tongue { tag: "es", name: "Español", source: include_str!("../locales/es.ftl") },
];

static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> = LazyLock::new(|| TONGUES.iter().map(bundle).collect());

/// Says things in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(usize);

impl Words {
    pub const COOKIE: &'static str = "schoolbell_language";

    /// The language of a tag (`es-MX` is Spanish); English if we do not have it.
    pub fn of(language: &Language) -> Self {
        Self::lookup(language.tag()).unwrap_or(Self(0))
    }

    /// For a visitor: as chosen on this device, otherwise the first language of the browser that we have.
    pub fn of_visitor(headers: &HeaderMap) -> Self {
        let chosen = cookie(headers, Self::COOKIE).and_then(Self::lookup);
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut tags = asked.split(',').map(|part| part.split(';').next().unwrap_or("").trim());
        chosen.or_else(|| tags.find_map(Self::lookup)).unwrap_or(Self(0))
    }

    /// The language of a tag, if we have it.
    pub fn lookup(tag: &str) -> Option<Self> {
        let base = tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
        TONGUES.iter().position(|tongue| tongue.tag == base).map(Self)
    }

    pub fn tag(self) -> &'static str {
        TONGUES.get(self.0).map_or("en", |tongue| tongue.tag)
    }

    /// Every other language: tag and own name.
    pub fn others(self) -> Vec<(&'static str, &'static str)> {
        TONGUES.iter().filter(|tongue| tongue.tag != self.tag()).map(|tongue| (tongue.tag, tongue.name)).collect()
    }

    /// Every language: tag and own name.
    pub fn all() -> Vec<(&'static str, &'static str)> {
        TONGUES.iter().map(|tongue| (tongue.tag, tongue.name)).collect()
    }

    pub fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// With one value filled in.
    pub fn one(self, key: &str, name: &str, value: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value.to_string());
        self.format(key, Some(&args))
    }

    /// With two values filled in.
    pub fn two(self, key: &str, first: (&str, impl Into<String>), second: (&str, impl Into<String>)) -> String {
        let mut args = FluentArgs::new();
        args.set(first.0, first.1.into());
        args.set(second.0, second.1.into());
        self.format(key, Some(&args))
    }

    /// With a number, so that the language chooses its plural.
    pub fn count(self, key: &str, count: usize) -> String {
        let mut args = FluentArgs::new();
        args.set("count", count);
        self.format(key, Some(&args))
    }

    /// "Ana", "Ana and Luis", "Ana, Luis and Mai".
    pub fn list(self, parts: &[String]) -> String {
        match parts {
            [] => String::new(),
            [one] => one.clone(),
            [all @ .., last] => self.two("list-and", ("start", all.join(", ")), ("last", last.as_str())),
        }
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundles = [self.0, 0].into_iter().filter_map(|at| BUNDLES.get(at));
        for bundle in bundles {
            let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { continue };
            let mut errors = Vec::new();
            return bundle.format_pattern(pattern, args, &mut errors).into_owned();
        }
        tracing::error!(key, "a page asks for words that no language has");
        key.to_owned()
    }
}

fn bundle(tongue: &Tongue) -> FluentBundle<FluentResource> {
    // What cannot be read of a file is left out; the tests refuse such a file.
    let resource = FluentResource::try_new(tongue.source.to_owned()).unwrap_or_else(|(read, _)| read);
    let language = tongue.tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// Each key of a file with the names of the values that it fills in.
    fn keys(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::<String, BTreeSet<String>>::new();
        let mut last = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                assert!(!keys.contains_key(key), "{key} stands twice");
                last = key.to_owned();
                keys.insert(last.clone(), BTreeSet::new());
            }
            for rest in line.split('$').skip(1) {
                let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
                keys.get_mut(&last).unwrap().insert(name);
            }
        }
        keys
    }

    #[test]
    fn every_key_stands_in_every_language_with_the_same_values_and_every_file_reads() {
        let english = keys(TONGUES[0].source);
        assert!(english.len() > 50);
        for tongue in &TONGUES {
            assert!(FluentResource::try_new(tongue.source.to_owned()).is_ok(), "{} does not read", tongue.tag);
            let own = keys(tongue.source);
            let missing: Vec<_> = english.keys().filter(|key| !own.contains_key(*key)).collect();
            let unknown: Vec<_> = own.keys().filter(|key| !english.contains_key(*key)).collect();
            assert!(missing.is_empty() && unknown.is_empty(), "{}: {missing:?} {unknown:?}", tongue.tag);
            for (key, values) in &own {
                assert_eq!(values, &english[key], "{} {key}", tongue.tag);
            }
        }
    }

    #[test]
    fn no_page_asks_for_words_that_are_nowhere() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let english = keys(TONGUES[0].source);
        let mut asked = 0;
        for folder in ["templates/family", "src/family"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                for call in [".say(\"", ".one(\"", ".two(\"", ".count(\""] {
                    for rest in text.split(call).skip(1) {
                        let key = rest.split('"').next().unwrap();
                        assert!(english.contains_key(key), "{}: {key}", path.display());
                        asked += 1;
                    }
                }
            }
        }
        assert!(asked > 40, "only {asked} keys were found: do the pages still say things this way?");
    }

    #[test]
    fn a_visitor_is_spoken_to_as_chosen_then_as_the_browser_asks() {
        let headers = |cookie: &str, asks: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            headers.insert(header::ACCEPT_LANGUAGE, asks.parse().unwrap());
            Words::of_visitor(&headers).tag()
        };
        assert_eq!(headers("a=b", "es-MX,es;q=0.9,en;q=0.8"), "es");
        assert_eq!(headers("schoolbell_language=en", "es-MX"), "en");
        assert_eq!(headers("a=b", "vi,fr;q=0.5"), "en");
        assert_eq!(Words::of(&Language::of("es")).count("children-count", 2), "2 hijos");
    }
}
