//! SIP messages, as much of RFC 3261 as a telephone needs.

use std::net::SocketAddr;

/// A request that came in.
pub struct Message {
    pub method: String,
    pub text: String,
    pub from: SocketAddr,
}

impl Message {
    /// `None` for what is no request.
    pub fn read(bytes: &[u8], from: SocketAddr) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (method, rest) = text.split_once(' ')?;
        rest.starts_with("sip:").then(|| Self { method: method.to_owned(), text: text.clone(), from })
    }

    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let lines = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(move |(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The first value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> String {
        self.headers(name).next().unwrap_or_default().to_owned()
    }

    /// Whom it calls: `sip:NUMBER@…`.
    pub fn number(&self) -> String {
        let rest = self.text.split_once("sip:").map_or("", |(_, rest)| rest);
        rest.split(['@', ' ', ';']).next().unwrap_or_default().to_owned()
    }

    /// Where its description wants the sound.
    pub fn media_address(&self) -> Option<SocketAddr> {
        let line = |start: &str| self.text.lines().find_map(|line| line.strip_prefix(start));
        let ip = line("c=IN IP4 ")?.trim();
        let port = line("m=audio ")?.split(' ').next()?;
        format!("{ip}:{port}").parse().ok()
    }

    fn contact(&self) -> String {
        let contact = self.header("Contact");
        contact.split(['<', '>']).find(|part| part.starts_with("sip:")).unwrap_or_default().to_owned()
    }

    /// `To` with our tag.
    fn to(&self) -> String {
        let to = self.header("To");
        if to.contains("tag=") { to } else { format!("{to};tag=town{}", self.number().trim_start_matches('+')) }
    }

    pub fn reply(&self, status: &str, more: &str, body: &str) -> String {
        let vias: String = self.headers("Via").flat_map(|via| ["Via: ", via, "\r\n"]).collect();
        format!(
            "SIP/2.0 {status}\r\n{vias}From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.header("From"),
            self.to(),
            self.header("Call-ID"),
            self.header("CSeq"),
            body.len()
        )
    }

    /// A request of ours within the call that this INVITE began.
    pub fn request(&self, method: &str, cseq: u32, more: &str, body: &str) -> String {
        format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK{}{cseq}\r\nFrom: {}\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.contact(),
            self.header("Call-ID").replace(['@', '.', '_'], ""),
            self.to(),
            self.header("From"),
            self.header("Call-ID"),
            body.len()
        )
    }
}
