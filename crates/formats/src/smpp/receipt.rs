//! Delivery receipts: the carrier's later word on one part, from text, from TLVs or from both.
//!
//! Source: SMPP 3.4, appendix B (the text, which the standard calls vendor specific) and 5.3.2 (the TLVs).

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use serde::{Deserialize, Serialize};

/// How the ids in a carrier's receipts relate to those in its answers; a setting of each gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptIds {
    /// The same text in both.
    #[default]
    AsSent,
    /// Hexadecimal in the answer, decimal in the receipt.
    DecimalOfHex,
    /// Decimal in the answer, hexadecimal in the receipt.
    HexOfDecimal,
    /// The same but for zeros before it and for upper and lower case.
    ZeroPadded,
}

impl ReceiptIds {
    /// The reference kept for a part, from the id in the carrier's answer.
    pub fn of_answer(self, id: &str) -> String {
        let id = id.trim();
        match self {
            Self::AsSent => id.to_owned(),
            Self::ZeroPadded => unpadded(id),
            Self::DecimalOfHex => decimal(id, 16),
            Self::HexOfDecimal => decimal(id, 10),
        }
    }

    /// The reference that a receipt speaks of, from the id in it.
    pub fn of_receipt(self, id: &str) -> String {
        let id = id.trim();
        match self {
            Self::AsSent => id.to_owned(),
            Self::ZeroPadded => unpadded(id),
            Self::DecimalOfHex => decimal(id, 10),
            Self::HexOfDecimal => decimal(id, 16),
        }
    }
}

fn unpadded(id: &str) -> String {
    let bare = id.trim_start_matches('0');
    if bare.is_empty() { "0".to_owned() } else { bare.to_ascii_lowercase() }
}

/// The number in decimal; what is not a number of that radix stays as it is, so that both sides still agree.
fn decimal(id: &str, radix: u32) -> String {
    match u128::from_str_radix(id, radix) {
        Ok(number) => number.to_string(),
        Err(_) => id.to_owned(),
    }
}

/// What a receipt's packet holds, before it is understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptText<'a> {
    pub text: &'a str,
    /// TLV `receipted_message_id`.
    pub receipted_message_id: Option<&'a str>,
    /// TLV `message_state`.
    pub message_state: Option<u8>,
    /// TLV `network_error_code`: the network type (3 is GSM) and its code.
    pub network_error: Option<(u8, u16)>,
}

/// One part's receipt. The id is as the carrier wrote it; see [`ReceiptIds::of_receipt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub id: String,
    pub status: ReceiptStatus,
    /// The carrier's error code, as written; a gateway's config may name reasons for its own.
    pub error: Option<String>,
}

impl Receipt {
    /// Reads a receipt; `None` if it names no message or no state. TLVs win over the text, because they are typed.
    pub fn read(heard: ReceiptText<'_>) -> Option<Self> {
        let id = heard.receipted_message_id.or_else(|| field(heard.text, "id")).map(str::trim)?;
        let state = heard.message_state.and_then(State::of_code).or_else(|| {
            let word = field(heard.text, "stat")?;
            State::of_word(word)
        })?;
        let error = heard.network_error.map(|(_, code)| format!("{code:03}")).or_else(|| {
            let written = field(heard.text, "err")?;
            (!written.is_empty()).then(|| written.to_owned())
        });
        let map_code = match heard.network_error {
            Some((3, code)) => Some(u32::from(code)),
            Some(_) => None,
            None => error.as_deref().and_then(|written| written.parse().ok()),
        };
        (!id.is_empty()).then(|| Self { id: id.to_owned(), status: state.status(map_code), error })
    }
}

/// The carrier's words without the beginning of the message that the standard lets it quote: no family's text is kept
/// twice. At most 200 characters.
pub fn raw(text: &str) -> String {
    let end = find(text, "text").map_or(text.len(), |(at, _)| at);
    text[..end].trim_end().chars().filter(|c| !c.is_control()).take(200).collect()
}

#[derive(Debug, Clone, Copy)]
enum State {
    OnItsWay,
    Delivered,
    Expired,
    Deleted,
    Undeliverable,
    Rejected,
}

impl State {
    /// `message_state`, SMPP 3.4, 5.2.28; 0 and 9 are of 5.0.
    const fn of_code(code: u8) -> Option<Self> {
        Some(match code {
            0 | 1 | 6 | 7 => Self::OnItsWay,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 | 9 => Self::Undeliverable,
            8 => Self::Rejected,
            _ => return None,
        })
    }

    /// `UNKNOWN` says that the carrier does not know: nothing final, our own expiry decides.
    fn of_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_uppercase();
        Some(match word.get(..6).unwrap_or(&word) {
            "DELIVR" | "DELIVE" => Self::Delivered,
            "EXPIRE" => Self::Expired,
            "DELETE" => Self::Deleted,
            "UNDELI" | "FAILED" | "SKIPPE" => Self::Undeliverable,
            "REJECT" => Self::Rejected,
            "ACCEPT" | "ENROUT" | "UNKNOW" | "BUFFER" | "BUFFRE" | "SCHEDU" => Self::OnItsWay,
            _ => return None,
        })
    }

    fn status(self, map_code: Option<u32>) -> ReceiptStatus {
        let named = map_code.and_then(reason_of_map);
        match self {
            Self::OnItsWay => ReceiptStatus::Buffered,
            Self::Delivered => ReceiptStatus::Delivered,
            Self::Expired => ReceiptStatus::Undelivered(FailReason::ExpiredAtCarrier),
            Self::Deleted => ReceiptStatus::Undelivered(FailReason::Unspecified),
            Self::Undeliverable => ReceiptStatus::Undelivered(named.unwrap_or(FailReason::Unspecified)),
            Self::Rejected => ReceiptStatus::Undelivered(named.unwrap_or(FailReason::Refused)),
        }
    }
}

/// The network's error code. Source: 3GPP TS 29.002, 17.6.6 (MAP errors), which most carriers write in `err:`.
const fn reason_of_map(code: u32) -> Option<FailReason> {
    Some(match code {
        // Unknown, unidentified or illegal subscriber; texts not provisioned for this line.
        1 | 5 | 9 | 10 | 11 => FailReason::BadNumber,
        // Absent, not answering the page, busy with another text.
        6 | 27 | 31 => FailReason::Unreachable,
        // Call barred, facility not supported, illegal equipment.
        12 | 13 | 21 => FailReason::Refused,
        // Memory of the phone full, or too many messages wait for it.
        32 | 33 => FailReason::MailboxFull,
        34..=36 => FailReason::Congestion,
        _ => return None,
    })
}

/// The value after `key:`, up to the next space.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let quoted = if key == "text" { None } else { find(text, "text") };
    let text = &text[..quoted.map_or(text.len(), |(at, _)| at)];
    let (_, value) = find(text, key)?;
    text[value..].split_whitespace().next().filter(|_| !text[value..].starts_with(char::is_whitespace))
}

/// Where `key:` stands as a word of its own, and where its value begins.
fn find(text: &str, key: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let key = key.as_bytes();
    (0..bytes.len().saturating_sub(key.len())).find_map(|at| {
        let begins = at == 0 || bytes[at - 1].is_ascii_whitespace();
        let here = bytes[at..].get(..key.len()).is_some_and(|word| word.eq_ignore_ascii_case(key));
        (begins && here && bytes.get(at + key.len()) == Some(&b':')).then_some((at, at + key.len() + 1))
    })
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
