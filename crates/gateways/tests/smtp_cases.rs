//! Mail against independent peers: Postfix's smtp-sink takes it or not, a server on aiosmtpd adds TLS and log-in, and
//! dkimpy verifies what was signed.

#[expect(clippy::panic, reason = "a missing peer ends the test with a sentence that says how to get it")]
mod support;

use std::collections::HashSet;
use std::time::Duration;

use schoolbell_domain::delivery::reason::FailReason as F;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_formats::mail::Verp;
use schoolbell_gateways::secret::Secret;
use schoolbell_gateways::smtp::{BouncesConfig, DkimConfig, SmtpConfig, SmtpGateway, Tls};
use schoolbell_gateways::{Gateway, Health};
use support::{Fixed, Peer, config, dkimpy, free_port, mail, start};

fn reason(outcome: &AttemptOutcome) -> Option<F> {
    match outcome {
        AttemptOutcome::Refused { reason, .. } => Some(*reason),
        AttemptOutcome::Accepted { .. } | AttemptOutcome::Unknown { .. } => None,
    }
}

fn is_accepted(outcome: &AttemptOutcome) -> bool {
    matches!(outcome, AttemptOutcome::Accepted { .. })
}

/// The unfolded value of a header.
fn header(mail: &str, name: &str) -> Option<String> {
    let head = mail.replace("\r\n", "\n");
    let head = head.split("\n\n").next()?.replace("\n ", " ").replace("\n\t", " ");
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

async fn check(config: SmtpConfig) -> Result<String, String> {
    SmtpGateway::new("mail", config, std::sync::Arc::new(Fixed))?.check().await
}

#[tokio::test]
async fn three_hundred_mails_arrive_once_each_over_three_connections_and_their_bounces_would_find_them() {
    let sink = Peer::sink(&[]);
    let secret = "a secret of this district";
    let bounces = BouncesConfig { address: "b@bounce.example.org".to_owned(), private_key: Secret::new(secret) };
    let mut sending = start(SmtpConfig { bounces: Some(bounces), ..sink.config() });
    let mails = (0..300).map(|number| mail(number, &format!("parent{number}@family.example.org"))).collect();
    let outcomes = sending.send(mails).await;
    assert!(outcomes.iter().all(|outcome| is_accepted(&outcome.outcome)), "{outcomes:?}");
    let ids: Vec<i64> = outcomes.iter().map(|outcome| outcome.delivery.raw()).collect();
    assert_eq!(ids, (0..300).collect::<Vec<_>>());
    let taken = sink.mails();
    assert_eq!(taken.len(), 300);
    let verp = Verp::new(secret.as_bytes(), "b@bounce.example.org").expect("a bounce address");
    let mut found = HashSet::new();
    for mail in &taken {
        let sender = header(mail, "X-Mail-Args").expect("the sink notes the envelope");
        let delivery = verp.delivery(sender.split(' ').next().unwrap()).expect("a sender of ours");
        assert_eq!(header(mail, "To"), Some(format!("parent{}@family.example.org", delivery.raw())));
        assert_eq!(header(mail, "Message-ID"), Some(format!("<{delivery}@school.example.org>")));
        assert!(found.insert(delivery), "twice: {delivery}");
    }
}

#[tokio::test]
async fn what_the_relay_refuses_becomes_the_right_reason() {
    let cases: &[(&[&str], F)] = &[
        (&["-r", "RCPT", "-b", "450 4.7.1 greylisted"], F::Deferred),
        (&["-r", "RCPT", "-b", "452 4.2.2 over quota"], F::MailboxFull),
        (&["-f", "RCPT", "-B", "550 5.1.1 no such mailbox"], F::BadMailbox),
        (&["-f", "RCPT", "-B", "550 5.1.2 no such domain"], F::BadDomain),
        (&["-f", "MAIL", "-B", "550 5.1.8 sender unknown"], F::GatewayFault),
        (&["-f", "DATA", "-B", "554 5.5.1 no"], F::GatewayFault),
        (&["-r", ".", "-b", "451 4.3.0 try later"], F::Deferred),
        (&["-f", ".", "-B", "554 5.7.1 looks like spam"], F::ContentRefused),
        (&["-Q", "RCPT"], F::GatewayAway),
        (&["-q", "MAIL"], F::ConnectionLost),
        (&["-q", "RCPT"], F::ConnectionLost),
        (&["-q", "DATA"], F::ConnectionLost),
    ];
    for (options, expected) in cases {
        let sink = Peer::sink(options);
        let outcome = start(sink.config()).send_one("ana@example.org").await;
        assert_eq!(reason(&outcome), Some(*expected), "{options:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn only_a_connection_that_breaks_after_the_last_byte_leaves_us_not_knowing() {
    let sink = Peer::sink(&["-q", "."]);
    let outcome = start(sink.config()).send_one("ana@example.org").await;
    assert!(matches!(outcome, AttemptOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_refused_mail_spoils_no_other_whether_the_relay_pipelines_or_not() {
    for options in [&["--pipelining"][..], &[]] {
        let server = Peer::server(options);
        let mut sending = start(SmtpConfig { connections: 1, ..server.config() });
        let to = ["ana", "nobody", "leo", "full", "spam", "grey", "kim", "drop", "sam"];
        let mails = to.iter().zip(1..).map(|(local, number)| mail(number, &format!("{local}@example.org"))).collect();
        let outcomes = sending.send(mails).await;
        let said: Vec<Option<F>> = outcomes.iter().map(|outcome| reason(&outcome.outcome)).collect();
        let expected =
            [None, Some(F::BadMailbox), None, Some(F::MailboxFull), Some(F::ContentRefused), Some(F::Deferred), None];
        assert_eq!(said[..7], expected, "{options:?}");
        assert!(matches!(outcomes[7].outcome, AttemptOutcome::Unknown { .. }), "{:?}", outcomes[7]);
        assert!(is_accepted(&outcomes[8].outcome), "{:?}", outcomes[8]);
        assert!(is_accepted(&sending.send_one("grey@example.org").await));
        let taken = server.mails();
        assert_eq!(taken.len(), 5);
        // The text came through byte for byte, lines with dots included.
        assert!(taken.iter().all(|mail| mail.contains("\r\n.a line with a dot\r\n.\r\nNovember")), "{}", taken[0]);
    }
}

#[tokio::test]
async fn while_the_relay_is_away_work_stays_away_and_when_it_is_back_mail_flows() {
    let port = free_port();
    let mut sending = start(config(port));
    let away = sending.running.health.wait_for(|health| matches!(health, Health::Away(_))).await.unwrap().clone();
    let expected = format!("127.0.0.1:{port} cannot be reached");
    assert!(matches!(&away, Health::Away(why) if why.starts_with(&expected) && why.contains("check host and port")));
    // What was handed over all the same comes back and may be sent again.
    let outcome = sending.send_one("ana@example.org").await;
    assert_eq!(reason(&outcome), Some(F::GatewayAway));
    let sink = Peer::sink_on(port, &[]);
    sending.until_up().await;
    assert!(is_accepted(&sending.send_one("ana@example.org").await));
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_relay_that_restarts_costs_no_mail() {
    let port = free_port();
    let sink = Peer::sink_on(port, &[]);
    let mut sending = start(config(port));
    assert!(is_accepted(&sending.send_one("ana@example.org").await));
    drop(sink);
    let sink = Peer::sink_on(port, &[]);
    sending.until_up().await;
    let outcomes = sending.send((0..20).map(|number| mail(number, "ana@example.org")).collect()).await;
    assert!(outcomes.iter().all(|outcome| is_accepted(&outcome.outcome)), "{outcomes:?}");
    assert_eq!(sink.mails().len(), 20);
}

#[tokio::test]
async fn connections_close_when_idle_or_used_up_and_open_again() {
    let server = Peer::server(&[]);
    let settings = SmtpConfig { connections: 1, messages_per_connection: 2, idle_s: 1, ..server.config() };
    let mut sending = start(settings);
    let outcomes = sending.send((1..=5).map(|number| mail(number, "ana@example.org")).collect()).await;
    assert!(outcomes.iter().all(|outcome| is_accepted(&outcome.outcome)), "{outcomes:?}");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(*sending.running.health.borrow(), Health::Up);
    assert!(is_accepted(&sending.send_one("ana@example.org").await));
    let peers: HashSet<String> = (1..=6)
        .map(|number| std::fs::read_to_string(server.dir.path().join(format!("{number}.json"))).unwrap())
        .map(|facts| facts.split("\"peer\": ").nth(1).unwrap().split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(peers.len(), 4, "2 + 2 + 1 mails, and one after the idle time");
}

#[tokio::test]
async fn a_stop_answers_everything_that_was_handed_over() {
    let server = Peer::server(&[]);
    let mut sending = start(SmtpConfig { connections: 1, data_timeout_s: 2, ..server.config() });
    sending.until_up().await;
    sending.running.work.send(mail(1, "mute@example.org")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    sending.running.work.send(mail(2, "ana@example.org")).await.unwrap();
    sending.stop.cancel();
    let mut heard = Vec::new();
    while let Some(outcome) = sending.running.outcomes.recv().await {
        heard.push(outcome);
    }
    heard.sort_by_key(|outcome| outcome.delivery);
    assert_eq!(heard.len(), 2);
    assert!(matches!(heard[0].outcome, AttemptOutcome::Unknown { .. }), "{:?}", heard[0]);
    assert_eq!(reason(&heard[1].outcome), Some(F::GatewayAway));
}

fn signed(key: &str, selector: &str) -> DkimConfig {
    DkimConfig { domain: "school.example.org".to_owned(), selector: selector.to_owned(), private_key: Secret::new(key) }
}

const RSA: &str = include_str!("keys/dkim_rsa.pem");
const ED25519: &str = include_str!("keys/dkim_ed25519.pem");

#[tokio::test]
async fn dkimpy_verifies_our_signatures_and_finds_a_tampered_mail() {
    let server = Peer::server(&[]);
    let settings = SmtpConfig {
        dkim: Some(signed(RSA, "s1")),
        second_dkim: Some(signed(ED25519, "e1")),
        reply_to: Some("office@school.example.org".to_owned()),
        feedback_id: Some("alerts:school".to_owned()),
        ..server.config()
    };
    let gateway = SmtpGateway::new("mail", settings.clone(), std::sync::Arc::new(Fixed)).unwrap();
    let records: Vec<(String, String)> =
        gateway.dns_records().into_iter().map(|record| (record.name, record.text)).collect();
    let mut plain = mail(1, "ana@example.org");
    plain.content = std::sync::Arc::new(schoolbell_gateways::Content {
        subject: "Short".to_owned(),
        body: "Only text, with spaces   and tabs\tin it. \n\n\n".to_owned(),
        html: None,
        language: "en".to_owned(),
    });
    let mut listed = mail(2, "ana@example.org");
    let url = format!("https://school.example.org/unsubscribe/{}", "0123456789abcdef".repeat(8));
    listed.unsubscribe_url = Some(url.clone());
    let mut sending = start(settings);
    sending.send(vec![plain]).await;
    sending.send(vec![listed]).await;
    let taken = server.mails();
    for mail in &taken {
        let (valid, said) = dkimpy(mail, &records);
        assert!(valid, "{said}\n{mail}");
        assert_eq!(said.lines().count(), 2, "RSA and Ed25519: {said}");
    }
    // RFC 8058: both list headers, signed, and the address whole (LAW-41).
    let (_, said) = dkimpy(&taken[1], &records);
    let headers =
        "from to subject date message-id reply-to mime-version content-type list-unsubscribe list-unsubscribe-post";
    for name in headers.split(' ') {
        assert!(said.lines().all(|line| line.split([' ', ':']).any(|word| word == name)), "{name} in {said}");
    }
    assert_eq!(header(&taken[1], "List-Unsubscribe"), Some(format!("<{url}>")));
    assert_eq!(header(&taken[1], "List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    assert_eq!(header(&taken[1], "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header(&taken[1], "Content-Language").as_deref(), Some("en"));
    assert_eq!(header(&taken[1], "Date").as_deref(), Some("Fri, 20 Nov 2026 14:15:16 +0000"));
    for (from, to) in [("is closed", "is open"), ("<https://school", "<https://evil"), ("Subject: ", "Subject: No ")] {
        let (valid, said) = dkimpy(&taken[1].replacen(from, to, 1), &records);
        assert!(!valid, "`{from}` became `{to}` unseen: {said}");
    }
}

/// A certificate for `localhost` and its authority, as files.
fn certificate(dir: &std::path::Path) -> (String, String, std::path::PathBuf) {
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).expect("no names");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let authority_certificate = authority.self_signed(&authority_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
    let write = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("a file in a temporary folder");
        path
    };
    let cert = write("cert.pem", leaf.pem());
    let key = write("key.pem", key.serialize_pem());
    let ca = write("ca.pem", authority_certificate.pem());
    (cert.display().to_string(), key.display().to_string(), ca)
}

fn private(server: &Peer, tls: Tls, ca: &std::path::Path) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".to_owned(),
        tls,
        ca_file: Some(ca.to_owned()),
        username: Some("schoolbell".to_owned()),
        password: Some(Secret::new("correct horse")),
        ..server.config()
    }
}

#[tokio::test]
async fn tls_and_log_in_work_in_every_way_a_relay_may_want_them() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key, ca) = certificate(dir.path());
    let log_in = ["--cert", &cert, "--key", &key, "--user", "schoolbell", "--password", "correct horse"];
    for (tls, options) in [
        (Tls::Required, &["--tls", "starttls"][..]),
        (Tls::Required, &["--tls", "starttls", "--only-login"]),
        (Tls::Opportunistic, &["--tls", "starttls", "--pipelining"]),
        (Tls::Implicit, &["--tls", "implicit"]),
    ] {
        let server = Peer::server(&[options, &log_in[..]].concat());
        let settings = private(&server, tls, &ca);
        let said = check(settings.clone()).await.unwrap();
        assert!(said.contains("TLS 1.3, logged in as schoolbell, takes mails up to 33 MB"), "{said}");
        assert!(is_accepted(&start(settings).send_one("ana@example.org").await));
        let facts = std::fs::read_to_string(server.dir.path().join("1.json")).unwrap();
        assert!(facts.contains("\"tls\": true") && facts.contains("\"user\": \"schoolbell\""), "{facts}");
    }
}

#[tokio::test]
async fn check_says_what_is_wrong_and_how_to_mend_it() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key, ca) = certificate(dir.path());
    let log_in = ["--tls", "starttls", "--cert", &cert, "--key", &key, "--user", "schoolbell", "--password", "another"];
    let server = Peer::server(&log_in);
    let good = private(&server, Tls::Required, &ca);
    let said = check(good.clone()).await.unwrap_err();
    assert!(said.contains("refused our log-in: 535 5.7.8") && said.ends_with("check username and password"), "{said}");
    let said = check(SmtpConfig { ca_file: None, ..good.clone() }).await.unwrap_err();
    assert!(said.contains("TLS with localhost") && said.contains("check server_name, ca_file"), "{said}");
    let said =
        check(SmtpConfig { server_name: Some("mail.example.org".to_owned()), ..good.clone() }).await.unwrap_err();
    assert!(said.contains("TLS with localhost"), "{said}");
    let sink = Peer::sink(&[]);
    let said = check(SmtpConfig { port: Some(sink.port), ..good.clone() }).await.unwrap_err();
    assert!(said.contains("offers no STARTTLS; write tls = \"implicit\""), "{said}");
    let said = check(SmtpConfig { port: Some(free_port()), ..good }).await.unwrap_err();
    assert!(said.contains("cannot be reached") && said.contains("firewall"), "{said}");
    let said = check(sink.config()).await.unwrap();
    assert!(said.ends_with("answers, without TLS"), "{said}");
}

#[tokio::test]
async fn addresses_with_letters_beyond_ascii_go_where_the_relay_can_take_them() {
    let server = Peer::server(&[]);
    assert!(is_accepted(&start(server.config()).send_one("josé@example.org").await));
    let facts = std::fs::read_to_string(server.dir.path().join("1.json")).unwrap();
    assert!(facts.contains("SMTPUTF8") && facts.contains("jos\\u00e9@example.org"), "{facts}");
    let sink = Peer::sink(&[]);
    let outcome = start(sink.config()).send_one("josé@example.org").await;
    assert!(matches!(&outcome, AttemptOutcome::Refused { code, .. } if code.contains("SMTPUTF8")), "{outcome:?}");
}

#[tokio::test]
async fn a_mail_beyond_the_relays_size_is_not_even_begun() {
    let server = Peer::server(&["--size", "500"]);
    let outcome = start(server.config()).send_one("ana@example.org").await;
    assert_eq!(reason(&outcome), Some(F::ContentRefused));
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_to_write() {
    let base = || SmtpConfig::new("mail.example.org", "Lincoln <alerts@school.example.org>");
    let cases: Vec<(SmtpConfig, &str)> = vec![
        (SmtpConfig { from: "Lincoln".to_owned(), ..base() }, "from = \"Lincoln\""),
        (SmtpConfig { connections: 0, ..base() }, "connections = 0: write a number from 1 to 200"),
        (SmtpConfig { host: "mail example".to_owned(), ..base() }, "host = \"mail example\": write"),
        (SmtpConfig { username: Some("x".to_owned()), ..base() }, "a username without a password: write"),
        (
            SmtpConfig { dkim: Some(signed("no key", "s1")), ..base() },
            "a dkim.private_key that is no private key: write",
        ),
        (SmtpConfig { dkim: Some(signed(RSA, "s 1")), ..base() }, "dkim.selector = \"s 1\": write"),
        (
            SmtpConfig { tls: Tls::Off, username: Some("x".to_owned()), password: Some(Secret::new("y")), ..base() },
            "a password that would go over the network unencrypted: write tls",
        ),
    ];
    assert_eq!(base().verify(), Ok(()));
    for (settings, expected) in cases {
        let said = settings.verify().unwrap_err();
        assert!(said.starts_with(expected), "{said}");
    }
    assert_eq!(format!("{:?}", Secret::new("hidden")), "Secret(…)");
}
