//! The files that pages link to, inside the program: named by their hash, so that a browser may keep them for ever.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// One file as it is served.
struct Asset {
    content_type: &'static str,
    bytes: Bytes,
}

/// All files by hashed name, and the hashed name of each plain one.
struct Assets {
    served: HashMap<String, Asset>,
    hashed: HashMap<String, String>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(load);

/// The address of a file: `/static/app.1f3a90bc5d2e.css` for `app.css`. An unknown name stays as it is and answers 404.
pub fn url(name: &str) -> String {
    let hashed = ASSETS.hashed.get(name).map_or(name, String::as_str);
    format!("/static/{hashed}")
}

/// The text of a file by its plain name; empty if there is none.
pub fn text(name: &str) -> &'static str {
    let served = ASSETS.hashed.get(name).and_then(|hashed| ASSETS.served.get(hashed));
    served.and_then(|asset| std::str::from_utf8(&asset.bytes).ok()).unwrap_or_default()
}

/// `GET /static/{name}`.
pub async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.served.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers =
        [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, asset.bytes.clone()).into_response()
}

/// Fonts and images first: the style sheet names them, and its own hash covers those names.
fn load() -> Assets {
    let mut assets = Assets { served: HashMap::new(), hashed: HashMap::new() };
    let (sheets, rest): (Vec<_>, Vec<_>) = Files::iter().partition(|name| has_ending(name, "css"));
    for name in rest {
        let is_script = has_ending(&name, "js");
        add(&mut assets, &name, |bytes| if is_script { without_comments(&bytes, "//") } else { bytes });
    }
    let names = assets.hashed.clone();
    for name in sheets {
        add(&mut assets, &name, |bytes| with_hashed_names(&without_comments(&bytes, "/*"), &names));
    }
    assets
}

fn add(assets: &mut Assets, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let Some(file) = Files::get(name) else { return };
    let bytes = change(match file.data {
        Cow::Borrowed(bytes) => bytes.to_vec(),
        Cow::Owned(bytes) => bytes,
    });
    let hashed = hashed_name(name, &bytes);
    assets.served.insert(hashed.clone(), Asset { content_type: content_type(name), bytes: bytes.into() });
    assets.hashed.insert(name.to_owned(), hashed);
}

/// Lines that are a comment alone are for whoever reads the source, not for a slow phone. One of `/*` ends on its line.
fn without_comments(text: &[u8], begins: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let is_comment = |line: &str| {
        let line = line.trim();
        line.starts_with(begins) && (begins == "//" || line.find("*/") == line.len().checked_sub(2))
    };
    text.lines().filter(|line| !is_comment(line)).flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

fn with_hashed_names(sheet: &[u8], names: &HashMap<String, String>) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(sheet).into_owned();
    for (plain, hashed) in names {
        text = text.replace(&format!("url(\"{plain}\")"), &format!("url(\"{hashed}\")"));
    }
    text.into_bytes()
}

/// Twelve hex digits that tell contents apart.
pub fn digest(bytes: &[u8]) -> String {
    let mut hash = String::new();
    for byte in &Sha256::digest(bytes)[..6] {
        write!(hash, "{byte:02x}").expect("a String takes every write");
    }
    hash
}

fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let hash = digest(bytes);
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{name}.{hash}"),
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_at_home_and_everything_else_is_served() {
        let js = b"// why\nlet a = 1; // beside\n  // more\nlet url = \"https://x\";\n";
        assert_eq!(without_comments(js, "//"), b"let a = 1; // beside\nlet url = \"https://x\";\n");
        let css = b"/* all */\n/* a */ b { }\n/* begins\nends */\nc { }\n";
        assert_eq!(without_comments(css, "/*"), b"/* a */ b { }\n/* begins\nends */\nc { }\n");
    }

    #[test]
    fn the_style_sheet_names_fonts_that_are_served() {
        let sheet = &ASSETS.served[&ASSETS.hashed["app.css"]];
        let text = String::from_utf8_lossy(&sheet.bytes).into_owned();
        let fonts: Vec<&str> = text.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(fonts.len() >= 4);
        for font in fonts {
            assert!(ASSETS.served.contains_key(font), "{font} is named and not served");
        }
    }
}
