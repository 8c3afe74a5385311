//! Who may do what, at every command: a principal of one school cannot act for another (A7).

use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::SectionId;
use schoolbell_domain::permission::{Role, Scope};
use schoolbell_store::testing::on_both;

use super::town::{ELM, HOMEROOM, OAK, Town, draft};
use crate::commands::create_user::{NewUser, create_user};
use crate::commands::explain_person::{Asked, explain_person};
use crate::commands::preview_broadcast::preview_broadcast;
use crate::commands::save_draft::{copy_broadcast, discard_draft, save_draft};
use crate::commands::save_list::save_list;
use crate::commands::see_audit::audit_lines;
use crate::commands::send_broadcast::send_broadcast;
use crate::commands::stop_broadcast::stop_broadcast;
use crate::{Actor, CommandError};

/// Whether the answer is a "no" of the permissions.
fn is_refused<T>(result: &Result<T, CommandError>) -> bool {
    matches!(result, Err(CommandError::Refused { rule: "permission", .. }))
}

/// What each role in Oak may do with a message of Oak: compose, send Schools Out, send General (A7), stop.
const OF_OAK: [(Role, [bool; 4]); 6] = [
    (Role::DistrictAdministrator, [true, true, true, true]),
    (Role::Principal, [true, true, true, true]),
    (Role::Office, [true, true, false, true]),
    (Role::Registrar, [false, false, false, false]),
    (Role::Teacher, [false, false, false, false]),
    (Role::Observer, [false, false, false, false]),
];

async fn tries(town: &Town, actor: &Actor, owner: schoolbell_domain::ids::SchoolId) -> Result<[bool; 4], CommandError> {
    let (engine, cli) = (&town.engine, Actor::command_line());
    let closing = draft(Category::SchoolsOut, Some(owner));
    let general = draft(Category::General, Some(owner));
    let composed = save_draft(engine, actor, None, &closing).await;
    let (urgent, ordinary) =
        (save_draft(engine, &cli, None, &closing).await?, save_draft(engine, &cli, None, &general).await?);
    let sent = send_broadcast(engine, actor, (urgent.id, 1), None).await;
    let sent_general = send_broadcast(engine, actor, (ordinary.id, 1), None).await;
    if sent.is_err() {
        send_broadcast(engine, &cli, (urgent.id, 1), None).await?;
    }
    let stopped = stop_broadcast(engine, actor, urgent.id).await;
    Ok([!is_refused(&composed), !is_refused(&sent), !is_refused(&sent_general), !is_refused(&stopped)])
}

#[tokio::test]
async fn a7_each_role_may_do_what_the_table_says_in_its_school_and_nothing_in_another() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 6).await?;
        for (role, may) in OF_OAK {
            let actor = town.actor(role, Scope::School(OAK)).await?;
            assert_eq!(tries(&town, &actor, OAK).await?, may, "{role:?} in its own school");
            assert_eq!(tries(&town, &actor, ELM).await?, [false; 4], "{role:?} in another school");
            let district = town.actor(role, Scope::District).await?;
            assert_eq!(tries(&town, &district, ELM).await?, may, "{role:?} of the district");
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_principal_of_one_school_cannot_reach_the_families_of_another_by_any_rule() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 12).await?;
        let principal = town.actor(Role::Principal, Scope::School(OAK)).await?;
        let cli = Actor::command_line();
        let list =
            save_list(&town.engine, &cli, "Band", None, &[schoolbell_domain::ids::PersonId::from_raw(1_010)]).await?;
        for (rule, within) in [
            (AudienceRule::School { school: OAK }, true),
            (AudienceRule::Section { section: SectionId::from_raw(HOMEROOM) }, true),
            (AudienceRule::Staff { school: Some(OAK) }, true),
            (AudienceRule::Staff { school: None }, true),
            (AudienceRule::District, false),
            (AudienceRule::School { school: ELM }, false),
            (AudienceRule::Grade { grade: "03".to_owned(), school: None }, false),
            (AudienceRule::BusRoute { route: "R7".to_owned() }, false),
            (AudienceRule::List { list }, false),
            (AudienceRule::People { people: vec![schoolbell_domain::ids::PersonId::from_raw(1_010)] }, false),
        ] {
            let audience = Audience { include: vec![rule.clone()], except: vec![] };
            let draft = Draft { audience, ..draft(Category::SchoolsOut, Some(OAK)) };
            let preview = preview_broadcast(&town.engine, &principal, &draft).await;
            assert_eq!(!is_refused(&preview), within, "preview of {rule:?}");
            let kept = save_draft(&town.engine, &principal, None, &draft).await?;
            let sent = send_broadcast(&town.engine, &principal, (kept.id, 1), None).await;
            assert_eq!(!is_refused(&sent), within, "send to {rule:?}");
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn nobody_else_manages_users_reads_the_audit_or_touches_another_schools_draft() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 3).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let principal = town.actor(Role::Principal, Scope::School(OAK)).await?;
        let new = NewUser {
            name: "B".to_owned(),
            email: "b@example.org".to_owned(),
            person: None,
            grants: principal.grants.clone(),
        };
        assert!(is_refused(&create_user(engine, &principal, new).await));
        assert!(is_refused(&audit_lines(engine, &principal, None, 10).await));
        let theirs = save_draft(engine, &cli, None, &draft(Category::General, Some(ELM))).await?;
        let mine = draft(Category::General, Some(OAK));
        assert!(is_refused(&save_draft(engine, &principal, Some((theirs.id, 1)), &mine).await), "taking over a draft");
        assert!(is_refused(&discard_draft(engine, &principal, theirs.id).await));
        assert!(is_refused(&copy_broadcast(engine, &principal, theirs.id).await));
        let person = schoolbell_domain::ids::PersonId::from_raw(1_000);
        assert!(is_refused(&explain_person(engine, &principal, Asked::Broadcast(theirs.id), person).await));
        Ok(())
    })
    .await
    .unwrap();
}
