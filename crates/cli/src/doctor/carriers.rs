//! Does each carrier take our log-in? Nothing is sent.

use std::sync::Arc;
use std::time::Duration;

use schoolbell_gateways::Gateway;

use super::Finding;
use crate::config::Config;
use crate::house;

const WHAT: &str = "carrier";
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn look(config: &Config) -> Vec<Finding> {
    let gateways = match house::gateways(config, None) {
        Ok(gateways) => gateways,
        Err(error) => return vec![Finding::broken(WHAT, format!("{error:#}"), "mend that section of the config")],
    };
    if gateways.is_empty() {
        let remedy = "write a section [gateways.NAME]; the file shows how";
        return vec![Finding::watch(WHAT, "no gateway stands in the config", remedy)];
    }
    let mut findings = Vec::new();
    for gateway in gateways {
        findings.push(one(&gateway).await);
    }
    findings
}

async fn one(gateway: &Arc<dyn Gateway>) -> Finding {
    let name = format!("{} ({}, {})", gateway.name(), gateway.kind(), gateway.channel().word());
    let section = format!("[gateways.{}]", gateway.name());
    match tokio::time::timeout(PATIENCE, gateway.check()).await {
        Ok(Ok(said)) => Finding::well(WHAT, format!("{name}: {said}")),
        Ok(Err(said)) => Finding::broken(
            WHAT,
            format!("{name}: {said}"),
            format!("change what it names in {section}, or ask the carrier"),
        ),
        Err(_) => Finding::broken(
            WHAT,
            format!("{name}: no answer within 20 s"),
            format!("check host, port and firewall of {section}"),
        ),
    }
}
