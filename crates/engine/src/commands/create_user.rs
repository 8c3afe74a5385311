//! Makes somebody who can sign in.

use schoolbell_domain::email::EmailAddress;
use schoolbell_domain::ids::{PersonId, UserId};
use schoolbell_domain::permission::{Act, Grant, Scope};
use schoolbell_store::read::users::User;
use schoolbell_store::write::users;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::{Actor, Engine};

/// Who is to sign in, and as what.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: String,
    pub email: String,
    /// The member of staff on the roster, where known.
    pub person: Option<PersonId>,
    pub grants: Vec<Grant>,
}

/// Makes a user without a password: they sign in with a link, or get a password from `set_password`.
pub async fn create_user(engine: &Engine, actor: &Actor, new: NewUser) -> CommandResult<UserId> {
    for grant in &new.grants {
        actor.must(Act::ManageUsers, grant.scope)?;
    }
    if new.grants.is_empty() {
        actor.must(Act::ManageUsers, Scope::District)?;
    }
    let email = check(&new)?;
    let id = UserId::from_raw(engine.next_id());
    let user = User {
        id,
        person: new.person,
        name: new.name.trim().to_owned(),
        email: email.expose().to_owned(),
        password_hash: None,
        active: true,
        created_at: engine.now(),
        last_sign_in_at: None,
    };
    engine
        .db
        .write("create user", async |tx| {
            if !users::insert_user(tx, &user).await? {
                return Err(CommandError::bad("email", "somebody signs in with this e-mail address already"));
            }
            for grant in &new.grants {
                users::insert_grant(tx, id, *grant).await?;
            }
            tell(
                engine,
                tx,
                actor,
                ("create_user", &id.to_string()),
                json!({ "email": user.email, "grants": new.grants }),
            )
            .await?;
            Ok(())
        })
        .await?;
    Ok(id)
}

fn check(new: &NewUser) -> CommandResult<EmailAddress> {
    let mut problems = Vec::new();
    if new.name.trim().is_empty() {
        problems.push(Problem { field: "name".to_owned(), message: "write the person's name".to_owned() });
    }
    match EmailAddress::parse(&new.email) {
        Ok(email) if problems.is_empty() => return Ok(email),
        Ok(_) => {}
        Err(error) => problems.push(Problem { field: "email".to_owned(), message: error.to_string() }),
    }
    Err(CommandError::BadInput(problems))
}
