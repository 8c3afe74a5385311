//! What a file that came with a text is, by its first octets; what the carrier says of it is not believed.

/// A kind of picture that browsers show and that carries no program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    Jpeg,
    Png,
    Gif,
    Webp,
}

impl MediaKind {
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp];

    /// By the signature of the format (JFIF/EXIF: FF D8 FF; PNG, 5.2; GIF89a, 17; RFC 9649, 2.3); `None` for anything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let begins = |signature: &[u8]| bytes.starts_with(signature);
        if begins(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(Self::Gif)
        } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The type under which it is served.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_octets_and_nothing_else_is_one() {
        for (label, bytes, kind) in [
            ("jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00".as_slice(), Some(MediaKind::Jpeg)),
            ("png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Some(MediaKind::Png)),
            ("gif", b"GIF89a\x01\x00\x01\x00", Some(MediaKind::Gif)),
            ("webp", b"RIFF\x24\x00\x00\x00WEBPVP8 ", Some(MediaKind::Webp)),
            ("a wave file", b"RIFF\x24\x00\x00\x00WAVEfmt ", None),
            ("svg can carry scripts", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            ("a page", b"<!doctype html><script>", None),
            ("pdf", b"%PDF-1.7", None),
            ("a contact card", b"BEGIN:VCARD", None),
            ("nothing", b"", None),
            ("cut off", b"\x89PN", None),
        ] {
            assert_eq!(MediaKind::of(bytes), kind, "{label}");
        }
        for kind in MediaKind::ALL {
            assert_eq!(MediaKind::from_word(kind.word()), Some(kind));
            assert!(kind.content_type().starts_with("image/"));
        }
    }
}
