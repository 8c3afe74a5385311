//! The letter: a school's name above, the text, and below who sent it, why it came and how to reach them.
//!
//! The HTML has a language, one first-level heading, no picture and no script, and holds 4.5:1 in light and in dark
//! (LAW-60); every word of it also stands in the plain twin.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::{markdown, plain};

/// What stands around the text. Sentences come in the reader's language and are put in as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letterhead<'a> {
    /// The school, or the district, that speaks.
    pub school: &'a str,
    /// `Sent by Maria Ruiz, principal.`
    pub sent_by: &'a str,
    /// `You get this because Ana and Leo go to Lincoln Elementary.`
    pub why: &'a str,
    /// Postal address and phone of the school, one line.
    pub contact: &'a str,
    /// The page where families choose what they get, with its words; none until there is one.
    pub choices: Option<(&'a str, &'a str)>,
    /// BCP 47: `en`, `es`, `ar`.
    pub language: &'a str,
}

/// A mail's two bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub html: String,
    pub text: String,
}

/// Colours: ink, muted ink, link, paper and rule, in light and in dark.
const LIGHT: [&str; 5] = ["#1b1f24", "#50575f", "#0b5394", "#ffffff", "#d5dae0"];
const DARK: [&str; 5] = ["#eceff3", "#b3bac3", "#8ec5ff", "#16191d", "#3a4149"];

/// Languages written from right to left.
const RIGHT_TO_LEFT: [&str; 9] = ["ar", "dv", "fa", "he", "ku-arab", "ps", "sd", "ur", "yi"];

/// `source` (Markdown) as a letter under `subject`.
pub fn letter(subject: &str, source: &str, head: &Letterhead<'_>) -> Letter {
    let events = markdown::events(source);
    let text = plain_letter(&plain::text(&events), head);
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, events.into_iter());
    Letter { html: page(subject, &clean(&body), head), text }
}

/// The text alone as a reader of plain letters sees it: what a notification shows.
pub fn plain_text(source: &str) -> String {
    plain::text(&markdown::events(source))
}

/// The text alone as HTML, without what stands around it: what the composer shows while somebody writes.
pub fn body_html(source: &str) -> String {
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, markdown::events(source).into_iter());
    clean(&body)
}

/// Nothing but the tags that Markdown makes and links that a family may follow.
static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "ul",
    ];
    let mut cleaner = ammonia::Builder::new();
    cleaner
        .tags(HashSet::from(tags))
        .url_schemes(HashSet::from(["https", "http", "mailto", "tel"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(None);
    cleaner
});

fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

fn plain_letter(text: &str, head: &Letterhead<'_>) -> String {
    // "-- " alone on a line is where a mail's text ends and its signature begins (RFC 3676, 4.3).
    let mut out = format!("{}\n\n{text}\n\n-- \n", one_line(head.school));
    for line in [head.sent_by, head.why, head.contact].into_iter().filter(|line| !line.is_empty()) {
        out.push_str(&one_line(line));
        out.push('\n');
    }
    if let Some((words, url)) = head.choices {
        out.push_str(&one_line(&format!("{words}: {url}")));
        out.push('\n');
    }
    out
}

fn page(subject: &str, body: &str, head: &Letterhead<'_>) -> String {
    let [ink, muted, _, paper, rule] = LIGHT;
    let lang = escape(head.language);
    let dir = if is_right_to_left(head.language) { "rtl" } else { "ltr" };
    let (school, title) = (escape(head.school), escape(subject));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{lang}\" dir=\"{dir}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n\
         <body class=\"paper\" style=\"margin:0;padding:0;background-color:{paper};color:{ink}\">\n\
         <div class=\"letter\" lang=\"{lang}\" dir=\"{dir}\" style=\"max-width:600px;margin:0 auto;padding:24px 20px;\
         font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-size:17px;line-height:1.5;color:{ink}\">\n\
         <p class=\"school line\" style=\"margin:0 0 20px;padding:0 0 12px;border-bottom:1px solid {rule};font-weight:600;\
         color:{muted}\">{school}</p>\n\
         <h1 style=\"margin:0 0 16px;font-size:26px;line-height:1.25\">{title}</h1>\n<div class=\"text\">\n{body}</div>\n\
         <div class=\"foot line\" style=\"margin:32px 0 0;padding:12px 0 0;border-top:1px solid {rule};font-size:14px;\
         color:{muted}\">\n",
        styles(),
    );
    for line in [head.sent_by, head.why, head.contact].into_iter().filter(|line| !line.is_empty()) {
        paragraph(&mut out, &escape(line));
    }
    if let Some((words, url)) = head.choices {
        paragraph(&mut out, &clean(&format!("<a href=\"{}\">{}</a>", escape(url), escape(words))));
    }
    out.push_str("</div>\n</div>\n</body>\n</html>\n");
    out
}

fn paragraph(out: &mut String, html: &str) {
    // Writing to a String cannot fail.
    writeln!(out, "<p style=\"margin:0 0 6px\">{html}</p>").expect("a String takes every text");
}

/// What inline styles cannot say: dark mode, and the look of the writer's own tags.
fn styles() -> String {
    let [ink, muted, anchor, paper, rule] = DARK;
    format!(
        ".letter a {{ color: {}; text-decoration: underline }}\n\
         .text h2, .text h3 {{ line-height: 1.3; margin: 24px 0 8px }}\n\
         .text h2 {{ font-size: 21px }}\n.text h3 {{ font-size: 18px }}\n\
         .text p, .text ul, .text ol {{ margin: 0 0 14px }}\n.text li {{ margin: 0 0 6px }}\n\
         .text blockquote {{ margin: 0 0 14px; padding: 0 16px; border-inline-start: 3px solid {} }}\n\
         .text pre {{ white-space: pre-wrap }}\n\
         @media (prefers-color-scheme: dark) {{\n\
         .paper {{ background-color: {paper} !important }}\n.letter {{ color: {ink} !important }}\n\
         .letter a {{ color: {anchor} !important }}\n.school, .foot {{ color: {muted} !important }}\n\
         .line {{ border-color: {rule} !important }}\n}}\n",
        LIGHT[2], LIGHT[4],
    )
}

fn is_right_to_left(language: &str) -> bool {
    let tag = language.to_ascii_lowercase();
    let primary = tag.split('-').next().unwrap_or("");
    RIGHT_TO_LEFT.iter().any(|known| *known == tag || *known == primary)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: Letterhead<'static> = Letterhead {
        school: "Lincoln Elementary",
        sent_by: "Sent by Maria Ruiz, principal.",
        why: "You get this because Ana goes to Lincoln Elementary.",
        contact: "Lincoln Elementary, 1 School Road, Springfield · 512-555-0100",
        choices: Some(("Choose what you get", "https://school.example.org/choices")),
        language: "en",
    };

    const SOURCE: &str = "# Snow day\n\nSchool is **closed** today.\nBuses do not run.\n\n## What to do\n\n\
        1. Stay *home*\n2. Read the [lunch plan](https://school.example.org/lunch)\n   - warm\n   - cold\n\n\
        - one\n- two\n\n> Be safe\n> all\n\nSee https://school.example.org/a_b?x=1&y=2. Call [us](tel:+15125550100).\n";

    #[test]
    fn the_letter_reads_the_same_in_html_and_in_plain_text() {
        let letter = letter("School closed today", SOURCE, &HEAD);
        insta::assert_snapshot!("letter_text", letter.text);
        insta::assert_snapshot!("letter_html", letter.html);
    }

    #[test]
    fn html_that_somebody_types_is_shown_and_never_run() {
        let evil = "<script>alert(1)</script>\n\nHi <img src=x onerror=alert(1)> [a](javascript:alert(1)) \
            [b](data:text/html,x) [c](/relative) ![pixel](https://t.example.org/p.gif)";
        let letter = letter("<b>Hi</b> & \"bye\"", evil, &HEAD);
        for never in ["<script", "<img", "href=\"javascript", "href=\"data", "href=\"/relative", "<b>"] {
            assert!(!letter.html.contains(never), "{never} in {}", letter.html);
        }
        assert!(letter.html.contains("&lt;script&gt;alert(1)"));
        assert!(letter.html.contains("<title>&lt;b&gt;Hi&lt;/b&gt; &amp; &quot;bye&quot;</title>"));
        assert!(letter.text.contains("pixel (https://t.example.org/p.gif)"));
    }

    #[test]
    fn the_letter_has_a_language_one_title_and_headings_in_order_law_60() {
        let html = letter("Título", "### Deep\n\n#### Deeper", &Letterhead { language: "es", ..HEAD }).html;
        assert!(html.contains("<html lang=\"es\" dir=\"ltr\">"));
        assert_eq!(html.matches("<h1").count(), 1);
        assert!(html.contains("<h2>Deep</h2>") && html.contains("<h3>Deeper</h3>"));
        let arabic = letter("x", "y", &Letterhead { language: "ar-EG", ..HEAD }).html;
        assert!(arabic.contains("dir=\"rtl\""));
    }

    /// Relative luminance (WCAG 2.1) of `#rrggbb`.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("two hex digits")) / 255.0;
            if value <= 0.039_28 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn every_ink_has_4_5_to_1_on_its_paper_law_60() {
        for [ink, muted, link, paper, _] in [LIGHT, DARK] {
            for colour in [ink, muted, link] {
                let (a, b) = (luminance(colour), luminance(paper));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{colour} on {paper} has {contrast:.2}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_merged_name_is_shown_as_it_is(name in "[ -~]{1,40}") {
            let source = format!("Dear {}!", markdown::escape(&name));
            let text = letter("x", &source, &HEAD).text;
            let expected = format!("Dear {}!", name.trim_end());
            let plain = plain::text(&markdown::events(&source));
            let shown = if name.trim_end() == name { expected } else { format!("Dear {name}!") };
            // A web address in a name would be a link, whose words and address are the same.
            prop_assert_eq!(&plain, &shown);
            prop_assert!(text.contains(&shown));
        }

        #[test]
        fn no_text_breaks_the_writer(source in "\\PC{0,200}|[#>*`<\\[\\]()\\-1. \n!]{0,80}") {
            let made = letter("x", &source, &HEAD);
            prop_assert!(!made.html.contains("<script"));
            prop_assert!(made.text.ends_with("https://school.example.org/choices\n"));
        }
    }
}
