//! What stands in a student's communications log besides texts: calls, mails, meetings, notes (B6, B7, B13, B15).

/// What kind of contact it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Call,
    Email,
    InPerson,
    VideoCall,
    Letter,
    /// A text that came to an office number or another way beside the portal (B6).
    TextElsewhere,
    /// Staff had to text outside the portal; with the reason (B7).
    TextedOutside,
    /// The family asked to see the record (B14).
    AccessRequest,
    /// The family asked to have the record amended (B14).
    AmendmentRequest,
    Note,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Reached,
    LeftMessage,
    NoAnswer,
    WrongNumber,
    WillCallBack,
    Other,
}

/// The reasonable method by which staff knew with whom they spoke (B15, LAW-50).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Nothing about the student was shared.
    NothingShared,
    NumberOnRecord,
    KnownVoice,
    QuestionAnswered,
    PhotoId,
    CalledBack,
    SeenOnVideo,
}

macro_rules! words {
    ($name:ident: $($variant:ident = $word:literal, $plain:literal;)+) => {
        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub const fn plain(self) -> &'static str {
                match self { $(Self::$variant => $plain),+ }
            }

            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

pub(super) use words;

words! { Kind:
    Call = "call", "Phone call";
    Email = "email", "E-mail";
    InPerson = "in_person", "Met in person";
    VideoCall = "video_call", "Video call";
    Letter = "letter", "Letter";
    TextElsewhere = "text_elsewhere", "Text that came to an office number";
    TextedOutside = "texted_outside", "Texted outside the portal, with reason";
    AccessRequest = "access_request", "FERPA: asked to see the record";
    AmendmentRequest = "amendment_request", "FERPA: asked to amend the record";
    Note = "note", "Note";
}
words! { Outcome:
    Reached = "reached", "Reached";
    LeftMessage = "left_message", "Left a message";
    NoAnswer = "no_answer", "No answer";
    WrongNumber = "wrong_number", "Wrong number";
    WillCallBack = "will_call_back", "Will call back";
    Other = "other", "Other";
}
words! { Identity:
    NothingShared = "nothing_shared", "Nothing about the student was shared";
    NumberOnRecord = "number_on_record", "Called or wrote to the number on record";
    KnownVoice = "known_voice", "Know the voice from earlier talks";
    QuestionAnswered = "question_answered", "Answered a question that only the family can";
    PhotoId = "photo_id", "Showed a photo ID";
    CalledBack = "called_back", "Called back on the number on record";
    SeenOnVideo = "seen_on_video", "Known by sight, on video or in person";
}

impl Kind {
    /// Whether it counts as a contact with the family (B20): a note does not.
    pub const fn is_contact(self) -> bool {
        match self {
            Self::Call
            | Self::Email
            | Self::InPerson
            | Self::VideoCall
            | Self::Letter
            | Self::TextElsewhere
            | Self::TextedOutside => true,
            Self::AccessRequest | Self::AmendmentRequest | Self::Note => false,
        }
    }

    /// Whether somebody spoke or wrote whose identity has to be known (B15).
    pub const fn asks_identity(self) -> bool {
        match self {
            Self::Call
            | Self::Email
            | Self::InPerson
            | Self::VideoCall
            | Self::TextElsewhere
            | Self::TextedOutside
            | Self::AccessRequest
            | Self::AmendmentRequest => true,
            Self::Letter | Self::Note => false,
        }
    }
}

/// Everything wrong with an entry, with the field that it is about.
pub fn problems(kind: Kind, identity: Option<Identity>, note: &str) -> Vec<(&'static str, &'static str)> {
    let mut problems = Vec::new();
    if kind.asks_identity() && identity.is_none() {
        problems.push(("identity", "choose how you knew with whom you spoke, or that nothing was shared"));
    }
    let needs_note = match kind {
        Kind::Note | Kind::TextElsewhere | Kind::TextedOutside | Kind::AmendmentRequest => true,
        Kind::Call | Kind::Email | Kind::InPerson | Kind::VideoCall | Kind::Letter | Kind::AccessRequest => false,
    };
    if needs_note && note.trim().is_empty() {
        problems.push(("note", "write what was said, and for a text outside the portal the reason"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b15_talking_about_a_student_asks_how_you_knew_with_whom_for_calls_and_texts_alike() {
        for kind in [Kind::Call, Kind::TextElsewhere] {
            let fields: Vec<_> = problems(kind, None, "said hello").into_iter().map(|(field, _)| field).collect();
            assert_eq!(fields, ["identity"]);
            assert!(problems(kind, Some(Identity::KnownVoice), "said hello").is_empty());
        }
    }

    #[test]
    fn b7_a_text_outside_the_portal_needs_its_reason() {
        let asked = problems(Kind::TextedOutside, Some(Identity::NumberOnRecord), " ");
        assert_eq!(asked.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["note"]);
    }

    #[test]
    fn words_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(*kind));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.word()), Some(*outcome));
        }
        for identity in Identity::ALL {
            assert_eq!(Identity::from_word(identity.word()), Some(*identity));
        }
    }
}
