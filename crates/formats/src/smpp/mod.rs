//! What SMPP carriers say, read as values: refusals, delivery receipts, headers of parts, text in any coding.
//!
//! The packets themselves are the codec's business (`rusmpp`, in gateways); here is what that codec leaves open.

pub mod delivered;
pub mod incoming;
pub mod receipt;
pub mod status;

pub use delivered::Delivered;
pub use incoming::{DefaultAlphabet, PartOf, decode, header};
pub use receipt::{Receipt, ReceiptIds, ReceiptText};
pub use status::{Refusal, refusal};
