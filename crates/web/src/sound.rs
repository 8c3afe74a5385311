//! Sound files for the player of a browser, whole or in parts.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The wave file, or the part of it that the browser asked for. Players that skip about ask for parts, and some play
/// nothing where they get none.
pub fn wav(asked: &HeaderMap, bytes: Vec<u8>) -> Response {
    let whole = bytes.len();
    let fixed = [(header::CONTENT_TYPE, "audio/wav"), (header::ACCEPT_RANGES, "bytes")];
    let range = asked.get(header::RANGE).and_then(|value| value.to_str().ok());
    match range.map(|range| part(range, whole)) {
        None | Some(None) => (fixed, bytes).into_response(),
        Some(Some((first, last))) if first < whole => {
            let told = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{whole}"))];
            let part = bytes.get(first..=last).unwrap_or_default().to_vec();
            (StatusCode::PARTIAL_CONTENT, fixed, told, part).into_response()
        }
        Some(Some(_)) => {
            let told = [(header::CONTENT_RANGE, format!("bytes */{whole}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, told).into_response()
        }
    }
}

/// First and last byte of `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LENGTH`; `None` for what is no single range,
/// which a server may answer with the whole (RFC 9110, 14.2).
fn part(range: &str, whole: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = whole.checked_sub(1)?;
    if first.is_empty() {
        let length: usize = last.parse().ok()?;
        return Some((whole.saturating_sub(length), end));
    }
    let first = first.parse().ok()?;
    let last = if last.is_empty() { end } else { last.parse::<usize>().ok()?.min(end) };
    (first <= last || first > end).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_gets_the_part_that_it_asks_for() {
        let cases = [
            (None, StatusCode::OK, ""),
            (Some("bytes=0-"), StatusCode::PARTIAL_CONTENT, "bytes 0-9/10"),
            (Some("bytes=2-4"), StatusCode::PARTIAL_CONTENT, "bytes 2-4/10"),
            (Some("bytes=8-99"), StatusCode::PARTIAL_CONTENT, "bytes 8-9/10"),
            (Some("bytes=-3"), StatusCode::PARTIAL_CONTENT, "bytes 7-9/10"),
            (Some("bytes=10-"), StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10"),
            (Some("bytes=5-2"), StatusCode::OK, ""),
            (Some("bytes=0-1,4-5"), StatusCode::OK, ""),
            (Some("lines=1-2"), StatusCode::OK, ""),
        ];
        for (range, status, told) in cases {
            let headers = range.map(|range| (header::RANGE, range.parse().unwrap())).into_iter().collect();
            let answer = wav(&headers, vec![0; 10]);
            let said = answer.headers().get(header::CONTENT_RANGE).map(|value| value.to_str().unwrap());
            assert_eq!((answer.status(), said.unwrap_or_default()), (status, told), "{range:?}");
        }
    }
}
