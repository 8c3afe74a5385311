//! `/broadcasts/{id}/export.csv`: every row of the broadcast, streamed a thousand at a time.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use schoolbell_domain::ids::{BroadcastId, DeliveryId};
use schoolbell_domain::permission::Act;
use schoolbell_store::read::report::{Recipient, all};

use super::super::reasons::why;
use super::get;
use crate::WebState;
use crate::error::PageResult;
use crate::session::Staff;

const ROWS: i64 = 1_000;
const HEAD: &str = "delivery,given,family,person,slot,channel,address,state,why,attempts,updated\r\n";

/// Where the stream stands.
enum At {
    Head,
    After(DeliveryId),
    End,
}

/// `GET /broadcasts/{id}/export.csv`.
pub async fn csv(State(state): State<WebState>, staff: Staff, Path(id): Path<BroadcastId>) -> PageResult<Response> {
    staff.must_somewhere(Act::SeePeople)?;
    let mut reads = state.engine.reader().read().await?;
    get(&mut reads, &staff, id).await?;
    drop(reads);
    let rows = stream::unfold(At::Head, move |at| {
        let state = state.clone();
        async move {
            let after = match at {
                At::Head => None,
                At::After(last) => Some(last),
                At::End => return None,
            };
            match page(&state, id, after).await {
                Ok((text, next)) => Some((Ok::<_, std::io::Error>(text), next)),
                // The browser sees a download that broke off, not a short file that looks whole.
                Err(error) => Some((Err(std::io::Error::other(error)), At::End)),
            }
        }
    });
    // Compression asks once more after the end, which an unfold does not bear.
    let rows = rows.fuse();
    let name = format!("attachment; filename=\"schoolbell-{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(rows)).into_response())
}

async fn page(
    state: &WebState,
    id: BroadcastId,
    after: Option<DeliveryId>,
) -> schoolbell_store::StoreResult<(Bytes, At)> {
    let mut reads = state.engine.reader().read().await?;
    let rows = all(&mut reads, id.into(), after, ROWS).await?;
    let mut text = if after.is_none() { HEAD.to_owned() } else { String::new() };
    for row in &rows {
        write_row(&mut text, row);
    }
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == ROWS);
    let next = rows.last().filter(|_| full).map_or(At::End, |last| At::After(last.delivery));
    Ok((text.into(), next))
}

fn write_row(out: &mut String, row: &Recipient) {
    let fields = [
        row.delivery.to_string(),
        row.given.clone(),
        row.family.clone(),
        row.person.map(|person| person.to_string()).unwrap_or_default(),
        row.slot.map(|slot| slot.plain().to_owned()).unwrap_or_default(),
        row.channel.word().to_owned(),
        row.address.clone().unwrap_or_default(),
        row.state.kind().plain().to_owned(),
        why(row.state),
        row.attempts.to_string(),
        row.updated_at.to_string(),
    ];
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&csv_field(field));
    }
    out.push_str("\r\n");
}

/// A field as RFC 4180 writes it. What a spreadsheet would read as a formula gets an apostrophe; a phone number's `+`
/// is only a formula to a program that wants one, and stays readable with it too.
pub fn csv_field(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_needed_and_never_a_formula() {
        for (text, written) in [
            ("Ana", "Ana"),
            ("Ruiz, Ana", "\"Ruiz, Ana\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "'=1+1"),
            ("+15125550143", "'+15125550143"),
        ] {
            assert_eq!(csv_field(text), written);
        }
    }
}
