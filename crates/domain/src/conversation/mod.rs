//! Two-way texts: what comes in, what staff may write, whose thread it is; and our fixed answers.

pub mod communication;
pub mod enabled;
pub mod guard;
pub mod keyword;
pub mod media;
pub mod office_hours;
pub mod outreach;
pub mod policy;
pub mod record_request;
pub mod reply;
pub mod sampling;
pub mod signature;
pub mod staff_first;
pub mod sticky_note;
pub mod text;
pub mod text_template;
