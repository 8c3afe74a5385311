//! Message encryption for Web Push: what a push service carries, only the browser reads (RFC 8291, RFC 8188).
//!
//! The steps are those of RFC 8291 section 3.4, each one call of ring; `docs/adr` says why no crate stands between.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};
use schoolbell_formats::push::{BrowserKeys, POINT};

/// Bytes of a text that every push service takes: 4,096 of body, without header, padding mark and tag.
pub const LONGEST: usize = 4_096 - HEADER - 17;

const HEADER: usize = 16 + 4 + 1 + POINT;

/// The body of the request for one browser; an error is a sentence for the log.
pub fn encrypt(text: &[u8], browser: &BrowserKeys) -> Result<Vec<u8>, &'static str> {
    let dice = SystemRandom::new();
    let mut salt = [0_u8; 16];
    dice.fill(&mut salt).map_err(|_| "the machine has no randomness")?;
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &dice).map_err(|_| "no key can be made")?;
    let own_public = own.compute_public_key().map_err(|_| "no key can be made")?;
    let own_public: [u8; POINT] = own_public.as_ref().try_into().map_err(|_| "no key can be made")?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, browser.public());
    agree_ephemeral(own, &theirs, |secret| seal(text, browser, (secret, &own_public, salt)))
        .map_err(|_| "the browser's key is no point of the curve")?
}

fn seal(
    text: &[u8],
    browser: &BrowserKeys,
    (secret, own_public, salt): (&[u8], &[u8; POINT], [u8; 16]),
) -> Result<Vec<u8>, &'static str> {
    if text.len() > LONGEST {
        return Err("the text is longer than push services take");
    }
    // RFC 8291 section 3.4: the shared secret and the browser's own make the keying material.
    let of_both = sign(&Key::new(HMAC_SHA256, browser.auth()), secret);
    let info = [b"WebPush: info\0".as_slice(), browser.public(), own_public, &[1]].concat();
    let material = sign(&Key::new(HMAC_SHA256, of_both.as_ref()), &info);
    // RFC 8188 section 2.2 and 2.3: key and nonce of the one record.
    let base = sign(&Key::new(HMAC_SHA256, &salt), material.as_ref());
    let base = Key::new(HMAC_SHA256, base.as_ref());
    let key = sign(&base, b"Content-Encoding: aes128gcm\0\x01");
    let nonce = sign(&base, b"Content-Encoding: nonce\0\x01");
    let key = UnboundKey::new(&AES_128_GCM, &key.as_ref()[..16]).map_err(|_| "no key can be made")?;
    let nonce = Nonce::try_assume_unique_for_key(&nonce.as_ref()[..12]).map_err(|_| "no key can be made")?;
    let mut record = text.to_vec();
    // The last record of one: RFC 8188 section 2.
    record.push(2);
    LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, Aad::empty(), &mut record)
        .map_err(|_| "the text cannot be sealed")?;
    let point_length = [u8::try_from(POINT).unwrap_or(u8::MAX)];
    Ok([salt.as_slice(), &4_096_u32.to_be_bytes(), &point_length, own_public, &record].concat())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// RFC 8291 appendix A and section 5, from the shared secret on: the sender's key of the RFC cannot be put into ring.
    #[test]
    fn rfc_8291_the_example_is_sealed_byte_for_byte() {
        let browser = BrowserKeys::read(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .unwrap();
        let own: [u8; 65] =
            bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8")
                .try_into()
                .unwrap();
        let secret = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let sealed = seal(b"When I grow up, I want to be a watermelon", &browser, (&secret, &own, salt)).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PB\
             ru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let mut off = [7_u8; 65];
        off[0] = 4;
        let browser = BrowserKeys::read(&URL_SAFE_NO_PAD.encode(off), &URL_SAFE_NO_PAD.encode([0; 16])).unwrap();
        assert_eq!(encrypt(b"hello", &browser), Err("the browser's key is no point of the curve"));
    }

    #[test]
    fn the_longest_text_fills_the_body_and_one_byte_more_is_refused() {
        let browser = BrowserKeys::read(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4=",
            "BTBZMqHH6r4Tts7J_aSIgg==",
        )
        .unwrap();
        assert_eq!(encrypt(&[b'x'; LONGEST], &browser).unwrap().len(), 4_096);
        assert!(encrypt(&[b'x'; LONGEST + 1], &browser).is_err());
    }
}
