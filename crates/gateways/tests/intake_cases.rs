//! The door for mail that comes back, against Python's own SMTP client; and a Maildir.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use schoolbell_gateways::NotKept;
use schoolbell_gateways::intake::{MailSink, listen, watch};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Takes mail for `b@…` and `b+…@…`; refuses to keep the first of each try-later.
#[derive(Default)]
struct Shelf {
    kept: Mutex<Vec<(Vec<String>, Vec<u8>)>>,
    refused: Mutex<bool>,
}

impl MailSink for Shelf {
    fn takes(&self, recipient: &str) -> bool {
        recipient.starts_with("b@") || recipient.starts_with("b+")
    }

    fn mail<'a>(&'a self, recipients: &'a [String], mail: &'a [u8]) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let later = recipients.iter().any(|to| to.starts_with("b+later"));
            let mut refused = self.refused.lock().map_err(|_| NotKept("a broken test".to_owned()))?;
            if later && !*refused {
                *refused = true;
                return Err(NotKept("the database is busy".to_owned()));
            }
            let mut kept = self.kept.lock().map_err(|_| NotKept("a broken test".to_owned()))?;
            kept.push((recipients.to_vec(), mail.to_vec()));
            Ok(())
        })
    }
}

/// What the client tries, one word each for what it was told.
const CLIENT: &str = r#"
import smtplib, sys
door = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=20)
def send(to, text):
    try:
        door.sendmail("", [to], text)
        return "kept"
    except smtplib.SMTPRecipientsRefused as no:
        return str(list(no.recipients.values())[0][0])
    except smtplib.SMTPResponseException as no:
        return str(no.smtp_code)
text = "Subject: back\r\n\r\n.a dot\r\n..two\r\n.\r\nend\r\n"
print(send("b+one@bounce.example.org", text))
print(send("office@school.example.org", text))
print(send("b+later@bounce.example.org", text))
print(send("b+later@bounce.example.org", text))
print(send("b@bounce.example.org", "Subject: big\r\n\r\n" + ("x" * 70 + "\r\n") * 40000))
print(door.docmd("RCPT", "TO:<b@bounce.example.org>")[0], door.docmd("DATA")[0], door.docmd("X" * 5000)[0], door.docmd("EXPN", "x")[0])
print(send("b@bounce.example.org", "Subject: after\r\n\r\nstill there\r\n"))
door.quit()
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_door_takes_mail_that_comes_back_whole_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sink, stop) = (Arc::new(Shelf::default()), CancellationToken::new());
    tokio::spawn(listen(listener, "bell.example.org".to_owned(), sink.clone(), stop.clone()));
    let client = tokio::task::spawn_blocking(move || {
        Command::new("python3").args(["-c", CLIENT, &port.to_string()]).output().unwrap()
    });
    let said = client.await.unwrap();
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    let lines: Vec<&str> = words.lines().collect();
    assert_eq!(
        lines,
        ["kept", "550", "451", "kept", "552", "503 503 500 502", "kept"],
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let kept = sink.kept.lock().unwrap();
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[0].0, ["b+one@bounce.example.org"]);
    assert_eq!(String::from_utf8_lossy(&kept[0].1), "Subject: back\r\n\r\n.a dot\r\n..two\r\n.\r\nend\r\n");
    stop.cancel();
}

#[tokio::test]
async fn a_maildir_is_emptied_into_its_seen_ones_and_what_was_not_kept_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let put = |name: &str, to: &str| {
        let mail = format!("Delivered-To: {to}\r\nSubject: back\r\n\r\nhi\r\n");
        std::fs::write(folder.path().join("new").join(name), mail).unwrap();
    };
    put("1.host", "b+one@bounce.example.org");
    put("2.host", "b+later@bounce.example.org");
    let (sink, stop) = (Arc::new(Shelf::default()), CancellationToken::new());
    tokio::spawn(watch(folder.path().to_owned(), sink.clone(), stop.clone()));
    let count = |part: &str| std::fs::read_dir(folder.path().join(part)).unwrap().count();
    for _ in 0..300 {
        if count("new") == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    assert_eq!((count("new"), count("cur")), (0, 2));
    assert!(Path::new(&folder.path().join("cur/1.host:2,S")).exists());
    let mut kept: Vec<String> = sink.kept.lock().unwrap().iter().flat_map(|(to, _)| to.clone()).collect();
    kept.sort();
    assert_eq!(kept, ["b+later@bounce.example.org", "b+one@bounce.example.org"]);
}
