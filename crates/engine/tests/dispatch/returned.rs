//! Mail that comes back: a hard bounce ends the address, a complaint ends General and Surveys, the rest ends nothing
//! (LAW-43).

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::{DeliveryState, FailReason};
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_engine::returned::{BounceDoor, Learnt, receive, takes};
use schoolbell_formats::mail::Verp;
use schoolbell_gateways::Outgoing;
use schoolbell_store::testing::on_both;
use schoolbell_store::{StoreError, read};

use crate::bench::Bench;
use crate::carrier::Carrier;

fn verp() -> Verp {
    Verp::new(b"a secret of the tests", "b@bounce.example.org").unwrap()
}

fn doors() -> [BounceDoor; 1] {
    [BounceDoor { gateway: "carrier".to_owned(), verp: verp(), domain: "school.example.org".to_owned() }]
}

/// As the SMTP gateway does it: the Message-ID is the reference.
#[expect(clippy::unnecessary_wraps, reason = "it stands where an answer may be missing")]
fn by_message_id(outgoing: &Outgoing) -> Option<AttemptOutcome> {
    Some(AttemptOutcome::Accepted { references: vec![format!("{}@school.example.org", outgoing.delivery)] })
}

/// A delivery report (RFC 3464) that brings back the header of our mail.
fn report(delivery: DeliveryId, recipient: &str, status: &str, words: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example.org\r\nTo: b@bounce.example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"x\"\r\n\r\n--x\r\n\
         Content-Type: text/plain\r\n\r\nIt did not arrive.\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\n\
         Status: {status}\r\nDiagnostic-Code: smtp; {words}\r\n\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <{delivery}@school.example.org>\r\nSubject: Lunch\r\n\r\n--x--\r\n"
    )
}

fn complaint(sender: &str) -> String {
    format!(
        "From: feedback@provider.example.org\r\nTo: b@bounce.example.org\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"x\"\r\n\r\n--x\r\n\
         Content-Type: text/plain\r\n\r\nSomebody complained.\r\n\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: abuse\r\nUser-Agent: Provider/1\r\nVersion: 1\r\nOriginal-Mail-From: <{sender}>\r\n\r\n--x--\r\n"
    )
}

async fn word(bench: &Bench, address: &str) -> Option<Suppression> {
    let address = Address::from_stored(address).unwrap();
    let mut reads = bench.db.read().await.unwrap();
    read::suppressions::lookup(&mut reads, &address, Channel::Email).await.unwrap().map(|word| word.kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_43_only_a_hard_bounce_ends_an_address_and_a_complaint_ends_less() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Email, 6, |_| {}).await;
        let started = bench.start(Carrier::new(Channel::Email, by_message_id));
        bench.run_until_idle().await;
        let mail = |n: usize| format!("family{n}@example.org");
        let to = |n: usize| vec![verp().sender(rows[n].id)];
        let comes = async |to: Vec<String>, letter: &str| {
            receive(&bench.engine, &doors(), &to, letter.as_bytes()).await.unwrap()
        };

        let hard = report(rows[0].id, &mail(0), "5.1.1", "550 5.1.1 no such user");
        assert_eq!(comes(to(0), &hard).await, Learnt::Dead);
        assert_eq!(comes(to(0), &hard).await, Learnt::Nothing, "the same mail again");
        assert_eq!(word(&bench, &mail(0)).await, Some(Suppression::Dead));
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Undelivered(FailReason::BadMailbox));

        let full = report(rows[1].id, &mail(1), "5.2.2", "552 5.2.2 mailbox full");
        assert_eq!(comes(to(1), &full).await, Learnt::NotDelivered);
        assert_eq!(word(&bench, &mail(1)).await, None);
        assert_eq!(bench.state(rows[1].id).await, DeliveryState::Undelivered(FailReason::MailboxFull));

        let away = "From: Ana <family2@example.org>\r\nAuto-Submitted: auto-replied\r\nSubject: away\r\n\r\nI am away, user unknown.\r\n";
        assert_eq!(comes(to(2), away).await, Learnt::Nothing);
        assert_eq!(word(&bench, &mail(2)).await, None);

        let angry = complaint(&verp().sender(rows[3].id));
        assert_eq!(comes(vec!["b@bounce.example.org".to_owned()], &angry).await, Learnt::Complained);
        assert_eq!(word(&bench, &mail(3)).await, Some(Suppression::Complaint));

        // Without our envelope sender the report must name both the mail and the address that it went to.
        let named = report(rows[4].id, &mail(4), "5.1.1", "550 5.1.1 no such user");
        assert_eq!(comes(Vec::new(), &named).await, Learnt::Dead);
        let forged = report(rows[5].id, &mail(1), "5.1.1", "550 5.1.1 no such user");
        assert_eq!(comes(Vec::new(), &forged).await, Learnt::Nothing);
        let forged = report(DeliveryId::from_raw(1), &mail(5), "5.1.1", "550 5.1.1 no such user");
        assert_eq!(comes(vec!["b+XXXX.YYYY@bounce.example.org".to_owned()], &forged).await, Learnt::Nothing);
        assert_eq!(word(&bench, &mail(5)).await, None);
        assert_eq!(word(&bench, &mail(1)).await, None);
        started.end().await;
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[test]
fn only_mail_for_the_bounce_address_is_taken() {
    let sender = verp().sender(DeliveryId::from_raw(7));
    assert!(
        takes(&doors(), &sender) && takes(&doors(), &sender.to_lowercase()) && takes(&doors(), "B@bounce.example.org")
    );
    for other in ["", "a@bounce.example.org", "b@example.org", "b+0.0@bounce.example.org", "office@school.example.org"]
    {
        assert!(!takes(&doors(), other), "{other}");
    }
}
