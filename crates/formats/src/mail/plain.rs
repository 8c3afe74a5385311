//! The plain-text twin of a letter: the same events written as text that reads aloud well.

#![expect(clippy::wildcard_enum_match_arm, reason = "the parser knows many tags that plain text does not show")]

use pulldown_cmark::{Event, Tag, TagEnd};

/// `events` as text: paragraphs apart by an empty line, `- ` and `1. ` before items, a link's address behind its words.
pub fn text(events: &[Event<'_>]) -> String {
    let mut page = Page::default();
    for event in events {
        page.add(event);
    }
    page.out.trim_end().to_owned()
}

#[derive(Default)]
struct Page {
    out: String,
    /// The next number of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    quotes: usize,
    /// The address of each open link, and where its words begin.
    links: Vec<(String, usize)>,
    /// A bullet was just written: the item's first block stands on its line.
    after_bullet: bool,
}

impl Page {
    fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(*tag),
            Event::Text(text) | Event::Code(text) => self.write(text),
            Event::HardBreak | Event::SoftBreak => self.new_line(self.lists.len()),
            Event::Rule => {
                self.block();
                self.write("* * *");
            }
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) => self.block(),
            Tag::BlockQuote(_) => {
                self.quotes += 1;
                self.block();
                self.after_bullet = true;
            }
            Tag::List(first) => {
                if self.lists.is_empty() && !self.after_bullet {
                    self.block();
                    self.after_bullet = true;
                }
                self.lists.push(*first);
            }
            Tag::Item => self.bullet(),
            Tag::Link { dest_url, .. } => {
                self.after_bullet = false;
                self.links.push((dest_url.to_string(), self.out.len()));
            }
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => self.after_bullet = false,
            TagEnd::Link => self.end_link(),
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some((url, from)) = self.links.pop() else { return };
        let words = self.out.get(from..).unwrap_or("").trim();
        let shown = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:")).unwrap_or(&url);
        if words.is_empty() {
            self.write(shown);
        } else if words != shown {
            let behind = format!(" ({shown})");
            self.write(&behind);
        }
    }

    /// Begins a block: an empty line before it, unless it is the first or stands behind a bullet.
    fn block(&mut self) {
        if self.after_bullet {
            self.after_bullet = false;
        } else if !self.out.is_empty() {
            self.out.push('\n');
            self.new_line(self.lists.len());
        } else {
            self.indent(0);
        }
    }

    fn bullet(&mut self) {
        let depth = self.lists.len().saturating_sub(1);
        // The list's first item stands where the block began; every other begins a line.
        if self.after_bullet && depth == 0 {
            self.after_bullet = false;
        } else if !self.out.is_empty() {
            self.new_line(depth);
        }
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            Some(None) | None => "- ".to_owned(),
        };
        self.out.push_str(&mark);
        self.after_bullet = true;
    }

    fn new_line(&mut self, depth: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.indent(depth);
    }

    fn indent(&mut self, depth: usize) {
        self.out.push_str(&"> ".repeat(self.quotes));
        self.out.push_str(&"  ".repeat(depth));
    }

    fn write(&mut self, text: &str) {
        self.after_bullet = false;
        for (nth, line) in text.trim_end_matches('\n').split('\n').enumerate() {
            if nth > 0 {
                self.new_line(self.lists.len());
            }
            self.out.push_str(line);
        }
    }
}
