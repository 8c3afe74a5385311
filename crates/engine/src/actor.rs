//! Who does something: for permissions and for the audit line.

use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Act, Grant, Role, Scope, can, can_somewhere};

use crate::error::{CommandError, CommandResult};

/// Somebody who signed in, or the program itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `None` is the program: the command line, a job.
    pub user: Option<UserId>,
    /// As it stands in the audit log: an e-mail address or `command line`.
    pub name: String,
    pub grants: Vec<Grant>,
}

impl Actor {
    /// The operator at the command line, who may do everything.
    pub fn command_line() -> Self {
        let grants = vec![Grant { role: Role::DistrictAdministrator, scope: Scope::District }];
        Self { user: None, name: "command line".to_owned(), grants }
    }

    /// Refuses unless a grant allows the act in the place.
    pub fn must(&self, act: Act, place: Scope) -> CommandResult<()> {
        if can(&self.grants, act, place) { Ok(()) } else { Err(CommandError::not_allowed()) }
    }

    /// Whether the act is allowed anywhere: for menus.
    pub fn may_somewhere(&self, act: Act) -> bool {
        can_somewhere(&self.grants, act)
    }
}
