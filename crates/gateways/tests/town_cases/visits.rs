//! Calls that come in: answered, heard, keys understood; declined where nobody receives them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use schoolbell_gateways::reception::{Did, Next, Reception, Then, Visit};
use schoolbell_gateways::sip::{SipConfig, SipGateway};
use schoolbell_gateways::voice::Sound;
use tokio::net::UdpSocket;

use super::town::audio::Audio;
use super::town::{Person, Town};
use super::trunk::{Said, Trunk, config, correlation, free_port, place, soon, speech};

/// Says one thing, on key 2 another, and notes what was done.
struct Desk {
    did: Arc<Mutex<Vec<Did>>>,
    from: Arc<Mutex<Option<String>>>,
}

struct Visitor(Arc<Mutex<Vec<Did>>>);

impl Reception for Desk {
    fn visit(&self, from: Option<String>) -> Box<dyn Visit> {
        *self.from.lock().expect("no panic before") = from;
        Box::new(Visitor(self.did.clone()))
    }
}

impl Visit for Visitor {
    fn next(&mut self, did: Did) -> BoxFuture<'_, Next> {
        let next = match &did {
            Did::Called => Next { say: vec![Sound::of(&speech(2, 61))], then: Then::Keys { most: 1, wait_s: 5 } },
            Did::Pressed(_) => Next { say: vec![Sound::of(&speech(2, 62))], then: Then::Record { longest_s: 2 } },
            Did::Waited | Did::Recorded(_) => Next { say: vec![Sound::of(&speech(1, 63))], then: Then::HangUp },
        };
        self.0.lock().expect("no panic before").push(did);
        Box::pin(async move { next })
    }
}

fn invite(from: u16, to: u16, sound: u16) -> String {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {sound} RTP/AVP 0 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    );
    format!(
        "INVITE sip:+15125550100@127.0.0.1:{to} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{from};branch=z9hG4bKvisit\r\n\
         From: <sip:anonymous@anonymous.invalid>;tag=visit\r\nTo: <sip:+15125550100@127.0.0.1>\r\nCall-ID: visit@town\r\n\
         CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:visitor@127.0.0.1:{from}>\r\n\
         P-Asserted-Identity: <sip:+15125550143@127.0.0.1>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// The first final answer to what was sent.
async fn answer(socket: &UdpSocket) -> String {
    let mut buffer = [0; 4_096];
    loop {
        let length = soon("an answer", socket.recv(&mut buffer)).await.expect("its socket");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !text.starts_with("SIP/2.0 1") {
            return text;
        }
    }
}

fn listening(town: &Town, incoming_lines: usize) -> (SipConfig, u16) {
    let listen = free_port();
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], listen));
    (SipConfig { listen: here, lines: 4, incoming_lines, ..config(town.port) }, listen)
}

#[tokio::test]
async fn who_calls_in_is_heard_and_hears_what_the_reception_says() {
    let town = Town::start(|_| super::town::Home::Rings).await;
    let (config, listen) = listening(&town, 2);
    let (did, from) = (Arc::<Mutex<Vec<Did>>>::default(), Arc::default());
    let desk = Desk { did: did.clone(), from: Arc::clone(&from) };
    let gateway = SipGateway::new("phones", config, Arc::new(Said::default())).unwrap();
    let mut trunk = Trunk::of(gateway.answered_by(Arc::new(desk)));
    trunk.until_up().await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.connect(("127.0.0.1", listen)).await.unwrap();
    let person = Person { keys: vec![(4_500, '2')], ..Person::saying(speech(10, 64)) };
    let mut audio = Audio::open(&person, Some(([127, 0, 0, 1], 9).into())).await.unwrap();
    let here = phone.local_addr().unwrap().port();
    phone.send(invite(here, listen, audio.told_port).as_bytes()).await.unwrap();
    let ok = answer(&phone).await;
    assert!(ok.starts_with("SIP/2.0 200"), "{ok}");
    let port = ok.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse::<u16>().ok());
    audio.sends_to(([127, 0, 0, 1], port.unwrap()).into());
    let to = ok.lines().find(|line| line.starts_with("To:")).unwrap();
    let ack = invite(here, listen, 0).replace("INVITE sip", "ACK sip").replace("1 INVITE", "1 ACK");
    let ack = ack.replace("branch=z9hG4bKvisit", "branch=z9hG4bKack");
    let ack = ack.lines().map(|line| if line.starts_with("To:") { to } else { line }).collect::<Vec<_>>().join("\r\n");
    let (head, _) = ack.split_once("Content-Type").unwrap();
    phone.send(format!("{head}Content-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
    // It hangs up after its goodbye.
    let mut bye = [0; 4_096];
    let ended = async {
        loop {
            tokio::select! {
                () = audio.tick() => {}
                Ok(length) = phone.recv(&mut bye) => {
                    let text = String::from_utf8_lossy(&bye[..length]).into_owned();
                    if text.starts_with("BYE") {
                        return text;
                    }
                }
            }
        }
    };
    soon("the goodbye", ended).await;
    assert_eq!(from.lock().unwrap().as_deref(), Some("+15125550143"), "as the carrier asserts it");
    let did = did.lock().unwrap().clone();
    assert_eq!(did[..2], [Did::Called, Did::Pressed("2".to_owned())]);
    let Some(Did::Recorded(recorded)) = did.get(2) else { panic!("nothing was recorded: {}", did.len()) };
    assert_eq!(recorded.len(), 2 * 8_000);
    let said = speech(10, 64);
    let at = place(&recorded[4_000..12_000], &said);
    assert!(correlation(&recorded[4_000..12_000], &said[at..at + 8_000]) > 0.95, "what was spoken into the call");
    for (what, sound) in [("welcome", speech(2, 61)), ("answer to the key", speech(2, 62))] {
        let at = place(&sound, &audio.heard);
        assert!(correlation(&sound, &audio.heard[at..at + sound.len()]) > 0.99, "the {what}");
    }
}

#[tokio::test]
async fn without_lines_for_it_a_call_that_comes_in_is_declined() {
    let town = Town::start(|_| super::town::Home::Rings).await;
    let (config, listen) = listening(&town, 0);
    let mut trunk = Trunk::playing(config, Said::default());
    trunk.until_up().await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.connect(("127.0.0.1", listen)).await.unwrap();
    let here = phone.local_addr().unwrap().port();
    phone.send(invite(here, listen, 9).as_bytes()).await.unwrap();
    assert!(answer(&phone).await.starts_with("SIP/2.0 480"));
    tokio::time::sleep(Duration::from_millis(50)).await;
}
