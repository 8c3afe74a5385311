//! A town of telephones behind one carrier, written by hand from RFC 3261, 3550 and 4733, so that nothing of ours checks
//! itself: each number answers in its own way, over a network that may lose, delay and reorder.

pub mod audio;
mod message;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub use audio::{Arrival, Network};
use message::Message;

/// What happens at a number.
#[derive(Clone)]
pub enum Home {
    /// `486 Busy Here` and the like, after it rang so long.
    Refuses(Duration, &'static str),
    /// Nobody is there.
    Rings,
    Answers(Person),
}

/// Who answers. The clock of keys and hanging up begins with the answer, in milliseconds.
#[derive(Clone)]
pub struct Person {
    pub rings: Duration,
    /// What is said at once; silence follows.
    pub says: Arc<Vec<i16>>,
    /// Not one packet is sent.
    pub is_mute: bool,
    pub keys: Vec<(u64, char)>,
    pub hangs_up: Option<u64>,
    pub network: Network,
    /// What stands behind `RTP/AVP`, and the lines after it.
    pub media: &'static str,
    /// The description names a port where nobody listens: the sound comes from, and goes to, another.
    pub behind_a_nat: bool,
    pub refer: Refer,
}

/// What the carrier makes of REFER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refer {
    /// Does not know it.
    Unknown,
    Connects,
    /// Takes it, and says then that nobody answered.
    Fails,
}

impl Person {
    pub fn saying(says: Vec<i16>) -> Self {
        Self {
            rings: Duration::from_millis(50),
            says: Arc::new(says),
            is_mute: false,
            keys: Vec::new(),
            hangs_up: None,
            network: Network::default(),
            media: "0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15",
            behind_a_nat: false,
            refer: Refer::Unknown,
        }
    }
}

/// One call as the town saw it.
#[derive(Clone, Default)]
pub struct Seen {
    pub number: String,
    /// The INVITE as it came.
    pub invite: String,
    pub at: Option<Instant>,
    /// What was heard, by the packets' own timestamps; what never came is silence.
    pub heard: Vec<i16>,
    pub arrivals: Vec<Arrival>,
    /// Where a REFER led to.
    pub referred_to: String,
    pub answered: bool,
    pub cancelled: bool,
    pub ended: bool,
}

type Book = Arc<Mutex<HashMap<String, Seen>>>;

/// The town at work. Ends with its handle.
pub struct Town {
    pub port: u16,
    book: Book,
    _work: JoinSet<()>,
}

/// What every call needs.
struct Exchange {
    socket: Arc<UdpSocket>,
    here: SocketAddr,
    book: Book,
}

impl Town {
    pub async fn start(home_of: impl Fn(&str) -> Home + Send + Sync + 'static) -> Self {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a port"));
        let here = socket.local_addr().expect("its own address");
        let book = Book::default();
        let exchange = Arc::new(Exchange { socket, here, book: book.clone() });
        let mut work = JoinSet::new();
        work.spawn(exchange.serve(Arc::new(home_of)));
        Self { port: here.port(), book, _work: work }
    }

    /// Every call that has come, the first one first.
    pub fn seen(&self) -> Vec<Seen> {
        let mut seen: Vec<Seen> = self.book.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        seen.sort_by_key(|call| call.at);
        seen
    }

    /// The one call to a number.
    pub fn call_to(&self, number: &str) -> Seen {
        let mut calls = self.seen();
        calls.retain(|call| call.number == number);
        assert_eq!(calls.len(), 1, "calls to {number}");
        calls.remove(0)
    }

    /// Until every call that was answered is over.
    pub async fn quiet(&self) {
        for _ in 0..600 {
            if self.seen().iter().all(|call| call.ended || call.cancelled || !call.answered) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

type Homes = Arc<dyn Fn(&str) -> Home + Send + Sync>;

impl Exchange {
    async fn serve(self: Arc<Self>, home_of: Homes) {
        let mut calls: HashMap<String, mpsc::UnboundedSender<Message>> = HashMap::new();
        let mut work = JoinSet::new();
        let mut buffer = vec![0; 65_536];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer).await {
            let Some(message) = Message::read(&buffer[..length], from) else { continue };
            if message.method == "OPTIONS" {
                self.answer(&message, "200 OK", "", "").await;
                continue;
            }
            let id = message.header("Call-ID");
            if message.method == "INVITE" && !calls.contains_key(&id) {
                let (sender, within) = mpsc::unbounded_channel();
                calls.insert(id, sender);
                let home = home_of(&message.number());
                work.spawn(self.clone().call(message, home, within));
            } else if let Some(call) = calls.get(&id) {
                drop(call.send(message));
            }
        }
    }

    fn note(&self, id: &str, change: impl FnOnce(&mut Seen)) {
        change(self.book.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default());
    }

    /// Answers a request; `more` are header lines, each with its end.
    async fn answer(&self, request: &Message, status: &str, more: &str, body: &str) {
        let text = request.reply(status, &format!("Contact: <sip:{}>\r\n{more}", self.here), body);
        drop(self.socket.send_to(text.as_bytes(), request.from).await);
    }

    async fn call(self: Arc<Self>, invite: Message, home: Home, mut within: mpsc::UnboundedReceiver<Message>) {
        let id = invite.header("Call-ID");
        self.note(&id, |seen| {
            (seen.number, seen.invite, seen.at) = (invite.number(), invite.text.clone(), Some(Instant::now()));
        });
        self.answer(&invite, "100 Trying", "", "").await;
        let (rings, person) = match home {
            Home::Refuses(rings, status) => {
                self.answer(&invite, "180 Ringing", "", "").await;
                sleep(rings).await;
                return self.answer(&invite, status, "", "").await;
            }
            Home::Rings => (Duration::from_hours(1), None),
            Home::Answers(person) => (person.rings, Some(person)),
        };
        self.answer(&invite, "180 Ringing", "", "").await;
        tokio::select! {
            () = sleep(rings) => {}
            Some(cancel) = within.recv() => {
                self.answer(&cancel, "200 OK", "", "").await;
                self.note(&id, |seen| seen.cancelled = true);
                return self.answer(&invite, "487 Request Terminated", "", "").await;
            }
        }
        if let Some(person) = person {
            self.talk(&invite, &person, &mut within).await;
        }
        self.note(&id, |seen| seen.ended = true);
    }

    async fn talk(&self, invite: &Message, person: &Person, within: &mut mpsc::UnboundedReceiver<Message>) {
        let id = invite.header("Call-ID");
        let Some(mut audio) = audio::Audio::open(person, invite.media_address()).await else { return };
        let allow = match person.refer {
            Refer::Unknown => "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n",
            Refer::Connects | Refer::Fails => "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REFER, NOTIFY\r\n",
        };
        let body = format!(
            "v=0\r\no=town 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP {}\r\n",
            audio.told_port, person.media
        );
        let more = format!("{allow}Content-Type: application/sdp\r\n");
        self.answer(invite, "200 OK", &more, &body).await;
        self.note(&id, |seen| seen.answered = true);
        let hangs_up = sleep(person.hangs_up.map_or(Duration::from_hours(1), Duration::from_millis));
        tokio::pin!(hangs_up);
        let mut cseq = 1;
        loop {
            tokio::select! {
                () = audio.tick() => {}
                () = &mut hangs_up => {
                    cseq += 1;
                    let bye = invite.request("BYE", cseq, "", "");
                    drop(self.socket.send_to(bye.as_bytes(), invite.from).await);
                    break;
                }
                Some(message) = within.recv() => match message.method.as_str() {
                    "BYE" => {
                        self.answer(&message, "200 OK", "", "").await;
                        break;
                    }
                    "INVITE" => self.answer(&message, "200 OK", &more, &body).await,
                    "REFER" => {
                        cseq += 1;
                        self.refer(invite, (&message, person.refer), cseq).await;
                    }
                    _ => {}
                },
            }
            let (heard, arrivals) = (&audio.heard, &audio.arrivals);
            self.note(&id, |seen| {
                seen.heard.extend_from_slice(&heard[seen.heard.len().min(heard.len())..]);
                seen.arrivals.extend_from_slice(&arrivals[seen.arrivals.len().min(arrivals.len())..]);
            });
        }
        self.note(&id, |seen| (seen.heard, seen.arrivals) = (audio.heard, audio.arrivals));
    }

    async fn refer(&self, invite: &Message, (refer, does): (&Message, Refer), cseq: u32) {
        let said = match does {
            Refer::Unknown => return self.answer(refer, "501 Not Implemented", "", "").await,
            Refer::Connects => "SIP/2.0 200 OK",
            Refer::Fails => "SIP/2.0 480 Temporarily Unavailable",
        };
        let to = refer.header("Refer-To");
        self.note(&invite.header("Call-ID"), |seen| seen.referred_to = to);
        self.answer(refer, "202 Accepted", "", "").await;
        sleep(Duration::from_millis(200)).await;
        let headers =
            "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\nContent-Type: message/sipfrag\r\n";
        let notify = invite.request("NOTIFY", cseq, headers, said);
        drop(self.socket.send_to(notify.as_bytes(), invite.from).await);
    }
}
