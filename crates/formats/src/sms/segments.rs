//! How many parts a text costs, and where it is cut (LAW-25).
//!
//! Source: 3GPP TS 23.038 (alphabets) and 23.040, 9.2.3.24.1: 140 octets a part; a part of several gives 6 of them to
//! the concatenation header with an 8-bit reference. That leaves 160 septets alone or 153 in company, 70 or 67 units.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::{gsm7, ucs2};

/// The alphabet of a text on the wire. One character outside GSM-7 turns the whole text to UCS-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

impl Encoding {
    /// The most units of a text of one part: 160 septets or 70 units.
    pub const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// The units of each part where there are several: 153 septets or 67 units.
    pub const fn in_company(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn cost(self, character: char) -> usize {
        match self {
            Self::Gsm7 => gsm7::septets(character).unwrap_or(1),
            Self::Ucs2 => ucs2::units(character),
        }
    }
}

/// What a text costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets or 16-bit units of the whole text, without headers.
    pub units: usize,
    /// Messages that the carrier bills; 0 for the empty text.
    pub parts: usize,
    /// Units that still fit before one more part is needed; 160 for the empty text.
    pub units_left: usize,
    /// The characters that turned it to UCS-2, each once, in order of appearance; empty for GSM-7.
    pub foreign: Vec<char>,
}

/// Counts the parts that [`split`] would make.
pub fn segments(text: &str) -> Segments {
    let (encoding, units) = measure(text);
    let mut parts = 0;
    let mut last = 0;
    cut(text, encoding, units, |part| {
        parts += 1;
        last = part.units;
    });
    let room = if parts > 1 { encoding.in_company() } else { encoding.alone() };
    Segments { encoding, units, parts, units_left: room - last, foreign: foreign(text, encoding) }
}

/// Cuts a text into its parts, in order. Joined again they are the text; the empty text has none.
///
/// Never inside an extension pair or a surrogate pair, nor inside what a reader sees as one character (a flag, an
/// emoji with skin tone, a letter with its accents), unless that alone is longer than a part.
pub fn split(text: &str) -> (Encoding, Vec<&str>) {
    let (encoding, units) = measure(text);
    let mut parts = Vec::with_capacity(units / encoding.in_company() + 1);
    cut(text, encoding, units, |part| parts.push(part.text));
    (encoding, parts)
}

/// Cuts a text as UCS-2 whatever it holds, for carriers whose default alphabet is not GSM-7.
pub fn split_ucs2(text: &str) -> Vec<&str> {
    let units = text.chars().map(ucs2::units).sum();
    let mut parts = Vec::with_capacity(units / Encoding::Ucs2.in_company() + 1);
    cut(text, Encoding::Ucs2, units, |part| parts.push(part.text));
    parts
}

/// The alphabet and the units of the whole text.
fn measure(text: &str) -> (Encoding, usize) {
    let mut septets = 0;
    for character in text.chars() {
        match gsm7::septets(character) {
            Some(cost) => septets += cost,
            None => return (Encoding::Ucs2, text.chars().map(ucs2::units).sum()),
        }
    }
    (Encoding::Gsm7, septets)
}

fn foreign(text: &str, encoding: Encoding) -> Vec<char> {
    let mut found = Vec::new();
    if encoding == Encoding::Ucs2 {
        for character in text.chars() {
            if gsm7::septets(character).is_none() && !found.contains(&character) {
                found.push(character);
            }
        }
    }
    found
}

struct Part<'a> {
    text: &'a str,
    units: usize,
}

fn cut<'a>(text: &'a str, encoding: Encoding, units: usize, mut each: impl FnMut(Part<'a>)) {
    if units <= encoding.alone() {
        if !text.is_empty() {
            each(Part { text, units });
        }
        return;
    }
    let mut cutter = Cutter { text, encoding, begun: 0, units: 0, each: &mut each };
    match encoding {
        // No character of GSM-7 joins another to what a reader sees as one, so the slow search is spared.
        Encoding::Gsm7 => {
            text.char_indices().for_each(|(index, character)| cutter.take(index, encoding.cost(character)));
        }
        Encoding::Ucs2 => cut_graphemes(text, &mut cutter),
    }
    cutter.close(text.len());
}

fn cut_graphemes(text: &str, cutter: &mut Cutter<'_, '_>) {
    let encoding = cutter.encoding;
    for (index, grapheme) in text.grapheme_indices(true) {
        let cost: usize = grapheme.chars().map(|character| encoding.cost(character)).sum();
        if cost > encoding.in_company() {
            for (offset, character) in grapheme.char_indices() {
                cutter.take(index + offset, encoding.cost(character));
            }
        } else {
            cutter.take(index, cost);
        }
    }
}

/// Fills parts greedily; `take` is told where the next piece begins and what it costs.
struct Cutter<'a, 'f> {
    text: &'a str,
    encoding: Encoding,
    begun: usize,
    units: usize,
    each: &'f mut dyn FnMut(Part<'a>),
}

impl Cutter<'_, '_> {
    fn take(&mut self, at: usize, cost: usize) {
        if self.units + cost > self.encoding.in_company() {
            self.close(at);
        }
        self.units += cost;
    }

    fn close(&mut self, end: usize) {
        if end > self.begun {
            (self.each)(Part { text: &self.text[self.begun..end], units: self.units });
        }
        self.begun = end;
        self.units = 0;
    }
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
