//! Keys 2 and 3, and who a call says it is from, in a town of telephones.

use std::time::Duration;

use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_gateways::sip::{SipConfig, Transfer};

use super::town::{Home, Person, Refer, Town};
use super::trunk::{NUMBER, Said, Trunk, config, correlation, place, speech};

const OFFICE: &str = "+15125550100";

/// A short hello, then whatever is given.
fn hello(then: &[i16]) -> Vec<i16> {
    let mut says = vec![0; 4_000];
    says.extend(speech(1, 9).into_iter().take(5_000));
    says.resize(8_000 * 3, 0);
    says.extend(then);
    says
}

fn said() -> Said {
    Said { message: speech(3, 1), other: speech(3, 21), office: Some(OFFICE.to_owned()) }
}

fn roomy(port: u16) -> SipConfig {
    SipConfig { lines: 8, longest_call_s: 60, ..config(port) }
}

/// How like the best part of what was heard is to a sound.
fn heard_in(sound: &[i16], heard: &[i16]) -> f64 {
    if heard.len() <= sound.len() {
        return 0.0;
    }
    let at = place(sound, heard);
    correlation(sound, &heard[at..at + sound.len()])
}

#[tokio::test]
async fn key_2_plays_the_message_in_the_other_language() {
    let town = Town::start(|_| Home::Answers(Person { keys: vec![(3_000, '2')], ..Person::saying(hello(&[])) })).await;
    let mut trunk = Trunk::playing(roomy(town.port), said());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    let record = trunk.record().await;
    assert_eq!((record.keys.as_str(), record.status), ("2", ReceiptStatus::Delivered));
    let heard = town.call_to(NUMBER).heard;
    assert!(heard_in(&said().other, &heard) > 0.99, "the message in the other language");
    assert!(heard_in(&said().message, &heard) < 0.9, "the first one was broken off");
}

/// A town in which the family presses 3 and the office answers, or does not.
async fn town_with_office(office: Home, refer: Refer) -> Town {
    let family =
        Person { keys: vec![(3_000, '3')], hangs_up: Some(16_000), refer, ..Person::saying(hello(&speech(12, 31))) };
    Town::start(move |number| if number == OFFICE { office.clone() } else { Home::Answers(family.clone()) }).await
}

#[tokio::test]
async fn key_3_connects_the_family_with_the_office_and_both_hear_each_other() {
    let town = town_with_office(Home::Answers(Person::saying(speech(12, 41))), Refer::Unknown).await;
    let mut trunk = Trunk::playing(roomy(town.port), said());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    let record = trunk.record().await;
    assert_eq!((record.keys.as_str(), record.raw.as_str()), ("3", "a person spoke with the office"));
    assert_eq!(record.status, ReceiptStatus::Delivered);
    town.quiet().await;
    let (family, office) = (town.call_to(NUMBER), town.call_to(OFFICE));
    assert!(office.ended, "the office's end is hung up with the family's");
    let theirs = &speech(12, 41)[16_000..40_000];
    assert!(heard_in(theirs, &family.heard) > 0.95, "the family hears the office: {}", heard_in(theirs, &family.heard));
    let family_says = &hello(&speech(12, 31))[8_000 * 9..8_000 * 12];
    assert!(heard_in(family_says, &office.heard) > 0.95, "and the office the family");
}

#[tokio::test]
async fn an_office_that_does_not_answer_gives_the_family_its_keys_back() {
    let busy = Home::Refuses(Duration::from_millis(300), "486 Busy Here");
    let town = town_with_office(busy, Refer::Unknown).await;
    let mut trunk = Trunk::playing(SipConfig { transfer: Transfer::Bridge, ..roomy(town.port) }, said());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    let record = trunk.record().await;
    assert_eq!((record.keys.as_str(), record.raw.as_str()), ("3", "a person pressed a key"));
    let heard = town.call_to(NUMBER).heard;
    assert!(heard_in(&speech(1, 7), &heard) > 0.99, "that nobody answers there");
}

#[tokio::test]
async fn a_carrier_that_takes_refer_connects_by_itself_and_one_that_fails_is_replaced() {
    let office = || Home::Answers(Person { hangs_up: Some(2_000), ..Person::saying(speech(3, 41)) });
    let town = town_with_office(office(), Refer::Connects).await;
    let mut trunk = Trunk::playing(roomy(town.port), said());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    assert_eq!(trunk.record().await.raw, "a person spoke with the office");
    town.quiet().await;
    let family = town.call_to(NUMBER);
    assert!(family.referred_to.contains(OFFICE) && family.ended, "{}", family.referred_to);
    assert_eq!(town.seen().len(), 1, "no second call of ours");

    let town = town_with_office(office(), Refer::Fails).await;
    let mut trunk = Trunk::playing(roomy(town.port), said());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    assert_eq!(trunk.record().await.raw, "a person spoke with the office");
    town.quiet().await;
    assert!(town.call_to(OFFICE).ended, "called by us, and it hung up");
}

#[tokio::test]
async fn key_3_is_not_said_where_nobody_connects() {
    let keys = vec![(3_000, '3')];
    let town = Town::start(move |_| Home::Answers(Person { keys: keys.clone(), ..Person::saying(hello(&[])) })).await;
    let mut trunk = Trunk::playing(SipConfig { transfer: Transfer::Off, ..roomy(town.port) }, said());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    assert_eq!(trunk.record().await.raw, "a person pressed a key");
    assert_eq!(town.seen().len(), 1);
}

#[tokio::test]
async fn each_school_shows_its_own_number_and_a_hidden_one_is_told_to_the_carrier_alone() {
    let town = Town::start(|_| Home::Refuses(Duration::ZERO, "486 Busy Here")).await;
    let mut trunk = Trunk::open(config(town.port));
    trunk.call_as(NUMBER, Some("+15125550177")).await;
    trunk.refusal().await;
    let invite = town.call_to(NUMBER).invite;
    let line = |invite: &str, start: &str| invite.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    assert!(line(&invite, "From:").contains("sip:+15125550177@"), "{invite}");
    assert!(line(&invite, "P-Asserted-Identity:").contains("sip:+15125550177@"), "{invite}");

    let town = Town::start(|_| Home::Refuses(Duration::ZERO, "486 Busy Here")).await;
    let mut trunk = Trunk::open(SipConfig { hide_caller: true, ..config(town.port) });
    trunk.call(NUMBER).await;
    trunk.refusal().await;
    let invite = town.call_to(NUMBER).invite;
    assert!(line(&invite, "From:").contains("sip:anonymous@anonymous.invalid"), "{invite}");
    assert!(line(&invite, "P-Asserted-Identity:").contains("sip:+15125550100@"), "{invite}");
    assert_eq!(line(&invite, "Privacy:"), "Privacy: id");
}
