//! Surveys of a school or the district: written, asked, read.

pub mod build;
pub mod export;
pub mod list;
pub mod results;

mod fields;
