//! The way of a delivery from its row to the carrier and back, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bench;
mod calls;
mod carrier;
mod consent;
mod escalation;
mod fairness;
mod lanes;
mod leases;
mod nodes;
mod receipts;
mod restore;
mod returned;
#[path = "../../../gateways/tests/town/mod.rs"]
#[expect(dead_code, reason = "the gateway's tests use all of it")]
mod town;
mod town_calls;
mod upgrade;
mod visits;
