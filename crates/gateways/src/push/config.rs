//! The settings of the app's notifications, as they stand in `[gateways.NAME]` with `kind = "webpush"`.

use std::path::PathBuf;

use schoolbell_formats::push::PushDoor;
use serde::{Deserialize, Serialize};

use super::vapid::Vapid;
use crate::secret::Secret;

/// The push services of the browsers that people have: Chrome and its kin, Firefox, Safari, Edge on Windows.
///
/// Source: the hosts of `PushSubscription.endpoint` of these browsers. A name with a dot before it stands for every host
/// below it.
const SERVICES: [&str; 5] =
    ["fcm.googleapis.com", "jmt17.google.com", ".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"];

/// The settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushConfig {
    /// The district's own key: families' browsers take messages that it signed, and no others.
    pub private_key: Secret,
    /// Whom a push service writes to when something of ours goes wrong: `mailto:it@example.org`, or a page.
    pub contact: String,
    /// Hosts of push services that messages may go to, with a port where it is not 443; `.example.org` for all below it.
    #[serde(default = "services")]
    pub services: Vec<String>,
    /// PEM file of a certificate authority of your own, trusted beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Messages at work at once.
    #[serde(default = "window")]
    pub window: usize,
    /// Messages a second, over all programs together.
    #[serde(default = "per_second")]
    pub per_second: f64,
    /// Seconds to wait for the answer to a request.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
}

fn services() -> Vec<String> {
    SERVICES.map(str::to_owned).to_vec()
}
const fn window() -> usize {
    100
}
const fn per_second() -> f64 {
    200.0
}
const fn timeout_s() -> u64 {
    20
}

impl PushConfig {
    /// The settings with this key and contact, the rest as where nothing is written.
    pub fn new(private_key: Secret, contact: impl Into<String>) -> Self {
        Self {
            private_key,
            contact: contact.into(),
            services: services(),
            ca_file: None,
            window: window(),
            per_second: per_second(),
            timeout_s: timeout_s(),
        }
    }

    /// What is wrong with the settings, in the operator's words: what was found, a colon, what to write.
    pub fn verify(&self) -> Result<(), String> {
        self.vapid()?;
        let is_contact = self.contact.starts_with("mailto:") || self.contact.starts_with("https://");
        if !is_contact {
            return Err(format!(
                "contact = \"{}\": write \"mailto:\" and the address of whoever runs this",
                self.contact
            ));
        }
        if self.services.is_empty() {
            return Err("no services: write the hosts of push services, or leave the key out".to_owned());
        }
        if !(1..=10_000).contains(&self.window) {
            return Err(format!("window = {}: write a number from 1 to 10000", self.window));
        }
        if !(self.per_second.is_finite() && self.per_second > 0.0) {
            return Err(format!("per_second = {}: write a number above 0", self.per_second));
        }
        if !(1..=300).contains(&self.timeout_s) {
            return Err(format!("timeout_s = {}: write seconds from 1 to 300", self.timeout_s));
        }
        Ok(())
    }

    pub(super) fn vapid(&self) -> Result<Vapid, String> {
        Vapid::new(&self.private_key, &self.contact)
    }

    /// What families' browsers need to subscribe.
    pub fn door(&self) -> Result<PushDoor, String> {
        Ok(PushDoor { public_key: self.vapid()?.public_key(), services: self.services.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::vapid::new_key;
    use super::*;

    #[test]
    fn the_push_services_of_the_browsers_are_known_and_nothing_else() {
        let door = PushConfig::new(new_key().unwrap(), "mailto:it@example.org").door().unwrap();
        for endpoint in [
            "https://fcm.googleapis.com/fcm/send/abc:def",
            "https://updates.push.services.mozilla.com/wpush/v2/gAA",
            "https://web.push.apple.com/QOZ",
            "https://wns2-by3p.notify.windows.com/w/?token=BQY",
        ] {
            assert!(door.serves(endpoint), "{endpoint}");
        }
        assert!(!door.serves("https://10.0.0.1/x"));
    }

    #[test]
    fn wrong_settings_are_named_with_what_to_write() {
        let good = PushConfig::new(new_key().unwrap(), "mailto:it@example.org");
        assert_eq!(good.verify(), Ok(()));
        let wrong = [
            (PushConfig { private_key: Secret::new("x"), ..good.clone() }, "private_key"),
            (PushConfig { contact: "it@example.org".to_owned(), ..good.clone() }, "contact"),
            (PushConfig { services: Vec::new(), ..good.clone() }, "services"),
            (PushConfig { window: 0, ..good.clone() }, "window"),
            (PushConfig { per_second: 0.0, ..good.clone() }, "per_second"),
            (PushConfig { timeout_s: 0, ..good.clone() }, "timeout_s"),
        ];
        for (config, words) in wrong {
            let said = config.verify().unwrap_err();
            assert!(said.contains(words) && said.contains(": write"), "{said}");
        }
    }
}
