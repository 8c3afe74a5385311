//! What the app shows of a delivery, and the seal by which its receipts are known.

use std::collections::HashMap;

use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{BroadcastId, DeliveryId, OriginId};
use schoolbell_formats::mail::Seal;
use schoolbell_gateways::Content;
use schoolbell_gateways::push::{Device, LONGEST, Notice};
use schoolbell_store::read::push::{self, devices};
use schoolbell_store::write::secrets;
use schoolbell_store::{StoreResult, Tx, read};
use serde_json::json;

use crate::dice;

/// The name of the secret that seals the receipts of the app.
const SECRET: &str = "app_receipts";
/// Letters of a text that a notification shows; whoever wants more opens it.
const LONGEST_TEXT: usize = 600;
const LONGEST_TITLE: usize = 120;

/// The seal of the receipts of this installation.
pub(crate) async fn seal(tx: &mut Tx) -> StoreResult<Seal> {
    let secret = secrets::get_or_keep(tx, SECRET, &dice::token()).await?;
    Ok(Seal::new(secret.as_bytes()))
}

/// The reference of one attempt, as the app sends it back: the sealed delivery and the number of the attempt.
pub(crate) fn reference(seal: &Seal, delivery: DeliveryId, attempt: u32) -> String {
    format!("{}-{attempt}", seal.token(delivery))
}

/// The delivery and attempt of a reference; `None` if it is not one of ours.
pub(crate) fn open(seal: &Seal, reference: &str) -> Option<(DeliveryId, i64)> {
    let (token, attempt) = reference.rsplit_once('-')?;
    Some((seal.open(token)?, attempt.parse().ok().filter(|attempt| *attempt > 0)?))
}

/// What a lane of the app knows for one claim.
#[derive(Default)]
pub(crate) struct Notices {
    seal: Option<Seal>,
    categories: HashMap<OriginId, Option<Category>>,
    devices: HashMap<String, Vec<push::Device>>,
}

impl Notices {
    /// Learns what it must know of these deliveries: their categories, and the devices of these addresses as they are
    /// now.
    pub async fn load(&mut self, tx: &mut Tx, origins: &[OriginId], emails: &[&str]) -> StoreResult<()> {
        if self.seal.is_none() {
            self.seal = Some(seal(tx).await?);
        }
        for origin in origins {
            if !self.categories.contains_key(origin) {
                let category = read::broadcasts::category_of(tx, *origin).await?;
                self.categories.insert(*origin, category);
            }
        }
        self.devices.clear();
        for device in devices(tx, emails).await? {
            self.devices.entry(device.email.clone()).or_default().push(device);
        }
        Ok(())
    }

    /// The notice of one delivery; `None` if its address has no device any more.
    pub fn of(
        &self,
        (origin, delivery, attempt): (OriginId, DeliveryId, u32),
        email: &str,
        content: &Content,
    ) -> Option<Notice> {
        let devices = self.devices.get(email).filter(|devices| !devices.is_empty())?;
        let category = self.categories.get(&origin).copied().flatten().unwrap_or(Category::General);
        let reference = reference(self.seal.as_ref()?, delivery, attempt);
        Some(Notice {
            devices: devices.iter().map(device).collect(),
            urgency: category.push_urgency(),
            // The same delivery once more takes the place of its first try.
            topic: format!("d{:x}", delivery.raw()),
            payload: payload(BroadcastId::from_raw(origin.raw()), category, &reference, content),
            reference,
        })
    }
}

fn device(device: &push::Device) -> Device {
    Device { endpoint: device.endpoint.clone(), public_key: device.public_key.clone(), auth: device.auth.clone() }
}

/// What `static/family-worker.js` reads.
fn payload(message: BroadcastId, category: Category, reference: &str, content: &Content) -> String {
    let mut most = LONGEST_TEXT;
    loop {
        let payload = json!({
            "title": shortened(&content.subject, LONGEST_TITLE),
            "body": shortened(&content.body, most),
            "lang": content.language,
            "url": format!("/family/messages/{message}"),
            "tag": message.to_string(),
            "category": category.key(),
            "stay": category.stays_on_screen(),
            "reference": reference,
        })
        .to_string();
        // Letters of many bytes, or quotes that JSON doubles.
        if payload.len() <= LONGEST || most == 0 {
            return payload;
        }
        most /= 2;
    }
}

/// At most so many letters, at a blank where there is one, with three dots where something is left out.
fn shortened(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most).collect();
    let end = kept.rfind(' ').unwrap_or(kept.len());
    format!("{}…", &kept[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(subject: &str, body: &str) -> Content {
        Content { subject: subject.to_owned(), body: body.to_owned(), html: None, language: "es".to_owned() }
    }

    #[test]
    fn a_notice_says_what_the_worker_needs_and_fits_whatever_the_text_is() {
        let long = "ñ\"".repeat(4_000);
        for (subject, body) in [("Escuela cerrada", "Mañana no hay clases."), (long.as_str(), long.as_str())] {
            let text = payload(BroadcastId::from_raw(7), Category::SchoolHoursEmergency, "r", &content(subject, body));
            assert!(text.len() <= LONGEST, "{}", text.len());
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["stay"], true);
            assert_eq!(read["url"], format!("/family/messages/{}", BroadcastId::from_raw(7)));
            assert_eq!(read["lang"], "es");
        }
        assert_eq!(shortened("one two three", 9), "one two…");
    }

    #[test]
    fn a_reference_opens_to_its_delivery_and_a_changed_one_does_not() {
        let seal = Seal::new(b"secret");
        let made = reference(&seal, DeliveryId::from_raw(77), 2);
        assert_eq!(open(&seal, &made), Some((DeliveryId::from_raw(77), 2)));
        for wrong in [&made.replace('-', "."), &format!("0{made}"), "", "-1", &made.replace("-2", "-0")] {
            assert_eq!(open(&seal, wrong), None, "{wrong}");
        }
        assert_eq!(open(&Seal::new(b"other"), &made), None);
    }
}
