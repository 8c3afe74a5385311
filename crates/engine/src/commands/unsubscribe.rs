//! One click in a mail of General or Surveys: no more of these to this mailbox (RFC 8058, LAW-41).

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::people::Address;
use schoolbell_store::write::queue;
use schoolbell_store::write::suppressions::{self, NewSuppression};
use schoolbell_store::{StoreError, Tx, write};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::unsubscribe::{LEAVES, seal};
use crate::{Actor, Engine};

/// Whose mailbox a link is about; looks, and changes nothing. `NotFound` for a link that is none of ours.
pub async fn look_at_unsubscribe(engine: &Engine, token: &str) -> CommandResult<Address> {
    engine.db.write("look at a link", async |tx| mailbox(tx, token).await).await
}

/// Turns General and Surveys off for the mailbox that the mail went to. Twice is the same as once.
///
/// It is the family's own choice, kept as a preference: the portal and `explain` show it, and they may take it back there.
/// Staff have no such choices; for them the mailbox itself is noted.
pub async fn unsubscribe(engine: &Engine, token: &str) -> CommandResult<Address> {
    engine
        .db
        .write("unsubscribe", async |tx| {
            let mailbox = mailbox(tx, token).await?;
            let mut cells = 0;
            for category in LEAVES {
                cells += write::family_choices::turn_mail_off(tx, mailbox.expose(), category, engine.now()).await?;
            }
            if cells == 0 {
                let left = NewSuppression {
                    address: mailbox.clone(),
                    channel: Channel::Email,
                    kind: Suppression::Complaint,
                    evidence: json!({ "unsubscribed": "one click" }).to_string(),
                };
                suppressions::add(tx, &[left], engine.now()).await?;
            }
            let family = Actor { user: None, name: "family".to_owned(), grants: Vec::new() };
            tell(engine, tx, &family, ("unsubscribe", "preference"), json!({ "cells": cells })).await?;
            Ok::<_, CommandError>(mailbox)
        })
        .await
}

async fn mailbox(tx: &mut Tx, token: &str) -> CommandResult<Address> {
    let none = || CommandError::NotFound("this link".to_owned());
    let delivery = seal(tx).await?.open(token).ok_or_else(none)?;
    let found: Result<Vec<_>, StoreError> = queue::lock(tx, &[delivery]).await;
    let standing = found?.into_iter().next().filter(|standing| standing.place.channel == Channel::Email);
    standing.and_then(|standing| standing.address).ok_or_else(none)
}
