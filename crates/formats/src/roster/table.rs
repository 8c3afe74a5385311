//! A CSV file of people who never saw a standard: any delimiter, line end or encoding, stray quotes, short rows.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read};

use encoding_rs::WINDOWS_1252;
use schoolbell_domain::roster::issue::IssueKind;

use super::RosterError;
use super::fold::fold;
use super::issues::{At, Issues};
use super::row::{Split, split, split_plain};

const LINE_LIMIT: u64 = 1 << 20;
/// A quoted field of a roster does not run over more lines than this; a quote that seems to is a stray one.
const LINES_OF_A_FIELD: usize = 8;

/// One row: fields as the head names them, trimmed when asked for.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    fields: Vec<String>,
}

/// A column of a table; `None` where the file has none.
pub type Column = Option<usize>;

impl Row {
    /// The value, without blanks around it, line breaks inside it and control characters; empty if there is none.
    pub fn get(&self, column: Column) -> &str {
        column.and_then(|at| self.fields.get(at)).map_or("", String::as_str)
    }

    /// Two rows with the same fields have the same digest.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.fields.hash(&mut hasher);
        hasher.finish()
    }
}

/// A file, row by row.
pub struct Table<'r> {
    pub file: String,
    /// The head as the file spells it, and folded for lookups.
    head: Vec<String>,
    folded: Vec<String>,
    input: BufReader<Box<dyn Read + 'r>>,
    line_end: u8,
    delimiter: char,
    lines: VecDeque<Line>,
    line: u64,
    /// Bytes taken so far.
    pub taken: u64,
}

struct Line {
    number: u64,
    text: String,
    /// A line break stood behind it.
    ended: bool,
}

impl<'r> Table<'r> {
    /// Reads the head. A file without any line has no head: `None`.
    pub fn open(file: &str, reader: Box<dyn Read + 'r>, issues: &mut Issues) -> Result<Option<Self>, RosterError> {
        let mut input = BufReader::with_capacity(1 << 16, reader);
        let start = input.fill_buf().map_err(|error| io(file, &error))?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(RosterError::Utf16 { file: file.to_owned() });
        }
        let bom = if start.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        let line_end = if !start.contains(&b'\n') && start.contains(&b'\r') { b'\r' } else { b'\n' };
        input.consume(bom);
        let mut table = Self {
            file: file.to_owned(),
            head: Vec::new(),
            folded: Vec::new(),
            input,
            line_end,
            delimiter: ',',
            lines: VecDeque::new(),
            line: 0,
            taken: bom as u64,
        };
        let Some(first) = table.next_line(issues)? else { return Ok(None) };
        table.delimiter = delimiter_of(&first.text);
        table.lines.push_front(first);
        let Some((_, fields)) = table.record(issues)? else { return Ok(None) };
        table.head = fields.iter().map(|name| clean(name)).collect();
        table.folded = table.head.iter().map(|name| fold(name)).collect();
        Ok(Some(table))
    }

    /// The first column of any of the names, which are compared without case, blanks and underscores.
    pub fn column(&self, names: &[&str]) -> Column {
        names.iter().find_map(|name| {
            let wanted = fold(name);
            self.folded.iter().position(|known| *known == wanted)
        })
    }

    /// As `column`, and where there is none, one whose name is misspelt by a letter or two; the reader is told.
    pub fn column_or_alike(&self, names: &[&str], issues: &mut Issues) -> Column {
        self.column(names).or_else(|| {
            let wanted = fold(names.first()?);
            let alike = |known: &String| super::fold::alike(known, &wanted);
            let at = self.folded.iter().position(alike)?;
            let place = At { file: &self.file, line: 1, field: &self.head[at], value: &self.head[at] };
            let message = format!("read as `{}`; spell the column so", names.first()?);
            issues.warning(IssueKind::Header, place, message);
            Some(at)
        })
    }

    /// As `column`, but the file is of no use without it.
    pub fn must(&self, names: &[&str], issues: &mut Issues) -> Result<usize, RosterError> {
        self.column_or_alike(names, issues).ok_or_else(|| RosterError::MissingColumn {
            file: self.file.clone(),
            column: names.first().copied().unwrap_or_default().to_owned(),
            head: self.head.join(", ").chars().take(300).collect(),
        })
    }

    /// The name of a column as the file spells it.
    pub fn name(&self, column: Column) -> &str {
        column.and_then(|at| self.head.get(at)).map_or("", String::as_str)
    }

    pub fn head(&self) -> &[String] {
        &self.head
    }

    /// The place of a value, for an issue.
    pub fn at<'a>(&'a self, row: &'a Row, column: Column) -> At<'a> {
        At { file: &self.file, line: row.line, field: self.name(column), value: row.get(column) }
    }

    /// The next row that says anything; empty lines are skipped without a word.
    pub fn next_row(&mut self, issues: &mut Issues) -> Result<Option<Row>, RosterError> {
        loop {
            let Some((line, fields)) = self.record(issues)? else { return Ok(None) };
            if fields.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let fields = self.fit(line, &fields, issues);
            return Ok(Some(Row { line, fields }));
        }
    }

    /// Makes a row as long as the head.
    fn fit(&self, line: u64, fields: &[String], issues: &mut Issues) -> Vec<String> {
        let mut fields: Vec<String> = fields.iter().map(|field| clean(field)).collect();
        let (found, wanted) = (fields.len(), self.head.len());
        let at = At { file: &self.file, line, field: "", value: fields.first().map_or("", String::as_str) };
        if found < wanted {
            let message = format!("{found} fields where the head has {wanted}; the missing ones were read as empty");
            issues.warning(IssueKind::ShortRow, at, message);
        } else if fields.iter().skip(wanted).any(|field| !field.is_empty()) {
            let message = format!(
                "{found} fields where the head has {wanted}; the last were left out: look for a comma that needs quotes"
            );
            issues.warning(IssueKind::LongRow, at, message);
        }
        fields.resize(wanted, String::new());
        for (field, name) in fields.iter().zip(&self.head).filter(|(field, _)| is_formula(field)) {
            let at = At { file: &self.file, line, field: name, value: field };
            issues.warning(IssueKind::Formula, at, "a spreadsheet would run this; it was taken as plain text");
        }
        fields
    }

    /// The next record with the number of its first line.
    fn record(&mut self, issues: &mut Issues) -> Result<Option<(u64, Vec<String>)>, RosterError> {
        let Some(first) = self.next_line(issues)? else { return Ok(None) };
        let line = first.number;
        let mut joined = first.text.clone();
        let mut more: Vec<Line> = Vec::new();
        let mut ended = first.ended;
        loop {
            if let Split::Whole { fields, stray } = split(&joined, self.delimiter) {
                // A field that runs over lines must leave a row of the right length, or its quote was a stray one.
                let fits = self.head.is_empty() || fields.len() == self.head.len();
                if more.is_empty() || fits {
                    if stray {
                        self.stray(line, &joined, issues);
                    }
                    self.whole(line, fields.len(), ended)?;
                    return Ok(Some((line, fields)));
                }
                break;
            }
            if more.len() >= LINES_OF_A_FIELD {
                break;
            }
            let Some(next) = self.next_line(issues)? else {
                if !ended {
                    return Err(RosterError::CutOff { file: self.file.clone(), line });
                }
                break;
            };
            joined.push('\n');
            joined.push_str(&next.text);
            ended = next.ended;
            more.push(next);
        }
        for line in more.into_iter().rev() {
            self.lines.push_front(line);
        }
        self.stray(line, &first.text, issues);
        Ok(Some((line, split_plain(&first.text, self.delimiter))))
    }

    /// The last row of a file that was cut off has no line break and too few fields.
    fn whole(&self, line: u64, fields: usize, ended: bool) -> Result<(), RosterError> {
        if !ended && fields < self.head.len() {
            return Err(RosterError::CutOff { file: self.file.clone(), line });
        }
        Ok(())
    }

    fn stray(&self, line: u64, text: &str, issues: &mut Issues) {
        let at = At { file: &self.file, line, field: "", value: text };
        issues.warning(IssueKind::StrayQuote, at, "a quote stands alone in a field; it was taken as a character");
    }

    fn next_line(&mut self, issues: &mut Issues) -> Result<Option<Line>, RosterError> {
        if let Some(line) = self.lines.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let taken = (&mut self.input).take(LINE_LIMIT).read_until(self.line_end, &mut bytes);
        let taken = taken.map_err(|error| io(&self.file, &error))?;
        if taken == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.taken += taken as u64;
        let ended = bytes.last() == Some(&self.line_end);
        if !ended && taken as u64 == LINE_LIMIT {
            return Err(RosterError::Endless { file: self.file.clone(), line: self.line });
        }
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        let text = self.decode(bytes, issues);
        Ok(Some(Line { number: self.line, text, ended }))
    }

    /// UTF-8, or else Windows-1252, in which every byte means something; NUL bytes are dropped.
    fn decode(&self, bytes: Vec<u8>, issues: &mut Issues) -> String {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let (text, _, _) = WINDOWS_1252.decode(error.as_bytes());
                let at = At { file: &self.file, line: self.line, field: "", value: &text };
                let message = "not UTF-8; read as Windows-1252, look whether the names are right and export as UTF-8";
                issues.warning(IssueKind::Encoding, at, message);
                text.into_owned()
            }
        };
        if !text.contains('\0') {
            return text;
        }
        let text = text.replace('\0', "");
        let at = At { file: &self.file, line: self.line, field: "", value: &text };
        issues.warning(IssueKind::Nul, at, "a NUL byte was dropped; look whether the row is right");
        text
    }
}

fn io(file: &str, error: &std::io::Error) -> RosterError {
    RosterError::Io { file: file.to_owned(), reason: error.to_string() }
}

/// The most frequent of tab, comma, semicolon and bar in the head.
fn delimiter_of(head: &str) -> char {
    let count = |c: &char| head.chars().filter(|found| found == c).count();
    let best = ['|', ';', '\t', ','].into_iter().max_by_key(count);
    best.unwrap_or(',')
}

/// Blanks, line breaks and control characters make one blank; none stay at the ends.
fn clean(field: &str) -> String {
    if !field.contains(|c: char| c.is_control() || (c.is_whitespace() && c != ' ')) {
        return field.trim().to_owned();
    }
    let words: Vec<&str> = field.split(|c: char| c.is_control() || c.is_whitespace()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_formula(field: &str) -> bool {
    let mut chars = field.chars();
    match chars.next() {
        Some('=' | '@') => chars.next().is_some_and(|c| c.is_alphabetic() || c == '('),
        _ => false,
    }
}
