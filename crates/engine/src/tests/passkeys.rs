//! A passkey as a door of the families' side: made by who is signed in, answered once, for people on the record alone (A31, A33).

use jiff::SignedDuration;
use schoolbell_store::Db;
use schoolbell_store::read::audit;
use schoolbell_store::testing::on_both;
use schoolbell_store::write::roster::{PersonRow, PointRow, RelationshipRow, RosterRow};

use super::soft_key::SoftKey;
use super::town::{Town, guardian, point, relationship};
use crate::commands::family_passkeys::{
    ask_for_passkey, begin_passkey, family_passkeys, finish_passkey, has_passkeys, remove_passkey, sign_in_with_passkey,
};
use crate::commands::family_session::{FamilyIn, family_session};
use crate::commands::family_sign_in::{make_family_link, sign_in_with_family_link};
use crate::{Actor, CommandError, Engine};

const HOME: &str = "https://bell.example.org";
const NAME: &str = "bell.example.org";
/// The first guardian of the second family: two children, one at each school.
const PAT: &str = "g1015@example.org";
const OTHER: &str = "g1005@example.org";

/// A town that families reach by a name.
struct Named {
    town: Town,
    engine: Engine,
}

impl Named {
    async fn of(db: Db) -> Result<Self, CommandError> {
        let town = Town::build(db, 4).await?;
        let engine = town.engine.clone().reached_at(HOME);
        Ok(Self { town, engine })
    }

    async fn inside(&self, email: &str) -> Result<FamilyIn, CommandError> {
        let link = make_family_link(&self.engine, &Actor::command_line(), email, SignedDuration::from_hours(1)).await?;
        let session = sign_in_with_family_link(&self.engine, &link, "ua").await?;
        family_session(&self.engine, &session.token).await?.ok_or_else(|| CommandError::NotFound(email.to_owned()))
    }

    /// A device with a passkey of this account.
    async fn device(&self, email: &str, credential: u8) -> Result<SoftKey, CommandError> {
        let inside = self.inside(email).await?;
        let mut device = SoftKey::new(HOME, NAME, credential);
        let question = begin_passkey(&self.engine, &inside.family).await?;
        let answer = device.make(&question.options);
        finish_passkey(&self.engine, &inside, (&question.token, &answer), "Chrome on Android").await?;
        Ok(device)
    }

    /// Comes to the door with this device; the session's token.
    async fn enters(&self, device: &mut SoftKey) -> Result<String, CommandError> {
        let question = ask_for_passkey(&self.engine).await?;
        let answer = device.enter(&question.options);
        Ok(sign_in_with_passkey(&self.engine, (&question.token, &answer), "ua").await?.token)
    }

    async fn told(&self, action: &str) -> Result<usize, CommandError> {
        let lines = audit::latest(&mut self.engine.db.read().await?, None, 200).await?;
        Ok(lines.iter().filter(|line| line.action == action).count())
    }
}

/// What a liar changes, and what it is called.
type Lie = (&'static str, fn(&mut SoftKey));

fn sentence<T>(result: Result<T, CommandError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

/// What everybody hears at the door.
const NO: &str = "this passkey did not open the door; ask for a code instead";

#[tokio::test]
async fn a31_a33_a_passkey_opens_the_account_it_was_made_for_with_all_its_children() {
    on_both(async |db| -> Result<(), CommandError> {
        let named = Named::of(db).await?;
        let engine = &named.engine;
        assert!(has_passkeys(engine) && !has_passkeys(&named.town.engine), "browsers make them for names alone");
        let mut device = named.device(PAT, 1).await?;
        let token = named.enters(&mut device).await?;
        let inside = family_session(engine, &token).await?.unwrap();
        assert_eq!(inside.family.email, PAT);
        assert_eq!(inside.family.children().len(), 2, "A33: both, although they go to two schools");
        assert_eq!(named.told("add_passkey").await?, 1);
        // A second device of the account is another passkey under the same handle; the first is not to be made anew.
        let question = begin_passkey(engine, &inside.family).await?;
        assert_eq!(question.options["user"]["id"], device.handle);
        let known = question.options["excludeCredentials"].as_array().unwrap();
        assert!(known.len() == 1 && question.options["user"]["name"] == PAT, "{}", question.options);
        let mut second = named.device(PAT, 2).await?;
        named.enters(&mut second).await?;
        let keys = family_passkeys(engine, &inside.family).await?;
        assert!(keys.len() == 2 && keys.iter().all(|key| key.used_at.is_some()));
        // Removed by its own account alone, and then it opens nothing.
        let stranger = named.inside(OTHER).await?;
        remove_passkey(engine, &stranger.family, keys[0].id).await?;
        assert_eq!(family_passkeys(engine, &inside.family).await?.len(), 2);
        remove_passkey(engine, &inside.family, keys[0].id).await?;
        assert_eq!(sentence(named.enters(&mut device).await), NO);
        named.enters(&mut second).await?;
        assert_eq!(named.told("remove_passkey").await?, 1);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_question_is_answered_once_within_five_minutes_and_for_what_it_was_asked() {
    on_both(async |db| -> Result<(), CommandError> {
        let named = Named::of(db).await?;
        let engine = &named.engine;
        let mut device = named.device(PAT, 1).await?;
        let enter =
            async |token: &str, answer: &str| sentence(sign_in_with_passkey(engine, (token, answer), "ua").await);
        // Replay: the same answer to the same question, at once from two windows and later.
        let question = ask_for_passkey(engine).await?;
        let answer = device.enter(&question.options);
        let (one, two) = tokio::join!(enter(&question.token, &answer), enter(&question.token, &answer));
        let mut heard = [one, two];
        heard.sort();
        assert_eq!(heard, [String::new(), NO.to_owned()]);
        assert_eq!(enter(&question.token, &answer).await, NO);
        // A foreign challenge: the answer to one question under the token of another, which is used up by it.
        let (mine, other) = (ask_for_passkey(engine).await?, ask_for_passkey(engine).await?);
        let answer = device.enter(&other.options);
        assert_eq!(enter(&mine.token, &answer).await, NO);
        let late = device.enter(&mine.options);
        assert_eq!(enter(&mine.token, &late).await, NO, "a question is used up by a wrong answer too");
        assert_eq!(enter(&other.token, &answer).await, "", "its own question still stands");
        // Too old.
        let question = ask_for_passkey(engine).await?;
        let answer = device.enter(&question.options);
        named.town.clock.move_by(301);
        assert_eq!(enter(&question.token, &answer).await, NO);
        // One asked for making opens no door, one of the door makes nothing, and one account makes none for another.
        let (pat, stranger) = (named.inside(PAT).await?, named.inside(OTHER).await?);
        let making = begin_passkey(engine, &pat.family).await?;
        assert_eq!(enter(&making.token, &device.enter(&making.options)).await, NO);
        let mut fresh = SoftKey::new(HOME, NAME, 9);
        let door = ask_for_passkey(engine).await?;
        let made = fresh.make(&door.options);
        assert_eq!(sentence(finish_passkey(engine, &pat, (&door.token, &made), "ua").await), NO);
        let making = begin_passkey(engine, &pat.family).await?;
        let made = fresh.make(&making.options);
        assert_eq!(sentence(finish_passkey(engine, &stranger, (&making.token, &made), "ua").await), NO);
        let making = begin_passkey(engine, &pat.family).await?;
        let made = fresh.make(&making.options);
        finish_passkey(engine, &pat, (&making.token, &made), "ua").await?;
        assert_eq!(sentence(finish_passkey(engine, &pat, (&making.token, &made), "ua").await), NO, "once");
        assert_eq!(family_passkeys(engine, &pat.family).await?.len(), 2);
        assert!(family_passkeys(engine, &stranger.family).await?.is_empty());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_answer_that_does_not_hold_opens_nothing_and_reads_the_same() {
    on_both(async |db| -> Result<(), CommandError> {
        let named = Named::of(db).await?;
        let engine = &named.engine;
        let mut device = named.device(PAT, 1).await?;
        let strangers = named.device(OTHER, 2).await?;
        let lies: [Lie; 5] = [
            ("a page that looks like ours", |key| key.origin = "https://bell.example.com".to_owned()),
            ("the same name without TLS", |key| key.origin = "http://bell.example.org".to_owned()),
            ("a key that signs for another name", |key| key.name = "bell.example.com".to_owned()),
            ("a device that did not look who holds it", |key| key.checks = false),
            ("a credential that nobody has", |key| key.credential = vec![7; 16]),
        ];
        for (label, lie) in lies {
            let mut liar = named.device(PAT, 3).await?;
            lie(&mut liar);
            assert_eq!(sentence(named.enters(&mut liar).await), NO, "{label}");
            let pat = named.inside(PAT).await?;
            for key in family_passkeys(engine, &pat.family).await?.iter().skip(1) {
                remove_passkey(engine, &pat.family, key.id).await?;
            }
        }
        // The key of one account in the name of another, and another's handle with one's own key.
        let mut thief = SoftKey::new(HOME, NAME, 1);
        thief.handle.clone_from(&device.handle);
        assert_eq!(sentence(named.enters(&mut thief).await), NO, "a signature of another key");
        let own = std::mem::replace(&mut device.handle, strangers.handle.clone());
        assert_eq!(sentence(named.enters(&mut device).await), NO, "the handle of another account");
        device.handle = own;
        for nonsense in ["", "{}", "null", "[1]", "{\"id\":\"AAAA\"}"] {
            let question = ask_for_passkey(engine).await?;
            let heard = sentence(sign_in_with_passkey(engine, (&question.token, nonsense), "ua").await);
            assert_eq!(heard, NO, "{nonsense}");
        }
        assert_eq!(sentence(sign_in_with_passkey(engine, ("f00", "{}"), "ua").await), NO);
        named.enters(&mut device).await?;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_count_of_signatures_that_goes_back_ends_the_passkey_and_its_owner_reads_why() {
    on_both(async |db| -> Result<(), CommandError> {
        let named = Named::of(db).await?;
        let mut device = named.device(PAT, 1).await?;
        for count in [1, 2, 7] {
            device.count = count;
            named.enters(&mut device).await?;
        }
        // A copy was made at 7 and is behind.
        device.count = 7;
        assert_eq!(sentence(named.enters(&mut device).await), NO);
        device.count = 8;
        assert_eq!(sentence(named.enters(&mut device).await), NO, "nobody knows which of the two is the owner's");
        let pat = named.inside(PAT).await?;
        let keys = family_passkeys(&named.engine, &pat.family).await?;
        assert!(keys[0].suspect_at.is_some());
        assert_eq!(named.told("doubt_passkey").await?, 1);
        // A device that does not count says 0 for ever.
        let mut plain = named.device(PAT, 2).await?;
        for _ in 0..3 {
            named.enters(&mut plain).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn guessing_in_the_name_of_a_passkey_ends_after_twenty_answers_a_day() {
    on_both(async |db| -> Result<(), CommandError> {
        let named = Named::of(db).await?;
        let mut device = named.device(PAT, 1).await?;
        let mut thief = SoftKey::new(HOME, NAME, 1);
        thief.handle.clone_from(&device.handle);
        for _ in 0..19 {
            assert_eq!(sentence(named.enters(&mut thief).await), NO);
        }
        named.enters(&mut device).await?;
        for _ in 0..20 {
            assert_eq!(sentence(named.enters(&mut thief).await), NO, "a right answer put the count back");
        }
        assert_eq!(sentence(named.enters(&mut device).await), NO, "the twenty-first opens nothing, right or not");
        let mut other = named.device(OTHER, 2).await?;
        named.enters(&mut other).await?;
        named.town.clock.move_by(24 * 3_600 + 1);
        named.enters(&mut device).await?;
        // And an account has room for ten.
        let pat = named.inside(PAT).await?;
        for credential in 3..12 {
            named.device(PAT, credential).await?;
        }
        assert!(matches!(begin_passkey(&named.engine, &pat.family).await, Err(CommandError::Refused { .. })));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_passkey_opens_for_people_on_the_record_alone() {
    on_both(async |db| -> Result<(), CommandError> {
        let named = Named::of(db).await?;
        let mut device = named.device(PAT, 1).await?;
        let children = named.inside(PAT).await?.family.circle.children;
        // A custody order for one child: in, and she is not there. For both: nobody.
        let restrict = async |child: i64, restricted: bool| {
            let tie = relationship((1_015, child), 1, restricted);
            named.town.change(async |tx| RelationshipRow::upsert(tx, &[tie]).await.map(drop)).await
        };
        restrict(children[0].id.raw(), true).await?;
        let token = named.enters(&mut device).await?;
        let inside = family_session(&named.engine, &token).await?.unwrap();
        assert!(!inside.family.circle.has_child(children[0].id) && inside.family.circle.has_child(children[1].id));
        restrict(children[1].id.raw(), true).await?;
        assert_eq!(sentence(named.enters(&mut device).await), NO);
        for child in &children {
            restrict(child.id.raw(), false).await?;
        }
        named.enters(&mut device).await?;
        // The guardian left.
        let active = async |active: bool| {
            let pat = PersonRow { active, ..guardian(1_015) };
            named.town.change(async |tx| PersonRow::upsert(tx, &[pat]).await.map(drop)).await
        };
        active(false).await?;
        assert_eq!(sentence(named.enters(&mut device).await), NO);
        active(true).await?;
        named.enters(&mut device).await?;
        // The address is another guardian's now: a code may go there, this key is not his.
        named
            .town
            .change(async |tx| {
                let mut points = Vec::new();
                for school in [1, 2] {
                    let at = point((10_150 + school + 4, 1_015, school), 6, PAT.to_owned());
                    points.push(PointRow { active: false, ..at });
                }
                points.push(point((99_001, 1_005, 1), 6, PAT.to_owned()));
                PointRow::upsert(tx, &points).await.map(drop)
            })
            .await?;
        assert_eq!(named.inside(PAT).await?.family.circle.guardians[0].raw(), 1_005);
        assert_eq!(sentence(named.enters(&mut device).await), NO);
        Ok(())
    })
    .await
    .unwrap();
}
