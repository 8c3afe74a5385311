//! E-mail without the wire: what staff write as an accessible letter, what a mail server answers, and the sender
//! address under which a bounce finds its delivery.

pub mod layout;
pub mod markdown;
pub mod plain;
pub mod reply;
pub mod verp;

pub use layout::{Letter, Letterhead, body_html, letter};
pub use markdown::escape;
pub use reply::{Enhanced, Phase, Reply, reason};
pub use verp::Verp;
