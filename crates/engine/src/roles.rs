//! What one program does of all that there is to do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schoolbell_domain::channel::Channel;

/// One part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Serves the pages.
    Web,
    /// Feeds the gateways for texts, mail and push, and keeps what they bring.
    Dispatch,
    /// Feeds the gateways for calls.
    Voice,
    /// Runs jobs: plans broadcasts, starts scheduled ones, invites.
    Jobs,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Web, Self::Dispatch, Self::Voice, Self::Jobs];

    /// As written on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Dispatch => "dispatch",
            Self::Voice => "voice",
            Self::Jobs => "jobs",
        }
    }

    /// The one that feeds the gateways of a channel.
    pub const fn of(channel: Channel) -> Self {
        match channel {
            Channel::Voice => Self::Voice,
            Channel::Sms | Channel::Email | Channel::Push => Self::Dispatch,
        }
    }
}

/// The roles of one program; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    pub fn all() -> Self {
        Self(Role::ALL.into())
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// It works on rows, and does not only show them.
    pub fn works(&self) -> bool {
        self.0.iter().any(|role| *role != Role::Web)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|role| role.word()).collect();
        f.write_str(&words.join(","))
    }
}

/// Why a text names no roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role; write some of web,dispatch,voice,jobs")]
pub struct BadRole(pub String);

impl FromStr for Roles {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        let role = |word: &str| {
            Role::ALL.into_iter().find(|role| role.word() == word.trim()).ok_or_else(|| BadRole(word.trim().to_owned()))
        };
        Ok(Self(text.split(',').map(role).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_shown_and_others_are_refused_with_the_list() {
        assert_eq!("web,dispatch,voice,jobs".parse(), Ok(Roles::all()));
        let two: Roles = "jobs, web".parse().unwrap();
        assert_eq!(two.to_string(), "web,jobs");
        assert!(two.works() && !"web".parse::<Roles>().unwrap().works());
        for wrong in ["mail", "web,", ""] {
            let said = wrong.parse::<Roles>().unwrap_err().to_string();
            assert!(said.ends_with("is not a role; write some of web,dispatch,voice,jobs"), "{said}");
        }
    }
}
