//! A message centre that remembers every submit and every receipt that was acknowledged. It speaks just enough SMPP 3.4,
//! by hand, so that it shares no code with the gateway.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

/// What the centre knows; it outlives every connection.
#[derive(Default)]
pub struct Record {
    /// Message ids by destination, in the order in which they were submitted.
    pub submitted: BTreeMap<String, Vec<String>>,
    pub submits: usize,
    /// Message ids whose receipt was acknowledged.
    pub acknowledged: BTreeSet<String>,
    /// Receipts still to be sent: message id and the number it was for.
    owed: VecDeque<(String, String)>,
    /// No receipts for now.
    held: bool,
}

pub struct Smsc {
    pub port: u16,
    pub record: Arc<Mutex<Record>>,
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

    pub fn submits(&self) -> usize {
        self.record.lock().unwrap().submits
    }

    /// Keeps receipts back, or lets them go again.
    pub fn hold_receipts(&self, held: bool) {
        self.record.lock().unwrap().held = held;
    }

    pub fn owes(&self) -> usize {
        let record = self.record.lock().unwrap();
        record.submits - record.acknowledged.len()
    }
}

/// Serves until the other side is gone; a program that is killed breaks the connection, which is no fault here.
async fn serve(mut stream: TcpStream, record: Arc<Mutex<Record>>) {
    stream.set_nodelay(true).unwrap();
    // What was owed and not acknowledged when the last connection broke is said again.
    owe_unacknowledged(&record);
    let mut session = Session { record, on_wire: BTreeMap::new(), sequence: 1_000_000, out: Vec::new() };
    drop(session.run(&mut stream).await);
}

struct Session {
    record: Arc<Mutex<Record>>,
    /// Receipts that wait for their acknowledgement, by sequence number.
    on_wire: BTreeMap<u32, (String, String)>,
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
            while let Some((command, sequence, body)) = take_pdu(&mut heard) {
                bound |= command == BIND_TRANSCEIVER;
                self.answer(command, sequence, &body);
            }
            if bound {
                self.say_receipts();
            }
            stream.write_all(&self.out).await?;
            self.out.clear();
        }
    }

    fn answer(&mut self, command: u32, sequence: u32, body: &[u8]) {
        match command {
            BIND_TRANSCEIVER => self.out.extend(frame(command | RESPONSE, sequence, b"smsc\0")),
            SUBMIT_SM => {
                let id = submit(&mut self.record.lock().unwrap(), &destination(body));
                self.out.extend(frame(command | RESPONSE, sequence, format!("{id}\0").as_bytes()));
            }
            ENQUIRE_LINK | UNBIND => self.out.extend(frame(command | RESPONSE, sequence, b"")),
            DELIVERED => {
                if let Some((id, _)) = self.on_wire.remove(&sequence) {
                    self.record.lock().unwrap().acknowledged.insert(id);
                }
            }
            _ => {}
        }
    }

    fn say_receipts(&mut self) {
        while self.on_wire.len() < RECEIPT_WINDOW {
            let next = {
                let mut record = self.record.lock().unwrap();
                if record.held {
                    return;
                }
                record.owed.pop_front()
            };
            let Some(next) = next else { return };
            self.sequence += 1;
            self.out.extend(frame(DELIVER_SM, self.sequence, &receipt(&next)));
            self.on_wire.insert(self.sequence, next);
        }
    }
}

/// The first whole PDU: command, sequence number, body.
fn take_pdu(heard: &mut Vec<u8>) -> Option<(u32, u32, Vec<u8>)> {
    let word = |at: usize| Some(u32::from_be_bytes(heard.get(at..at + 4)?.try_into().ok()?));
    let (length, command, sequence) = (usize::try_from(word(0)?).ok()?, word(4)?, word(12)?);
    if heard.len() < length {
        return None;
    }
    let rest = heard.split_off(length);
    let pdu = std::mem::replace(heard, rest);
    Some((command, sequence, pdu[16..].to_vec()))
}

fn submit(record: &mut Record, to: &str) -> String {
    record.submits += 1;
    let id = format!("m{:07}", record.submits);
    record.submitted.entry(to.to_owned()).or_default().push(id.clone());
    record.owed.push_back((id.clone(), to.to_owned()));
    id
}

fn owe_unacknowledged(record: &Mutex<Record>) {
    let mut record = record.lock().unwrap();
    let owed: VecDeque<_> = record
        .submitted
        .iter()
        .flat_map(|(to, ids)| ids.iter().map(move |id| (id.clone(), to.clone())))
        .filter(|(id, _)| !record.acknowledged.contains(id))
        .collect();
    record.owed = owed;
}

/// The destination address of a submit_sm (SMPP 3.4, 4.4.1): behind the service type and the source.
fn destination(body: &[u8]) -> String {
    let (_service_type, rest) = text(body);
    let (_source, rest) = text(&rest[2..]);
    let (to, _rest) = text(&rest[2..]);
    if to.starts_with('+') { to } else { format!("+{to}") }
}

fn text(fields: &[u8]) -> (String, &[u8]) {
    let end = fields.iter().position(|byte| *byte == 0).unwrap();
    (String::from_utf8(fields[..end].to_vec()).unwrap(), &fields[end + 1..])
}

/// The body of a deliver_sm with a receipt (SMPP 3.4, appendix B).
fn receipt((id, to): &(String, String)) -> Vec<u8> {
    let text =
        format!("id:{id} sub:001 dlvrd:001 submit date:2611220800 done date:2611220801 stat:DELIVRD err:000 text:");
    let mut body = vec![0, 1, 1];
    body.extend(to.trim_start_matches('+').bytes());
    body.extend([0, 0, 0]);
    body.extend(b"68453\0");
    body.extend([0x04, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
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
