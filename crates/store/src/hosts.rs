//! Several PostgreSQL hosts in one address: the one that takes writes is found, at the start and after a promotion.
//!
//! The address is as libpq writes it: `postgres://user@one:5432,two:5432/name?target_session_attrs=read-write`.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions, Connection};

use crate::error::{StoreError, StoreResult};

/// How often the host in use is asked whether it still takes writes.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// A host that does not answer in this time counts as gone.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a start waits for a host that takes writes.
const FIRST_WAIT: Duration = Duration::from_secs(10);
const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";
/// A node that is frozen in the middle of a transaction must not hold its rows for longer than its leases.
const FROZEN_AFTER: &str = "8s";

/// One address for each host, in the order in which they stand.
pub(crate) fn hosts(url: &str) -> StoreResult<Vec<PgConnectOptions>> {
    addresses(url)?
        .iter()
        .map(|address| {
            let options = PgConnectOptions::from_str(address)?;
            Ok(options.application_name("schoolbell").options([("idle_in_transaction_session_timeout", FROZEN_AFTER)]))
        })
        .collect()
}

/// The address taken apart. Of `target_session_attrs` only what we do anyway is taken.
fn addresses(url: &str) -> StoreResult<Vec<String>> {
    let wrong = |what: &str| StoreError::Setup(format!("the address of the database {what}"));
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("has no `://`"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
    let (name, query) = path.split_once('?').unwrap_or((path, ""));
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("target_session_attrs", "read-write" | "primary" | "any")) => {}
            Some(("target_session_attrs", other)) => {
                return Err(wrong(&format!("asks for target_session_attrs={other}; write read-write")));
            }
            Some(_) | None => kept.push(parameter),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let user = user.map_or_else(String::new, |user| format!("{user}@"));
    Ok(hosts.split(',').map(|host| format!("{scheme}://{user}{host}{name}{query}")).collect())
}

/// Waits for a host that takes writes.
pub(crate) async fn first_writable(hosts: &[PgConnectOptions]) -> StoreResult<(usize, PgConnection)> {
    let deadline = tokio::time::Instant::now() + FIRST_WAIT;
    loop {
        let found = writable(hosts).await;
        match found {
            Ok(found) => return Ok(found),
            Err(error) if tokio::time::Instant::now() >= deadline => return Err(error),
            Err(_) => tokio::time::sleep(ASK_EVERY).await,
        }
    }
}

async fn writable(hosts: &[PgConnectOptions]) -> StoreResult<(usize, PgConnection)> {
    let mut last = StoreError::Away("none of its hosts takes writes".to_owned());
    for (at, host) in hosts.iter().enumerate() {
        match tokio::time::timeout(PATIENCE, connect(host)).await {
            Ok(Ok(connection)) => return Ok((at, connection)),
            Ok(Err(error)) => last = error,
            Err(_) => last = StoreError::Away("a host does not answer".to_owned()),
        }
    }
    Err(last)
}

async fn connect(host: &PgConnectOptions) -> StoreResult<PgConnection> {
    let mut connection = host.connect().await?;
    must_write(&mut connection).await?;
    Ok(connection)
}

/// Fails on a standby.
pub(crate) async fn must_write(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let is_standby: bool = sqlx::query_scalar(IS_STANDBY).fetch_one(connection).await?;
    if is_standby {
        let kind = std::io::ErrorKind::NotConnected;
        return Err(sqlx::Error::Io(std::io::Error::new(kind, "this host is a standby and takes no writes")));
    }
    Ok(())
}

/// Turns the pool to another host when the one in use is gone or takes no writes any more; ends with the pool.
pub(crate) async fn follow(pool: PgPool, hosts: Vec<PgConnectOptions>, (mut used, watch): (usize, PgConnection)) {
    let mut watch = Some(watch);
    while !pool.is_closed() {
        tokio::time::sleep(ASK_EVERY).await;
        if let Some(connection) = &mut watch
            && matches!(tokio::time::timeout(PATIENCE, must_write(connection)).await, Ok(Ok(())))
        {
            continue;
        }
        watch = None;
        if let Ok((at, connection)) = writable(&hosts).await {
            if at != used {
                tracing::warn!(host = hosts[at].get_host(), "another host of the database takes the writes now");
                pool.set_connect_options(hosts[at].clone());
            }
            (used, watch) = (at, Some(connection));
        }
    }
    if let Some(connection) = watch
        && let Err(error) = connection.close().await
    {
        tracing::debug!(%error, "the watch over the hosts did not close");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_several_hosts_is_one_for_each() {
        let one = addresses("postgres://bell@db.example.org/schoolbell").unwrap();
        assert_eq!(one, ["postgres://bell@db.example.org/schoolbell"]);
        let two = "postgres://bell:p%40ss@a.example.org:5432,b.example.org:5433/district?sslmode=require&\
                   target_session_attrs=read-write";
        assert_eq!(
            addresses(two).unwrap(),
            [
                "postgres://bell:p%40ss@a.example.org:5432/district?sslmode=require",
                "postgres://bell:p%40ss@b.example.org:5433/district?sslmode=require",
            ]
        );
        let said = addresses("postgres://a,b/x?target_session_attrs=standby").unwrap_err().to_string();
        assert!(said.ends_with("write read-write"), "{said}");
    }
}
