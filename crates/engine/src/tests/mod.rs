//! What people do, on both engines, with a clock that stands still.

mod attendance;
mod audience;
mod expansion;
mod family_doors;
mod family_ways;
mod passed_on;
mod passkeys;
mod permissions;
mod school_day;
mod sending;
mod sign_in;
mod soft_key;
mod surveys;
mod town;
