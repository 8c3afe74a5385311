//! What people do, one file each: `verb_noun.rs`. Each asks [`crate::Actor::must`] first, and writes an audit line in
//! the transaction of what it does.

pub mod answer_absence;
pub mod change_password;
pub mod change_policy;
pub mod change_settings;
pub mod create_user;
pub mod deactivate_user;
pub mod decide_hold;
pub mod discard_import;
pub mod explain_person;
pub mod family_contacts;
pub mod family_messages;
pub mod family_preferences;
pub mod family_session;
pub mod family_sign_in;
pub mod grant_role;
pub mod hear_call;
pub mod import_attendance;
pub mod import_roster;
pub mod keep_recording;
pub mod move_district;
pub mod present_calls;
pub mod preview_broadcast;
pub mod preview_people;
pub mod record_revocation;
pub mod release_held;
pub mod release_import;
pub mod restore_backup;
pub mod roll_back_import;
pub mod save_draft;
pub mod save_list;
pub mod see_audit;
pub mod send_broadcast;
pub mod session;
pub mod set_password;
pub mod set_school_day;
pub mod set_up_district;
pub mod sign_in;
pub mod sign_in_link;
pub mod sign_out;
pub mod stop_broadcast;
pub mod texting;
pub mod unsubscribe;

pub(crate) mod audit;
mod brake;
