//! What becomes of a delivery in the drill, read off its address. Pure: the same address always has the same fate.
//!
//! The last two digits decide for phones, how the local part begins for e-mail; `docs/src/carriers/drill.md` has the
//! whole plan. Times are those of life; the drill's speed divides them.

use std::time::Duration;

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;

use crate::voice::Party;

/// What the carrier says at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Accepted,
    Refused(FailReason, &'static str),
    /// The wire breaks before the answer.
    Broken(&'static str),
}

/// What follows an accepted delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Receipt(ReceiptStatus, &'static str),
    /// A call that is over: who was there, which keys, and what it came to.
    Call {
        status: ReceiptStatus,
        party: Party,
        keys: &'static str,
        said: &'static str,
    },
    /// A text that the family sends back.
    Text(&'static str),
    /// One with a picture.
    Picture(&'static str),
}

/// The whole fate: the answer after a while, then what follows, each so long after the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub after: Duration,
    pub answer: Answer,
    pub later: Vec<(Duration, Word)>,
    /// How long the line stays taken after the answer: the length of the call. Nothing for texts and mail.
    pub line_held: Duration,
}

impl Fate {
    fn accepted(after_ms: u64, later: Vec<(u64, Word)>) -> Self {
        let later = later.into_iter().map(|(ms, word)| (Duration::from_millis(ms), word)).collect();
        Self { after: Duration::from_millis(after_ms), answer: Answer::Accepted, later, line_held: Duration::ZERO }
    }

    fn ended(after_ms: u64, answer: Answer) -> Self {
        Self { after: Duration::from_millis(after_ms), answer, later: Vec::new(), line_held: Duration::ZERO }
    }

    fn refused(after_ms: u64, reason: FailReason, code: &'static str) -> Self {
        Self::ended(after_ms, Answer::Refused(reason, code))
    }
}

/// The fate of the `attempt`-th try (from 1) to bring `body` to `address` over `channel`.
pub fn fate(channel: Channel, address: &str, body: &str, attempt: u32) -> Fate {
    match channel {
        Channel::Voice => call(last_two(address), spread(address)),
        Channel::Sms => text(last_two(address), spread(address), body),
        Channel::Email => mail(address, attempt),
        Channel::Push => app(address),
    }
}

/// The last two digits as a number; 0 where there are none.
fn last_two(address: &str) -> u64 {
    let digits: Vec<u64> = address.chars().filter_map(|c| c.to_digit(10)).map(u64::from).collect();
    digits.iter().rev().take(2).rev().fold(0, |number, digit| number * 10 + digit)
}

/// Per mille between addresses, so that not all phones ring equally long: FNV-1a, 0 to 999.
fn spread(address: &str) -> u64 {
    address
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        % 1000
}

/// A call: rings, then is answered and listened to, or is not.
fn call(digits: u64, spread: u64) -> Fate {
    let ring = 2_000 + 6 * spread;
    let talk = |ring_ms: u64, talk_ms: u64, word: Word| {
        let mut fate = Fate::accepted(ring_ms, vec![(talk_ms, word)]);
        fate.line_held = Duration::from_millis(talk_ms);
        fate
    };
    let person = |keys, said| Word::Call { status: ReceiptStatus::Delivered, party: Party::Person, keys, said };
    match digits {
        0..=54 => talk(ring, 12_000 + 8 * spread, person("", "a person heard it all")),
        55..=66 => talk(ring, 26_000 + spread, person("1", "a person pressed a key")),
        67..=71 => talk(ring, 15_000 + spread, person("4", "a person pressed a key")),
        72 | 73 => talk(ring, 40_000 + spread, person("11", "a person pressed a key")),
        74 => talk(ring, 7_000 + spread, person("9", "a person pressed a key")),
        75..=84 => talk(
            20_000,
            18_000 + 6 * spread,
            Word::Call { status: ReceiptStatus::Delivered, party: Party::Machine, keys: "", said: "left on a machine" },
        ),
        85..=89 => Fate::refused(30_000, FailReason::NoAnswer, "487 no answer"),
        90..=93 => Fate::refused(700, FailReason::Busy, "486 busy here"),
        94 | 95 => Fate::refused(ring, FailReason::Declined, "603 decline"),
        96 => Fate::refused(300, FailReason::BadNumber, "404 not found"),
        97 => Fate::refused(500, FailReason::Congestion, "503 service unavailable"),
        98 => {
            let status = ReceiptStatus::Undelivered(FailReason::Declined);
            let said = "a person hung up early";
            talk(ring, 1_000, Word::Call { status, party: Party::Person, keys: "", said })
        }
        _ => Fate::refused(4_000, FailReason::BadNumber, "404 after an announcement"),
    }
}

/// A text: taken or refused at once, its receipt within seconds, and sometimes an answer.
fn text(digits: u64, spread: u64, body: &str) -> Fate {
    let taken = 20 + spread / 10;
    let heard = 800 + 3 * spread;
    let receipt = |status, words| (heard, Word::Receipt(status, words));
    let arrived = receipt(ReceiptStatus::Delivered, "DELIVRD");
    let lost = |reason, words| receipt(ReceiptStatus::Undelivered(reason), words);
    let reply = (heard + 3_000 + 9 * spread, ());
    let answers = |words| Fate::accepted(taken, vec![arrived, (reply.0, Word::Text(words))]);
    let invites = body.to_ascii_lowercase().contains("yes");
    // What a teacher asks in a thread.
    let asks = body.contains('?');
    match digits {
        0..=29 if invites => answers("YES"),
        30..=34 if invites => answers("Y"),
        35..=37 if invites => answers("yes!"),
        38 if invites => answers(" Yes please "),
        39 if invites => answers("no"),
        40 => answers("HELP"),
        41 if asks => answers("Yes, I can log on now. Thank you!"),
        42 if asks => answers("Sí, gracias. ¿A qué hora?"),
        43 if asks => Fate::accepted(taken, vec![arrived, (reply.0, Word::Picture("Here is the form."))]),
        90..=92 => Fate::accepted(taken, vec![lost(FailReason::Unreachable, "UNDELIV")]),
        93 | 94 => {
            let expired = Word::Receipt(ReceiptStatus::Undelivered(FailReason::ExpiredAtCarrier), "EXPIRED");
            Fate::accepted(taken, vec![(10 * heard, expired)])
        }
        95 => Fate::accepted(taken, vec![lost(FailReason::Refused, "REJECTD")]),
        96 => Fate::refused(taken, FailReason::BadNumber, "ESME_RINVDSTADR"),
        97 => Fate::accepted(taken, Vec::new()),
        98 => answers("STOP"),
        99 => Fate::accepted(taken, vec![arrived, (heard + 500, arrived.1)]),
        _ => Fate::accepted(taken, vec![arrived]),
    }
}

/// A mail: what the relay answers. An accepted one stays accepted until a bounce says otherwise.
fn mail(address: &str, attempt: u32) -> Fate {
    let taken = 50 + spread(address) / 4;
    let starts = |word: &str| address.starts_with(word);
    if starts("nobody") {
        Fate::refused(taken, FailReason::BadMailbox, "550 5.1.1 no such mailbox")
    } else if starts("full") {
        Fate::refused(taken, FailReason::MailboxFull, "452 4.2.2 mailbox full")
    } else if starts("defer") {
        Fate::refused(taken, FailReason::Deferred, "451 4.3.0 try again later")
    } else if starts("grey") && attempt <= 1 {
        Fate::refused(taken, FailReason::Deferred, "450 4.7.1 greylisted")
    } else if starts("slow") {
        Fate::accepted(3_000, Vec::new())
    } else if starts("spam") {
        Fate::refused(taken, FailReason::ContentRefused, "554 5.7.1 message refused")
    } else if starts("drop") {
        Fate::ended(taken, Answer::Broken("connection closed in the data"))
    } else if starts("late") {
        let bounce = Word::Receipt(ReceiptStatus::Undelivered(FailReason::BadMailbox), "5.1.1 bounced later");
        Fate::accepted(taken, vec![(20_000, bounce)])
    } else {
        Fate::accepted(taken, Vec::new())
    }
}

/// The app: most phones show it within seconds, one in ten is switched off.
fn app(address: &str) -> Fate {
    let spread = spread(address);
    let taken = 40 + spread / 10;
    if address.starts_with("nobody") {
        Fate::refused(taken, FailReason::AppGone, "410 gone")
    } else if spread < 100 {
        Fate::accepted(taken, Vec::new())
    } else {
        Fate::accepted(taken, vec![(500 + 2 * spread, Word::Receipt(ReceiptStatus::Delivered, "shown"))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "Reply YES for texts from Lincoln Elementary.";

    fn replies(fate: &Fate) -> Vec<&'static str> {
        fate.later
            .iter()
            .filter_map(|(_, word)| match word {
                Word::Text(text) | Word::Picture(text) => Some(*text),
                Word::Receipt(..) | Word::Call { .. } => None,
            })
            .collect()
    }

    fn receipts(fate: &Fate) -> Vec<&'static str> {
        fate.later
            .iter()
            .filter_map(|(_, word)| match word {
                Word::Receipt(_, raw) | Word::Call { said: raw, .. } => Some(*raw),
                Word::Text(_) | Word::Picture(_) => None,
            })
            .collect()
    }

    #[test]
    fn texts_follow_the_number_plan() {
        let cases: &[(&str, &str, &[&str], &[&str])] = &[
            ("00", INVITE, &["DELIVRD"], &["YES"]),
            ("29", INVITE, &["DELIVRD"], &["YES"]),
            ("30", INVITE, &["DELIVRD"], &["Y"]),
            ("37", INVITE, &["DELIVRD"], &["yes!"]),
            ("38", INVITE, &["DELIVRD"], &[" Yes please "]),
            ("39", INVITE, &["DELIVRD"], &["no"]),
            ("00", "School is closed.", &["DELIVRD"], &[]),
            ("40", "School is closed.", &["DELIVRD"], &["HELP"]),
            ("41", INVITE, &["DELIVRD"], &[]),
            ("41", "Are you able to log on?", &["DELIVRD"], &["Yes, I can log on now. Thank you!"]),
            ("43", "Can you send the form?", &["DELIVRD"], &["Here is the form."]),
            ("91", INVITE, &["UNDELIV"], &[]),
            ("94", INVITE, &["EXPIRED"], &[]),
            ("95", INVITE, &["REJECTD"], &[]),
            ("97", INVITE, &[], &[]),
            ("98", "School is closed.", &["DELIVRD"], &["STOP"]),
            ("99", INVITE, &["DELIVRD", "DELIVRD"], &[]),
        ];
        for (digits, body, raw, texts) in cases {
            let fate = fate(Channel::Sms, &format!("+151255501{digits}"), body, 1);
            assert_eq!(fate.answer, Answer::Accepted, "{digits}");
            assert_eq!((receipts(&fate), replies(&fate)), (raw.to_vec(), texts.to_vec()), "{digits}");
        }
        let refused = fate(Channel::Sms, "+15125550196", INVITE, 1);
        assert_eq!(refused.answer, Answer::Refused(FailReason::BadNumber, "ESME_RINVDSTADR"));
    }

    #[test]
    fn calls_follow_the_number_plan() {
        let reason = |digits: &str| match fate(Channel::Voice, &format!("+151255501{digits}"), "", 1).answer {
            Answer::Accepted => None,
            Answer::Refused(reason, _) => Some(reason),
            Answer::Broken(_) => Some(FailReason::ConnectionLost),
        };
        for answered in ["00", "54", "55", "66", "71", "74", "84", "98"] {
            assert_eq!(reason(answered), None, "{answered}");
        }
        assert_eq!(reason("85"), Some(FailReason::NoAnswer));
        assert_eq!(reason("90"), Some(FailReason::Busy));
        assert_eq!(reason("93"), Some(FailReason::Busy));
        assert_eq!(reason("94"), Some(FailReason::Declined));
        assert_eq!(reason("96"), Some(FailReason::BadNumber));
        assert_eq!(reason("97"), Some(FailReason::Congestion));
        assert_eq!(reason("99"), Some(FailReason::BadNumber));
    }

    #[test]
    fn the_app_shows_most_messages_soon_and_is_gone_from_the_devices_of_nobody() {
        let of = |address: &str| fate(Channel::Push, address, "", 1);
        let shown = (0..100).filter(|n| receipts(&of(&format!("family{n}@example.org"))) == ["shown"]).count();
        assert!((75..100).contains(&shown), "{shown}");
        assert!(matches!(of("nobody@example.org").answer, Answer::Refused(FailReason::AppGone, _)));
    }

    #[test]
    fn mail_follows_the_local_part_and_grey_is_taken_at_the_second_try() {
        let answer = |address: &str, attempt| fate(Channel::Email, address, "", attempt).answer;
        assert_eq!(answer("ana@example.org", 1), Answer::Accepted);
        assert!(matches!(answer("nobody.7@example.org", 1), Answer::Refused(FailReason::BadMailbox, _)));
        assert!(matches!(answer("full@example.org", 3), Answer::Refused(FailReason::MailboxFull, _)));
        assert!(matches!(answer("grey@example.org", 1), Answer::Refused(FailReason::Deferred, _)));
        assert_eq!(answer("grey@example.org", 2), Answer::Accepted);
        assert!(matches!(answer("drop@example.org", 1), Answer::Broken(_)));
        assert_eq!(fate(Channel::Email, "slow@example.org", "", 1).after, Duration::from_secs(3));
    }
}
