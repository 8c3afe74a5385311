//! A Maildir that another mail server fills: each new mail is read, kept, and moved among the seen ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{LARGEST_MAIL, MailSink};

const EVERY: Duration = Duration::from_secs(5);
/// Where mail servers write the envelope's recipient.
const ENVELOPE: [&str; 4] = ["delivered-to:", "x-original-to:", "envelope-to:", "to:"];

/// Looks into `folder/new` every five seconds until `stop`.
pub async fn watch(folder: PathBuf, sink: Arc<dyn MailSink>, stop: CancellationToken) {
    loop {
        if let Err(error) = take_new(&folder, &*sink).await {
            tracing::warn!(%error, folder = %folder.display(), "the mailbox folder could not be read");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

async fn take_new(folder: &Path, sink: &dyn MailSink) -> std::io::Result<()> {
    let mut files = tokio::fs::read_dir(folder.join("new")).await?;
    while let Some(file) = files.next_entry().await? {
        let kind = file.file_type().await?;
        let length = file.metadata().await?.len();
        if kind.is_file() {
            let fits = usize::try_from(length).is_ok_and(|length| length <= LARGEST_MAIL);
            if !fits || take(&file.path(), sink).await? {
                let name = file.file_name();
                tokio::fs::rename(file.path(), folder.join("cur").join(seen(&name.to_string_lossy()))).await?;
            }
        }
    }
    Ok(())
}

/// Reads one mail; false if it could not be kept and is to be read again.
async fn take(file: &Path, sink: &dyn MailSink) -> std::io::Result<bool> {
    let mail = tokio::fs::read(file).await?;
    let recipients: Vec<String> = recipients(&mail).into_iter().filter(|to| sink.takes(to)).collect();
    match sink.mail(&recipients, &mail).await {
        Ok(()) => Ok(true),
        Err(error) => {
            tracing::warn!(%error, "a mail that came back was not kept; it is read again");
            Ok(false)
        }
    }
}

/// The addresses of the fields that name the envelope's recipient.
fn recipients(mail: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(mail);
    let head = text.lines().take_while(|line| !line.is_empty());
    let named = head.filter_map(|line| {
        let lower = line.to_ascii_lowercase();
        let field = ENVELOPE.iter().find(|field| lower.starts_with(**field))?;
        line.get(field.len()..)
    });
    named
        .flat_map(|value| value.split([',', ' ', '<', '>', '"', ';']))
        .filter(|word| word.contains('@'))
        .map(str::to_owned)
        .collect()
}

/// The name of a mail that was seen (the Maildir's own way to say so).
fn seen(name: &str) -> String {
    let bare = name.split_once(":2,").map_or(name, |(bare, _)| bare);
    format!("{bare}:2,S")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_read_from_the_fields_that_servers_write() {
        let mail = b"Return-Path: <>\r\nDelivered-To: b+0F3K.9X@bounce.example.org\r\nTo: \"Bounces\" <b@bounce.example.org>\r\n\r\nTo: nobody@example.org";
        assert_eq!(recipients(mail), ["b+0F3K.9X@bounce.example.org", "b@bounce.example.org"]);
        assert_eq!((seen("1.host"), seen("1.host:2,")), ("1.host:2,S".to_owned(), "1.host:2,S".to_owned()));
    }
}
