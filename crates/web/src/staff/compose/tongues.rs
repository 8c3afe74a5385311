//! The languages of a message: which one the first step writes, and which others families read.

use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::language::Language;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::read::choices::languages;
use schoolbell_store::tx::Reads;

use crate::error::PageResult;
use crate::form::Fields;
use crate::times::counted;

/// So many languages are offered; the rest of a district's are few families each.
const OFFERED: usize = 12;

/// The languages as the first step shows them.
pub struct Tongues {
    /// The tag of the one that is being written.
    pub tag: String,
    pub name: String,
    pub written: Vec<Tongue>,
    pub offered: Vec<Tongue>,
    /// The first wording, to translate from; `None` while that one is being written.
    pub original: Option<(String, Wording)>,
}

/// A language as a choice.
pub struct Tongue {
    pub tag: String,
    pub name: String,
    /// `312 guardians`; empty where nobody of the roster reads it.
    pub readers: String,
    pub chosen: bool,
}

/// Which wording is being written: the asked one, else the first, else the district's own language.
pub fn chosen(draft: &Draft, asked: &str, settings: &DistrictSettings) -> Language {
    let first = draft.wordings.first().map(|wording| &wording.language);
    if asked.is_empty() { first.unwrap_or(&settings.language).clone() } else { Language::of(asked) }
}

/// The wording of a language, empty where nobody has begun it.
pub fn wording(draft: &Draft, language: &Language) -> Wording {
    let standing = draft.wordings.iter().find(|wording| wording.language == *language).cloned();
    standing.unwrap_or_else(|| Wording { language: language.clone(), ..Wording::default() })
}

/// Puts a wording in its place. A later language that says nothing is none.
pub fn put(draft: &mut Draft, wording: Wording) {
    match draft.wordings.iter().position(|standing| standing.language == wording.language) {
        Some(at) if at > 0 && wording.is_empty() => drop(draft.wordings.remove(at)),
        Some(at) => draft.wordings[at] = wording,
        None if draft.wordings.is_empty() || !wording.is_empty() => draft.wordings.push(wording),
        None => {}
    }
}

/// Where the form asks to go on with another language: its tag.
pub fn asked_for(fields: &Fields) -> Option<&str> {
    let tag = match fields.text("go") {
        "another-language" => fields.text("another"),
        go => go.strip_prefix("language:")?,
    };
    let known = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    (!tag.is_empty() && tag.len() <= 20 && tag.chars().all(known)).then_some(tag)
}

/// Everything of the choice.
pub async fn step(reads: &mut impl Reads, draft: &Draft, language: &Language) -> PageResult<Tongues> {
    let readers = languages(reads).await?;
    let tongue = |language: &Language, chosen| Tongue {
        tag: language.tag().to_owned(),
        name: language.name().to_owned(),
        readers: readers
            .iter()
            .find(|(other, _)| other == language)
            .map_or_else(String::new, |(_, count)| counted(*count, "guardian", "guardians")),
        chosen,
    };
    let mut written: Vec<&Language> = draft.wordings.iter().map(|wording| &wording.language).collect();
    if !written.contains(&language) {
        written.push(language);
    }
    let open = readers.iter().map(|(other, _)| other).filter(|other| !written.contains(other));
    let first = draft.wordings.first().filter(|first| first.language != *language && !first.is_empty());
    Ok(Tongues {
        tag: language.tag().to_owned(),
        name: language.name().to_owned(),
        offered: open.take(OFFERED).map(|other| tongue(other, false)).collect(),
        written: written.iter().map(|other| tongue(other, *other == language)).collect(),
        original: first.map(|first| (first.language.name().to_owned(), first.clone())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(tag: &str, text: &str) -> Wording {
        Wording { language: Language::of(tag), sms_body: text.to_owned(), ..Wording::default() }
    }

    #[test]
    fn a_language_is_added_changed_and_taken_away_by_emptying_it() {
        let mut draft = Draft::default();
        put(&mut draft, says("en", "Closed"));
        put(&mut draft, says("es", ""));
        assert_eq!(draft.wordings, [says("en", "Closed")], "nothing was said");
        put(&mut draft, says("es", "Cerrada"));
        put(&mut draft, says("es", "Cerrado"));
        assert_eq!(draft.wordings, [says("en", "Closed"), says("es", "Cerrado")]);
        put(&mut draft, says("es", " "));
        put(&mut draft, says("en", ""));
        assert_eq!(draft.wordings, [says("en", "")], "the first stays, also empty");
    }

    #[test]
    fn only_a_tag_is_taken_for_a_language() {
        let form = |go: &str, another: &str| {
            Fields::new(vec![("go".to_owned(), go.to_owned()), ("another".to_owned(), another.to_owned())])
        };
        for (go, another, asked) in [
            ("language:es", "", Some("es")),
            ("another-language", "hmn", Some("hmn")),
            ("another-language", "", None),
            ("language:es&step=review", "", None),
            ("review", "es", None),
        ] {
            assert_eq!(asked_for(&form(go, another)), asked, "{go} {another}");
        }
    }
}
