//! How fast the rules decide: rows of the plan a second, digests, keywords, templates.

#[expect(dead_code, reason = "the tests of the plan use the rest")]
#[path = "../tests/plan/town.rs"]
mod town;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schoolbell_domain::category::Category;
use schoolbell_domain::conversation::keyword::classify;
use schoolbell_domain::delivery::digest::PlanDigest;
use schoolbell_domain::delivery::plan::plan;
use schoolbell_domain::delivery::summary::PlanSummary;
use schoolbell_domain::template::{Field, Fields, READY_MADE, render};

fn count(length: usize) -> Throughput {
    Throughput::Elements(length as u64)
}

/// A page of 200 households, as the expansion reads them.
fn plans(criterion: &mut Criterion) {
    let page = town::city(200);
    let mut group = criterion.benchmark_group("plan");
    for category in [Category::SchoolsOut, Category::General] {
        let ask = town::ask(category);
        group.throughput(count(plan(&ask, &page).len()));
        group.bench_function(category.key(), |bencher| bencher.iter(|| plan(black_box(&ask), black_box(&page))));
    }
    let ask = town::ask(Category::SchoolsOut);
    let rows = plan(&ask, &page);
    group.throughput(count(rows.len()));
    group.bench_function("digest", |bencher| bencher.iter(|| PlanDigest::of(black_box(&rows))));
    group.bench_function("summary", |bencher| bencher.iter(|| PlanSummary::of_page(black_box(&rows), ask.leaves_at)));
    group.finish();
}

fn texts(criterion: &mut Criterion) {
    let inbox = [
        "YES",
        "stop",
        "Please don't text me again",
        "Sí, gracias",
        "Ana will be late today, she has a dentist appointment at nine and comes after that. Thank you!",
        "What time does the game start?",
    ];
    let mut group = criterion.benchmark_group("text");
    group.throughput(count(inbox.len()));
    group.bench_function("keyword", |bencher| {
        bencher.iter(|| inbox.iter().filter(|text| classify(black_box(text)) as u8 == 0).count());
    });
    let fields = Field::ALL.into_iter().fold(Fields::default(), |fields, field| fields.with(field, "Ana and Luis"));
    let body = READY_MADE[2].email_body.replace(['[', ']'], "");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("template", |bencher| bencher.iter(|| render(black_box(&body), black_box(&fields))));
    group.finish();
}

criterion_group! {
    name = rules;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    targets = plans, texts
}
criterion_main!(rules);
