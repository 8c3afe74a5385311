//! What a family chooses: saves, undo, and floors that hold against two windows, an import and a STOP (A36, A46, A47, A51).

use jiff::civil::time;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind, ConsentState};
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::grid::GridCell;
use schoolbell_domain::delivery::preference::Wish;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::window::SendWindow;
use schoolbell_domain::ids::ContactPointId;
use schoolbell_domain::language::Language;
use schoolbell_domain::people::Address;
use schoolbell_store::StoreError;
use schoolbell_store::read::consent::ledger;
use schoolbell_store::read::plan_page::{self, Needs};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::roster::{PointRow, RosterRow};
use schoolbell_store::write::suppressions::{self, NewSuppression};

use super::town::{Town, point};
use crate::CommandError;
use crate::commands::family_hours::{choose_hours, hours};
use crate::commands::family_preferences::{
    Edit, NotSaved, Ways, choose, choose_language, remove_text_permission, undo, ways,
};
use crate::family::Family;

/// The first guardian of the second family: a child at each school, one home phone, one mobile, one address.
const PAT: &str = "g1015@example.org";
const HOME: ContactPointId = ContactPointId::from_raw(10_100);
const MOBILE: ContactPointId = ContactPointId::from_raw(10_151);
const MAIL: ContactPointId = ContactPointId::from_raw(10_155);
const MOBILE_NUMBER: &str = "+13725550005";

async fn family(town: &Town) -> Result<Family, CommandError> {
    let mut reads = town.engine.db.read().await?;
    Family::of(&town.engine, &mut reads, PAT).await?.ok_or_else(|| CommandError::NotFound(PAT.to_owned()))
}

fn off(category: Category, point: ContactPointId, channel: Channel) -> Edit {
    Edit { category, point, channel, child: None, wanted: false }
}

fn cells(ways: &Ways, category: Category, point: ContactPointId, channel: Channel) -> Vec<&GridCell> {
    let address = ways.cells.iter().find(|(_, cell)| cell.key.point == point).map(|(_, cell)| cell.address.clone());
    ways.cells
        .iter()
        .filter(|(of, cell)| *of == category && cell.key.channel == channel && Some(&cell.address) == address.as_ref())
        .map(|(_, cell)| cell)
        .collect()
}

fn error(no: NotSaved) -> CommandError {
    match no {
        NotSaved::Other(error) => error,
        NotSaved::Floor(_) | NotSaved::NoYes => CommandError::NotFound(format!("{no:?}")),
    }
}

#[tokio::test]
async fn a36_a37_a47_a_choice_counts_for_all_children_or_one_stays_over_an_import_and_can_be_undone() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let (engine, me) = (&town.engine, family(&town).await?);
        let general = off(Category::General, MAIL, Channel::Email);
        let save = choose(engine, &me, std::slice::from_ref(&general)).await.map_err(error)?;
        let now = ways(engine, &me).await?;
        let seen = cells(&now, Category::General, MAIL, Channel::Email);
        assert!(seen.len() == 2 && seen.iter().all(|cell| cell.wish == Wish::FamilyOff), "both schools' records");
        assert!(cells(&now, Category::Surveys, MAIL, Channel::Email).iter().all(|cell| cell.wish == Wish::Default));
        assert_eq!(
            choose(engine, &me, std::slice::from_ref(&general)).await.map_err(error)?,
            None,
            "it says so already"
        );
        // A47 and A51: the same address comes again with its choice, another one with the defaults.
        town.change(async |tx| {
            let again = point((10_155, 1015, 1), 6, PAT.to_owned());
            let new = point((10_199, 1015, 1), 6, "second@example.org".to_owned());
            PointRow::upsert(tx, &[again, new]).await.map(drop)
        })
        .await?;
        let now = ways(engine, &me).await?;
        assert!(cells(&now, Category::General, MAIL, Channel::Email).iter().all(|cell| cell.wish == Wish::FamilyOff));
        let new = cells(&now, Category::General, ContactPointId::from_raw(10_199), Channel::Email);
        assert!(new.len() == 1 && new[0].wish == Wish::Default);
        assert!(undo(engine, &me, save.unwrap_or_default()).await.map_err(error)?);
        assert!(!undo(engine, &me, save.unwrap_or_default()).await.map_err(error)?, "once");
        let now = ways(engine, &me).await?;
        assert!(cells(&now, Category::General, MAIL, Channel::Email).iter().all(|cell| cell.wish == Wish::Default));
        // One child alone.
        let child = me.circle.children[0].id;
        choose(engine, &me, &[Edit { child: Some(child), ..general }]).await.map_err(error)?;
        let now = ways(engine, &me).await?;
        let seen = cells(&now, Category::General, MAIL, Channel::Email);
        assert_eq!(seen.iter().filter(|cell| !cell.wish.is_on()).count(), 1);
        assert!(seen.iter().all(|cell| cell.wish.is_on() != (cell.key.student == child)));
        // Somebody else's phone is not there to choose for.
        let foreign = off(Category::General, ContactPointId::from_raw(10_050), Channel::Voice);
        assert!(matches!(choose(engine, &me, &[foreign]).await, Err(NotSaved::Other(CommandError::NotFound(_)))));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a46_two_windows_that_each_turn_off_the_others_last_phone_leave_one_on() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let (engine, me) = (&town.engine, family(&town).await?);
        for _ in 0..5 {
            let home = [off(Category::SchoolsOut, HOME, Channel::Voice)];
            let mobile = [off(Category::SchoolsOut, MOBILE, Channel::Voice)];
            let (one, two) = tokio::join!(choose(engine, &me, &home), choose(engine, &me, &mobile));
            let results = [one, two];
            let refused = results
                .iter()
                .filter(|result| matches!(result, Err(NotSaved::Floor(of)) if *of == [Category::SchoolsOut]));
            assert_eq!(refused.count(), 1, "{results:?}");
            let back: Vec<Edit> = [HOME, MOBILE]
                .map(|point| Edit { wanted: true, ..off(Category::SchoolsOut, point, Channel::Voice) })
                .into();
            choose(engine, &me, &back).await.map_err(error)?;
        }
        // All at once in one save is refused whole: nothing of it stands.
        let all = [
            off(Category::SchoolsOut, HOME, Channel::Voice),
            off(Category::SchoolsOut, MOBILE, Channel::Voice),
            off(Category::General, HOME, Channel::Voice),
        ];
        assert!(matches!(choose(engine, &me, &all).await, Err(NotSaved::Floor(_))));
        let now = ways(engine, &me).await?;
        assert!(cells(&now, Category::General, HOME, Channel::Voice).iter().all(|cell| cell.wish.is_on()));
        // Mail is no number, and General has no floor.
        choose(engine, &me, &[off(Category::SchoolsOut, MAIL, Channel::Email), all[2].clone()]).await.map_err(error)?;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a46_an_import_that_takes_the_last_phone_turns_another_on_and_says_so() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let (engine, me) = (&town.engine, family(&town).await?);
        let home_off = [off(Category::SchoolsOut, HOME, Channel::Voice)];
        let save = choose(engine, &me, &home_off).await.map_err(error)?;
        town.change(async |tx| {
            let gone = [(10_151, 1), (10_152, 2)].map(|(id, school)| PointRow {
                active: false,
                ..point((id, 1015, school), 4, MOBILE_NUMBER.to_owned())
            });
            PointRow::upsert(tx, &gone).await.map(drop)
        })
        .await?;
        let now = ways(engine, &me).await?;
        let home = cells(&now, Category::SchoolsOut, HOME, Channel::Voice);
        assert!(!home.is_empty() && home.iter().all(|cell| cell.wish == Wish::Floor && cell.last), "{home:?}");
        assert!(undo(engine, &me, save.unwrap_or_default()).await.map_err(error)?, "turning it on is always allowed");
        assert!(matches!(choose(engine, &me, &home_off).await, Err(NotSaved::Floor(_))));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a28_removing_the_permission_ends_texts_alone_and_calls_still_ring() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let (engine, me) = (&town.engine, family(&town).await?);
        let on = Edit { wanted: true, ..off(Category::General, MOBILE, Channel::Sms) };
        // Nobody said YES on this number.
        assert!(matches!(choose(engine, &me, &[Edit { wanted: true, ..on.clone() }]).await, Err(NotSaved::NoYes)));
        remove_text_permission(engine, &me, MOBILE).await?;
        let entries = ledger(&mut engine.db.read().await?, MOBILE_NUMBER).await?;
        assert!(entries.iter().any(|entry| entry.link.event.kind == ConsentEventKind::RemovedInPortal));
        let now = ways(engine, &me).await?;
        assert_eq!(now.texts.get(MOBILE_NUMBER), Some(&ConsentState::Revoked));
        let texts = cells(&now, Category::General, MOBILE, Channel::Sms);
        assert!(texts.iter().all(|cell| cell.barred == Some(SuppressReason::Revoked)));
        let general = cells(&now, Category::General, MOBILE, Channel::Voice);
        assert!(general.iter().all(|cell| cell.barred.is_none()), "what was unticked is texts, not calls");
        let closing = cells(&now, Category::SchoolsOut, MOBILE, Channel::Voice);
        assert!(closing.iter().all(|cell| cell.barred.is_none() && cell.wish.is_on()), "LAW-12");
        let no = remove_text_permission(engine, &me, ContactPointId::from_raw(10_051)).await;
        assert!(matches!(no, Err(CommandError::NotFound(_))), "only one's own");
        choose_language(engine, &me, &Language::of("es")).await?;
        assert_eq!(family(&town).await?.language().tag(), "es");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a37_hours_for_general_are_kept_for_both_schools_read_by_the_plan_and_never_shut_the_school_out() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 4).await?;
        let (engine, me) = (&town.engine, family(&town).await?);
        assert_eq!(hours(engine, &me).await?.chosen, None);
        let at = |hour| time(hour, 0, 0, 0);
        for (opens, closes) in [(at(9), at(10)), (at(18), at(9)), (at(20), at(23)), (at(1), at(5))] {
            let refused = choose_hours(engine, &me, Some((opens, closes))).await;
            assert!(matches!(refused, Err(CommandError::BadInput(_))), "{opens} {closes}");
        }
        choose_hours(engine, &me, Some((at(16), at(18)))).await?;
        // A language chosen beside it does not undo it.
        choose_language(engine, &me, &Language::of("es")).await?;
        let chosen = SendWindow { opens: at(16), closes: at(18) };
        assert_eq!(hours(engine, &me).await?.chosen, Some(chosen));
        let mut reads = engine.db.read().await?;
        let everybody = Audience { include: vec![AudienceRule::District], except: Vec::new() };
        let needs = Needs::of(&mut reads, Category::General, &everybody, &[Channel::Email], 0).await?;
        let households: Vec<i64> = me.people.values().map(|person| person.household).collect();
        let page = plan_page::load(&mut reads, &needs, &households).await?;
        assert_eq!(page.hours.get(&me.circle.guardians[0]), Some(&chosen));
        drop(reads);
        choose_hours(engine, &me, None).await?;
        assert_eq!(hours(engine, &me).await?.chosen, None);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn law_43_a_dead_number_that_passes_to_another_family_is_called_again_and_not_for_the_one_that_had_it() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 6).await?;
        let now = town.engine.now();
        let word = |number: &str, kind| NewSuppression {
            address: Address::from_stored(number).unwrap(),
            channel: Channel::Voice,
            kind,
            evidence: "{}".to_owned(),
        };
        let denied = "+13725559999";
        let lift = async || -> Result<u64, CommandError> {
            let lifted = town.engine.db.write("lift", async |tx| suppressions::lift_passed_on(tx).await).await;
            lifted.map_err(|error: StoreError| error.into())
        };
        town.change(async |tx| {
            suppressions::add(tx, &[word(MOBILE_NUMBER, Suppression::Dead), word(denied, Suppression::Denied)], now)
                .await
        })
        .await?;
        assert_eq!(lift().await?, 0, "the family still has it");
        // The same person at another school: the same phone.
        let later = now.as_millisecond() + 1;
        let moved = PointRow { first_seen: later, ..point((77_001, 1015, 2), 5, MOBILE_NUMBER.to_owned()) };
        let gone: Vec<PointRow> = [(10_151, 1), (10_152, 2)]
            .map(|(id, school)| PointRow { active: false, ..point((id, 1015, school), 4, MOBILE_NUMBER.to_owned()) })
            .into();
        town.change(async |tx| {
            PointRow::upsert(tx, &gone).await?;
            PointRow::upsert(tx, std::slice::from_ref(&moved)).await.map(drop)
        })
        .await?;
        assert_eq!(lift().await?, 0, "it moved with its owner");
        // The second contact of this family shared it.
        let mut rest: Vec<PointRow> = [(10_161, 1), (10_162, 2)]
            .map(|(id, school)| PointRow { active: false, ..point((id, 1016, school), 4, MOBILE_NUMBER.to_owned()) })
            .into();
        rest.push(PointRow { active: false, ..moved.clone() });
        town.change(async |tx| PointRow::upsert(tx, &rest).await.map(drop)).await?;
        assert_eq!(lift().await?, 0, "nobody has it now");
        let fresh = [
            PointRow { first_seen: later, ..point((77_002, 1045, 1), 4, MOBILE_NUMBER.to_owned()) },
            PointRow { first_seen: later, ..point((77_003, 1045, 1), 5, denied.to_owned()) },
        ];
        town.change(async |tx| PointRow::upsert(tx, &fresh).await.map(drop)).await?;
        assert_eq!(lift().await?, 1, "another family gave it: it is their phone; what must never be dialled stays");
        Ok(())
    })
    .await
    .unwrap();
}
