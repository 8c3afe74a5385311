//! The one-click link of General and Surveys (RFC 8058, LAW-41): which mail carries it, and whose mail a link was in.

use std::collections::HashMap;

use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{DeliveryId, OriginId};
use schoolbell_formats::mail::Seal;
use schoolbell_store::write::secrets;
use schoolbell_store::{StoreResult, Tx, read};

use crate::dice;

/// The name of the secret that seals the links.
const SECRET: &str = "unsubscribe";

/// Categories that a mailbox may leave by one click. Emergencies and attendance carry no such link.
pub const LEAVES: [Category; 2] = [Category::General, Category::Surveys];

/// The seal of the links of this installation.
pub(crate) async fn seal(tx: &mut Tx) -> StoreResult<Seal> {
    let secret = secrets::get_or_keep(tx, SECRET, &dice::token()).await?;
    Ok(Seal::new(secret.as_bytes()))
}

/// Writes links into outgoing mail. Kept by a lane, so that each broadcast is looked at once.
#[derive(Default)]
pub(crate) struct Links {
    seal: Option<Seal>,
    leaves: HashMap<OriginId, bool>,
}

impl Links {
    /// Learns what it must know of these origins; nothing unless the channel is mail.
    pub async fn load(&mut self, tx: &mut Tx, channel: Channel, origins: &[OriginId]) -> StoreResult<()> {
        if channel != Channel::Email || origins.is_empty() {
            return Ok(());
        }
        if self.seal.is_none() {
            self.seal = Some(seal(tx).await?);
        }
        for origin in origins {
            if !self.leaves.contains_key(origin) {
                let category = read::broadcasts::category_of(tx, *origin).await?;
                self.leaves.insert(*origin, category.is_some_and(|category| LEAVES.contains(&category)));
            }
        }
        Ok(())
    }

    /// The link in the mail of this delivery, if its category may be left.
    pub fn url(&self, public_url: Option<&str>, origin: OriginId, delivery: DeliveryId) -> Option<String> {
        let leaves = self.leaves.get(&origin).copied().unwrap_or(false);
        let (public_url, seal) = (public_url?, self.seal.as_ref()?);
        leaves.then(|| format!("{public_url}/u/{}", seal.token(delivery)))
    }
}
