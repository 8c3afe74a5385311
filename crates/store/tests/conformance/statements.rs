//! Every SQL constant is prepared on both engines: a misspelt column fails here and not at night.

use schoolbell_store::testing::{on_both, sqlite};
use schoolbell_store::{StoreError, Tx, on, read, sql, write};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

/// Every module with statements. A module that is not here fails `every_module_with_statements_is_listed`.
pub const MODULES: &[(&str, &[(&str, &str)])] = &[
    ("read/audit", read::audit::STATEMENTS),
    ("read/broadcast_list", read::broadcast_list::STATEMENTS),
    ("read/broadcasts", read::broadcasts::STATEMENTS),
    ("read/called", read::called::STATEMENTS),
    ("read/calls", read::calls::STATEMENTS),
    ("read/choices", read::choices::STATEMENTS),
    ("read/consent", read::consent::STATEMENTS),
    ("read/contact_reviews", read::contact_reviews::STATEMENTS),
    ("read/content", read::content::STATEMENTS),
    ("read/desk", read::desk::STATEMENTS),
    ("read/district", read::district::STATEMENTS),
    ("read/family", read::family::STATEMENTS),
    ("read/family_choices", read::family_choices::STATEMENTS),
    ("read/family_doors", read::family_doors::STATEMENTS),
    ("read/passed_on", read::passed_on::STATEMENTS),
    ("read/family_passkeys", read::family_passkeys::STATEMENTS),
    ("read/gateways", read::gateways::STATEMENTS),
    ("read/home", read::home::STATEMENTS),
    ("read/imports", read::imports::STATEMENTS),
    ("read/inbound", read::inbound::STATEMENTS),
    ("read/instance", read::instance::STATEMENTS),
    ("read/jobs", read::jobs::STATEMENTS),
    ("read/lists", read::lists::STATEMENTS),
    ("read/names", read::names::STATEMENTS),
    ("read/nodes", read::nodes::STATEMENTS),
    ("read/invitations", read::invitations::STATEMENTS),
    ("read/push", read::push::STATEMENTS),
    ("read/people_pages", read::people_pages::STATEMENTS),
    ("read/plan_page", read::plan_page::STATEMENTS),
    ("read/report", read::report::STATEMENTS),
    ("read/roster", read::roster::STATEMENTS),
    ("read/school_calls", read::school_calls::STATEMENTS),
    ("read/sessions", read::sessions::STATEMENTS),
    ("read/checks", read::checks::STATEMENTS),
    ("read/policies", read::policies::STATEMENTS),
    ("read/queue", read::queue::STATEMENTS),
    ("read/reached", read::reached::STATEMENTS),
    ("read/receipts", read::receipts::STATEMENTS),
    ("read/recordings", read::recordings::STATEMENTS),
    ("read/record_requests", read::record_requests::STATEMENTS),
    ("read/suppressions", read::suppressions::STATEMENTS),
    ("read/tallies", read::tallies::STATEMENTS),
    ("read/users", read::users::STATEMENTS),
    ("read/communications", read::communications::STATEMENTS),
    ("read/sms_contacts", read::sms_contacts::STATEMENTS),
    ("read/texting", read::texting::STATEMENTS),
    ("read/text_templates", read::text_templates::STATEMENTS),
    ("read/supervision", read::supervision::STATEMENTS),
    ("read/text_media", read::text_media::STATEMENTS),
    ("read/office", read::office::STATEMENTS),
    ("read/threads", read::threads::STATEMENTS),
    ("read/absences", read::absences::STATEMENTS),
    ("read/surveys", read::surveys::STATEMENTS),
    ("write/surveys", write::surveys::STATEMENTS),
    ("read/attendance", read::attendance::STATEMENTS),
    ("read/holds", read::holds::STATEMENTS),
    ("write/absences", write::absences::STATEMENTS),
    ("write/record_requests", write::record_requests::STATEMENTS),
    ("write/attendance", write::attendance::STATEMENTS),
    ("write/holds", write::holds::STATEMENTS),
    ("write/attempts", write::attempts::STATEMENTS),
    ("write/audit", write::audit::STATEMENTS),
    ("write/broadcasts", write::broadcasts::STATEMENTS),
    ("write/calls", write::calls::STATEMENTS),
    ("write/completion", write::completion::STATEMENTS),
    ("write/consent", write::consent::STATEMENTS),
    ("write/contact_reviews", write::contact_reviews::STATEMENTS),
    ("write/content", write::content::STATEMENTS),
    ("write/deliveries", write::deliveries::STATEMENTS),
    ("write/district", write::district::STATEMENTS),
    ("write/family_choices", write::family_choices::STATEMENTS),
    ("write/family_doors", write::family_doors::STATEMENTS),
    ("write/family_passkeys", write::family_passkeys::STATEMENTS),
    ("write/gateways", write::gateways::STATEMENTS),
    ("write/imports", write::imports::STATEMENTS),
    ("write/inbound", write::inbound::STATEMENTS),
    ("write/instance", write::instance::STATEMENTS),
    ("write/invitations", write::invitations::STATEMENTS),
    ("write/jobs", write::jobs::STATEMENTS),
    ("write/lists", write::lists::STATEMENTS),
    ("write/nodes", write::nodes::STATEMENTS),
    ("write/policies", write::policies::STATEMENTS),
    ("write/family_ways_in", write::family_ways_in::STATEMENTS),
    ("write/push", write::push::STATEMENTS),
    ("write/queue", write::queue::STATEMENTS),
    ("write/reached", write::reached::STATEMENTS),
    ("write/receipts", write::receipts::STATEMENTS),
    ("write/recordings", write::recordings::STATEMENTS),
    ("write/returned", write::returned::STATEMENTS),
    ("write/roster", write::roster::STATEMENTS),
    ("write/suppressions", write::suppressions::STATEMENTS),
    ("write/school_calls", write::school_calls::STATEMENTS),
    ("write/secrets", write::secrets::STATEMENTS),
    ("write/sessions", write::sessions::STATEMENTS),
    ("write/tallies", write::tallies::STATEMENTS),
    ("write/users", write::users::STATEMENTS),
    ("write/sms_contacts", write::sms_contacts::STATEMENTS),
    ("write/texting", write::texting::STATEMENTS),
    ("write/text_templates", write::text_templates::STATEMENTS),
    ("write/supervision", write::supervision::STATEMENTS),
    ("write/text_copies", write::text_copies::STATEMENTS),
    ("write/text_media", write::text_media::STATEMENTS),
    ("write/office", write::office::STATEMENTS),
    ("write/threads", write::threads::STATEMENTS),
];

#[tokio::test]
async fn every_statement_is_understood_by_both_engines() {
    on_both(async |db| -> Result<(), StoreError> {
        let mut tx = db.begin().await?;
        for (module, statements) in MODULES {
            for (name, statement) in *statements {
                let text = sql::fill(tx.engine(), statement, 2);
                let prepared =
                    on!(&mut tx, |conn| conn.prepare(AssertSqlSafe(text.clone()).into_sql_str()).await.map(drop));
                assert!(prepared.is_ok(), "{module} {name} on {:?}: {prepared:?}\n{text}", tx.engine());
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[test]
fn fixed_parameters_stand_once_and_in_order_before_the_set() {
    for (module, statements) in MODULES {
        for (name, statement) in *statements {
            let Some(set) = ["{rows:", "{typed:", "{list@"].iter().find_map(|mark| statement.find(mark)) else {
                continue;
            };
            let numbers: Vec<usize> = statement
                .match_indices('$')
                .map(|(at, _)| {
                    assert!(at < set, "{module} {name}: a fixed parameter after the set");
                    statement[at + 1..].split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
                })
                .collect();
            assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "{module} {name}");
            let first = format!("@{}}}", numbers.len() + 1);
            assert!(statement[set..].contains(&first), "{module} {name}: the set begins with ${}", numbers.len() + 1);
        }
    }
}

/// The statements of a broadcast at work, and the tables that grow with every broadcast.
const HOT: &[&str] = &[
    "write/attempts",
    "write/deliveries",
    "write/jobs",
    "write/queue",
    "write/receipts",
    "write/tallies",
    "read/queue",
];
/// Small indexes over what is open; walking one of them whole is what they are for.
const OPEN_ONLY: &[&str] = &["receipt_unmatched", "delivery_leased", "job_ready"];

#[tokio::test]
async fn no_hot_statement_walks_a_table_that_grows() {
    let file = sqlite().await.unwrap();
    let mut tx = file.db.begin().await.unwrap();
    for (module, statements) in MODULES.iter().filter(|(module, _)| HOT.contains(module)) {
        for (name, statement) in *statements {
            let text = format!("EXPLAIN QUERY PLAN {}", sql::fill(tx.engine(), statement, 40));
            let Tx::Sqlite(inner) = &mut tx else { unreachable!("a SQLite file") };
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(AssertSqlSafe(text)).fetch_all(&mut **inner).await.unwrap();
            for (_, _, _, line) in plan {
                let walks = ["delivery", "receipt", "attempt", "attempt_reference", "job", "tally"]
                    .iter()
                    .any(|table| line.starts_with(&format!("SCAN {table} ")) || line == format!("SCAN {table}"));
                let allowed = OPEN_ONLY.iter().any(|index| line.contains(index));
                assert!(!walks || allowed, "{module} {name}: {line}");
            }
        }
    }
}

#[test]
fn every_module_with_statements_is_listed() {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for side in ["read", "write"] {
        for entry in std::fs::read_dir(src.join(side)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let name = format!("{side}/{}", path.file_stem().unwrap().to_string_lossy());
            let listed = MODULES.iter().any(|(module, _)| *module == name);
            assert!(listed || !text.contains("statements! {"), "{name} has statements; add it to MODULES");
        }
    }
}
