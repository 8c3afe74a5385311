//! The app as a channel of the plan: who has a row for it, and what its row follows.

use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel::Push;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::SuppressReason::{CustodyRestricted, NoAddress, NoGateway, NotDefault, PreferenceOff};
use schoolbell_domain::delivery::explain::explain;
use schoolbell_domain::delivery::plan::{Ask, Basis, Decision, PreferenceKey, plan};
use schoolbell_domain::people::{ContactRole, Slot};

use super::examples::{Family, basis, family, sent};
use super::town::{LINCOLN, ask, at};

/// The family with the app set up for Maria's address, asked over the app alone.
fn with_the_app(category: Category) -> (Family, Ask) {
    let mut family = family();
    family.town.page.apps.insert(at("maria"));
    let ask = Ask { channels: vec![Push], gateways: vec![Push], ..ask(category) };
    (family, ask)
}

#[test]
fn a34_the_app_gets_every_category_where_it_is_set_up_and_nobody_else_has_a_row_for_it() {
    for category in Category::ALL {
        let (family, ask) = with_the_app(category);
        let rows = plan(&ask, &family.town.page);
        assert_eq!(sent(&rows), ["app maria"], "{category:?}");
        assert_eq!(basis(&rows, "maria", Push), Some(Basis::App));
        // Jose has no app: one row says that nothing of his could take it, no row for each of his addresses.
        let jose: Vec<_> = rows.iter().filter(|row| row.person == family.jose).collect();
        assert_eq!(jose.len(), 1);
        assert_eq!(jose[0].decision, Decision::Suppress(NoAddress));
    }
}

#[test]
fn a36_the_app_follows_choice_custody_and_carrier_like_every_other_channel() {
    type Change = fn(&mut Family, &mut Ask);
    let cases: [(&str, Change, Option<SuppressReason>); 4] = [
        ("as it is", |_, _| {}, None),
        (
            "turned off",
            |family, _| {
                let point = family.town.page.points.iter().find(|point| point.address == at("maria")).unwrap().id;
                let key = PreferenceKey { guardian: family.maria, student: family.ana, point, channel: Push };
                family.town.page.preferences.insert(key, false);
            },
            Some(PreferenceOff),
        ),
        ("custody", |family, _| family.town.restrict(family.maria, family.ana), Some(CustodyRestricted)),
        ("no carrier", |_, ask| ask.gateways.clear(), Some(NoGateway)),
    ];
    for (name, change, reason) in cases {
        let (mut family, mut ask) = with_the_app(Category::SchoolsOut);
        change(&mut family, &mut ask);
        let rows = plan(&ask, &family.town.page);
        let row = rows.iter().find(|row| row.address == Some(at("maria"))).unwrap();
        match (row.decision, reason) {
            (Decision::Suppress(found), Some(reason)) => assert_eq!(found, reason, "{name}"),
            (Decision::Send { .. }, None) => {}
            (other, _) => panic!("{name}: {other:?}"),
        }
        // `explain` says the same.
        let explained = explain(&ask, &family.town.page, family.maria);
        assert!(explained.rows.iter().any(|explained| explained.row == *row), "{name}");
    }
}

#[test]
fn law_52_a_mailbox_that_a_barred_parent_reads_too_shows_nothing_about_the_child_in_the_app() {
    let (mut family, ask) = with_the_app(Category::General);
    let other = family.town.guardian();
    family.town.tie(other, family.ana, ContactRole::Secondary);
    family.town.restrict(other, family.ana);
    family.town.point(other, LINCOLN, Slot::Email, "maria");
    let rows = plan(&ask, &family.town.page);
    assert_eq!(sent(&rows), Vec::<String>::new());
    let row = rows.iter().find(|row| row.person == family.maria).unwrap();
    assert_eq!(row.decision, Decision::Suppress(CustodyRestricted));
}

#[test]
fn staff_are_not_told_in_the_families_app() {
    let (mut family, ask) = with_the_app(Category::General);
    let teacher = family.town.staff(LINCOLN);
    family.town.point(teacher, LINCOLN, Slot::Email, "maria");
    let rows = plan(&ask, &family.town.page);
    let row = rows.iter().find(|row| row.person == teacher).unwrap();
    assert_eq!(row.decision, Decision::Suppress(NotDefault));
}
