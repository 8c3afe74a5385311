use proptest::prelude::*;

use super::*;

fn of_text(text: &str) -> Option<Receipt> {
    Receipt::read(ReceiptText { text, ..ReceiptText::default() })
}

/// The texts that carriers send: the standard's own, missing fields, other orders, other cases.
#[test]
fn receipts_as_carriers_write_them() {
    let undelivered = ReceiptStatus::Undelivered;
    let cases = [
        (
            "id:IIIIIIIIII sub:001 dlvrd:001 submit date:2611211200 done date:2611211201 stat:DELIVRD err:000 text:Hello id:9",
            "IIIIIIIIII",
            ReceiptStatus::Delivered,
        ),
        ("id:0a1b stat:UNDELIV err:001 text:", "0a1b", undelivered(FailReason::BadNumber)),
        (
            "id:7 sub:001 dlvrd:000 submit date:26 done date:26 stat:UNDELIV err:011 Text:",
            "7",
            undelivered(FailReason::BadNumber),
        ),
        ("id:7 stat:UNDELIV err:027", "7", undelivered(FailReason::Unreachable)),
        ("id:7 stat:UNDELIV err:032", "7", undelivered(FailReason::MailboxFull)),
        ("id:7 stat:UNDELIV err:8f3", "7", undelivered(FailReason::Unspecified)),
        ("id:7 stat:UNDELIV", "7", undelivered(FailReason::Unspecified)),
        ("id:7 stat:EXPIRED err:027", "7", undelivered(FailReason::ExpiredAtCarrier)),
        ("id:7 stat:REJECTD err:000", "7", undelivered(FailReason::Refused)),
        ("id:7 stat:DELETED", "7", undelivered(FailReason::Unspecified)),
        ("id:7 stat:ENROUTE err:000", "7", ReceiptStatus::Buffered),
        ("id:7 stat:ACCEPTD", "7", ReceiptStatus::Buffered),
        ("id:7 stat:UNKNOWN", "7", ReceiptStatus::Buffered),
        ("ID:7 STAT:delivered ERR:0", "7", ReceiptStatus::Delivered),
        ("stat:DELIVRD id:3f-a_9 err:000", "3f-a_9", ReceiptStatus::Delivered),
    ];
    for (text, id, status) in cases {
        let read = of_text(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((read.id.as_str(), read.status), (id, status), "{text}");
    }
}

#[test]
fn what_names_no_message_or_no_state_is_no_receipt() {
    for text in [
        "",
        "id: stat:DELIVRD",
        "stat:DELIVRD",
        "id:7",
        "id:7 stat:",
        "id:7 stat:PERHAPS",
        "text:id:7 stat:DELIVRD",
        "Do you have my id: 7?",
    ] {
        assert_eq!(of_text(text), None, "{text}");
    }
}

#[test]
fn typed_fields_win_over_the_text() {
    let heard = ReceiptText {
        text: "id:7 stat:DELIVRD err:000",
        receipted_message_id: Some("8"),
        message_state: Some(5),
        network_error: Some((3, 6)),
    };
    let read = Receipt::read(heard).unwrap();
    assert_eq!((read.id.as_str(), read.status), ("8", ReceiptStatus::Undelivered(FailReason::Unreachable)));
    let other_network = Receipt::read(ReceiptText { network_error: Some((1, 6)), ..heard }).unwrap();
    assert_eq!(other_network.status, ReceiptStatus::Undelivered(FailReason::Unspecified));
    let without_text = Receipt::read(ReceiptText { text: "", ..heard }).unwrap();
    assert_eq!(without_text.id, "8");
}

/// Ids as four kinds of carriers write them, in the answer and in the receipt.
#[test]
fn both_sides_come_to_one_reference() {
    let cases = [
        (ReceiptIds::AsSent, "3b9aca00", "3b9aca00"),
        (ReceiptIds::DecimalOfHex, "3b9aca00", "1000000000"),
        (ReceiptIds::DecimalOfHex, "3B9ACA00", "01000000000"),
        (ReceiptIds::HexOfDecimal, "1000000000", "3B9ACA00"),
        (ReceiptIds::ZeroPadded, "1000000000", "0000001000000000"),
        (ReceiptIds::ZeroPadded, "0A1", "a1"),
        (ReceiptIds::DecimalOfHex, "msg-1", "msg-1"),
    ];
    for (ids, answer, receipt) in cases {
        assert_eq!(ids.of_answer(answer), ids.of_receipt(receipt), "{ids:?} {answer} {receipt}");
    }
    assert_ne!(ReceiptIds::AsSent.of_answer("0a"), ReceiptIds::AsSent.of_receipt("a"));
}

/// No family's text is kept twice.
#[test]
fn the_quoted_message_is_not_kept() {
    assert_eq!(raw("id:7 stat:DELIVRD err:000 text:Sarah is ill"), "id:7 stat:DELIVRD err:000");
    assert_eq!(raw("id:7 Text:Sarah"), "id:7");
}

proptest! {
    #[test]
    fn reading_anything_at_all_is_harmless(text in "\\PC{0,120}", state in any::<Option<u8>>()) {
        let heard = ReceiptText { text: &text, message_state: state, ..ReceiptText::default() };
        if let Some(read) = Receipt::read(heard) {
            prop_assert!(!read.id.is_empty());
        }
        prop_assert!(raw(&text).chars().count() <= 200);
    }

    #[test]
    fn numbers_meet_whatever_the_radix(number in any::<u64>()) {
        let (hex, dec) = (format!("{number:x}"), number.to_string());
        prop_assert_eq!(ReceiptIds::DecimalOfHex.of_answer(&hex), ReceiptIds::DecimalOfHex.of_receipt(&dec));
        prop_assert_eq!(ReceiptIds::HexOfDecimal.of_answer(&dec), ReceiptIds::HexOfDecimal.of_receipt(&hex));
        let padded = format!("{number:020}");
        prop_assert_eq!(ReceiptIds::ZeroPadded.of_answer(&dec), ReceiptIds::ZeroPadded.of_receipt(&padded));
    }
}
