//! `[gateways.NAME]`: one carrier account each. `kind` chooses whose keys the section has; those stand with the gateway.

use std::sync::Arc;

use schoolbell_domain::channel::Channel;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::returned::BounceDoor;
use schoolbell_formats::push::PushDoor;
use schoolbell_gateways::Gateway;
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_gateways::push::{PushConfig, PushGateway, vapid};
use schoolbell_gateways::reception::Reception;
use schoolbell_gateways::sip::{SipConfig, SipGateway};
use schoolbell_gateways::smpp::{SmppConfig, SmppGateway};
use schoolbell_gateways::smtp::{SmtpConfig, SmtpGateway};
use schoolbell_gateways::twilio::{TwilioConfig, TwilioGateway};
use schoolbell_gateways::voice::Voicing;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::problem::{ConfigProblem, Source};

/// What a trunk needs beside its settings.
pub struct Calls {
    pub voicing: Arc<dyn Voicing>,
    /// Without one, calls that come in are declined.
    pub reception: Option<Arc<dyn Reception>>,
}

/// The kinds of carriers that this program speaks with.
#[derive(Debug, Clone)]
pub enum GatewayConfig {
    Drill(DrillConfig),
    Sip(Box<SipConfig>),
    Smpp(Box<SmppConfig>),
    Smtp(Box<SmtpConfig>),
    Twilio(Box<TwilioConfig>),
    Webpush(Box<PushConfig>),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Drill,
    Sip,
    Smpp,
    Smtp,
    Twilio,
    Webpush,
}

impl GatewayConfig {
    /// As `kind` is written, in the order of the alphabet.
    #[cfg(test)]
    pub const KINDS: &[&str] = &["drill", "sip", "smpp", "smtp", "twilio", "webpush"];

    /// What `kind` says.
    #[cfg(test)]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Drill(_) => "drill",
            Self::Sip(_) => "sip",
            Self::Smpp(_) => "smpp",
            Self::Smtp(_) => "smtp",
            Self::Twilio(_) => "twilio",
            Self::Webpush(_) => "webpush",
        }
    }

    /// What reads mail that came back to this relay's bounce address, if it has one.
    pub fn bounce_door(&self, name: &str) -> Option<BounceDoor> {
        match self {
            Self::Smtp(config) => {
                let (verp, domain) = config.bounce_door()?;
                Some(BounceDoor { gateway: name.to_owned(), verp, domain })
            }
            Self::Drill(_) | Self::Sip(_) | Self::Smpp(_) | Self::Twilio(_) | Self::Webpush(_) => None,
        }
    }

    /// The account that calls our web hooks, if it is of that kind.
    pub fn twilio(&self) -> Option<&TwilioConfig> {
        match self {
            Self::Twilio(config) => Some(config),
            Self::Drill(_) | Self::Sip(_) | Self::Smpp(_) | Self::Smtp(_) | Self::Webpush(_) => None,
        }
    }

    /// The trunk, if it is one.
    pub fn sip(&self) -> Option<&SipConfig> {
        match self {
            Self::Sip(config) => Some(config),
            Self::Drill(_) | Self::Smpp(_) | Self::Smtp(_) | Self::Twilio(_) | Self::Webpush(_) => None,
        }
    }

    /// What families' browsers subscribe with, if it sends to the app. The drill takes every browser, and a key that is made
    /// anew at each start: nothing is ever sent with it.
    pub fn push_door(&self) -> Result<Option<PushDoor>, String> {
        match self {
            Self::Webpush(config) => config.door().map(Some),
            Self::Drill(config) if config.channel == Channel::Push => {
                let mut config = PushConfig::new(vapid::new_key()?, "mailto:drill@example.org");
                config.services.push("devices.invalid".to_owned());
                config.door().map(Some)
            }
            Self::Drill(_) | Self::Sip(_) | Self::Smpp(_) | Self::Smtp(_) | Self::Twilio(_) => Ok(None),
        }
    }

    /// The gateway, not started yet; an error is a sentence for the operator. `public_url`: where carriers reach our
    /// hooks. `calls`: what makes the sounds of calls, and who answers those that come in.
    pub fn build(&self, name: &str, public_url: &str, calls: &Calls) -> Result<Arc<dyn Gateway>, String> {
        Ok(match self {
            Self::Drill(config) => Arc::new(DrillGateway::new(name, config.clone())),
            Self::Sip(config) => {
                let trunk = SipGateway::new(name, (**config).clone(), calls.voicing.clone())?;
                match &calls.reception {
                    Some(reception) => Arc::new(trunk.answered_by(reception.clone())),
                    None => Arc::new(trunk),
                }
            }
            Self::Smpp(config) => Arc::new(SmppGateway::new(name, (**config).clone())?),
            Self::Smtp(config) => Arc::new(SmtpGateway::new(name, (**config).clone(), Arc::new(SystemClock))?),
            Self::Webpush(config) => Arc::new(PushGateway::new(name, (**config).clone(), Arc::new(SystemClock))?),
            Self::Twilio(config) => {
                Arc::new(TwilioGateway::new(name, (**config).clone(), public_url, Arc::new(SystemClock))?)
            }
        })
    }

    fn verify(&self) -> Result<(), String> {
        match self {
            Self::Drill(config) => config.verify(),
            Self::Sip(config) => config.verify(),
            Self::Smpp(config) => config.verify(),
            Self::Smtp(config) => config.verify(),
            Self::Twilio(config) => config.verify(),
            Self::Webpush(config) => config.verify(),
        }
    }
}

/// Reads one section; its `kind` decides which keys it may have.
pub(super) fn read(
    name: &str,
    value: Spanned<DeValue<'_>>,
    source: &Source<'_>,
) -> Result<GatewayConfig, ConfigProblem> {
    let span = value.span();
    let known = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_');
    if !known || name.is_empty() {
        let found = format!("the gateway name `{name}`");
        return Err(source.at(span, &found, "a name of letters, digits, `-` and `_`, for example [gateways.texts]"));
    }
    let DeValue::Table(mut table) = value.into_inner() else {
        return Err(source.at(span, "a gateway that is no table", "a section, for example [gateways.texts]"));
    };
    let Some((_, kind)) = table.remove_entry("kind") else {
        return Err(source.at(
            span,
            &format!("no `kind` in [gateways.{name}]"),
            "kind = \"smpp\", \"twilio\", \"sip\", \"smtp\", \"webpush\" or \"drill\"",
        ));
    };
    let kind: Kind = deserialize(kind, source)?;
    let section = Spanned::new(span.clone(), DeValue::Table(table));
    let gateway = match kind {
        Kind::Drill => GatewayConfig::Drill(deserialize(section, source)?),
        Kind::Sip => GatewayConfig::Sip(Box::new(deserialize(section, source)?)),
        Kind::Smpp => GatewayConfig::Smpp(Box::new(deserialize(section, source)?)),
        Kind::Smtp => GatewayConfig::Smtp(Box::new(deserialize(section, source)?)),
        Kind::Twilio => GatewayConfig::Twilio(Box::new(deserialize(section, source)?)),
        Kind::Webpush => GatewayConfig::Webpush(Box::new(deserialize(section, source)?)),
    };
    gateway.verify().map_err(|sentence| {
        let (found, remedy) = sentence.split_once(": ").unwrap_or((&sentence, "it as in `schoolbell init --print`"));
        let remedy = remedy.strip_prefix("write ").unwrap_or(remedy);
        source.at(span, &format!("in [gateways.{name}] {found}"), remedy)
    })?;
    Ok(gateway)
}

fn deserialize<T: DeserializeOwned>(value: Spanned<DeValue<'_>>, source: &Source<'_>) -> Result<T, ConfigProblem> {
    T::deserialize(ValueDeserializer::from(value)).map_err(|error| source.problem(&error))
}
