//! The plan, by the examples of the rule pages and by properties over random towns.

mod examples;
mod properties;
mod town;
