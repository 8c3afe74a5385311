//! What one second of one call costs: hearing who answered, hearing keys in the sound, encoding.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use schoolbell_formats::voice::g711::{decode_ulaw, encode_ulaw};
use schoolbell_formats::voice::{FRAME, answer, dtmf};

/// A second of a buzz with pauses, as µ-law.
fn second() -> Vec<u8> {
    let samples = (0i16..8000).map(|at| if at % 3000 < 2000 { (at % 57) * 140 - 4000 } else { at % 3 });
    encode_ulaw(&samples.collect::<Vec<i16>>())
}

fn benches(criterion: &mut Criterion) {
    let samples = decode_ulaw(&second());
    let mut group = criterion.benchmark_group("a second of a call");
    group.bench_function("who answered", |b| {
        b.iter(|| {
            let mut listener = answer::Listener::default();
            samples.chunks(FRAME).filter_map(|frame| listener.push(black_box(frame))).count()
        });
    });
    group.bench_function("keys in the sound", |b| {
        b.iter(|| {
            let mut listener = dtmf::Listener::default();
            samples.chunks(FRAME).filter_map(|frame| listener.push(black_box(frame))).count()
        });
    });
    group.bench_function("to µ-law", |b| b.iter(|| encode_ulaw(black_box(&samples))));
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
