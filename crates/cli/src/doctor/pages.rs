//! Can the pages be served, and will browsers and families find them?

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Finding;
use crate::config::Config;
use crate::house;

const WHAT: &str = "pages";
const PATIENCE: Duration = Duration::from_secs(3);
/// More than any answer of ours.
const MOST: u64 = 64 * 1024;

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

/// What the program that has the port says of itself.
async fn running(address: SocketAddr) -> Finding {
    match tokio::time::timeout(PATIENCE, ask(address)).await {
        Ok(Ok(said)) if said.contains("\"database\":\"full\"") => Finding::broken(
            WHAT,
            format!("Schoolbell runs on {address} and can write nothing more: the disk of the database is full"),
            "free some space; it goes on by itself, and nothing was lost",
        ),
        Ok(Ok(said)) if said.contains("\"database\":\"away\"") => Finding::broken(
            WHAT,
            format!("Schoolbell runs on {address} and does not reach its database"),
            "start the database; it goes on by itself",
        ),
        Ok(Ok(said)) if said.contains("\"database\":") => Finding::well(WHAT, format!("Schoolbell runs on {address}")),
        Ok(Ok(_) | Err(_)) | Err(_) => Finding::well(
            WHAT,
            format!("a program listens on {address}; if it is not Schoolbell, write another port in [web] listen"),
        ),
    }
}

/// The answer of `/readyz`, with its head.
async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A port that is taken is well when it is Schoolbell that has it.
async fn port(address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Finding::well(WHAT, format!("{address} is free to listen on")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => running(address).await,
        Err(error) => Finding::broken(
            WHAT,
            format!("{address} cannot be listened on: {error}"),
            "write an address of this machine and a port above 1023 in [web] listen",
        ),
    }
}
