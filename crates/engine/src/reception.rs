//! Who calls one of our numbers back: a number on record hears its last messages and may end such calls; a stranger is
//! told nothing.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::phone::Phone;
use schoolbell_formats::voice::script::{Heard as Line, desk};
use schoolbell_gateways::reception::{Did, Next, Reception, Then, Visit};
use schoolbell_gateways::voice::{Mute, Sound};
use schoolbell_store::read::called::{CalledWith, is_on_record, messages};
use schoolbell_store::read::content;
use schoolbell_store::read::district::lookup_district;
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreError, StoreResult};
use serde_json::json;

use crate::Engine;
use crate::revocation::{self, Revocation};
use crate::speech::Speaker;

/// Messages that can be heard, and how old they may be.
const MOST: i64 = 3;
const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a key is waited for.
const WAIT_S: u32 = 8;
/// A visitor who presses nothing useful so often is said goodbye to.
const PATIENCE: usize = 5;

/// The reception of a district.
pub struct Desk {
    engine: Engine,
    speaker: Arc<Speaker>,
}

impl Desk {
    pub fn new(engine: Engine, speaker: Arc<Speaker>) -> Self {
        Self { engine, speaker }
    }
}

impl Reception for Desk {
    fn visit(&self, from: Option<String>) -> Box<dyn Visit> {
        Box::new(Visitor {
            engine: self.engine.clone(),
            speaker: self.speaker.clone(),
            from: from.as_deref().and_then(Phone::from_e164),
            messages: Vec::new(),
            at: 0,
            misses: 0,
        })
    }
}

struct Visitor {
    engine: Engine,
    speaker: Arc<Speaker>,
    from: Option<Phone>,
    messages: Vec<CalledWith>,
    /// Which of them is heard.
    at: usize,
    misses: usize,
}

impl Visit for Visitor {
    fn next(&mut self, did: Did) -> BoxFuture<'_, Next> {
        Box::pin(async move {
            match self.answer(did).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "a call that came in could not be answered");
                    Next { say: Vec::new(), then: Then::HangUp }
                }
            }
        })
    }
}

/// Why there is nothing to say.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Mute(#[from] Mute),
}

impl Visitor {
    async fn answer(&mut self, did: Did) -> Result<Next, Trouble> {
        let key = match did {
            Did::Called => return self.welcome().await,
            Did::Pressed(keys) => keys.chars().next(),
            Did::Waited | Did::Recorded(_) => None,
        };
        match key {
            Some('1') => self.message(self.at).await,
            Some('2') if self.at + 1 < self.messages.len() => self.message(self.at + 1).await,
            Some('9') => {
                self.stop().await?;
                self.goodbye(Line::Stopped).await
            }
            Some(_) | None => {
                self.misses += 1;
                if self.misses >= PATIENCE || key.is_none() {
                    return self.goodbye(Line::Goodbye).await;
                }
                Ok(Next { say: vec![self.keys().await?], then: Then::Keys { most: 1, wait_s: WAIT_S } })
            }
        }
    }

    async fn welcome(&mut self) -> Result<Next, Trouble> {
        let mut reads = self.engine.db.read().await?;
        let district = lookup_district(&mut reads).await?.map(|district| district.name).unwrap_or_default();
        let mut is_known = false;
        if let Some(from) = &self.from {
            let since = self.engine.now().checked_sub(OLDEST).unwrap_or(self.engine.now());
            self.messages = messages(&mut reads, from.expose(), (since, MOST)).await?;
            is_known = !self.messages.is_empty() || is_on_record(&mut reads, from.expose()).await?;
        }
        drop(reads);
        let welcome = self.say(&Line::Welcome(&district)).await?;
        if !is_known {
            return Ok(Next { say: vec![welcome, self.say(&Line::Stranger).await?], then: Then::HangUp });
        }
        let count = self.say(&Line::Messages(self.messages.len())).await?;
        let mut next = if self.messages.is_empty() {
            Next { say: vec![self.keys().await?], then: Then::Keys { most: 1, wait_s: WAIT_S } }
        } else {
            self.message(0).await?
        };
        next.say.splice(0..0, [welcome, count]);
        Ok(next)
    }

    /// A message as its calls say it, and the keys.
    async fn message(&mut self, at: usize) -> Result<Next, Trouble> {
        self.at = at;
        let mut say = Vec::new();
        if let Some(called) = self.messages.get(at) {
            let found = content::by_ids(&mut self.engine.db.read().await?, &[called.content]).await?.pop();
            if let Some(found) = found {
                let content = schoolbell_gateways::Content {
                    subject: found.subject,
                    body: found.body,
                    html: None,
                    language: found.language.tag().to_owned(),
                };
                say.push(self.speaker.message_of(content).await?);
            }
        }
        say.push(self.keys().await?);
        Ok(Next { say, then: Then::Keys { most: 1, wait_s: WAIT_S } })
    }

    async fn keys(&self) -> Result<Sound, Mute> {
        let has_message = self.at < self.messages.len();
        self.say(&Line::Keys { again: has_message, older: self.at + 1 < self.messages.len() }).await
    }

    async fn goodbye(&self, line: Line<'_>) -> Result<Next, Trouble> {
        Ok(Next { say: vec![self.say(&line).await?], then: Then::HangUp })
    }

    async fn say(&self, line: &Line<'_>) -> Result<Sound, Mute> {
        self.speaker.say_parts(&desk(line)).await
    }

    /// Key 9, as in a call of ours: after an emergency message it ends those too (LAW-9, LAW-12).
    async fn stop(&self) -> StoreResult<()> {
        let Some(from) = &self.from else { return Ok(()) };
        let heard_in = match self.messages.get(self.at) {
            Some(called) if called.emergency => Program::EmergencyCalls,
            Some(_) | None => Program::Voice,
        };
        let evidence = json!({ "key": "9", "called_in": true, "heard_at": self.engine.now().to_string() }).to_string();
        let said = Revocation { kind: ConsentEventKind::Stopped, heard_in, actor: "family", evidence: &evidence };
        let moves = self
            .engine
            .db
            .write("stop calls", async |tx| {
                let mut moves = Moves::default();
                revocation::close(&self.engine, tx, from, said, &mut moves).await?;
                tallies::apply(tx, &moves).await?;
                Ok::<_, StoreError>(moves)
            })
            .await?;
        self.engine.touched.touch(moves.origins());
        Ok(())
    }
}
