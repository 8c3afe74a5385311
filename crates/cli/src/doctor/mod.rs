//! `schoolbell doctor`: looks at everything that sending needs, and says how to mend what is wrong. Sends nothing.

mod carriers;
mod clock;
mod database;
mod disk;
mod hold;
mod pages;
mod people;
mod speech;

use std::process::ExitCode;

use crate::config::Config;

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Well {
        what: &'static str,
        said: String,
    },
    /// It works, and will not for long, or not for everybody.
    Watch {
        what: &'static str,
        said: String,
        remedy: String,
    },
    Broken {
        what: &'static str,
        said: String,
        remedy: String,
    },
}

impl Finding {
    fn well(what: &'static str, said: impl Into<String>) -> Self {
        Self::Well { what, said: said.into() }
    }

    fn watch(what: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Watch { what, said: said.into(), remedy: remedy.into() }
    }

    fn broken(what: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Broken { what, said: said.into(), remedy: remedy.into() }
    }

    fn lines(&self) -> String {
        match self {
            Self::Well { what, said } => format!("ok     {what:<9} {said}"),
            Self::Watch { what, said, remedy } => format!("watch  {what:<9} {said}\n       to mend:  {remedy}"),
            Self::Broken { what, said, remedy } => format!("BROKEN {what:<9} {said}\n       to mend:  {remedy}"),
        }
    }
}

/// Prints every finding; the exit code is 1 when something is broken.
pub async fn doctor(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = vec![disk::look(config)];
    match database::look(config).await {
        Ok((said, db)) => {
            findings.extend(said);
            findings.push(clock::look(&db).await);
            findings.extend(hold::look(&db).await);
            findings.extend(people::look(&db).await);
            db.close().await;
        }
        Err(finding) => findings.push(finding),
    }
    findings.extend(pages::look(config).await);
    findings.extend(carriers::look(config).await);
    findings.extend(speech::look(config).await);
    for finding in &findings {
        println!("{}", finding.lines());
    }
    let broken = findings.iter().filter(|finding| matches!(finding, Finding::Broken { .. })).count();
    if broken == 0 {
        println!("nothing is broken");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("{broken} of {} are broken", findings.len());
        Ok(ExitCode::FAILURE)
    }
}
