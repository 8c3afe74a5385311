//! Those who sign in to the demo, and a fresh link for each.

use anyhow::Context;
use jiff::SignedDuration;
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::family_app::{Subscription, set_up_device};
use schoolbell_engine::commands::family_session::family_session;
use schoolbell_engine::commands::family_sign_in::{make_family_link, sign_in_with_family_link};
use schoolbell_engine::{Actor, Engine};
use schoolbell_formats::push::PushDoor;
use schoolbell_store::read;

use super::texting;
use crate::users::link;

/// The school of all but the district administrator.
const SCHOOL: &str = "Cedar Hollow Elementary School";

/// Name, address as in the sample's staff, and role.
const CAST: &[(&str, &str, Role)] = &[
    ("Alex Rivera", "alex.rivera@staff.example.org", Role::DistrictAdministrator),
    ("Marguerite Okafor", "marguerite.okafor@staff.example.org", Role::Principal),
    ("Dolores Whitfield", "dolores.whitfield@staff.example.org", Role::Registrar),
    ("Jordan Ellison", "jordan.ellison@staff.example.org", Role::Teacher),
];

/// What her phone calls itself.
const AGENT: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36";

/// A mother of the sample with a child at Cedar Hollow and one at another school.
const MOTHER: &str = "lucy.rutledge71@example.org";

/// A link that signs her in on the families' side.
pub async fn family_link(engine: &Engine, base_url: &str) -> anyhow::Result<String> {
    crate::family::link(engine, MOTHER, base_url, SignedDuration::from_hours(12)).await
}

/// Her phone has the app: the drill plays what it gets.
pub async fn set_up_the_app(engine: &Engine, door: Option<&PushDoor>) -> anyhow::Result<()> {
    let Some(door) = door else { return Ok(()) };
    let token = make_family_link(engine, &Actor::command_line(), MOTHER, SignedDuration::from_mins(5)).await?;
    let session = sign_in_with_family_link(engine, &token, AGENT).await?;
    let signed_in = family_session(engine, &session.token).await?.context("the session that began is not there")?;
    let subscription = Subscription {
        endpoint: "https://devices.invalid/a-phone-of-the-drill".to_owned(),
        // A point of the right shape: the drill encrypts nothing.
        public_key: format!("B{}", "A".repeat(86)),
        auth: "A".repeat(22),
    };
    set_up_device(engine, &signed_in, (door, &subscription, AGENT)).await?;
    Ok(())
}

/// A link that signs somebody in once.
pub struct Link {
    pub role: Role,
    pub name: &'static str,
    pub place: &'static str,
    pub url: String,
}

/// Makes who is not there yet, and a link for each.
pub async fn links(engine: &Engine, base_url: &str) -> anyhow::Result<Vec<Link>> {
    let school = cedar_hollow(engine).await?;
    let mut links = Vec::new();
    for (name, email, role) in CAST {
        let district = *role == Role::DistrictAdministrator;
        let scope = if district { Scope::District } else { school };
        let mut view = engine.reader().read().await?;
        let known = read::users::lookup_user_by_email(&mut view, email).await?;
        drop(view);
        let user = if let Some(user) = known {
            user.id
        } else {
            let person = match (role, scope) {
                (Role::Teacher, Scope::School(school)) => texting::teacher_of(engine, school).await?,
                _ => None,
            };
            let new = NewUser {
                name: (*name).to_owned(),
                email: (*email).to_owned(),
                person,
                grants: vec![Grant { role: *role, scope }],
            };
            create_user(engine, &Actor::command_line(), new).await?
        };
        let url = link(engine, user, base_url, SignedDuration::from_hours(12)).await?;
        if let (Role::Teacher, Scope::School(school)) = (role, scope) {
            texting::prepare(engine, school, email).await?;
        }
        links.push(Link { role: *role, name, place: if district { "all schools" } else { SCHOOL }, url });
    }
    Ok(links)
}

async fn cedar_hollow(engine: &Engine) -> anyhow::Result<Scope> {
    let mut view = engine.reader().read().await?;
    let schools = read::district::schools(&mut view).await?;
    let school = schools.iter().find(|school| school.name == SCHOOL);
    let school =
        school.with_context(|| format!("{SCHOOL} is not in this folder's district; start again with --fresh"))?;
    Ok(Scope::School(school.id))
}
