//! The texts of a thread as a chain: edit and delete do not exist, and a changed one shows (B2).

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::ids::{ConversationId, TextId};

/// Which way a text went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Out,
    In,
}

impl Direction {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Out, Self::In].into_iter().find(|direction| direction.word() == word)
    }
}

/// A text of a thread, without its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    pub id: TextId,
    pub conversation: ConversationId,
    pub direction: Direction,
    /// The name of staff; empty for what came in.
    pub author: String,
    pub body: String,
    pub at: Timestamp,
    /// JSON: what the guard said and what staff answered, the stranger question, pictures that came.
    pub detail: String,
}

/// A text with its place in the chain of its thread.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    pub text: Text,
    /// Of the text before it; empty for the first.
    pub previous_hash: String,
    pub hash: String,
}

impl Text {
    /// SHA-256 over the hash before it and every field, each after its length in eight octets, as 64 hex digits.
    pub fn seal(&self, previous_hash: &str) -> String {
        let (id, at) = (self.id.raw().to_string(), self.at.as_millisecond().to_string());
        let conversation = self.conversation.raw().to_string();
        let fields =
            [previous_hash, &id, &conversation, self.direction.word(), &self.author, &self.body, &at, &self.detail];
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        format!("{:x}", hasher.finalize())
    }
}

/// Checks a thread, oldest first, against the hash that it ends with: the first text whose link does not hold. A text
/// taken off the end shows by `head`.
pub fn broken_link(links: &[Link], head: &str) -> Option<TextId> {
    let mut previous = "";
    for link in links {
        if link.previous_hash != previous || link.hash != link.text.seal(previous) {
            return Some(link.text.id);
        }
        previous = &link.hash;
    }
    (previous != head).then(|| links.last().map_or(TextId::from_raw(0), |link| link.text.id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chain(bodies: &[String]) -> (Vec<Link>, String) {
        let mut links: Vec<Link> = Vec::new();
        let mut head = String::new();
        for (index, body) in bodies.iter().enumerate() {
            let number = i64::try_from(index).unwrap() + 1;
            let text = Text {
                id: TextId::from_raw(number),
                conversation: ConversationId::from_raw(7),
                direction: if index % 2 == 0 { Direction::Out } else { Direction::In },
                author: "Anna Bell".to_owned(),
                body: body.clone(),
                at: Timestamp::from_second(1_790_000_000 + number).unwrap(),
                detail: "{}".to_owned(),
            };
            let hash = text.seal(&head);
            links.push(Link { text, previous_hash: std::mem::replace(&mut head, hash.clone()), hash });
        }
        (links, head)
    }

    proptest! {
        #[test]
        fn b2_a_text_that_is_changed_taken_out_or_cut_off_shows(
            bodies in prop::collection::vec("[a-z]{1,8}", 1..8),
            at in any::<prop::sample::Index>(),
            how in 0..4_u8,
        ) {
            let (links, head) = chain(&bodies);
            prop_assert_eq!(broken_link(&links, &head), None);
            let at = at.index(links.len());
            let mut changed = links;
            match how {
                0 => changed[at].text.body.push('!'),
                1 => changed[at].text.author = "Somebody".to_owned(),
                2 => drop(changed.remove(at)),
                _ => drop(changed.pop()),
            }
            prop_assert!(broken_link(&changed, &head).is_some());
        }
    }
}
