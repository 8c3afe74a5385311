//! Session descriptions: what we offer, and what the other side chose of it.
//!
//! Sources: RFC 4566 (the lines), RFC 3264 (offer and answer), RFC 4733, 2.4.1 (telephone events in a description).

use std::net::{IpAddr, SocketAddr};

/// How G.711 codes a sample: µ-law or A-law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    Mu,
    A,
}

impl Law {
    /// The static payload type of RFC 3551.
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Mu => 0,
            Self::A => 8,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Mu => "PCMU",
            Self::A => "PCMA",
        }
    }

    /// One byte of silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::Mu => 0xFF,
            Self::A => 0xD5,
        }
    }

    fn of(payload_type: u8) -> Option<Self> {
        [Self::Mu, Self::A].into_iter().find(|law| law.payload_type() == payload_type)
    }
}

/// The number that we propose for telephone events; a peer may choose another.
const EVENTS: u8 = 101;

/// What we can do: G.711 both ways, keys as telephone events.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// Where our audio socket is reached.
    pub local: SocketAddr,
    pub session: u64,
    /// Goes up with every description of one call.
    pub version: u64,
    /// In an offer `None`; in an answer what was settled.
    pub settled: Option<(Law, Option<u8>)>,
}

impl Offer {
    /// The description as text.
    pub fn text(&self) -> String {
        let ip = self.local.ip();
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let (laws, events) = match self.settled {
            None => (vec![Law::Mu, Law::A], Some(EVENTS)),
            Some((law, events)) => (vec![law], events),
        };
        let mut numbers: Vec<String> = laws.iter().map(|law| law.payload_type().to_string()).collect();
        numbers.extend(events.map(|number| number.to_string()));
        let mut text = vec![format!(
            "v=0\r\no=- {} {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP {}\r\n",
            self.session,
            self.version,
            self.local.port(),
            numbers.join(" ")
        )];
        text.extend(laws.iter().map(|law| format!("a=rtpmap:{} {}/8000\r\n", law.payload_type(), law.name())));
        let of_events =
            events.map(|number| format!("a=rtpmap:{number} telephone-event/8000\r\na=fmtp:{number} 0-15\r\n"));
        text.extend(of_events);
        text.push("a=ptime:20\r\na=sendrecv\r\n".to_owned());
        text.concat()
    }
}

/// What the other side chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Where it wants our audio.
    pub remote: SocketAddr,
    pub law: Law,
    /// The payload type of its telephone events, if it has them.
    pub events: Option<u8>,
    /// It does not want to hear us now: on hold.
    pub held: bool,
}

/// Why nobody can talk by a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAudio {
    #[error("the answer describes no audio")]
    NoMedia,
    #[error("the answer takes no audio: its port is 0")]
    Refused,
    #[error("the answer names no address for the audio")]
    NoAddress,
    #[error("the answer has neither PCMU nor PCMA; it chose {0}")]
    NoCommonCodec(String),
}

/// Reads the answer to our offer, or an offer of the other side in mid-call: its first audio stream. Lines that nobody
/// knows are passed over.
pub fn read_answer(text: &str) -> Result<Answer, NoAudio> {
    let mut session_ip = None;
    let mut audio: Option<Audio> = None;
    let mut in_other_media = false;
    let mut session_held = false;
    for line in text.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            if audio.is_some() {
                break;
            }
            audio = Audio::of(media);
            in_other_media = audio.is_none();
        } else if in_other_media {
            // Belongs to video or fax.
        } else if let Some(connection) = line.strip_prefix("c=") {
            let ip = ip_of(connection);
            match &mut audio {
                Some(audio) => audio.ip = ip,
                None => session_ip = ip,
            }
        } else if let Some(attribute) = line.strip_prefix("a=") {
            match &mut audio {
                Some(audio) => audio.attribute(attribute),
                None => session_held |= is_hold(attribute),
            }
        }
    }
    let audio = audio.ok_or(NoAudio::NoMedia)?;
    if audio.port == 0 {
        return Err(NoAudio::Refused);
    }
    let ip = audio.ip.or(session_ip).ok_or(NoAudio::NoAddress)?;
    let law =
        audio.types.iter().find_map(|number| Law::of(*number)).ok_or_else(|| NoAudio::NoCommonCodec(audio.list()))?;
    Ok(Answer {
        remote: SocketAddr::new(ip, audio.port),
        law,
        events: audio.events,
        // 0.0.0.0 is how old devices put a call on hold (RFC 3264, 8.4).
        held: audio.held.unwrap_or(session_held) || ip.is_unspecified(),
    })
}

struct Audio {
    port: u16,
    types: Vec<u8>,
    ip: Option<IpAddr>,
    events: Option<u8>,
    held: Option<bool>,
}

impl Audio {
    /// `audio 30000 RTP/AVP 0 101`.
    fn of(media: &str) -> Option<Self> {
        let mut words = media.split_ascii_whitespace();
        if words.next() != Some("audio") {
            return None;
        }
        let port = words.next().and_then(|port| port.split('/').next()).and_then(|port| port.parse().ok())?;
        let types = words.skip(1).filter_map(|number| number.parse().ok()).collect();
        Some(Self { port, types, ip: None, events: None, held: None })
    }

    fn attribute(&mut self, attribute: &str) {
        if let Some((number, name)) = attribute.strip_prefix("rtpmap:").and_then(|map| map.split_once(' ')) {
            let number: Option<u8> = number.trim().parse().ok();
            if name.trim().to_ascii_lowercase().starts_with("telephone-event/8000")
                && let Some(number) = number.filter(|number| self.types.contains(number))
            {
                self.events = Some(number);
            }
        } else if ["sendrecv", "recvonly"].contains(&attribute) {
            self.held = Some(false);
        } else if is_hold(attribute) {
            self.held = Some(true);
        }
    }

    fn list(&self) -> String {
        self.types.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")
    }
}

fn is_hold(attribute: &str) -> bool {
    ["sendonly", "inactive"].contains(&attribute)
}

/// `IN IP4 192.0.2.10` or `IN IP4 192.0.2.10/127`.
fn ip_of(connection: &str) -> Option<IpAddr> {
    connection.split_ascii_whitespace().nth(2)?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(lines: &[&str]) -> Result<Answer, NoAudio> {
        read_answer(&lines.join("\r\n"))
    }

    #[test]
    fn our_own_offer_reads_back_as_what_it_says() {
        let local: SocketAddr = "192.0.2.10:20000".parse().unwrap();
        let offer = Offer { local, session: 7, version: 1, settled: None };
        let read = read_answer(&offer.text());
        assert_eq!(read, Ok(Answer { remote: local, law: Law::Mu, events: Some(101), held: false }));
        let settled = Offer { settled: Some((Law::A, Some(96))), ..offer };
        let read = read_answer(&settled.text());
        assert_eq!(read, Ok(Answer { remote: local, law: Law::A, events: Some(96), held: false }));
    }

    #[test]
    fn answers_of_carriers_are_understood() {
        let remote = |text: &str| text.parse::<SocketAddr>().unwrap();
        let cases: &[(&str, &[&str], Result<Answer, NoAudio>)] = &[
            (
                "the address of the stream beats that of the session",
                &[
                    "v=0",
                    "c=IN IP4 192.0.2.1",
                    "m=audio 4000 RTP/AVP 8 96",
                    "c=IN IP4 192.0.2.2",
                    "a=rtpmap:96 TELEPHONE-EVENT/8000",
                ],
                Ok(Answer { remote: remote("192.0.2.2:4000"), law: Law::A, events: Some(96), held: false }),
            ),
            (
                "an event number that is not in the list is none",
                &["c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0", "a=rtpmap:96 telephone-event/8000"],
                Ok(Answer { remote: remote("192.0.2.1:4000"), law: Law::Mu, events: None, held: false }),
            ),
            (
                "video before it is passed over",
                &["c=IN IP4 192.0.2.1", "m=video 9 RTP/AVP 99", "c=IN IP4 192.0.2.9", "m=audio 4000/2 RTP/AVP 18 0"],
                Ok(Answer { remote: remote("192.0.2.1:4000"), law: Law::Mu, events: None, held: false }),
            ),
            (
                "on hold",
                &["c=IN IP4 192.0.2.1", "a=inactive", "m=audio 4000 RTP/AVP 0"],
                Ok(Answer { remote: remote("192.0.2.1:4000"), law: Law::Mu, events: None, held: true }),
            ),
            (
                "six",
                &["c=IN IP6 2001:db8::1", "m=audio 4000 RTP/AVP 0", "a=recvonly"],
                Ok(Answer { remote: remote("[2001:db8::1]:4000"), law: Law::Mu, events: None, held: false }),
            ),
            ("no audio", &["c=IN IP4 192.0.2.1", "m=image 4000 udptl t38"], Err(NoAudio::NoMedia)),
            ("port 0", &["c=IN IP4 192.0.2.1", "m=audio 0 RTP/AVP 0"], Err(NoAudio::Refused)),
            ("no address", &["c=IN IP4 example", "m=audio 4000 RTP/AVP 0"], Err(NoAudio::NoAddress)),
            (
                "another codec",
                &["c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 18 9"],
                Err(NoAudio::NoCommonCodec("18 9".to_owned())),
            ),
            ("nothing", &[""], Err(NoAudio::NoMedia)),
        ];
        for (label, lines, said) in cases {
            assert_eq!(&answer(lines), said, "{label}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_description_ever_harms_the_reader(text in "[ -~\r\n]{0,400}") {
            drop(read_answer(&text));
            drop(read_answer(&format!("m=audio {text}")));
        }
    }
}
