//! The message centre, and what a phone says through it.

use std::sync::Arc;

use schoolbell_gateways::Gateway;
use schoolbell_gateways::smpp::SmppGateway;
use serde_json::{Value, json};

pub use self::process::Smsc;

#[path = "../../../gateways/tests/smsc/peer.rs"]
mod process;

impl Smsc {
    pub fn gateway(&self) -> Arc<dyn Gateway> {
        Arc::new(SmppGateway::new("texts", self.config()).unwrap())
    }

    /// A phone texts one of our numbers; returns once it is acknowledged.
    pub async fn phone_says(&mut self, from: &str, to: &str, text: &str) {
        let pdu = from_phone(from, to, &json!({ "message": text }));
        self.deliver(pdu).await;
    }

    pub async fn deliver(&mut self, pdu: Value) {
        self.tell(json!({ "do": "deliver", "tag": "phone", "pdu": pdu })).await;
        loop {
            let answer = self.event("deliver_resp").await;
            if answer["tag"] == "phone" {
                assert_eq!(answer["status"], 0);
                return;
            }
        }
    }
}

/// A `deliver_sm` as a carrier makes one: digits without the plus.
pub fn from_phone(from: &str, to: &str, short_message: &Value) -> Value {
    json!({
        "source_addr": from.trim_start_matches('+'), "source_addr_ton": 1, "source_addr_npi": 1,
        "destination_addr": to.trim_start_matches('+'), "short_message": short_message,
    })
}
