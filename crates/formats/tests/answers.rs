//! People and machines told apart on a small part of the labelled set (issue 5); `scripts/voice-set` makes all of it.

use std::error::Error;
use std::path::Path;

use schoolbell_formats::voice::FRAME;
use schoolbell_formats::voice::answer::{Heard, Listener};
use schoolbell_formats::voice::g711::decode_ulaw;

/// Everything that is told of a call and the five seconds of silence after it, each with the time at which it was.
fn told(bytes: &[u8]) -> Vec<(u32, Heard)> {
    let mut samples = decode_ulaw(bytes);
    samples.resize(samples.len() + 40_000, 0);
    let mut listener = Listener::default();
    let times = (20u32..).step_by(20);
    samples.chunks(FRAME).zip(times).filter_map(|(frame, now)| Some((now, listener.push(frame)?))).collect()
}

#[test]
fn people_get_the_message_and_machines_their_beep() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/voice/calls");
    let mut calls = (0, 0);
    for row in csv::Reader::from_path(folder.join("labels.csv"))?.records() {
        let row = row?;
        let file = &row[0];
        let told = told(&std::fs::read(folder.join(file))?);
        if &row[1] == "human" {
            let hello_end: u32 = row[2].parse()?;
            let right =
                matches!(told.as_slice(), [(now, Heard::Human { .. })] if (hello_end..hello_end + 4000).contains(now));
            assert!(right, "{file}: hello ends at {hello_end} ms, told {told:?}");
            calls.0 += 1;
        } else {
            let beep_end: u32 = row[3].parse()?;
            let right = matches!(told.last(), Some((now, Heard::Beep { at_ms }))
                if *now >= beep_end && at_ms.abs_diff(beep_end) <= 100);
            assert!(right, "{file}: beep ends at {beep_end} ms, told {told:?}");
            let only_waits = told.iter().rev().skip(1).all(|(_, heard)| matches!(heard, Heard::Machine { .. }));
            assert!(only_waits, "{file}: {told:?}");
            calls.1 += 1;
        }
    }
    assert_eq!(calls, (7, 6));
    Ok(())
}
