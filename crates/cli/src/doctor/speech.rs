//! Can calls be spoken? Looked at where a trunk is configured.

use schoolbell_domain::language::Language;
use schoolbell_engine::speech::Speech;
use schoolbell_formats::voice::sound::decode;

use super::Finding;
use crate::config::Config;
use crate::house;

const WHAT: &str = "speech";

pub async fn look(config: &Config) -> Option<Finding> {
    config.gateways.iter().find_map(|(_, gateway)| gateway.sip())?;
    let voice = house::voice(config);
    let remedy = "install espeak-ng, or write where it stands in [speech] program";
    Some(match voice.speak("This is a test of the voice.", &Language::default()).await {
        Ok(wav) => match decode(&wav, "the test") {
            Ok(samples) => {
                let tenths = samples.len() / 800;
                Finding::well(WHAT, format!("{} read a sentence in {}.{} s", voice.name(), tenths / 10, tenths % 10))
            }
            Err(error) => Finding::broken(WHAT, error.to_string(), remedy),
        },
        Err(error) => Finding::broken(WHAT, error.to_string(), remedy),
    })
}
