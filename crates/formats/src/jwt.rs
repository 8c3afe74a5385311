//! Signed tokens of the student information system: launch links (HS256) and the ID tokens of OpenID Connect (RS256,
//! ES256). Read and judged with a time that the caller gives; nothing is fetched.
//!
//! The signature is checked before anything in the token is believed, and only by the kind of key that the caller has: a
//! token does not choose its algorithm (RFC 8725, 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{hmac, signature};
use serde::Deserialize;

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;
/// Two clocks may differ by so many seconds.
pub const SKEW_S: i64 = 60;

/// What a signature is checked with.
#[derive(Clone)]
pub enum Key {
    /// HS256: what we and the signer alone know.
    Shared(Vec<u8>),
    /// RS256 and ES256: the keys that a provider publishes.
    Published(KeySet),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A provider's keys: `{"keys": […]}` (RFC 7517). Keys of kinds that we do not use are passed over.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct KeySet {
    keys: Vec<PublishedKey>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PublishedKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
}

/// What a token says. Absent texts are empty, absent times 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Claims {
    pub iss: String,
    pub aud: Audience,
    pub azp: Option<String>,
    pub sub: String,
    pub email: String,
    pub email_verified: Option<Flag>,
    pub nonce: String,
    pub jti: String,
    pub iat: i64,
    pub exp: i64,
    pub nbf: i64,
}

/// One audience or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Audience {
    pub fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(all) => all.iter().any(|one| one == audience),
        }
    }

    const fn is_one(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Several(all) => all.len() == 1,
        }
    }
}

/// Some providers write `"true"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Flag {
    Bool(bool),
    Text(String),
}

impl Flag {
    pub fn is_false(&self) -> bool {
        match self {
            Self::Bool(flag) => !flag,
            Self::Text(text) => text != "true",
        }
    }
}

/// Why a token opens nothing; for the log, never for the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it is no token")]
    NoToken,
    #[error("its signature is not of the key that we have")]
    WrongSignature,
    #[error("it was made for somebody else")]
    WrongAudience,
    #[error("it was made by somebody else")]
    WrongIssuer,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    Early,
    #[error("it is valid for too long")]
    TooLong,
    #[error("it does not answer our question")]
    WrongNonce,
    #[error("it names no address, or has no number of its own")]
    Incomplete,
    #[error("the provider says that the address is not proven")]
    Unproven,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// The claims of a token whose signature is good.
pub fn open(token: &str, key: &Key) -> Result<Claims, Refused> {
    if token.len() > LONGEST {
        return Err(Refused::NoToken);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(sign), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::NoToken);
    };
    let signed = &token[..header.len() + 1 + claims.len()];
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::NoToken);
    let read: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Refused::NoToken)?;
    verify(&read, signed.as_bytes(), &decode(sign)?, key)?;
    serde_json::from_slice(&decode(claims)?).map_err(|_| Refused::NoToken)
}

fn verify(header: &Header, signed: &[u8], sign: &[u8], key: &Key) -> Result<(), Refused> {
    let good = match (key, header.alg.as_str()) {
        (Key::Shared(secret), "HS256") => {
            hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed, sign).is_ok()
        }
        (Key::Published(set), alg @ ("RS256" | "ES256")) => set.verify(header.kid.as_deref(), alg, (signed, sign)),
        (Key::Shared(_) | Key::Published(_), _) => false,
    };
    good.then_some(()).ok_or(Refused::WrongSignature)
}

impl KeySet {
    /// Whether a key of this name is in the set: a provider that changed its keys is asked for them again.
    pub fn knows(&self, token: &str) -> bool {
        let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let header: Option<Header> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        header.is_some_and(|header| header.kid.is_none() || self.keys.iter().any(|key| key.kid == header.kid))
    }

    fn verify(&self, kid: Option<&str>, alg: &str, (signed, sign): (&[u8], &[u8])) -> bool {
        let usable = self.keys.iter().filter(|key| {
            let named = kid.is_none() || key.kid.as_deref() == kid;
            let meant = key.usage.as_deref().is_none_or(|usage| usage == "sig");
            named && meant && key.alg.as_deref().is_none_or(|of| of == alg)
        });
        usable.into_iter().any(|key| key.verify(alg, signed, sign).unwrap_or(false))
    }
}

impl PublishedKey {
    fn verify(&self, alg: &str, signed: &[u8], sign: &[u8]) -> Option<bool> {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        match (alg, self.kty.as_str()) {
            ("RS256", "RSA") => {
                let key = signature::RsaPublicKeyComponents { n: decode(&self.n)?, e: decode(&self.e)? };
                Some(key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, signed, sign).is_ok())
            }
            ("ES256", "EC") if self.crv == "P-256" => {
                let point = [&[4_u8][..], &decode(&self.x)?, &decode(&self.y)?].concat();
                let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                Some(key.verify(signed, sign).is_ok())
            }
            _ => None,
        }
    }
}

impl Claims {
    /// A launch link: made for us, alive, for at most `longest_s`, with a number of its own and an address.
    pub fn check_launch(&self, audience: &str, (now, longest_s): (i64, i64)) -> Result<(), Refused> {
        if !self.aud.names(audience) {
            return Err(Refused::WrongAudience);
        }
        self.check_times(now)?;
        if self.iat == 0 || self.exp - self.iat > longest_s {
            return Err(Refused::TooLong);
        }
        if self.jti.is_empty() || self.email.is_empty() { Err(Refused::Incomplete) } else { Ok(()) }
    }

    /// An ID token: OpenID Connect Core 1.0, 3.1.3.7.
    pub fn check_id(&self, (issuer, client): (&str, &str), nonce: &str, now: i64) -> Result<(), Refused> {
        if self.iss != issuer {
            return Err(Refused::WrongIssuer);
        }
        let ours = self.azp.as_deref().is_none_or(|azp| azp == client);
        if !self.aud.names(client) || !ours || (!self.aud.is_one() && self.azp.is_none()) {
            return Err(Refused::WrongAudience);
        }
        self.check_times(now)?;
        if self.nonce != nonce {
            return Err(Refused::WrongNonce);
        }
        if self.email_verified.as_ref().is_some_and(Flag::is_false) {
            return Err(Refused::Unproven);
        }
        Ok(())
    }

    const fn check_times(&self, now: i64) -> Result<(), Refused> {
        if self.exp + SKEW_S <= now {
            return Err(Refused::Expired);
        }
        if self.iat > now + SKEW_S || self.nbf > now + SKEW_S { Err(Refused::Early) } else { Ok(()) }
    }
}

/// A launch link's token, as a student information system makes it: for tests, and for whoever builds the other side.
pub fn sign_shared(claims: &serde_json::Value, secret: &[u8]) -> String {
    let header = serde_json::json!({ "alg": "HS256", "typ": "JWT" }).to_string();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_799_863_200;
    const SECRET: &[u8] = b"a secret of at least thirty-two letters";
    const US: &str = "https://bell.example.org";

    fn launch(change: &Value) -> Value {
        let mut claims = json!({ "aud": US, "email": "rosa@example.org", "jti": "1", "iat": NOW, "exp": NOW + 120 });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    fn judge(token: &str) -> Result<Claims, Refused> {
        let claims = open(token, &Key::Shared(SECRET.to_vec()))?;
        claims.check_launch(US, (NOW, 600)).map(|()| claims)
    }

    #[test]
    fn a_launch_link_opens_for_us_while_it_is_young_and_says_who_it_is_for() {
        let good = judge(&sign_shared(&launch(&json!({})), SECRET)).unwrap();
        assert_eq!((good.email.as_str(), good.jti.as_str()), ("rosa@example.org", "1"));
        let several = launch(&json!({ "aud": ["https://other.example.org", US] }));
        assert!(judge(&sign_shared(&several, SECRET)).is_ok());
        for (change, refused) in [
            (json!({ "aud": "https://other.example.org" }), Refused::WrongAudience),
            (json!({ "aud": [] }), Refused::WrongAudience),
            (json!({ "exp": NOW - 61 }), Refused::Expired),
            (json!({ "exp": 0 }), Refused::Expired),
            (json!({ "iat": NOW + 61, "exp": NOW + 180 }), Refused::Early),
            (json!({ "nbf": NOW + 61 }), Refused::Early),
            (json!({ "exp": NOW + 601 }), Refused::TooLong),
            (json!({ "iat": 0 }), Refused::TooLong),
            (json!({ "jti": "" }), Refused::Incomplete),
            (json!({ "email": "" }), Refused::Incomplete),
            (json!({ "exp": "soon" }), Refused::NoToken),
        ] {
            assert_eq!(judge(&sign_shared(&launch(&change), SECRET)), Err(refused), "{change}");
        }
    }

    #[test]
    fn rfc_8725_a_token_does_not_choose_its_algorithm_and_a_changed_one_opens_nothing() {
        let good = sign_shared(&launch(&json!({})), SECRET);
        let (signed, tag) = good.rsplit_once('.').unwrap();
        let claims = signed.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none" }).to_string());
        let other = sign_shared(&launch(&json!({ "email": "joan@example.org" })), SECRET);
        let other = other.split('.').nth(1).unwrap();
        let header = good.split('.').next().unwrap();
        for token in [
            format!("{none}.{claims}."),
            format!("{none}.{claims}.{tag}"),
            format!("{header}.{other}.{tag}"),
            sign_shared(&launch(&json!({})), b"another secret of thirty-two letters!"),
        ] {
            assert_eq!(judge(&token), Err(Refused::WrongSignature), "{token}");
        }
        for token in ["", "a.b", "a.b.c.d", "é.é.é", &format!("{good}.x"), &"a".repeat(LONGEST + 1)] {
            assert_eq!(judge(token), Err(Refused::NoToken), "{token:.20}");
        }
        // The public key of a provider is no shared secret.
        let set: KeySet = serde_json::from_value(json!({ "keys": [] })).unwrap();
        assert_eq!(open(&good, &Key::Published(set)), Err(Refused::WrongSignature));
    }

    #[test]
    fn an_id_token_answers_our_question_of_our_provider_for_our_client() {
        let good: Claims = serde_json::from_value(json!({
            "iss": "https://sis.example.org", "aud": "bell", "nonce": "n", "email": "rosa@example.org",
            "iat": NOW, "exp": NOW + 3600,
        }))
        .unwrap();
        let check = |claims: &Claims| claims.check_id(("https://sis.example.org", "bell"), "n", NOW);
        assert_eq!(check(&good), Ok(()));
        let several = Audience::Several(vec!["bell".to_owned(), "other".to_owned()]);
        for (claims, refused) in [
            (Claims { iss: "https://evil.example.org".to_owned(), ..good.clone() }, Refused::WrongIssuer),
            (Claims { aud: Audience::One("other".to_owned()), ..good.clone() }, Refused::WrongAudience),
            (Claims { aud: several.clone(), ..good.clone() }, Refused::WrongAudience),
            (Claims { aud: several, azp: Some("other".to_owned()), ..good.clone() }, Refused::WrongAudience),
            (Claims { exp: NOW - 61, ..good.clone() }, Refused::Expired),
            (Claims { nonce: "m".to_owned(), ..good.clone() }, Refused::WrongNonce),
            (Claims { nonce: String::new(), ..good.clone() }, Refused::WrongNonce),
            (Claims { email_verified: Some(Flag::Bool(false)), ..good.clone() }, Refused::Unproven),
            (Claims { email_verified: Some(Flag::Text("false".to_owned())), ..good.clone() }, Refused::Unproven),
        ] {
            assert_eq!(check(&claims), Err(refused));
        }
    }

    /// RFC 7515 appendix A.2 (RS256) and A.3 (ES256): their keys, their signatures.
    #[test]
    fn rfc_7515_the_examples_of_rs256_and_es256_are_good_and_with_the_other_key_are_not() {
        let claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let rsa = json!({ "kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" });
        let ec = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        let set =
            |keys: Vec<&Value>| -> Key { Key::Published(serde_json::from_value(json!({ "keys": keys })).unwrap()) };
        let by_rsa = format!(
            "eyJhbGciOiJSUzI1NiJ9.{claims}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        );
        let by_ec = format!(
            "eyJhbGciOiJFUzI1NiJ9.{claims}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        );
        for (token, good, bad) in [(&by_rsa, &rsa, &ec), (&by_ec, &ec, &rsa)] {
            assert_eq!(open(token, &set(vec![good])).unwrap().iss, "joe");
            assert_eq!(open(token, &set(vec![bad, good])).unwrap().exp, 1_300_819_380);
            assert_eq!(open(token, &set(vec![bad])), Err(Refused::WrongSignature));
        }
        let mut for_secrets = rsa.clone();
        for_secrets["use"] = json!("enc");
        assert_eq!(open(&by_rsa, &set(vec![&for_secrets])), Err(Refused::WrongSignature));
    }
}
