//! What calls need beside the text: the sounds to play, made once and shared by all calls that say the same, and the
//! record of a call that was answered.

use std::sync::Arc;

use futures::future::BoxFuture;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_formats::sip::Law;
use schoolbell_formats::voice::g711::{encode_alaw, encode_ulaw};

use crate::Content;

/// Samples of one frame: 20 ms at 8 kHz.
pub const FRAME: usize = 160;

/// A sound as it goes onto the wire, in both laws. Cheap to clone.
#[derive(Clone)]
pub struct Sound {
    mu: Arc<[u8]>,
    a: Arc<[u8]>,
}

impl Sound {
    /// `samples`: 8 kHz, mono. The last frame is filled up with silence.
    pub fn of(samples: &[i16]) -> Self {
        let mut samples = samples.to_vec();
        samples.resize(samples.len().next_multiple_of(FRAME), 0);
        Self { mu: encode_ulaw(&samples).into(), a: encode_alaw(&samples).into() }
    }

    /// The `n`-th 20 ms, from 0; `None` past the end.
    pub fn frame(&self, law: Law, n: usize) -> Option<&[u8]> {
        let coded = match law {
            Law::Mu => &self.mu,
            Law::A => &self.a,
        };
        coded.get(n * FRAME..(n + 1) * FRAME)
    }

    /// How many frames of 20 ms.
    pub fn frames(&self) -> usize {
        self.mu.len() / FRAME
    }
}

/// Everything that a call of one content may play.
pub struct Prompts {
    /// To a person: who is calling, and the message.
    pub message: Sound,
    /// To a person, after it: a sentence for each key, in the order in which they are said.
    pub menu: Vec<(char, Sound)>,
    /// To an answering machine: who is calling, the message, and whom to call back.
    pub voicemail: Sound,
    /// After keys 4 to 8: that we know it was understood.
    pub confirmed: Sound,
    /// After key 9: that such calls end.
    pub stopped: Sound,
    /// After key 3, before the office's phone rings.
    pub connecting: Sound,
    /// Nobody at the office took the call.
    pub not_connected: Sound,
    /// Whom key 3 reaches, as E.164.
    pub office: Option<String>,
    /// The same call in another language, for key 2; that one leads nowhere else.
    pub other: Option<Arc<Self>>,
}

/// Why there is nothing to play: a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call has no sound: {0}")]
pub struct Mute(pub String);

/// Makes the sounds of a content; asked for each call, it answers from memory or disk where it can.
pub trait Voicing: Send + Sync {
    fn prompts(&self, content: Arc<Content>) -> BoxFuture<'_, Result<Arc<Prompts>, Mute>>;
}

/// Who was at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    Person,
    Machine,
}

impl Party {
    /// The word in the call's record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Machine => "machine",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Person, Self::Machine].into_iter().find(|party| party.word() == word)
    }
}

/// A call that was answered and is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardCall {
    pub delivery: DeliveryId,
    pub attempt: u32,
    /// That of the attempt: the Call-ID.
    pub reference: String,
    pub status: ReceiptStatus,
    pub party: Party,
    /// From the answer to the end.
    pub talked_ms: u64,
    /// In the order in which they were pressed: `0` to `9`, `*`, `#`, `A` to `D`.
    pub keys: String,
    /// How it ended, for the record.
    pub raw: String,
}

impl HeardCall {
    /// Key 4: it was understood.
    pub fn confirms(&self) -> bool {
        self.keys.contains('4')
    }

    /// Key 9: no more such calls.
    pub fn wants_no_more(&self) -> bool {
        self.keys.contains('9')
    }
}
