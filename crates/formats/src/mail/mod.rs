//! E-mail without the wire: what staff write as an accessible letter, what a mail server answers, and the sender
//! address under which a bounce finds its delivery.

mod complaint;
mod dsn;
mod fields;
pub mod layout;
pub mod markdown;
pub mod plain;
pub mod reply;
mod returned;
mod verdict;
pub mod verp;

pub use complaint::Complaint;
pub use dsn::{Bounce, Failed};
pub use layout::{Letter, Letterhead, body_html, letter, plain_text};
pub use markdown::escape;
pub use reply::{Enhanced, Phase, Reply, reason};
pub use returned::{Returned, read as read_returned};
pub use verp::{Seal, Verp};
