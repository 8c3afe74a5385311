//! A message centre that remembers every submit, every receipt that was acknowledged and every text that it brought. It
//! speaks just enough SMPP 3.4, by hand, so that it shares no code with the gateway.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BIND_TRANSCEIVER: u32 = 0x09;
const SUBMIT_SM: u32 = 0x04;
const DELIVER_SM: u32 = 0x05;
const ENQUIRE_LINK: u32 = 0x15;
const UNBIND: u32 = 0x06;
const RESPONSE: u32 = 0x8000_0000;
const DELIVERED: u32 = DELIVER_SM | RESPONSE;
/// Receipts on the wire without an acknowledgement.
const RECEIPT_WINDOW: usize = 50;
/// How long a late receipt is held back.
const LATE: Duration = Duration::from_secs(3);
/// How long what the program could not keep waits.
const AGAIN: Duration = Duration::from_millis(500);

/// One text that was taken.
#[derive(Debug, Clone)]
pub struct Submit {
    pub id: String,
    pub at: Instant,
    pub body: String,
}

/// What carriers do with receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// Before the answer to the submit.
    Early,
    Late,
    Twice,
    /// Out of order.
    Shuffled,
}

/// What goes to the program by deliver_sm.
#[derive(Debug, Clone)]
enum Said {
    Receipt { id: String, to: String },
    Text { from: String, body: String },
}

/// What the centre knows; it outlives every connection.
#[derive(Default)]
pub struct Record {
    /// By destination and by the number behind `Notice` in the text, in the order in which they were submitted.
    pub submitted: BTreeMap<(String, Option<u32>), Vec<Submit>>,
    pub submits: usize,
    /// Submits on a connection although a later one was bound already: another node had the account.
    pub stale: usize,
    /// Message ids whose receipt was acknowledged.
    pub acknowledged: BTreeSet<String>,
    /// When a text from this number was acknowledged first.
    pub heard: BTreeMap<String, Instant>,
    /// How the receipts go that fall due from now on, and how many have gone so.
    pub quirk: Option<Quirk>,
    pub quirks: usize,
    owed: VecDeque<(Instant, Said)>,
    /// No receipts for now.
    held: bool,
    sessions: u64,
    newest_bound: u64,
    /// Connections up to this one are broken off.
    broken_up_to: u64,
}

pub struct Smsc {
    pub port: u16,
    record: Arc<Mutex<Record>>,
}

impl Smsc {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let record = Arc::new(Mutex::new(Record::default()));
        let kept = record.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        Self { port, record }
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    pub fn submits(&self) -> usize {
        self.record().submits
    }

    pub fn owes(&self) -> usize {
        let record = self.record();
        record.submits - record.acknowledged.len()
    }

    /// The newest connection that was bound; 0 before the first.
    pub fn newest_bound(&self) -> u64 {
        self.record().newest_bound
    }

    /// Keeps receipts back, or lets them go again.
    pub fn hold_receipts(&self, held: bool) {
        self.record().held = held;
    }

    /// A family writes.
    pub fn bring(&self, from: &str, body: &str) {
        let said = Said::Text { from: from.to_owned(), body: body.to_owned() };
        self.record().owed.push_front((Instant::now(), said));
    }

    /// Breaks every connection off without a word.
    pub fn reset(&self) {
        let mut record = self.record();
        record.broken_up_to = record.sessions;
    }
}

/// Serves until the other side is gone; a program that is killed breaks the connection, which is no fault here.
async fn serve(mut stream: TcpStream, record: Arc<Mutex<Record>>) {
    stream.set_nodelay(true).unwrap();
    // What was owed and not acknowledged when the last connection broke is said again.
    let number = {
        let mut record = record.lock().unwrap();
        owe_unacknowledged(&mut record);
        record.sessions += 1;
        record.sessions
    };
    let mut session = Session { number, record, on_wire: BTreeMap::new(), sequence: 1_000_000, out: Vec::new() };
    drop(session.run(&mut stream).await);
    let mut record = session.record.lock().unwrap();
    for said in session.on_wire.into_values() {
        record.owed.push_back((Instant::now(), said));
    }
}

struct Session {
    number: u64,
    record: Arc<Mutex<Record>>,
    /// What waits for its acknowledgement, by sequence number.
    on_wire: BTreeMap<u32, Said>,
    sequence: u32,
    out: Vec<u8>,
}

impl Session {
    async fn run(&mut self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut heard = Vec::with_capacity(64 * 1024);
        let mut bound = false;
        loop {
            // A pause, so that a kill finds submits on the wire.
            tokio::time::sleep(Duration::from_millis(1)).await;
            match tokio::time::timeout(Duration::from_millis(10), stream.read_buf(&mut heard)).await {
                Ok(Ok(0)) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(_)) | Err(_) => {}
            }
            if self.record.lock().unwrap().broken_up_to >= self.number {
                return Ok(());
            }
            while let Some(pdu) = take_pdu(&mut heard) {
                bound |= pdu.command == BIND_TRANSCEIVER;
                self.answer(&pdu);
            }
            if bound {
                self.say_what_is_due();
            }
            stream.write_all(&self.out).await?;
            self.out.clear();
        }
    }

    fn answer(&mut self, pdu: &Pdu) {
        let (command, sequence) = (pdu.command, pdu.sequence);
        match command {
            BIND_TRANSCEIVER => {
                self.record.lock().unwrap().newest_bound = self.number;
                self.out.extend(frame(command | RESPONSE, sequence, b"smsc\0"));
            }
            SUBMIT_SM => {
                let (id, early) = submit(&mut self.record.lock().unwrap(), self.number, &pdu.body);
                if let Some(receipt) = early {
                    self.say(receipt);
                }
                self.out.extend(frame(command | RESPONSE, sequence, format!("{id}\0").as_bytes()));
            }
            ENQUIRE_LINK | UNBIND => self.out.extend(frame(command | RESPONSE, sequence, b"")),
            // It could not be kept: it is said again a little later.
            DELIVERED if pdu.status != 0 => {
                if let Some(said) = self.on_wire.remove(&sequence) {
                    self.record.lock().unwrap().owed.push_back((Instant::now() + AGAIN, said));
                }
            }
            DELIVERED => match self.on_wire.remove(&sequence) {
                Some(Said::Receipt { id, .. }) => {
                    self.record.lock().unwrap().acknowledged.insert(id);
                }
                Some(Said::Text { from, .. }) => {
                    self.record.lock().unwrap().heard.entry(from).or_insert_with(Instant::now);
                }
                None => {}
            },
            _ => {}
        }
    }

    fn say_what_is_due(&mut self) {
        while self.on_wire.len() < RECEIPT_WINDOW {
            let now = Instant::now();
            let mut record = self.record.lock().unwrap();
            if record.held {
                return;
            }
            let Some(at) = record.owed.iter().position(|(due, _)| *due <= now) else { return };
            let Some((_, next)) = record.owed.remove(at) else { return };
            drop(record);
            self.say(next);
        }
    }

    fn say(&mut self, said: Said) {
        self.sequence += 1;
        self.out.extend(frame(DELIVER_SM, self.sequence, &deliver(&said)));
        self.on_wire.insert(self.sequence, said);
    }
}

struct Pdu {
    command: u32,
    status: u32,
    sequence: u32,
    body: Vec<u8>,
}

/// The first whole one.
fn take_pdu(heard: &mut Vec<u8>) -> Option<Pdu> {
    let word = |at: usize| Some(u32::from_be_bytes(heard.get(at..at + 4)?.try_into().ok()?));
    let (length, command, status, sequence) = (usize::try_from(word(0)?).ok()?, word(4)?, word(8)?, word(12)?);
    if heard.len() < length {
        return None;
    }
    let rest = heard.split_off(length);
    let pdu = std::mem::replace(heard, rest);
    Some(Pdu { command, status, sequence, body: pdu[16..].to_vec() })
}

/// Notes it; the receipt comes back where it is to go before the answer.
fn submit(record: &mut Record, session: u64, body: &[u8]) -> (String, Option<Said>) {
    let (to, message) = address_and_message(body);
    let notice = notice_of(&message);
    record.submits += 1;
    record.stale += usize::from(session < record.newest_bound);
    let id = format!("m{:07}", record.submits);
    let now = Instant::now();
    record.submitted.entry((to.clone(), notice)).or_default().push(Submit { id: id.clone(), at: now, body: message });
    let receipt = Said::Receipt { id: id.clone(), to };
    record.quirks += usize::from(record.quirk.is_some());
    match record.quirk {
        None => record.owed.push_back((now, receipt)),
        Some(Quirk::Early) => return (id, Some(receipt)),
        Some(Quirk::Late) => record.owed.push_back((now + LATE, receipt)),
        Some(Quirk::Twice) => record.owed.extend([(now, receipt.clone()), (now, receipt)]),
        Some(Quirk::Shuffled) => {
            // Steps of a prime: neighbours end up far from each other.
            let wait = Duration::from_millis(u64::try_from(record.submits * 7_919 % 500).unwrap());
            record.owed.push_back((now + wait, receipt));
        }
    }
    (id, None)
}

fn owe_unacknowledged(record: &mut Record) {
    let now = Instant::now();
    let texts = record.owed.iter().filter(|(_, said)| matches!(said, Said::Text { .. })).cloned();
    let owed: VecDeque<_> = record
        .submitted
        .iter()
        .flat_map(|((to, _), submits)| submits.iter().map(move |one| (one.id.clone(), to.clone())))
        .filter(|(id, _)| !record.acknowledged.contains(id))
        .map(|(id, to)| (now, Said::Receipt { id, to }))
        .chain(texts)
        .collect();
    record.owed = owed;
}

/// The destination of a submit_sm (SMPP 3.4, 4.4.1) and its text.
fn address_and_message(body: &[u8]) -> (String, String) {
    let (_service_type, rest) = text(body);
    let (_source, rest) = text(&rest[2..]);
    let (to, rest) = text(&rest[2..]);
    let (_schedule, rest) = text(&rest[3..]);
    let (_validity, rest) = text(rest);
    let message = String::from_utf8_lossy(&rest[5..]).into_owned();
    (if to.starts_with('+') { to } else { format!("+{to}") }, message)
}

/// The number behind `Notice` in a text.
fn notice_of(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("Notice ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn text(fields: &[u8]) -> (String, &[u8]) {
    let end = fields.iter().position(|byte| *byte == 0).unwrap();
    (String::from_utf8(fields[..end].to_vec()).unwrap(), &fields[end + 1..])
}

/// The body of a deliver_sm with a receipt (SMPP 3.4, appendix B), or with a text from a phone.
fn deliver(said: &Said) -> Vec<u8> {
    let (class, from, text) = match said {
        Said::Receipt { id, to } => (
            0x04,
            to,
            format!("id:{id} sub:001 dlvrd:001 submit date:2611220800 done date:2611220801 stat:DELIVRD err:000 text:"),
        ),
        Said::Text { from, body } => (0, from, body.clone()),
    };
    let mut body = vec![0, 1, 1];
    body.extend(from.trim_start_matches('+').bytes());
    body.extend([0, 0, 0]);
    body.extend(b"68453\0");
    body.extend([class, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
    body.extend(text.bytes());
    body
}

fn frame(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let mut frame = Vec::with_capacity(16 + body.len());
    for word in [length, command, 0, sequence] {
        frame.extend(word.to_be_bytes());
    }
    frame.extend(body);
    frame
}
