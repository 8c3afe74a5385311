//! What staff do to text families: numbers, texts, the communications log, held texts, and how texting is set up.

pub mod add_communication;
pub mod answer_request;
pub mod cancel_text;
pub mod check_media;
pub mod export_record;
pub mod guardian_copy;
pub mod keep_template;
pub mod leave_cover;
pub mod office_hours;
pub mod read_thread;
pub mod record_sms_number;
pub mod send_text;
pub mod send_texts;
pub mod set_up_texting;
pub mod settle_held;
pub mod supervise;
