//! One delivery as `submit_sm`, part by part.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::MessageSubmissionRequestTlvValue as Tlv;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, IntermediateNotification, MCDeliveryReceipt, Npi, PriorityFlag, RegisteredDelivery,
    ServiceType, SmeOriginatedAcknowledgement, Ton,
};
use schoolbell_domain::people::Address;
use schoolbell_formats::smpp::DefaultAlphabet;
use schoolbell_formats::smpp::incoming::{fill_bits, write_header};
use schoolbell_formats::sms::{self, Encoding, gsm7, ucs2};

use super::config::{PartMark, SmppConfig};
use crate::{Content, Outgoing};

/// What every message of one bind has in common, checked once.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    service_type: ServiceType,
    source: Source,
    alphabet: DefaultAlphabet,
    mark: PartMark,
    send_expiry: bool,
}

/// Whom a message comes from, as it stands on the wire.
#[derive(Debug, Clone)]
struct Source {
    ton: Ton,
    npi: Npi,
    address: COctetString<1, 21>,
}

impl Source {
    /// By the shape of the number: `+…` international and E.164, up to eight digits network specific.
    fn of(number: &str) -> Result<Self, String> {
        let (ton, npi) = shape(number);
        let address = octets("source", number.strip_prefix('+').unwrap_or(number))?;
        Ok(Self { ton: Ton::from(ton), npi: Npi::from(npi), address })
    }
}

/// The parts of one content, shared by all who get the same.
#[derive(Debug)]
pub(super) struct Parts {
    data_coding: u8,
    texts: Vec<Vec<u8>>,
}

impl Parts {
    pub(super) fn count(&self) -> usize {
        self.texts.len()
    }
}

/// One delivery ready for the wire.
#[derive(Debug)]
pub(super) struct Message {
    to: COctetString<1, 21>,
    /// The source where it is not that of the bind.
    from: Option<Source>,
    parts: Arc<Parts>,
    reference: u8,
    urgent: bool,
    expiry: EmptyOrFullCOctetString<17>,
}

impl Message {
    pub(super) fn parts(&self) -> usize {
        self.parts.count()
    }
}

/// Why a delivery cannot be written as `submit_sm`; goes into the attempt's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritable {
    /// Not a phone number.
    NotAPhone,
    /// No text, or more than the 255 parts that a header can count.
    Text(&'static str),
}

/// How the text of one content goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gsm7,
    Gsm7Packed,
    Latin1,
    Ucs2,
}

impl Coding {
    fn encode(self, text: &str, header_octets: usize) -> Vec<u8> {
        match self {
            Self::Gsm7 => gsm7::encode(text),
            Self::Gsm7Packed => gsm7::pack(&gsm7::encode(text), fill_bits(header_octets)),
            Self::Latin1 => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            Self::Ucs2 => ucs2::encode(text),
        }
    }
}

impl Sender {
    /// Fails where the standard cannot carry a setting; [`SmppConfig::verify`] says so in the operator's words first.
    pub(super) fn new(config: &SmppConfig) -> Result<Self, String> {
        let by_shape = Source::of(&config.source)?;
        let source = Source {
            ton: config.source_ton.map_or(by_shape.ton, Ton::from),
            npi: config.source_npi.map_or(by_shape.npi, Npi::from),
            ..by_shape
        };
        Ok(Self {
            service_type: ServiceType::new(octets("service_type", &config.service_type)?),
            source,
            alphabet: config.default_alphabet,
            mark: config.parts,
            send_expiry: config.send_expiry,
        })
    }

    /// Cuts and encodes a content.
    pub(super) fn parts(&self, content: &Content) -> Result<Parts, Unwritable> {
        let (coding, texts) = match sms::split(&content.body) {
            (Encoding::Gsm7, texts) => match self.alphabet {
                DefaultAlphabet::Gsm7 => (Coding::Gsm7, texts),
                DefaultAlphabet::Gsm7Packed => (Coding::Gsm7Packed, texts),
                DefaultAlphabet::Latin1 if is_latin1(&content.body) => (Coding::Latin1, texts),
                // What such a carrier calls its default lacks the Greek capitals and the euro sign.
                DefaultAlphabet::Latin1 => (Coding::Ucs2, sms::split_ucs2(&content.body)),
            },
            (Encoding::Ucs2, texts) => (Coding::Ucs2, texts),
        };
        match texts.len() {
            0 => return Err(Unwritable::Text("empty text")),
            1..=255 => {}
            _ => return Err(Unwritable::Text("text of more than 255 parts")),
        }
        let header_octets = if texts.len() > 1 && self.mark == PartMark::Udh { 6 } else { 0 };
        let texts = texts.into_iter().map(|text| coding.encode(text, header_octets)).collect();
        Ok(Parts { data_coding: if coding == Coding::Ucs2 { 8 } else { 0 }, texts })
    }

    pub(super) fn message(&self, outgoing: &Outgoing, parts: Arc<Parts>, reference: u8) -> Result<Message, Unwritable> {
        let Address::Phone(phone) = &outgoing.to else { return Err(Unwritable::NotAPhone) };
        let digits = phone.expose().trim_start_matches('+');
        let to = octets("to", digits).map_err(|_| Unwritable::NotAPhone)?;
        let expiry = if self.send_expiry { expiry(outgoing) } else { EmptyOrFullCOctetString::empty() };
        let from = outgoing.from.as_deref().map(Source::of).transpose().map_err(|_| Unwritable::NotAPhone)?;
        Ok(Message { to, from, parts, reference, urgent: outgoing.urgent, expiry })
    }

    /// The packet of one part, counted from 0.
    pub(super) fn submit(&self, message: &Message, part: usize) -> SubmitSm {
        let text = message.parts.texts.get(part).map_or(&[][..], Vec::as_slice);
        let several = message.parts.count() > 1;
        let in_header = several && self.mark == PartMark::Udh;
        let (parts, number) = (count(message.parts.count()), count(part + 1));
        let short_message = if in_header {
            [&write_header(message.reference, parts, number)[..], text].concat()
        } else {
            text.to_vec()
        };
        let source = message.from.as_ref().unwrap_or(&self.source);
        let submit = SubmitSm::builder()
            .service_type(self.service_type.clone())
            .source_addr_ton(source.ton)
            .source_addr_npi(source.npi)
            .source_addr(source.address.clone())
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(message.to.clone())
            // Not `EsmClass::default()`: the codec's default announces a delivery acknowledgement (0x08).
            .esm_class(EsmClass::from(if in_header { 0x40 } else { 0 }))
            .priority_flag(PriorityFlag::new(if message.urgent { 3 } else { 0 }))
            .validity_period(message.expiry.clone())
            .registered_delivery(RegisteredDelivery::new(
                MCDeliveryReceipt::McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure,
                SmeOriginatedAcknowledgement::NoReceiptSmeAcknowledgementRequested,
                IntermediateNotification::NoIntermediaryNotificationRequested,
                0,
            ))
            .data_coding(DataCoding::from(message.parts.data_coding))
            .short_message(OctetString::from_vec(short_message).unwrap_or_default());
        if several && self.mark == PartMark::Sar {
            submit
                .push_tlv(Tlv::SarMsgRefNum(u16::from(message.reference)))
                .push_tlv(Tlv::SarTotalSegments(parts))
                .push_tlv(Tlv::SarSegmentSeqnum(number))
                .build()
        } else {
            submit.build()
        }
    }
}

/// Parts are at most 255 where they are made.
fn count(parts: usize) -> u8 {
    u8::try_from(parts).unwrap_or(u8::MAX)
}

fn is_latin1(text: &str) -> bool {
    text.chars().all(|c| u32::from(c) < 0x100)
}

/// The end of its usefulness as the standard writes it, absolute and in UTC: `YYMMDDhhmmss000+`.
fn expiry(outgoing: &Outgoing) -> EmptyOrFullCOctetString<17> {
    let at = outgoing.expires_at.to_zoned(TimeZone::UTC);
    let text = at.strftime("%y%m%d%H%M%S000+").to_string();
    EmptyOrFullCOctetString::from_vec([text.as_bytes(), b"\0"].concat()).unwrap_or_default()
}

/// Type of number and numbering plan of a source, from its shape.
fn shape(source: &str) -> (u8, u8) {
    if source.starts_with('+') {
        (1, 1)
    } else if !source.bytes().all(|b| b.is_ascii_digit()) {
        (5, 0)
    } else if source.len() <= 8 {
        (3, 0)
    } else {
        (0, 1)
    }
}

pub(super) fn octets<const MIN: usize, const MAX: usize>(
    name: &str,
    text: &str,
) -> Result<COctetString<MIN, MAX>, String> {
    COctetString::from_vec([text.as_bytes(), b"\0"].concat())
        .map_err(|_| format!("{name} does not fit into SMPP's field"))
}
