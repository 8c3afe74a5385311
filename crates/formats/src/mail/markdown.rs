//! Staff's Markdown as events, in the part of it that a letter needs: headings, lists, quotes, emphasis, links.
//!
//! HTML that somebody types is shown as typed, pictures become links, and bare web addresses can be clicked. Both the
//! HTML and the plain twin are written from these events, so they cannot say different things.

#![expect(clippy::wildcard_enum_match_arm, reason = "the parser knows many events that a letter does not look at")]

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

/// The events of `source`. Headings are moved so that the shallowest is of level 2, under the letter's own title.
pub fn events(source: &str) -> Vec<Event<'_>> {
    let mut links = 0_usize;
    let mut out = Vec::new();
    let parser = Parser::new_ext(source, Options::ENABLE_STRIKETHROUGH);
    let mut texts = String::new();
    for event in parser {
        let event = as_typed(event);
        match &event {
            Event::Start(Tag::Link { .. }) => links += 1,
            Event::End(TagEnd::Link) => links = links.saturating_sub(1),
            _ => {}
        }
        // The parser cuts a text at every `_` and `&`; an address must be seen whole.
        if let Event::Text(text) = &event
            && links == 0
        {
            texts.push_str(text);
            continue;
        }
        flush(&mut texts, &mut out);
        out.push(event);
    }
    flush(&mut texts, &mut out);
    lower_headings(&mut out);
    out
}

/// Text that must be shown as it is, for example a child's name in a merge field, as Markdown.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// Raw HTML becomes text, pictures become links, and a line that staff broke stays broken.
fn as_typed(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        other => other,
    }
}

fn flush(texts: &mut String, out: &mut Vec<Event<'_>>) {
    let text = std::mem::take(texts);
    // Inside a code block an address stays text.
    if matches!(out.last(), Some(Event::Start(Tag::CodeBlock(_)))) {
        out.push(Event::Text(text.into()));
        return;
    }
    let mut rest = text.as_str();
    while let Some((before, url, after)) = next_url(rest) {
        push_text(before, out);
        let dest_url = CowStr::from(url.to_owned());
        out.push(Event::Start(Tag::Link {
            link_type: LinkType::Autolink,
            dest_url: dest_url.clone(),
            title: "".into(),
            id: "".into(),
        }));
        out.push(Event::Text(dest_url));
        out.push(Event::End(TagEnd::Link));
        rest = after;
    }
    push_text(rest, out);
}

fn push_text(text: &str, out: &mut Vec<Event<'_>>) {
    if !text.is_empty() {
        out.push(Event::Text(text.to_owned().into()));
    }
}

/// The first bare web address in `text`, with what stands before and after it. The stop of a sentence is not part of it.
fn next_url(text: &str) -> Option<(&str, &str, &str)> {
    let start = ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min()?;
    let tail = &text[start..];
    let end = tail.find(|c: char| c.is_whitespace() || "<>\"`".contains(c)).unwrap_or(tail.len());
    let mut url = tail[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']);
    if !url.contains('(') {
        url = url.trim_end_matches(')').trim_end_matches(['.', ',', ';', ':', '!', '?']);
    }
    let host = url.split_once("://").map_or("", |(_, host)| host);
    if host.is_empty() {
        return None;
    }
    Some((&text[..start], url, &tail[url.len()..]))
}

fn lower_headings(events: &mut [Event<'_>]) {
    let level_of = |event: &Event<'_>| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(*level as usize),
        _ => None,
    };
    let Some(top) = events.iter().filter_map(level_of).min() else { return };
    let moved = |level: HeadingLevel| {
        HeadingLevel::try_from((level as usize + 2).saturating_sub(top).min(6)).unwrap_or(HeadingLevel::H6)
    };
    for event in events {
        match event {
            Event::Start(Tag::Heading { level, .. }) | Event::End(TagEnd::Heading(level)) => *level = moved(*level),
            _ => {}
        }
    }
}
