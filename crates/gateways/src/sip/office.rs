//! Key 3: a family is connected with its school's office, by the carrier (REFER, RFC 3515) or by a second call of ours
//! whose sound is passed on.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, ReferTo};
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::call::{Called, Dial, OfficeEnd, Up, ring};
use super::config::Transfer;
use super::media::Turn;
use super::trunk::Trunk;
use crate::voice::Prompts;

/// How long the carrier may take for its word on a REFER.
const WORD: Duration = Duration::from_secs(5);
/// How long it may take to connect; then we hang up, or call the office ourselves.
const CONNECTED: Duration = Duration::from_secs(40);

/// How far the connection is.
enum Stage<'a> {
    NotAsked,
    /// The carrier connects; until then.
    Referred(Instant),
    /// The office's phone rings on our second call.
    Ringing(BoxFuture<'a, Option<(Box<Up>, SemaphorePermit<'a>)>>),
    /// Both talk, on a line that is free again at the end.
    Connected {
        end: OfficeEnd<'a>,
        _line: SemaphorePermit<'a>,
    },
    /// What the family's end shall do now.
    Tell(Option<Turn>),
}

/// The office of one call.
pub(super) struct Office<'a> {
    trunk: &'a Trunk,
    family: &'a InviteDialog,
    number: Option<String>,
    refers: bool,
    reference: String,
    stage: Stage<'a>,
}

impl<'a> Office<'a> {
    pub(super) fn of(
        trunk: &'a Trunk,
        family: &'a InviteDialog,
        prompts: &Arc<Prompts>,
        takes_refer: bool,
        reference: &str,
    ) -> Self {
        Self {
            trunk,
            family,
            number: prompts.office.clone(),
            refers: takes_refer && trunk.config.transfer == Transfer::Auto,
            reference: format!("office-{reference}"),
            stage: Stage::NotAsked,
        }
    }

    /// Whether key 3 may be offered: there is a number, and a way to it.
    pub(super) fn can_be_had(&self) -> bool {
        self.number.is_some() && (self.refers || self.trunk.config.kept_lines() > 0)
    }

    /// Begins: asks the carrier, or calls.
    pub(super) async fn call(&mut self) {
        if self.refers && self.refer().await {
            self.stage = Stage::Referred(Instant::now() + CONNECTED);
        } else {
            self.ring();
        }
    }

    async fn refer(&mut self) -> bool {
        let Some(number) = &self.number else { return false };
        let config = &self.trunk.config;
        let number = format!("{}{}", config.prefix, config.number_format.write(number));
        let Ok(to) = self.trunk.uri(Some(&number), &config.host) else { return false };
        let by = Header::Other("Referred-By".to_owned(), format!("<{}>", self.trunk.contact));
        let asked = self.family.refer(ReferTo::from(to), Some(vec![by]), None);
        match timeout(WORD, asked).await {
            Ok(Ok(Some(response))) => (200..300).contains(&response.status_code.code()),
            Ok(Ok(None) | Err(_)) | Err(_) => false,
        }
    }

    fn ring(&mut self) {
        let (Some(number), Ok(line)) = (self.number.clone(), self.trunk.offices.try_acquire()) else {
            // Every line for offices is in use: the office's own would be too.
            self.stage = Stage::Tell(Some(Turn::NotConnected));
            return;
        };
        let dial = Dial { number, caller: None, reference: self.reference.clone() };
        let trunk = self.trunk;
        self.stage = Stage::Ringing(Box::pin(async move {
            // Dropped with the family's call, which cancels it.
            match ring(trunk, &dial, &CancellationToken::new()).await {
                Called::Answered(up) => Some((up, line)),
                Called::Ended(..) | Called::Silent | Called::Stopped => None,
            }
        }));
    }

    /// What the carrier says of a REFER.
    pub(super) fn hear(&mut self, status: Option<u16>) {
        match (&self.stage, status) {
            (Stage::Referred(_), Some(200..=299)) => self.stage = Stage::Tell(Some(Turn::Referred)),
            (Stage::Referred(_), Some(300..)) => self.ring(),
            (_, _) => {}
        }
    }

    /// What the family's end shall do next; waits for ever where nothing is going on.
    pub(super) async fn next(&mut self) -> Turn {
        loop {
            match &mut self.stage {
                Stage::NotAsked => return std::future::pending().await,
                Stage::Tell(told) => {
                    let told = told.take();
                    self.stage = Stage::NotAsked;
                    if let Some(told) = told {
                        return told;
                    }
                }
                Stage::Referred(until) => {
                    sleep_until(*until).await;
                    self.ring();
                }
                Stage::Ringing(ringing) => {
                    let Some((up, line)) = ringing.await else {
                        self.stage = Stage::NotAsked;
                        return Turn::NotConnected;
                    };
                    let (end, connect) = up.into_office(self.trunk);
                    self.stage = Stage::Connected { end, _line: line };
                    return connect;
                }
                Stage::Connected { end, .. } => {
                    end.wait().await;
                    return Turn::HangUp;
                }
            }
        }
    }

    /// Ends the office's end, where it has answered.
    pub(super) async fn hang_up(self) {
        if let Stage::Connected { end, .. } = self.stage {
            end.hang_up().await;
        }
    }
}
