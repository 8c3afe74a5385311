//! Statements for sets of rows: one constant text, filled for the engine and for the number of rows.
//!
//! Marks in a statement: `{rows:5@2}` becomes tuples of five parameters beginning with `$2`, `{typed:bigint,text@1}` the
//! same with the types that PostgreSQL cannot guess in a `VALUES` of its own, `{list@1}` one parenthesised list, `{skip locked}` and `{for update}` the locks of PostgreSQL (SQLite has one writer anyway).
//! Fixed parameters are written `$1`, `$2`, each once and in order, and stand before those of the set.

use std::fmt::Write;

use crate::db::Engine;

/// SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
const MOST_PARAMETERS: usize = 32_000;

/// The statement for `rows` rows on this engine.
///
/// `UPDATE … WHERE id IN {list@1}` with two rows is `… IN (?,?)` on SQLite: it looks a parameter with a name or number up
/// by walking all of them, which makes a thousand of them slow.
pub fn fill(engine: Engine, statement: &str, rows: usize) -> String {
    let mut out = String::with_capacity(statement.len() + rows * 16);
    let mut has_set = false;
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (mark, tail) = after.split_once('}').unwrap_or((after, ""));
        has_set |= fill_mark(&mut out, engine, mark, rows);
        rest = tail;
    }
    out.push_str(rest);
    match engine {
        Engine::Sqlite if has_set => without_numbers(&out),
        Engine::Sqlite => out.replace('$', "?"),
        Engine::Postgres => out,
    }
}

/// `$1` and the like as a bare `?`.
fn without_numbers(statement: &str) -> String {
    let mut out = String::with_capacity(statement.len());
    let mut parts = statement.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push('?');
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// Writes what a mark stands for; answers whether it was a set.
fn fill_mark(out: &mut String, engine: Engine, mark: &str, rows: usize) -> bool {
    match (mark, engine) {
        ("skip locked", Engine::Postgres) => out.push_str(" FOR UPDATE SKIP LOCKED"),
        ("for update", Engine::Postgres) => out.push_str(" FOR UPDATE"),
        ("skip locked" | "for update", Engine::Sqlite) => {}
        _ => {
            let (kind, first) = mark.split_once('@').unwrap_or((mark, "1"));
            let first = first.parse().unwrap_or(1);
            if let Some(columns) = kind.strip_prefix("rows:") {
                tuples(out, rows, &vec![""; columns.parse().unwrap_or(1)], first);
            } else if let Some(types) = kind.strip_prefix("typed:") {
                let untyped = || types.split(',').map(|_| "").collect();
                let types: Vec<_> = if engine == Engine::Postgres { types.split(',').collect() } else { untyped() };
                tuples(out, rows, &types, first);
            } else {
                tuples(out, 1, &vec![""; rows], first);
            }
            return true;
        }
    }
    false
}

/// The types stand in the first row only; the others take them from there.
fn tuples(out: &mut String, rows: usize, types: &[&str], first: usize) {
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ",(" });
        for (column, of_type) in types.iter().enumerate() {
            let comma = if column == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            write!(out, "{comma}${}", first + row * types.len() + column).unwrap_or_default();
            if row == 0 && !of_type.is_empty() {
                write!(out, "::{of_type}").unwrap_or_default();
            }
        }
        out.push(')');
    }
}

/// How many rows of `columns` parameters one statement takes, beside a few fixed ones; at most `most`.
pub const fn rows_that_fit(columns: usize, most: usize) -> usize {
    let fit = MOST_PARAMETERS / columns;
    if fit < most { fit } else { most }
}

/// Whether the prepared statement for so many rows is kept: the common sizes are. A kept one of every size would fill
/// the memory of each connection.
pub const fn is_kept(rows: usize) -> bool {
    matches!(rows, 0..=4 | 500 | 1000)
}

/// Names the statements of a module, and lists them so that a test can prepare each on both engines.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* const $name: &str = $text;)+
        /// Every statement of this module with its name.
        pub const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

/// Runs a set statement: `bind` adds the parameters of one row. Answers how many rows it touched.
macro_rules! execute_set {
    ($tx:expr, $statement:expr, [$($fixed:expr),*], $rows:expr, |$query:ident, $row:ident| $bound:expr) => {{
        let text = $crate::sql::fill($tx.engine(), $statement, $rows.len());
        $crate::on!($tx, |conn| {
            let mut $query = sqlx::query(sqlx::AssertSqlSafe(text.as_str())).persistent($crate::sql::is_kept($rows.len()))$(.bind($fixed))*;
            for $row in $rows {
                $query = $bound;
            }
            $query.execute(conn).await.map(|done| done.rows_affected())
        })
    }};
}

/// Runs a set statement that answers rows of `$as`.
macro_rules! fetch_set {
    ($tx:expr, $as:ty, $statement:expr, [$($fixed:expr),*], $rows:expr, |$query:ident, $row:ident| $bound:expr) => {{
        let text = $crate::sql::fill($tx.engine(), $statement, $rows.len());
        $crate::on!($tx, |conn| {
            let mut $query = sqlx::query_as::<_, $as>(sqlx::AssertSqlSafe(text.as_str())).persistent($crate::sql::is_kept($rows.len()))$(.bind($fixed))*;
            for $row in $rows {
                $query = $bound;
            }
            $query.fetch_all(conn).await
        })
    }};
}

pub(crate) use {execute_set, fetch_set};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_statement_is_filled_for_each_engine() {
        let statement = "SELECT $1 FROM t WHERE (a, b) IN (VALUES {rows:2@2}){for update}";
        assert_eq!(fill(Engine::Sqlite, statement, 2), "SELECT ? FROM t WHERE (a, b) IN (VALUES (?,?),(?,?))");
        assert_eq!(
            fill(Engine::Postgres, statement, 1),
            "SELECT $1 FROM t WHERE (a, b) IN (VALUES ($2,$3)) FOR UPDATE"
        );
        let typed = "VALUES {typed:bigint,text@1}";
        assert_eq!(fill(Engine::Postgres, typed, 2), "VALUES ($1::bigint,$2::text),($3,$4)");
        assert_eq!(fill(Engine::Sqlite, typed, 2), "VALUES (?,?),(?,?)");
        assert_eq!(fill(Engine::Postgres, "id IN {list@1}", 3), "id IN ($1,$2,$3)");
        assert_eq!(fill(Engine::Sqlite, "a = $1 OR b = $1{skip locked}", 0), "a = ?1 OR b = ?1");
    }
}
