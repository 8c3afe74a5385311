//! The body of `deliver_sm` and `data_sm`, read leniently: carriers leave out terminators and exceed lengths, and what
//! they say must not be lost for it.
//!
//! Source: SMPP 3.4, 4.6.1 and 4.7.1; the TLVs of 5.3.2.

use super::incoming::PartOf;

/// What a carrier delivers: a receipt or a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered<'a> {
    pub source_ton: u8,
    pub source: &'a [u8],
    pub destination_ton: u8,
    pub destination: &'a [u8],
    pub esm_class: u8,
    pub data_coding: u8,
    /// `short_message`, or the TLV `message_payload` where there is one. A header still stands before it.
    pub text: &'a [u8],
    pub receipted_message_id: Option<&'a [u8]>,
    pub message_state: Option<u8>,
    pub network_error: Option<(u8, u16)>,
    /// The part, where the carrier says it by TLV.
    pub sar: Option<PartOf>,
}

impl<'a> Delivered<'a> {
    /// Reads the body of a `deliver_sm`; `None` if a mandatory field is cut off.
    pub fn of_deliver_sm(body: &'a [u8]) -> Option<Self> {
        let mut read = Reader(body);
        let mut it = Self::addresses(&mut read)?;
        it.esm_class = read.octet()?;
        read.skip(2)?; // protocol_id, priority_flag
        read.text()?; // schedule_delivery_time
        read.text()?; // validity_period
        read.skip(2)?; // registered_delivery, replace_if_present_flag
        it.data_coding = read.octet()?;
        read.skip(1)?; // sm_default_msg_id
        let length = read.octet()?;
        it.text = read.take(usize::from(length))?;
        it.options(read);
        Some(it)
    }

    /// Reads the body of a `data_sm`; `None` if a mandatory field is cut off.
    pub fn of_data_sm(body: &'a [u8]) -> Option<Self> {
        let mut read = Reader(body);
        let mut it = Self::addresses(&mut read)?;
        it.esm_class = read.octet()?;
        read.skip(1)?; // registered_delivery
        it.data_coding = read.octet()?;
        it.options(read);
        Some(it)
    }

    /// The carrier says that this is its word on a message of ours: by `esm_class`, or because it names the message.
    pub const fn is_receipt(&self) -> bool {
        self.esm_class & 0x24 != 0 || self.receipted_message_id.is_some()
    }

    /// A user data header stands before the text.
    pub const fn has_header(&self) -> bool {
        self.esm_class & 0x40 != 0
    }

    fn addresses(read: &mut Reader<'a>) -> Option<Self> {
        read.text()?; // service_type
        let source_ton = read.octet()?;
        read.skip(1)?;
        let source = read.text()?;
        let destination_ton = read.octet()?;
        read.skip(1)?;
        let destination = read.text()?;
        Some(Self { source_ton, source, destination_ton, destination, ..Self::default() })
    }

    fn options(&mut self, mut read: Reader<'a>) {
        let (mut reference, mut parts, mut part) = (None, None, None);
        while let Some((tag, value)) = read.option() {
            match (tag, value) {
                (0x001E, id) => self.receipted_message_id = Some(id.split(|octet| *octet == 0).next().unwrap_or(id)),
                (0x0427, [state]) => self.message_state = Some(*state),
                (0x0423, [kind, high, low]) => self.network_error = Some((*kind, u16::from_be_bytes([*high, *low]))),
                (0x0424, payload) => self.text = payload,
                (0x020C, [high, low]) => reference = Some(u16::from_be_bytes([*high, *low])),
                (0x020E, [total]) => parts = Some(*total),
                (0x020F, [number]) => part = Some(*number),
                _ => {}
            }
        }
        if let (Some(reference), Some(parts), Some(part)) = (reference, parts, part) {
            self.sar = PartOf::new(reference, parts, part);
        }
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    fn octet(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Up to the zero octet, which is read too.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|octet| *octet == 0)?;
        let text = self.take(end)?;
        self.skip(1)?;
        Some(text)
    }

    fn option(&mut self) -> Option<(u16, &'a [u8])> {
        let [tag_high, tag_low, high, low] = *self.take(4)?.first_chunk::<4>()?;
        let value = self.take(usize::from(u16::from_be_bytes([high, low])))?;
        Some((u16::from_be_bytes([tag_high, tag_low]), value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(text: &[u8], options: &[u8]) -> Vec<u8> {
        let mut body = b"\0\x01\x0115125550143\0\x03\x0068453\0\x04\0\0\0\0\0\0\x08\0".to_vec();
        body.push(u8::try_from(text.len()).unwrap());
        body.extend_from_slice(text);
        body.extend_from_slice(options);
        body
    }

    #[test]
    fn a_receipt_with_typed_fields() {
        // The id without its terminator, as some carriers send it; then message_state, network_error_code, one unknown.
        let options = b"\x00\x1e\x00\x03abc\x04\x27\x00\x01\x02\x04\x23\x00\x03\x03\x00\x1b\x14\x00\x00\x01x";
        let body = body(b"hi", options);
        let read = Delivered::of_deliver_sm(&body).unwrap();
        assert_eq!((read.source_ton, read.source), (1, &b"15125550143"[..]));
        assert_eq!((read.destination_ton, read.destination), (3, &b"68453"[..]));
        assert_eq!((read.esm_class, read.data_coding, read.text), (4, 8, &b"hi"[..]));
        assert_eq!(read.receipted_message_id, Some(&b"abc"[..]));
        assert_eq!((read.message_state, read.network_error), (Some(2), Some((3, 27))));
        assert!(read.is_receipt() && !read.has_header());
    }

    #[test]
    fn payload_and_sar_come_by_option() {
        let options = b"\x02\x0c\x00\x02\x01\x02\x02\x0e\x00\x01\x02\x02\x0f\x00\x01\x01\x04\x24\x00\x04long";
        let body = body(b"", options);
        let read = Delivered::of_deliver_sm(&body).unwrap();
        assert_eq!((read.text, read.sar), (&b"long"[..], PartOf::new(0x0102, 2, 1)));
    }

    #[test]
    fn data_sm_has_no_short_message() {
        let read = Delivered::of_data_sm(b"\0\x01\x01155\0\x01\x01684\0\x00\x00\x08\x04\x24\x00\x02\x00S").unwrap();
        assert_eq!((read.source, read.data_coding, read.text), (&b"155"[..], 8, &b"\x00S"[..]));
    }

    #[test]
    fn a_body_cut_off_anywhere_in_its_fields_is_not_read() {
        let whole = body(b"hello", b"");
        for end in 0..whole.len() {
            assert_eq!(Delivered::of_deliver_sm(&whole[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn anything_at_all_is_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let read = Delivered::of_deliver_sm(&octets);
            prop_assert!(read.is_none_or(|it| it.text.len() <= octets.len()));
            let read = Delivered::of_data_sm(&octets);
            prop_assert!(read.is_none_or(|it| it.text.len() <= octets.len()));
        }
    }
}
