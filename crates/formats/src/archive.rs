//! A zip file of a few files, for a person who gets a whole record at once.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The files by name, packed. Fails only where two have the same name.
pub fn pack(files: &[(String, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).map_err(std::io::Error::other)?;
        writer.write_all(octets)?;
    }
    Ok(writer.finish().map_err(std::io::Error::other)?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let files = [("record.csv".to_owned(), b"when,what\r\n".to_vec()), ("a.png".to_owned(), vec![0x89, 0x50])];
        let packed = pack(&files).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        for (name, octets) in &files {
            let mut out = Vec::new();
            archive.by_name(name).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(&out, octets);
        }
        assert!(pack(&[files[0].clone(), files[0].clone()]).is_err(), "two of one name");
    }
}
