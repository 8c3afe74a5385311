//! The pages as a browser without JavaScript meets them, over a real database and drill carriers.

mod app;
mod attendance;
mod calls;
mod compose;
mod doors;
mod families;
mod families_apart;
mod held;
mod hooks;
mod pace;
mod pages;
mod passkeys;
mod portal;
mod records;
mod surveys;
mod texting;
mod texting_held;
mod texting_media;
mod texting_requests;
mod texting_sections;
mod texting_together;
mod unsubscribe;
mod world;
