//! Mail that came back: a hard bounce ends the address, a complaint ends General and Surveys there (LAW-43), a full
//! mailbox and an answering machine change nothing but the record of the one mail.
//!
//! Whose mail it was is read from the envelope sender that only we can make (VERP), else from the Message-ID that the
//! report brings back, and then only if the report names the address that the mail went to.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_formats::mail::{Bounce, Complaint, Returned, Verp, read_returned};
use schoolbell_gateways::HeardReceipt;
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::returned::{self, NewReturned};
use schoolbell_store::write::suppressions::{self, NewSuppression};
use schoolbell_store::{StoreError, StoreResult, Tx};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{Engine, receipts};

/// So much of a mail is kept for the record.
const KEPT_BYTES: usize = 16 * 1024;

/// The bounce address of one mail gateway.
pub struct BounceDoor {
    /// The gateway's name in the config.
    pub gateway: String,
    pub verp: Verp,
    /// The domain of its Message-IDs.
    pub domain: String,
}

/// What a mail that came back made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learnt {
    /// The address is given up.
    Dead,
    /// General and Surveys stop there.
    Complained,
    /// The one mail did not arrive; nothing more is known.
    NotDelivered,
    /// Nothing: an answering machine, a letter, a report about no mail of ours, or one that was seen before.
    Nothing,
}

/// Reads a mail to the bounce address, keeps it, and does what follows; all in one commit.
///
/// `recipients`: of the envelope. The answer may go to the mail's sender only after this returns.
pub async fn receive(engine: &Engine, doors: &[BounceDoor], recipients: &[String], mail: &[u8]) -> StoreResult<Learnt> {
    let read = read_returned(mail);
    let from_envelope = recipients.iter().find_map(|to| by_verp(doors, to));
    let kept = Kept { engine, doors, from_envelope, mail };
    let (learnt, receipt) = engine
        .db
        .write("keep a mail that came back", async |tx| match &read {
            Returned::Bounce(bounce) => kept.bounce(tx, bounce).await,
            Returned::Complaint(complaint) => kept.complaint(tx, complaint).await,
            Returned::AutoReply => kept.nothing(tx, "auto_reply").await,
            Returned::Other => kept.nothing(tx, "other").await,
        })
        .await?;
    if let Some((gateway, receipt)) = receipt {
        receipts::keep_one(engine, &gateway, &receipt).await?;
    }
    Ok(learnt)
}

fn by_verp(doors: &[BounceDoor], address: &str) -> Option<DeliveryId> {
    doors.iter().find_map(|door| door.verp.delivery(address))
}

/// The word on the delivery, for the gateway that sent it.
type Word = Option<(String, HeardReceipt)>;

struct Kept<'a> {
    engine: &'a Engine,
    doors: &'a [BounceDoor],
    from_envelope: Option<DeliveryId>,
    mail: &'a [u8],
}

impl Kept<'_> {
    async fn bounce(&self, tx: &mut Tx, bounce: &Bounce) -> Result<(Learnt, Word), StoreError> {
        let by_id = self.by_message_id(bounce.message_id.as_deref());
        let standing = self.standing(tx, self.from_envelope.or(by_id)).await?;
        let sure = self.from_envelope.is_some();
        let failed = standing.as_ref().and_then(|standing| {
            let address = standing.address.as_ref()?.expose().to_lowercase();
            let own = bounce.failed.iter().find(|failed| failed.recipient.as_deref() == Some(address.as_str()));
            // Forwarded mail comes back under another name; only our own envelope sender tells whose it was.
            own.or_else(|| bounce.failed.first().filter(|_| sure))
        });
        let code = failed.or_else(|| bounce.failed.first()).map_or_else(String::new, |failed| failed.code.clone());
        let about = standing.as_ref().filter(|_| failed.is_some());
        if !self.keep(tx, ("bounce", about, &code)).await? {
            return Ok((Learnt::Nothing, None));
        }
        let (Some(standing), Some(failed)) = (about, failed) else { return Ok((Learnt::Nothing, None)) };
        if failed.is_hard() {
            self.suppress(tx, standing, Suppression::Dead, json!({ "bounce": failed.code, "reason": failed.reason }))
                .await?;
        }
        let learnt = if failed.is_hard() { Learnt::Dead } else { Learnt::NotDelivered };
        Ok((learnt, self.word(standing, failed.reason, &failed.code)))
    }

    async fn complaint(&self, tx: &mut Tx, complaint: &Complaint) -> Result<(Learnt, Word), StoreError> {
        let by_sender = complaint.envelope_sender.as_deref().and_then(|sender| by_verp(self.doors, sender));
        let by_id = self.by_message_id(complaint.message_id.as_deref());
        let standing = self.standing(tx, self.from_envelope.or(by_sender).or(by_id)).await?;
        let sure = self.from_envelope.is_some() || by_sender.is_some();
        let about = standing.as_ref().filter(|standing| {
            let named = complaint.recipient.as_deref();
            let address = standing.address.as_ref().map(|address| address.expose().to_lowercase());
            sure || (named.is_some() && named == address.as_deref())
        });
        if !self.keep(tx, ("complaint", about, &complaint.kind)).await? {
            return Ok((Learnt::Nothing, None));
        }
        let Some(standing) = about.filter(|_| complaint.is_of_reader()) else { return Ok((Learnt::Nothing, None)) };
        self.suppress(tx, standing, Suppression::Complaint, json!({ "complaint": complaint.kind })).await?;
        Ok((Learnt::Complained, None))
    }

    async fn nothing(&self, tx: &mut Tx, kind: &'static str) -> Result<(Learnt, Word), StoreError> {
        let standing = self.standing(tx, self.from_envelope).await?;
        self.keep(tx, (kind, standing.as_ref(), "")).await?;
        Ok((Learnt::Nothing, None))
    }

    /// Of a Message-ID of ours the delivery: `dlv_…@school.example.org`.
    fn by_message_id(&self, id: Option<&str>) -> Option<DeliveryId> {
        let (delivery, domain) = id?.rsplit_once('@')?;
        self.doors.iter().any(|door| door.domain.eq_ignore_ascii_case(domain)).then(|| delivery.parse().ok())?
    }

    async fn standing(&self, tx: &mut Tx, delivery: Option<DeliveryId>) -> StoreResult<Option<Standing>> {
        let Some(delivery) = delivery else { return Ok(None) };
        let found = queue::lock(tx, &[delivery]).await?.into_iter().next();
        Ok(found.filter(|standing| standing.place.channel == Channel::Email))
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        (kind, about, code): (&'static str, Option<&Standing>, &str),
    ) -> StoreResult<bool> {
        let mail = NewReturned {
            id: self.engine.next_id(),
            kind,
            delivery: about.map(|standing| standing.id),
            code: code.to_owned(),
            raw: String::from_utf8_lossy(self.mail.get(..KEPT_BYTES).unwrap_or(self.mail)).into_owned(),
            digest: format!("{:x}", Sha256::digest(self.mail)),
        };
        returned::keep(tx, &mail, self.engine.now()).await
    }

    async fn suppress(
        &self,
        tx: &mut Tx,
        standing: &Standing,
        kind: Suppression,
        mut evidence: serde_json::Value,
    ) -> StoreResult<()> {
        let Some(address) = standing.address.clone() else { return Ok(()) };
        evidence["delivery"] = json!(standing.id.to_string());
        let word = NewSuppression { address, channel: Channel::Email, kind, evidence: evidence.to_string() };
        suppressions::add(tx, &[word], self.engine.now()).await
    }

    /// The bounce as a receipt of the mail's own gateway, so that the delivery shows it.
    fn word(&self, standing: &Standing, reason: FailReason, code: &str) -> Word {
        let door = self.doors.first()?;
        let heard = HeardReceipt {
            reference: format!("{}@{}", standing.id, door.domain),
            status: ReceiptStatus::Undelivered(reason),
            raw: format!("bounce {code}").trim_end().to_owned(),
        };
        Some((door.gateway.clone(), heard))
    }
}

/// Whether a mail to this address is taken at all: it carries a token of ours, or is the bare bounce address.
pub fn takes(doors: &[BounceDoor], recipient: &str) -> bool {
    doors.iter().any(|door| door.verp.delivery(recipient).is_some() || door.verp.is_bare(recipient))
}
