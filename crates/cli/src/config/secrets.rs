//! Every secret `key` may stand in a file of its own instead: `key_file`. Read before the sections are, so that no
//! section needs to know.

use std::borrow::Cow;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{ConfigProblem, Source};

/// Keys that hold a secret, in whatever section.
pub const SECRETS: &[&str] =
    &["password", "url", "private_key", "ca_pem", "auth_token", "launch_secret", "client_secret"];
/// Keys that name a file which is not read here: their paths, too, are taken from the config's folder.
const PATHS: &[&str] = &["ca_file"];

/// Puts the first line of each `…_file` in the place of its key; returns what could not be read.
pub(super) fn read_files(table: &mut DeTable<'_>, folder: &Path, source: &Source<'_>) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for secret in SECRETS {
        let key = format!("{secret}_file");
        let Some((name, value)) = table.remove_entry(key.as_str()) else { continue };
        match one(table, secret, &value, folder) {
            Ok(text) => {
                let at = Spanned::new(name.span(), Cow::Owned((*secret).to_owned()));
                table.insert(at, Spanned::new(value.span(), DeValue::String(Cow::Owned(text))));
            }
            Err((found, remedy)) => problems.push(source.at(name.span(), &found, &remedy)),
        }
    }
    for path in PATHS {
        if let Some(value) = table.get_mut(*path).map(Spanned::get_mut)
            && let Some(text) = value.as_str()
        {
            *value = DeValue::String(Cow::Owned(folder.join(text).to_string_lossy().into_owned()));
        }
    }
    for (_, value) in table.iter_mut() {
        if let DeValue::Table(inner) = value.get_mut() {
            problems.extend(read_files(inner, folder, source));
        }
    }
    problems
}

/// The secret of a file, or what was found and what to write.
fn one(
    table: &DeTable<'_>,
    secret: &str,
    value: &Spanned<DeValue<'_>>,
    folder: &Path,
) -> Result<String, (String, String)> {
    if table.contains_key(secret) {
        return Err((format!("both `{secret}` and `{secret}_file`"), "only one of them".to_owned()));
    }
    let Some(path) = value.get_ref().as_str() else {
        return Err((format!("`{secret}_file` that is no text"), "the path of a file in quotes".to_owned()));
    };
    let path = folder.join(path);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        (
            format!("`{secret}_file`, but {} cannot be read ({error})", path.display()),
            "the path of a readable file".to_owned(),
        )
    })?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    if text.is_empty() {
        return Err((
            format!("`{secret}_file`, but {} is empty", path.display()),
            "the secret into that file".to_owned(),
        ));
    }
    Ok(text)
}
