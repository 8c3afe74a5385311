//! The plan, by the examples of the rule pages and by properties over random towns.

mod app;
mod examples;
mod ledger;
mod properties;
mod town;
