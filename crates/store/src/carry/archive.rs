//! The file of a backup: what a district's tables hold, in an order, sealed.
//!
//! A line `SCHOOLBELL BACKUP 1`, then records: one byte of kind, four of length, the bytes, and a seal of 32, the
//! SHA-256 of the seal before, the kind, the length and the bytes. So nothing can be changed, left out, doubled or
//! exchanged unnoticed. `H` is the head in JSON with all tables in their order; for each table come `R`, rows as lines
//! of JSON compressed with zlib, and one `E` with their number and digest; `Z` is the end. Written and read as a stream.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::catalogue::Table;
use super::rows::{Row, RowsDigest, from_line, to_line};
use crate::error::{StoreError, StoreResult};

const MAGIC: &[u8] = b"SCHOOLBELL BACKUP 1\n";
/// Text gathered before it is compressed and written.
const CHUNK: usize = 256 * 1024;
/// No record of ours is longer; a length beyond it is damage, and no reason to take so much memory.
const LONGEST: usize = 64 * 1024 * 1024;
/// As `CHUNK` grows when it is unpacked: one set of rows can be larger than a chunk.
const LONGEST_UNPACKED: u64 = 1024 * 1024 * 1024;

/// What stands at the beginning of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The district's name; empty before it was set up.
    pub district: String,
    pub taken_at: Timestamp,
    /// The version of the program that wrote it.
    pub program: String,
    /// The migrations that its tables have.
    pub schema: Vec<i64>,
    /// Which life of the database it was taken in.
    pub epoch: i64,
    pub tables: Vec<Table>,
}

/// What stands behind the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEnd {
    pub table: String,
    pub rows: u64,
    pub digest: String,
}

/// Writes a backup, record by record.
pub struct Writer<W: Write> {
    out: W,
    seal: [u8; 32],
    lines: String,
    digest: RowsDigest,
}

impl<W: Write> Writer<W> {
    pub fn begin(out: W, head: &Head) -> StoreResult<Self> {
        let mut writer = Self { out, seal: [0; 32], lines: String::new(), digest: RowsDigest::default() };
        writer.out.write_all(MAGIC).map_err(unwritable)?;
        writer.record(b'H', &to_json(head)?)?;
        Ok(writer)
    }

    /// Rows of the table that is under way.
    pub fn rows(&mut self, rows: &[Row]) -> StoreResult<()> {
        for row in rows {
            let line = to_line(row);
            self.digest.add(&line);
            self.lines.push_str(&line);
            self.lines.push('\n');
            if self.lines.len() >= CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// The table has no more rows; the next begins.
    pub fn end_table(&mut self, table: &str) -> StoreResult<TableEnd> {
        self.flush()?;
        let digest = std::mem::take(&mut self.digest);
        let end = TableEnd { table: table.to_owned(), rows: digest.rows, digest: digest.hex() };
        self.record(b'E', &to_json(&end)?)?;
        Ok(end)
    }

    pub fn finish(mut self) -> StoreResult<W> {
        self.record(b'Z', b"")?;
        self.out.flush().map_err(unwritable)?;
        Ok(self.out)
    }

    fn flush(&mut self) -> StoreResult<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(self.lines.as_bytes()).map_err(unwritable)?;
        let packed = packed.finish().map_err(unwritable)?;
        self.lines.clear();
        self.record(b'R', &packed)
    }

    fn record(&mut self, kind: u8, bytes: &[u8]) -> StoreResult<()> {
        let length = u32::try_from(bytes.len())
            .map_err(|_| StoreError::Setup("a record of the backup is longer than 4 GiB".to_owned()))?
            .to_be_bytes();
        self.seal = seal(self.seal, kind, length, bytes);
        for part in [&[kind][..], &length, bytes, &self.seal] {
            self.out.write_all(part).map_err(unwritable)?;
        }
        Ok(())
    }
}

/// What a backup says next.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Rows of this table: its place among the tables of the head.
    Rows(usize, Vec<Row>),
    EndOfTable(TableEnd),
    End,
}

/// Reads a backup, record by record, and believes nothing that its seal does not bear out.
pub struct Reader<R: Read> {
    input: R,
    seal: [u8; 32],
    head: Head,
    /// The table under way.
    at: usize,
    digest: RowsDigest,
    ended: bool,
}

impl<R: Read> Reader<R> {
    pub fn begin(mut input: R) -> StoreResult<Self> {
        let mut magic = [0; MAGIC.len()];
        input.read_exact(&mut magic).map_err(|_| not_ours())?;
        if magic != MAGIC {
            return Err(not_ours());
        }
        let mut seal = [0; 32];
        let damaged = || damaged("its head");
        let (kind, bytes) = take_record(&mut input, &mut seal).map_err(|_| damaged())?;
        if kind != b'H' {
            return Err(damaged());
        }
        let head = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        Ok(Self { input, seal, head, at: 0, digest: RowsDigest::default(), ended: false })
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next record; after `End` comes no other.
    pub fn next_record(&mut self) -> StoreResult<Record> {
        let place = self.place();
        let damaged = || damaged(&place);
        let (kind, bytes) = take_record(&mut self.input, &mut self.seal).map_err(|_| damaged())?;
        match (kind, self.head.tables.get(self.at)) {
            (b'R', Some(table)) => {
                let mut text = String::new();
                let unpacked = ZlibDecoder::new(bytes.as_slice()).take(LONGEST_UNPACKED).read_to_string(&mut text);
                unpacked.map_err(|_| damaged())?;
                let rows: Option<Vec<Row>> = text.lines().map(|line| from_line(table, line)).collect();
                let rows = rows.ok_or_else(damaged)?;
                for line in text.lines() {
                    self.digest.add(line);
                }
                Ok(Record::Rows(self.at, rows))
            }
            (b'E', Some(table)) => {
                let end: TableEnd = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
                let digest = std::mem::take(&mut self.digest);
                if (&end.table, end.rows, &end.digest) != (&table.name, digest.rows, &digest.hex()) {
                    return Err(damaged());
                }
                self.at += 1;
                Ok(Record::EndOfTable(end))
            }
            (b'Z', None) if !self.ended => {
                let mut more = [0];
                if self.input.read(&mut more).map_err(|_| damaged())? != 0 {
                    return Err(damaged());
                }
                self.ended = true;
                Ok(Record::End)
            }
            _ => Err(damaged()),
        }
    }

    fn place(&self) -> String {
        self.head.tables.get(self.at).map_or_else(|| "its end".to_owned(), |table| format!("table {}", table.name))
    }
}

/// Reads a backup from its beginning to its end and answers what it holds; fails at the first thing that is not as it
/// was written.
pub fn check(input: impl Read) -> StoreResult<(Head, Vec<TableEnd>)> {
    let mut reader = Reader::begin(input)?;
    let mut ends = Vec::new();
    loop {
        match reader.next_record()? {
            Record::Rows(..) => {}
            Record::EndOfTable(end) => ends.push(end),
            Record::End => return Ok((reader.head, ends)),
        }
    }
}

fn take_record(input: &mut impl Read, seal_before: &mut [u8; 32]) -> std::io::Result<(u8, Vec<u8>)> {
    let broken = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let (mut kind, mut length, mut found) = ([0], [0; 4], [0; 32]);
    input.read_exact(&mut kind)?;
    input.read_exact(&mut length)?;
    let bytes_to_come = usize::try_from(u32::from_be_bytes(length)).map_err(|_| broken())?;
    if bytes_to_come > LONGEST {
        return Err(broken());
    }
    let mut bytes = vec![0; bytes_to_come];
    input.read_exact(&mut bytes)?;
    input.read_exact(&mut found)?;
    *seal_before = seal(*seal_before, kind[0], length, &bytes);
    if found == *seal_before { Ok((kind[0], bytes)) } else { Err(broken()) }
}

fn seal(before: [u8; 32], kind: u8, length: [u8; 4], bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update([kind]);
    hash.update(length);
    hash.update(bytes);
    hash.finalize().into()
}

fn to_json(value: &impl Serialize) -> StoreResult<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| StoreError::Setup(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn unwritable(error: std::io::Error) -> StoreError {
    StoreError::Setup(format!("the backup cannot be written: {error}; free some space, or write it elsewhere"))
}

fn not_ours() -> StoreError {
    StoreError::Setup("this is not a backup that `schoolbell backup` wrote, or its first line is damaged".to_owned())
}

fn damaged(place: &str) -> StoreError {
    StoreError::Setup(format!("the backup is damaged in {place} and nothing was restored; take another copy of it"))
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{Column, Kind};
    use super::super::rows::Cell;
    use super::*;

    fn backup() -> Vec<u8> {
        let table = |name: &str| Table {
            name: name.to_owned(),
            columns: vec![Column { name: "id".to_owned(), kind: Kind::Int }],
        };
        let head = Head {
            district: "Cedar ISD".to_owned(),
            taken_at: Timestamp::UNIX_EPOCH,
            program: "0.1.0".to_owned(),
            schema: vec![1, 3],
            epoch: 1,
            tables: vec![table("school"), table("delivery")],
        };
        let mut writer = Writer::begin(Vec::new(), &head).unwrap();
        writer.rows(&[vec![Cell::Int(1)]]).unwrap();
        writer.end_table("school").unwrap();
        writer.rows(&(0..300).map(|id| vec![Cell::Int(id)]).collect::<Vec<_>>()).unwrap();
        writer.end_table("delivery").unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_backup_reads_back_whole() {
        let (head, ends) = check(backup().as_slice()).unwrap();
        assert_eq!(head.district, "Cedar ISD");
        assert_eq!(
            ends.iter().map(|end| (end.table.as_str(), end.rows)).collect::<Vec<_>>(),
            [("school", 1), ("delivery", 300)]
        );
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed_and_said_where() {
        let whole = backup();
        let mut places = std::collections::BTreeSet::new();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            places.insert(check(flipped.as_slice()).unwrap_err().to_string());
            assert!(check(&whole[..at]).is_err(), "cut at {at}");
        }
        let said = places.into_iter().collect::<Vec<_>>().join("\n");
        for place in ["not a backup", "in its head", "in table school", "in table delivery", "in its end"] {
            assert!(said.contains(place), "{place} in\n{said}");
        }
        assert!(check([whole.as_slice(), b"x"].concat().as_slice()).is_err(), "something behind the end");
    }
}
