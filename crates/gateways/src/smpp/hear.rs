//! What the carrier delivers, understood: a receipt for one of our parts, or (a part of) a text from a phone.

use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_formats::smpp::{Delivered, PartOf, Receipt, ReceiptText, header, receipt};

use super::config::SmppConfig;
use crate::HeardReceipt;

/// One delivered packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Receipt(HeardReceipt),
    Text(TextPiece),
    /// A receipt that names no message or no state. It is acknowledged: the carrier would only repeat it.
    Unreadable,
}

/// A text, or one part of it, still in the carrier's octets: characters may be cut in two between parts.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TextPiece {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) data_coding: u8,
    pub(super) header_octets: usize,
    pub(super) octets: Vec<u8>,
    pub(super) part: Option<PartOf>,
}

/// Neither the number nor the text shows.
impl std::fmt::Debug for TextPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextPiece").field("part", &self.part).finish_non_exhaustive()
    }
}

/// Understands one packet.
pub(super) fn understand(config: &SmppConfig, delivered: &Delivered<'_>) -> Heard {
    if delivered.is_receipt() { receipt_of(config, delivered) } else { Heard::Text(text_of(config, delivered)) }
}

fn receipt_of(config: &SmppConfig, delivered: &Delivered<'_>) -> Heard {
    let text = String::from_utf8_lossy(delivered.text);
    let named = delivered.receipted_message_id.map(String::from_utf8_lossy);
    let read = Receipt::read(ReceiptText {
        text: &text,
        receipted_message_id: named.as_deref().filter(|id| !id.trim().is_empty()),
        message_state: delivered.message_state,
        network_error: delivered.network_error,
    });
    let Some(read) = read else { return Heard::Unreadable };
    let own = read.error.as_ref().and_then(|error| config.receipt_errors.get(error)).copied();
    let status = match (read.status, own) {
        (ReceiptStatus::Undelivered(_), Some(reason)) => ReceiptStatus::Undelivered(reason),
        (status, _) => status,
    };
    let reference = config.receipt_ids.of_receipt(&read.id);
    let mut raw = receipt::raw(&text);
    if raw.is_empty() {
        raw = format!("state {:?}, error {:?}", delivered.message_state, read.error);
    }
    Heard::Receipt(HeardReceipt { reference, status, raw })
}

fn text_of(config: &SmppConfig, delivered: &Delivered<'_>) -> TextPiece {
    let (part, octets) = if delivered.has_header() { header(delivered.text) } else { (None, delivered.text) };
    TextPiece {
        from: sender(config, delivered.source_ton, &String::from_utf8_lossy(delivered.source)),
        to: own_number(config, &String::from_utf8_lossy(delivered.destination)),
        data_coding: delivered.data_coding,
        header_octets: delivered.text.len() - octets.len(),
        octets: octets.to_vec(),
        part: part.or(delivered.sar).filter(|part| part.parts > 1),
    }
}

/// E.164 where the type of number says so, or where the shape leaves no doubt in North America; otherwise as sent.
fn sender(config: &SmppConfig, ton: u8, source: &str) -> String {
    const INTERNATIONAL: u8 = 1;
    const NATIONAL: u8 = 2;
    let digits = source.strip_prefix('+').unwrap_or(source);
    let numeric = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let country = &config.country_code;
    let north_american = country == "1" && matches!((digits.len(), digits.as_bytes().first()), (11, Some(b'1')));
    if !numeric {
        source.to_owned()
    } else if source.starts_with('+') || north_american || (ton == INTERNATIONAL && (7..=15).contains(&digits.len())) {
        format!("+{digits}")
    } else if ton == NATIONAL || (country == "1" && digits.len() == 10) {
        format!("+{country}{digits}")
    } else {
        source.to_owned()
    }
}

/// Our own number as the config writes it, however the carrier does.
fn own_number(config: &SmppConfig, destination: &str) -> String {
    let bare = |number: &str| number.trim_start_matches('+').to_owned();
    if bare(destination) == bare(&config.source) { config.source.clone() } else { destination.to_owned() }
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::delivery::reason::FailReason;

    use super::*;

    fn config() -> SmppConfig {
        SmppConfig::of("localhost", 2775, ("school", "secret"), "68453")
    }

    #[test]
    fn senders_become_e164_by_type_of_number() {
        let cases = [
            (1, "15125550143", "+15125550143"),
            (1, "+15125550143", "+15125550143"),
            (1, "525512345678", "+525512345678"),
            (2, "5125550143", "+15125550143"),
            (0, "5125550143", "+15125550143"),
            (0, "15125550143", "+15125550143"),
            (3, "68453", "68453"),
            (1, "68453", "68453"),
            (5, "CARRIER", "CARRIER"),
            (0, "", ""),
        ];
        for (ton, source, want) in cases {
            assert_eq!(sender(&config(), ton, source), want, "{ton} {source}");
        }
    }

    #[test]
    fn a_carriers_own_error_code_has_the_operators_reason() {
        let mut config = config();
        config.receipt_errors.insert("660".to_owned(), FailReason::OptedOutAtCarrier);
        let delivered = Delivered { esm_class: 4, text: b"id:7 stat:UNDELIV err:660", ..Delivered::default() };
        let Heard::Receipt(heard) = understand(&config, &delivered) else { panic!("a receipt") };
        assert_eq!(heard.status, ReceiptStatus::Undelivered(FailReason::OptedOutAtCarrier));
    }

    /// A phone could write what looks like a receipt; only the carrier's own marks make it one.
    #[test]
    fn a_text_that_looks_like_a_receipt_is_a_text() {
        let delivered = Delivered { text: b"id:7 stat:DELIVRD err:000", ..Delivered::default() };
        assert!(matches!(understand(&config(), &delivered), Heard::Text(_)));
    }

    #[test]
    fn a_receipt_without_an_id_is_unreadable_not_a_text() {
        let delivered = Delivered { esm_class: 4, text: b"stat:DELIVRD", ..Delivered::default() };
        assert_eq!(understand(&config(), &delivered), Heard::Unreadable);
    }
}
