//! Rosters brought into the store: read, compared, guarded, applied in one transaction, and undone.
//!
//! The commands stand in `commands/`; this is what they share.

pub mod apply;
pub mod compare;
mod families;
mod log;
pub mod progress;
pub mod report;
mod settle;
pub mod source;
mod undo;

pub use progress::{ImportProgress, Phase};
pub use report::{ImportReport, ImportSummary, Outcome};
pub use settle::INVITE_NUMBERS;
pub(crate) use settle::settle;
pub use source::{ImportRequest, Source};
pub(crate) use undo::undo;
