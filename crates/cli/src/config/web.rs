//! `[web]`: where the pages are served.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

/// Behind a reverse proxy on this machine when the section is absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSection {
    pub listen: ListenAddress,
    pub public_url: PublicUrl,
    pub upload_folder: PathBuf,
    pub max_upload_mb: u32,
}

impl Default for WebSection {
    fn default() -> Self {
        Self {
            listen: ListenAddress(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            public_url: PublicUrl("http://127.0.0.1:8080".to_owned()),
            upload_folder: PathBuf::from("data/uploads"),
            max_upload_mb: 256,
        }
    }
}

/// An address and a port of this machine.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct ListenAddress(pub SocketAddr);

impl TryFrom<String> for ListenAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("`{text}`, which is no address; write an address and a port, for example \"127.0.0.1:8080\"")
        })
    }
}

/// How browsers reach the pages; links in messages begin with it. Without a slash at the end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(pub String);

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = text.trim_end_matches('/');
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(['/', ' ', '?', '#']) => Ok(Self(url.to_owned())),
            _ => {
                Err(format!("`{text}`, which is no address of a site; write for example \"https://bell.example.org\""))
            }
        }
    }
}
