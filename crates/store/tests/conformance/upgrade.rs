//! Old and new programs on one database: what a newer one added is no trouble, what it broke is refused.

use schoolbell_domain::ids::OriginId;
use schoolbell_store::carry::{Onto, backup, restore};
use schoolbell_store::migrate::{self, Effect, MIGRATIONS, Migration};
use schoolbell_store::testing::{ids, on_both};
use schoolbell_store::write::deliveries::insert;
use schoolbell_store::{StoreError, on, sql};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

use crate::rows::{now, text};
use crate::statements::MODULES;

/// What the next release may do: a column that may be absent, a table, an index.
pub const NEXT: Migration = Migration {
    number: 9_001,
    name: "next",
    sql: "ALTER TABLE delivery ADD COLUMN campaign TEXT;
        ALTER TABLE person ADD COLUMN pronouns TEXT NOT NULL DEFAULT '';
        CREATE TABLE campaign (id BIGINT PRIMARY KEY, name TEXT NOT NULL);
        CREATE INDEX person_pronouns ON person (pronouns);",
    effect: Effect::Adds,
};
const BREAKING: Migration =
    Migration { number: 9_002, name: "rename", sql: "ALTER TABLE campaign RENAME TO drive;", effect: Effect::Breaks };

fn steps(more: &[Migration]) -> Vec<Migration> {
    MIGRATIONS.iter().chain(more).copied().collect()
}

#[tokio::test]
async fn this_program_works_beside_one_that_added_and_refuses_what_breaks_it() {
    on_both(async |db| -> Result<(), StoreError> {
        assert_eq!(migrate::migrate_with(&db, &steps(&[NEXT])).await?.taken, [NEXT.number]);
        // This program, which does not know the step.
        let migrated = migrate::migrate(&db).await?;
        assert_eq!((migrated.taken, migrated.newer), (vec![], vec![NEXT.number]));
        assert_eq!(migrate::standing(&db).await?.newer, [NEXT.number]);
        let mut tx = db.begin().await?;
        for (module, statements) in MODULES {
            for (name, statement) in *statements {
                let text = sql::fill(tx.engine(), statement, 2);
                let prepared =
                    on!(&mut tx, |conn| conn.prepare(AssertSqlSafe(text.clone()).into_sql_str()).await.map(drop));
                assert!(prepared.is_ok(), "{module} {name}: {prepared:?}");
            }
        }
        let ids = ids();
        let rows: Vec<_> = (0..3).map(|n| text(&ids, OriginId::from_raw(1), n)).collect();
        assert_eq!(insert(&mut tx, &rows).await?.queued, 3);
        tx.commit().await?;
        // Its backup is not one that this program could build a database from.
        let mut view = db.read().await?;
        let head = backup::head(&mut view, "next", now()).await?;
        let file = backup::write(&mut view, &head, Vec::new(), |_| {}).await?;
        drop(view);
        let mut tx = db.begin().await?;
        let refused = restore::restore(&mut tx, file.as_slice(), Onto::Whatever, |_| {}).await.unwrap_err();
        assert!(refused.to_string().contains("newer program"), "{refused}");
        drop(tx);

        migrate::migrate_with(&db, &steps(&[NEXT, BREAKING])).await?;
        for refused in [migrate::migrate(&db).await.err(), migrate::standing(&db).await.err()] {
            let refused = refused.unwrap().to_string();
            assert!(refused.contains("step 9002, rename") && refused.contains("start the newer program"), "{refused}");
        }
        // The newer program itself goes on.
        assert_eq!(migrate::migrate_with(&db, &steps(&[NEXT, BREAKING])).await?.taken, Vec::<i64>::new());
        Ok(())
    })
    .await
    .unwrap();
}

/// Two branches that land in the other order than they were numbered: neither step is passed over.
#[tokio::test]
async fn a_step_with_a_smaller_number_that_comes_later_is_taken_too() {
    on_both(async |db| -> Result<(), StoreError> {
        let early =
            Migration { number: 2_000, name: "late", sql: "CREATE TABLE late (id BIGINT PRIMARY KEY);", ..NEXT };
        migrate::migrate_with(&db, &steps(&[NEXT])).await?;
        assert_eq!(migrate::migrate_with(&db, &steps(&[early, NEXT])).await?.taken, [2_000]);
        Ok(())
    })
    .await
    .unwrap();
}

/// The rule of `CONTRIBUTING.md`, *Schema*, as far as a program can read it.
#[test]
fn a_step_that_is_said_to_add_neither_drops_nor_renames_nor_demands() {
    for step in MIGRATIONS.iter().filter(|step| step.effect == Effect::Adds && step.number > 1) {
        let lines = step.sql.lines().filter(|line| !line.trim_start().starts_with("--"));
        for statement in lines.collect::<Vec<_>>().join(" ").to_uppercase().split(';') {
            let words: Vec<&str> = statement.split_whitespace().collect();
            let text = words.join(" ");
            let forbidden = ["DROP ", "RENAME ", "ALTER COLUMN", "DELETE ", "CREATE UNIQUE INDEX"];
            // A new table may have what it likes; what stands may only get what an old program leaves out.
            let alters = text.starts_with("ALTER TABLE");
            let demands = alters && text.contains("NOT NULL") && !text.contains("DEFAULT");
            let found: Vec<_> = forbidden.iter().filter(|word| text.contains(**word)).collect();
            let on_new = text.starts_with("CREATE UNIQUE INDEX")
                && (is_on_new_table(&text, step.sql) || is_on_new_column(&text, step.sql));
            assert!((found.is_empty() || on_new) && !demands, "step {} {}: {text}", step.number, step.name);
        }
    }
}

fn is_on_new_table(statement: &str, sql: &str) -> bool {
    let table = statement.split(" ON ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    sql.to_uppercase().contains(&format!("CREATE TABLE {table} "))
}

/// Partial, over rows that only a program of the step writes: an old one leaves the column empty.
fn is_on_new_column(statement: &str, sql: &str) -> bool {
    let column = statement.split(" WHERE ").nth(1).and_then(|rest| rest.strip_suffix(" IS NOT NULL"));
    column.is_some_and(|column| sql.to_uppercase().contains(&format!("ADD COLUMN {column} ")))
}
