//! Pictures that come with a text: fetched with the account's log-in, judged by their octets, shown after a person looked.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use schoolbell_engine::commands::texting::check_media::{MediaId, Verdict, check_media, media_of};
use schoolbell_engine::hooks::{self, HookText};
use schoolbell_gateways::secret::Secret;
use schoolbell_gateways::twilio::{TwilioConfig, TwilioGateway};
use schoolbell_store::read::text_media::{MediaLine, State, of_thread};
use schoolbell_store::read::threads::lookup_thread;
use schoolbell_store::testing::sqlite;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::rules::rule;
use crate::world::{MARTA, MATEO, POOL, ROBERT, ROBERTS, SARAH, World};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00";

/// A carrier that takes texts and has files: a picture behind another address of its own, a page that says it is one, one that is
/// too large, one that is not there yet the first time.
struct Carrier {
    url: String,
    /// The head of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Carrier {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::<String>::new()));
        let (own, seen) = (url.clone(), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (own, seen) = (own.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    let mut part = [0_u8; 4096];
                    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                        let read = stream.read(&mut part).await.unwrap();
                        if read == 0 {
                            return;
                        }
                        head.extend_from_slice(&part[..read]);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let again = seen.lock().unwrap().iter().filter(|one| one.contains("/Media/late ")).count();
                    seen.lock().unwrap().push(head.clone());
                    let answer = answer(&own, &head, again);
                    stream.write_all(&answer).await.unwrap();
                    stream.shutdown().await.unwrap();
                });
            }
        });
        Self { url, asked }
    }

    fn media(&self, name: &str) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/{name}", self.url)
    }

    fn asked_for(&self, path: &str) -> Vec<String> {
        self.asked.lock().unwrap().iter().filter(|head| head.contains(path)).cloned().collect()
    }
}

fn answer(own: &str, head: &str, again: usize) -> Vec<u8> {
    let path = head.split(' ').nth(1).unwrap_or("");
    let send = |status: &str, more: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    match path.rsplit('/').next().unwrap_or("") {
        "Messages.json" => {
            send("201 Created", "Content-Type: application/json\r\n", b"{\"sid\":\"SM1\",\"status\":\"queued\"}")
        }
        "picture" => send("307 Temporary Redirect", &format!("Location: {own}/files/picture.png\r\n"), b""),
        "elsewhere" => send("307 Temporary Redirect", "Location: http://192.0.2.1/picture.png\r\n", b""),
        "late" if again == 0 => send("503 Service Unavailable", "", b""),
        "picture.png" | "late" => send("200 OK", "Content-Type: text/html\r\n", PNG),
        "page" => send("200 OK", "Content-Type: image/png\r\n", b"<script>alert(1)</script>"),
        "large" => b"HTTP/1.1 200 OK\r\nContent-Length: 6000000\r\nConnection: close\r\n\r\n".to_vec(),
        _ => send("404 Not Found", "", b"{}"),
    }
}

async fn files(world: &World, thread: schoolbell_domain::ids::ConversationId) -> Vec<MediaLine> {
    let mut reads = world.engine.reader().read().await.unwrap();
    of_thread(&mut reads, thread).await.unwrap()
}

#[tokio::test]
async fn what_comes_with_a_text_is_fetched_with_the_log_in_judged_by_its_octets_and_shown_after_a_look() {
    let file = sqlite().await.unwrap();
    let carrier = Carrier::start().await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let mut config = TwilioConfig::new(ACCOUNT, Secret::new("token of the tests"), POOL[0]);
    config.base_url.clone_from(&carrier.url);
    let clock = Arc::clone(&world.clock) as Arc<dyn schoolbell_domain::clock::Clock>;
    let gateway = TwilioGateway::new("texts", config, "https://bell.example.org", clock).unwrap();
    let running = world.start(Arc::new(gateway));
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell. Can you send the form?").await.unwrap();

    let names = ["picture", "page", "large", "gone", "elsewhere", "late"];
    let media: Vec<String> =
        names.iter().map(|name| carrier.media(name)).chain(["http://192.0.2.1/x".to_owned()]).collect();
    let text = |reference: &str, from: &str| HookText {
        reference: reference.to_owned(),
        from: from.to_owned(),
        to: POOL[0].to_owned(),
        body: "here it is".to_owned(),
        media: media.clone(),
    };
    hooks::text(&world.engine, "texts", text("MM1", ROBERTS)).await.unwrap();
    let still = |files: &[MediaLine]| files.iter().filter(|one| one.state == State::Waiting).count();
    world
        .until("the files", async |world| {
            let all = files(world, sent.thread).await;
            all.len() == 7 && still(&all) == 1
        })
        .await;
    world.clock.move_by(SignedDuration::from_mins(2));
    world.until("the late one", async |world| still(&files(world, sent.thread).await) == 0).await;

    let all = files(&world, sent.thread).await;
    let why = |at: usize| match &all[at].state {
        State::Refused(why) => why.clone(),
        State::Kept(kind) => kind.word().to_owned(),
        State::Waiting => "waiting".to_owned(),
    };
    assert_eq!((why(0), why(5)), ("png".to_owned(), "png".to_owned()), "by its octets, not by what the carrier says");
    assert!(why(1).contains("no picture") && why(2).contains("larger than 5 MB"), "{} {}", why(1), why(2));
    assert!(why(3).contains("no more") && why(4).contains("not safe") && why(6).contains("none of this carrier"));
    let first = carrier.asked_for("/Media/picture ");
    assert!(first[0].to_lowercase().contains("authorization: basic"), "with the log-in");
    let second = carrier.asked_for("/files/picture.png");
    assert!(!second[0].to_lowercase().contains("authorization"), "where the carrier keeps files gets none");

    let id = all[0].id;
    let show = async |actor: &schoolbell_engine::Actor| {
        let mut reads = world.engine.reader().read().await.unwrap();
        media_of(&world.engine, &mut reads, actor, (sent.thread, id)).await
    };
    assert!(show(&world.bell).await.is_err(), "nobody has looked yet");
    let by_ortiz = check_media(&world.engine, &world.ortiz, (sent.thread, id), Verdict::Shown).await;
    assert_eq!(rule(by_ortiz), "permission", "who does not answer in the thread does not decide");
    check_media(&world.engine, &world.bell, (sent.thread, id), Verdict::Shown).await.unwrap();
    assert_eq!(show(&world.ortiz).await.unwrap().1, PNG, "he teaches Sarah and may read the thread");
    check_media(&world.engine, &world.bell, (sent.thread, id), Verdict::Withheld).await.unwrap();
    assert!(show(&world.principal).await.is_err(), "withheld is shown to nobody");
    assert_eq!(rule(check_media(&world.engine, &world.bell, (sent.thread, id), Verdict::Shown).await), "state");
    strangers(&world, (sent.thread, id), text).await;
    assert_eq!(files(&world, sent.thread).await.len(), 7);
    running.end().await;
}

/// Withheld, it asks for a supervisor; a file of another thread is not to be had through this one, and a held text brings none.
async fn strangers(
    world: &World,
    (thread, id): (schoolbell_domain::ids::ConversationId, MediaId),
    text: impl Fn(&str, &str) -> HookText,
) {
    let mut reads = world.engine.reader().read().await.unwrap();
    assert!(lookup_thread(&mut reads, thread).await.unwrap().unwrap().needs_human, "a supervisor is asked");
    drop(reads);
    let other = world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await.unwrap();
    let strange = MediaId { place: 5, ..id };
    assert!(check_media(&world.engine, &world.bell, (other.thread, strange), Verdict::Shown).await.is_err());
    hooks::text(&world.engine, "texts", text("MM2", "+13725550199")).await.unwrap();
    world.until("it to be held", async |world| world.held().await.len() == 1).await;
}
