//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1), unpacked and packed.

/// Switches to the extension table for one character.
const ESCAPE: u8 = 0x1B;

/// The default alphabet by code; the escape stands as itself.
const ALPHABET: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω',
    'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+',
    ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B',
    'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y',
    'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
    'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: each character costs the escape and its code.
const EXTENSION: [(char, u8); 10] = [
    ('\u{c}', 0x0A),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

/// No code: the character is not in the alphabet.
const NONE: u8 = 0xFF;
/// Added to the code of a character of the extension table.
const EXTENDED: u8 = 0x80;

/// Code of every character below U+0100, made from the two tables when compiled.
const LATIN: [u8; 256] = {
    let mut codes = [NONE; 256];
    let mut code = 0;
    while code < 128 {
        let at = ALPHABET[code] as usize;
        if at < 256 && code != ESCAPE as usize {
            #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 128")]
            let septet = code as u8;
            codes[at] = septet;
        }
        code += 1;
    }
    let mut entry = 0;
    while entry < EXTENSION.len() {
        let at = EXTENSION[entry].0 as usize;
        if at < 256 {
            codes[at] = EXTENSION[entry].1 | EXTENDED;
        }
        entry += 1;
    }
    codes
};

fn code(character: char) -> Option<u8> {
    let found = match character {
        'Δ' => 0x10,
        'Φ' => 0x12,
        'Γ' => 0x13,
        'Λ' => 0x14,
        'Ω' => 0x15,
        'Π' => 0x16,
        'Ψ' => 0x17,
        'Σ' => 0x18,
        'Θ' => 0x19,
        'Ξ' => 0x1A,
        '€' => 0x65 | EXTENDED,
        other => LATIN.get(other as usize).copied().unwrap_or(NONE),
    };
    (found != NONE).then_some(found)
}

/// Septets that a character costs: 1, or 2 in the extension table; `None` if the alphabet lacks it.
pub fn septets(character: char) -> Option<usize> {
    code(character).map(|code| if code & EXTENDED == 0 { 1 } else { 2 })
}

/// One septet an octet. Characters that the alphabet lacks become `?`.
pub fn encode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for character in text.chars() {
        let code = code(character).unwrap_or(b'?');
        if code & EXTENDED != 0 {
            out.push(ESCAPE);
        }
        out.push(code & 0x7F);
    }
    out
}

/// Reads one septet an octet; the high bit is ignored. After an escape that the extension table does not know, the
/// character of the default table is shown, as the standard asks of receivers.
pub fn decode(septets: &[u8]) -> String {
    let mut out = String::with_capacity(septets.len());
    let mut escaped = false;
    for septet in septets.iter().map(|octet| octet & 0x7F) {
        if septet == ESCAPE {
            escaped = true;
            continue;
        }
        let extended = EXTENSION.iter().find(|(_, code)| escaped && *code == septet).map(|(character, _)| *character);
        out.push(extended.unwrap_or(ALPHABET[usize::from(septet)]));
        escaped = false;
    }
    out
}

/// Packs septets, lowest bit first, after `fill` zero bits (0 to 6) that align them behind a user data header.
pub fn pack(septets: &[u8], fill: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(septets.len() * 7 / 8 + 1);
    let (mut bits, mut held) = (0_u16, fill);
    for septet in septets {
        bits |= u16::from(septet & 0x7F) << held;
        held += 7;
        if held >= 8 {
            out.push(bits.to_le_bytes()[0]);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        out.push(bits.to_le_bytes()[0]);
    }
    out
}

/// Unpacks what [`pack`] made. Where the septets end on an octet with 7 bits to spare, a last `@` cannot be told from
/// padding and is dropped, and so is the carriage return that the standard puts there instead.
pub fn unpack(octets: &[u8], fill: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() * 8 / 7);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut skip = fill;
    for octet in octets {
        bits |= u32::from(*octet) << held;
        held += 8;
        if skip > 0 {
            bits >>= skip;
            held -= skip;
            skip = 0;
        }
        while held >= 7 {
            out.push(bits.to_le_bytes()[0] & 0x7F);
            bits >>= 7;
            held -= 7;
        }
    }
    let whole = octets.len() * 8 - usize::try_from(fill).unwrap_or(0).min(octets.len() * 8);
    let padding = matches!(out.last(), Some(0 | 0x0D));
    if whole.is_multiple_of(7) && padding {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alphabet() -> impl Strategy<Value = String> {
        let all: Vec<char> = ALPHABET
            .into_iter()
            .filter(|c| *c != '\u{1b}')
            .chain(EXTENSION.into_iter().map(|(character, _)| character))
            .collect();
        proptest::collection::vec(proptest::sample::select(all), 0..200).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn every_text_of_the_alphabet_reads_back(text in alphabet()) {
            let septets = encode(&text);
            prop_assert_eq!(decode(&septets), text.clone());
            let cost: usize = text.chars().map(|c| super::septets(c).unwrap()).sum();
            prop_assert_eq!(septets.len(), cost);
        }

        #[test]
        fn packed_septets_unpack_to_themselves(text in alphabet(), fill in 0_u32..7) {
            let septets = encode(&text);
            let octets = pack(&septets, fill);
            prop_assert_eq!(octets.len(), (septets.len() * 7 + fill as usize).div_ceil(8));
            let back = unpack(&octets, fill);
            // An `@` or carriage return at the very end may be taken for padding.
            prop_assert!(back == septets || [&back[..], &[0]].concat() == septets || [&back[..], &[0x0D]].concat() == septets);
        }

        #[test]
        fn unpacking_anything_at_all_is_harmless(octets in proptest::collection::vec(any::<u8>(), 0..160), fill in 0_u32..7) {
            let text = decode(&unpack(&octets, fill));
            prop_assert!(text.chars().count() <= octets.len() * 8 / 7);
        }
    }

    /// The example that 3GPP TS 23.040 and every SMS primer pack by hand.
    #[test]
    fn hellohello_packs_as_in_the_primer() {
        let packed = pack(&encode("hellohello"), 0);
        assert_eq!(packed, [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]);
        assert_eq!(decode(&unpack(&packed, 0)), "hellohello");
    }

    #[test]
    fn spanish_needs_no_second_alphabet_until_an_acute_vowel_comes() {
        assert!("El niño llegó tarde ¿sí?".chars().any(|c| septets(c).is_none()));
        assert!("Ma\u{f1}ana no hay clases. \u{bf}Dudas? \u{a1}Llame!".chars().all(|c| septets(c).is_some()));
    }

    #[test]
    fn an_unknown_extension_shows_the_plain_character() {
        assert_eq!(decode(&[ESCAPE, b'A', ESCAPE]), "A");
    }
}
