//! A table as a file: CSV for other programs, XLSX for people.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Number(i64),
}

/// A table with a head line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub head: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// What a spreadsheet would run is written with a quote before it.
pub fn tame(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() }
}

/// RFC 4180, in UTF-8.
pub fn csv(sheet: &Sheet) -> String {
    let mut out = String::new();
    line(&mut out, sheet.head.iter().map(|text| tame(text)));
    for row in &sheet.rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => tame(text),
            Cell::Number(number) => number.to_string(),
        });
        line(&mut out, cells);
    }
    out
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

/// A field of a CSV file.
pub fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// A workbook with one sheet, its head line kept in view. Texts are texts there, whatever they begin with.
pub fn xlsx(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let bold = Format::new().set_bold().set_text_wrap();
    for (column, text) in (0_u16..).zip(&sheet.head) {
        page.write_string_with_format(0, column, text, &bold)?;
        page.set_column_width(column, 24)?;
    }
    page.set_freeze_panes(1, 0)?;
    for (at, row) in (1_u32..).zip(&sheet.rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(text) => page.write_string(at, column, text)?,
                #[expect(clippy::cast_precision_loss, reason = "a spreadsheet knows no other numbers")]
                Cell::Number(number) => page.write_number(at, column, *number as f64)?,
            };
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn sheet() -> Sheet {
        let text = |text: &str| Cell::Text(text.to_owned());
        Sheet {
            head: vec!["Which day?".to_owned(), "How many".to_owned()],
            rows: vec![vec![text("Friday, \"late\""), Cell::Number(-3)], vec![text("=1+1"), Cell::Number(4)]],
        }
    }

    #[test]
    fn a_csv_file_is_quoted_and_no_spreadsheet_runs_it() {
        assert_eq!(csv(&sheet()), "Which day?,How many\r\n\"Friday, \"\"late\"\"\",-3\r\n'=1+1,4\r\n");
    }

    #[test]
    fn a_workbook_holds_texts_and_numbers_and_no_formula() {
        let bytes = xlsx(&sheet()).unwrap();
        let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut read = |name: &str| {
            let mut text = String::new();
            book.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let page = read("xl/worksheets/sheet1.xml");
        assert!(page.contains("<v>-3</v>") && !page.contains("<f>"), "{page}");
        assert!(read("xl/sharedStrings.xml").contains("=1+1"));
    }
}
