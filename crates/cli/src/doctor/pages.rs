//! Can the pages be served, and will browsers and families find them?

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::Finding;
use crate::config::Config;
use crate::house;

const WHAT: &str = "pages";

pub async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![port(config.web.listen.0).await];
    let url = config.web.public_url.0.as_str();
    let loopback = url.contains("://127.") || url.contains("://localhost") || url.contains("://[::1]");
    if url.starts_with("http://") && !loopback {
        findings.push(Finding::watch(
            WHAT,
            format!("{url} is not encrypted: passwords would cross the network in the clear"),
            "put a reverse proxy with TLS before it and write https:// in [web] public_url",
        ));
    }
    if let Err(error) = house::upload_folder(config) {
        findings.push(Finding::broken(
            WHAT,
            format!("{error:#}"),
            "write a folder that can be made in [web] upload_folder",
        ));
    }
    findings
}

/// A port that is taken is well when it is Schoolbell that has it.
async fn port(address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Finding::well(WHAT, format!("{address} is free to listen on")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::well(
            WHAT,
            format!("a program listens on {address}; if it is not Schoolbell, write another port in [web] listen"),
        ),
        Err(error) => Finding::broken(
            WHAT,
            format!("{address} cannot be listened on: {error}"),
            "write an address of this machine and a port above 1023 in [web] listen",
        ),
    }
}
