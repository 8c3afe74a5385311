//! Signing in: one answer for every "no", sessions that end, links that work once, an audit chain that shows a change.

use jiff::SignedDuration;
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_store::read::audit::ChainCheck;
use schoolbell_store::testing::on_both;

use super::town::{OAK, Town};
use crate::commands::change_password::change_password;
use crate::commands::create_user::{NewUser, create_user};
use crate::commands::deactivate_user::{deactivate_user, reactivate_user};
use crate::commands::grant_role::{grant_role, revoke_role};
use crate::commands::see_audit::verify_audit;
use crate::commands::session::{my_sessions, session};
use crate::commands::set_password::set_password;
use crate::commands::sign_in::sign_in;
use crate::commands::sign_in_link::{make_sign_in_link, sign_in_with_link};
use crate::commands::sign_out::{sign_out, sign_out_elsewhere};
use crate::{Actor, CommandError};

const GOOD: &str = "four words are fine";
const ADMIN: Grant = Grant { role: Role::DistrictAdministrator, scope: Scope::District };

fn new(email: &str) -> NewUser {
    NewUser { name: "Ana Ruiz".to_owned(), email: email.to_owned(), person: None, grants: vec![ADMIN] }
}

fn sentence<T>(result: Result<T, CommandError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn every_no_at_the_door_reads_the_same_and_ten_of_them_make_the_account_wait() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let user = create_user(engine, &cli, new("Ana@Example.org")).await?;
        let no_password = sentence(sign_in(engine, "ana@example.org", GOOD, "ua").await);
        set_password(engine, &cli, user, GOOD).await?;
        assert!(sign_in(engine, " ANA@example.org ", GOOD, "ua").await.is_ok());
        let wrong = sentence(sign_in(engine, "ana@example.org", "wrong", "ua").await);
        let unknown = sentence(sign_in(engine, "nobody@example.org", GOOD, "ua").await);
        assert_eq!(wrong, "this e-mail address and password do not fit together");
        assert_eq!([&wrong, &wrong], [&unknown, &no_password]);
        for _ in 0..9 {
            assert!(sign_in(engine, "ana@example.org", "wrong", "ua").await.is_err());
        }
        let waits = sentence(sign_in(engine, "ana@example.org", GOOD, "ua").await);
        assert!(waits.starts_with("too many wrong passwords for this account; wait 15 minutes"), "{waits}");
        town.clock.move_by(16 * 60);
        assert!(sign_in(engine, "ana@example.org", GOOD, "ua").await.is_ok());
        deactivate_user(engine, &cli, create_user(engine, &cli, new("b@example.org")).await?).await?;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_session_slides_ends_and_can_be_ended_elsewhere() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let user = create_user(engine, &cli, new("ana@example.org")).await?;
        let link = make_sign_in_link(engine, &cli, user, SignedDuration::from_mins(15)).await?;
        let here = sign_in_with_link(engine, &link, "phone").await?;
        assert!(sign_in_with_link(engine, &link, "phone").await.is_err(), "a link works once");
        let old = make_sign_in_link(engine, &cli, user, SignedDuration::from_mins(15)).await?;
        let there = make_sign_in_link(engine, &cli, user, SignedDuration::from_mins(15)).await?;
        let there = sign_in_with_link(engine, &there, "desk").await?;
        town.clock.move_by(16 * 60);
        assert!(sign_in_with_link(engine, &old, "x").await.is_err(), "a link grows old");
        let signed_in = session(engine, &here.token).await?.expect("signed in");
        assert_eq!((signed_in.user, signed_in.csrf_token.as_str()), (user, here.csrf_token.as_str()));
        assert_eq!(signed_in.actor.grants, [ADMIN]);
        assert_eq!(my_sessions(engine, user).await?.len(), 2);
        town.clock.move_by(11 * 3600 + 3000);
        assert!(session(engine, &here.token).await?.is_some(), "a click moved the end on");
        assert!(session(engine, &there.token).await?.is_none(), "twelve hours without a click");
        assert!(session(engine, &here.csrf_token).await?.is_none());
        sign_out_elsewhere(engine, &signed_in.actor, &here.token).await?;
        sign_out(engine, &signed_in.actor, &here.token).await?;
        assert!(session(engine, &here.token).await?.is_none());
        sign_out(engine, &signed_in.actor, &here.token).await
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_new_password_or_a_deactivation_ends_every_session_at_once() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let user = create_user(engine, &cli, new("ana@example.org")).await?;
        create_user(engine, &cli, new("other@example.org")).await?;
        set_password(engine, &cli, user, GOOD).await?;
        let begun = sign_in(engine, "ana@example.org", GOOD, "ua").await?;
        set_password(engine, &cli, user, "another four words").await?;
        assert!(session(engine, &begun.token).await?.is_none());
        let begun = sign_in(engine, "ana@example.org", "another four words", "ua").await?;
        deactivate_user(engine, &cli, user).await?;
        assert!(session(engine, &begun.token).await?.is_none());
        assert!(sign_in(engine, "ana@example.org", "another four words", "ua").await.is_err());
        reactivate_user(engine, &cli, user).await?;
        assert!(sign_in(engine, "ana@example.org", "another four words", "ua").await.is_ok());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn ones_own_password_is_changed_with_the_old_one_and_ends_every_other_session() {
    on_both(async |db| -> Result<(), CommandError> {
        const NEW: &str = "another four words";
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let user = create_user(engine, &cli, new("ana@example.org")).await?;
        set_password(engine, &cli, user, GOOD).await?;
        let (here, there) = (
            sign_in(engine, "ana@example.org", GOOD, "ua").await?,
            sign_in(engine, "ana@example.org", GOOD, "ua").await?,
        );
        let me = session(engine, &here.token).await?.expect("signed in").actor;
        let wrong = sentence(change_password(engine, &me, &here.token, ("not this one", NEW)).await);
        assert_eq!(wrong, "this is not the password of now; write it once more, or ask for a link");
        let short = sentence(change_password(engine, &me, &here.token, (GOOD, "short")).await);
        assert!(short.starts_with("the password has 5 characters"), "{short}");
        change_password(engine, &me, &here.token, (GOOD, NEW)).await?;
        assert!(session(engine, &here.token).await?.is_some(), "this session goes on");
        assert!(session(engine, &there.token).await?.is_none());
        assert!(sign_in(engine, "ana@example.org", GOOD, "ua").await.is_err());
        assert!(sign_in(engine, "ana@example.org", NEW, "ua").await.is_ok());
        for _ in 0..10 {
            assert!(change_password(engine, &me, &here.token, ("guessed", GOOD)).await.is_err());
        }
        let waits = sentence(change_password(engine, &me, &here.token, (NEW, GOOD)).await);
        assert!(waits.starts_with("too many wrong passwords"), "{waits}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn somebody_who_came_by_a_link_sets_the_first_password_without_an_old_one() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let user = create_user(engine, &cli, new("ana@example.org")).await?;
        let me = Actor { user: Some(user), name: "ana@example.org".to_owned(), grants: Vec::new() };
        change_password(engine, &me, "", ("", GOOD)).await?;
        assert!(sign_in(engine, "ana@example.org", GOOD, "ua").await.is_ok());
        assert!(change_password(engine, &cli, "", ("", GOOD)).await.is_err(), "the command line is nobody");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_password_is_long_and_not_the_address() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let user = create_user(engine, &cli, new("ana.maria.ruiz@example.org")).await?;
        for (password, said) in [
            ("short", "the password has 5 characters; write at least 12, for example four words"),
            ("ana.maria.Ruiz@example.org", "the password is the e-mail address; write something else"),
            ("ana.maria.ruiz", "the password is the e-mail address; write something else"),
        ] {
            assert_eq!(sentence(set_password(engine, &cli, user, password).await), said);
        }
        let taken = sentence(create_user(engine, &cli, new("Ana.Maria.Ruiz@example.org")).await);
        assert_eq!(taken, "somebody signs in with this e-mail address already");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_last_district_administrator_stays() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let only = create_user(engine, &cli, new("ana@example.org")).await?;
        let said = "this is the last district administrator; make somebody else one first";
        assert_eq!(sentence(deactivate_user(engine, &cli, only).await), said);
        assert_eq!(sentence(revoke_role(engine, &cli, only, ADMIN).await), said);
        let other = create_user(engine, &cli, NewUser { grants: vec![], ..new("b@example.org") }).await?;
        grant_role(engine, &cli, other, ADMIN).await?;
        revoke_role(engine, &cli, only, ADMIN).await?;
        grant_role(engine, &cli, only, Grant { role: Role::Principal, scope: Scope::School(OAK) }).await
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_act_lengthens_the_audit_chain_and_the_chain_holds() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 0).await?;
        let (engine, cli) = (&town.engine, Actor::command_line());
        let before = lines(&verify_audit(engine, &cli).await?);
        let user = create_user(engine, &cli, new("ana@example.org")).await?;
        set_password(engine, &cli, user, GOOD).await?;
        sign_in(engine, "ana@example.org", GOOD, "ua").await?;
        assert_eq!(lines(&verify_audit(engine, &cli).await?), before + 3);
        assert!(create_user(engine, &cli, new("ana@example.org")).await.is_err());
        assert_eq!(lines(&verify_audit(engine, &cli).await?), before + 3, "what did not happen is not told");
        Ok(())
    })
    .await
    .unwrap();
}

fn lines(check: &ChainCheck) -> u64 {
    match check {
        ChainCheck::Whole(count) => *count,
        ChainCheck::BrokenAt(_) => 0,
    }
}
