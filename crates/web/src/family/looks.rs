//! How rows of a message read to a family: where it went, what became of it, and why.

use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::explain::out_key;
use schoolbell_domain::people::Slot;

use crate::looks::{address, category};
use crate::words::Words;

/// A category in the reader's words.
#[derive(Debug, Clone)]
pub struct Kind {
    pub name: String,
    pub icon: &'static str,
    pub emergency: bool,
}

pub fn kind(t: Words, of: Category) -> Kind {
    let look = category(of);
    Kind { name: t.say(&format!("category-{}", of.key())), icon: look.icon, emergency: look.emergency }
}

/// What became of a row, as a word with an icon on a tint.
#[derive(Debug, Clone)]
pub struct Fate {
    pub tone: &'static str,
    pub icon: &'static str,
    pub words: String,
}

pub fn fate(t: Words, channel: Channel, state: DeliveryState) -> Fate {
    let (tone, icon, key) = match state {
        DeliveryState::Suppressed(reason) => ("", "ban", out_key(reason)),
        DeliveryState::Queued(None) => ("bell", "clock", "fate-waiting"),
        DeliveryState::Queued(Some(_)) => ("bell", "clock", "fate-again"),
        DeliveryState::Sending => ("bell", "send", "fate-sending"),
        DeliveryState::Accepted => ("brand", "check", "fate-sent"),
        DeliveryState::Delivered => match channel {
            Channel::Voice => ("ok", "circle-check", "fate-answered"),
            Channel::Sms | Channel::Email | Channel::Push => ("ok", "circle-check", "fate-delivered"),
        },
        DeliveryState::Undelivered(_) | DeliveryState::Rejected(_) => ("bell", "circle-alert", "fate-failed"),
        DeliveryState::Unconfirmed => ("bell", "circle-alert", "fate-unconfirmed"),
        DeliveryState::Cancelled => ("", "circle-stop", "fate-cancelled"),
        DeliveryState::Expired(_) => ("", "clock", "fate-expired"),
    };
    Fate { tone, icon, words: t.say(key) }
}

/// "Call to your mobile, (512) 555-0144".
pub fn place(t: Words, channel: Channel, slot: Option<Slot>, stored: Option<&str>) -> String {
    let by = match channel {
        Channel::Voice => "by-call",
        Channel::Sms => "by-text",
        Channel::Email => "by-mail",
        Channel::Push => "by-push",
    };
    let to = match (slot, stored) {
        // The app is no part of the mailbox that names its account.
        (_, Some(stored)) if channel == Channel::Push => address(stored),
        (Some(slot), Some(stored)) => {
            t.two("point-and-address", ("point", t.say(slot_key(slot))), ("address", address(stored)))
        }
        (None, Some(stored)) => address(stored),
        (_, None) => t.say("point-none"),
    };
    t.one(by, "to", to)
}

/// The key of the words for a contact point's place in the record.
pub const fn slot_key(slot: Slot) -> &'static str {
    match slot {
        Slot::HomePrimary => "point-home-primary",
        Slot::HomeSecondary => "point-home-secondary",
        Slot::Home => "point-home",
        Slot::Mobile => "point-mobile",
        Slot::Work => "point-work",
        Slot::Email => "point-email",
    }
}
