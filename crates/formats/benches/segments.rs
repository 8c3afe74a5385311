//! What the composer and the expansion pay for each text: plain, count, cut.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schoolbell_formats::sms::{encode, plain, segments, split};

const ENGLISH: &str = "Lincoln Elementary is closed today, Monday, because of snow. Buses do not run. Meals can be picked up at the \
     north door from 11 a.m. to 1 p.m. Reply STOP to opt out, HELP for help.";
const SPANISH: &str =
    "La escuela Lincoln est\u{e1} cerrada hoy por la nieve. No hay autobuses. Responda STOP para no recibir m\u{e1}s.";

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sms");
    for (name, text) in [("gsm7", ENGLISH), ("ucs2", SPANISH)] {
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("plain/{name}"), |b| b.iter(|| plain(black_box(text))));
        group.bench_function(format!("segments/{name}"), |b| b.iter(|| segments(black_box(text))));
        group.bench_function(format!("split_and_encode/{name}"), |b| {
            b.iter(|| {
                let (encoding, parts) = split(black_box(text));
                parts.into_iter().map(|part| encode(encoding, part).len()).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
