//! The worked examples of the rule pages, one test each.

use jiff::civil::time;
use schoolbell_domain::delivery::window::SendWindow;

use super::town::{GARFIELD, LINCOLN, Town, ask, at, instant};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel::{Email, Sms, Voice};
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::delivery::SuppressReason::{
    CallLimit, Complained, CustodyRestricted, DeadAddress, DenyListed, Merged, NoAddress, NoConsent, NoGateway,
    NotAlertContact, NotDefault, PreferenceOff, Revoked,
};
use schoolbell_domain::delivery::digest::PlanDigest;
use schoolbell_domain::delivery::explain::{Standing, explain};
use schoolbell_domain::delivery::plan::{Ask, Basis, Decision, PlanRow, PreferenceKey, plan};
use schoolbell_domain::delivery::summary::PlanSummary;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::{ContactPointId, PersonId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::{ContactRole, Slot};

/// Ana lives with Maria (main) and has Jose (secondary); two home phones; every slot of A16 is filled.
pub struct Family {
    pub town: Town,
    pub ana: PersonId,
    pub maria: PersonId,
    pub jose: PersonId,
    home: ContactPointId,
    mobile: ContactPointId,
}

pub fn family() -> Family {
    let mut town = Town::default();
    let ana = town.student(LINCOLN);
    let (maria, jose) = (town.guardian(), town.guardian());
    town.tie(maria, ana, ContactRole::Main);
    town.tie(jose, ana, ContactRole::Secondary);
    let home = town.point(ana, LINCOLN, Slot::HomePrimary, "01");
    town.point(ana, LINCOLN, Slot::HomeSecondary, "02");
    town.point(maria, LINCOLN, Slot::Home, "03");
    let mobile = town.point(maria, LINCOLN, Slot::Mobile, "04");
    town.point(maria, LINCOLN, Slot::Work, "05");
    town.point(maria, LINCOLN, Slot::Email, "maria");
    town.point(jose, LINCOLN, Slot::Home, "06");
    town.point(jose, LINCOLN, Slot::Mobile, "07");
    town.point(jose, LINCOLN, Slot::Work, "08");
    town.point(jose, LINCOLN, Slot::Email, "jose");
    Family { town, ana, maria, jose, home, mobile }
}

/// The addresses that get it, by channel: `call 01`.
pub fn sent(rows: &[PlanRow]) -> Vec<String> {
    let mut sent: Vec<String> = rows
        .iter()
        .filter(|row| matches!(row.decision, Decision::Send { .. }))
        .map(|row| format!("{} {}", row.channel.plain(), short(row)))
        .collect();
    sent.sort();
    sent
}

fn short(row: &PlanRow) -> String {
    let text = row.address.as_ref().map_or("", |address| address.expose());
    text.strip_prefix("+151255501").or_else(|| text.strip_suffix("@example.org")).unwrap_or(text).to_owned()
}

fn decision(rows: &[PlanRow], address: &str, channel: schoolbell_domain::channel::Channel) -> Decision {
    let of: Vec<_> = rows.iter().filter(|row| row.address == Some(at(address)) && row.channel == channel).collect();
    assert_eq!(of.len(), 1, "{address} {channel}: {of:?}");
    of[0].decision
}

fn why(
    rows: &[PlanRow],
    address: &str,
    channel: schoolbell_domain::channel::Channel,
) -> Option<schoolbell_domain::delivery::SuppressReason> {
    match decision(rows, address, channel) {
        Decision::Suppress(reason) => Some(reason),
        Decision::Send { .. } => None,
    }
}

pub fn basis(rows: &[PlanRow], address: &str, channel: schoolbell_domain::channel::Channel) -> Option<Basis> {
    match decision(rows, address, channel) {
        Decision::Send { basis, .. } => Some(basis),
        Decision::Suppress(_) => None,
    }
}

const HOMES_AND_EMAILS: [&str; 4] = ["call 01", "call 02", "e-mail jose", "e-mail maria"];
const EVERYTHING: [&str; 10] = [
    "call 01",
    "call 02",
    "call 03",
    "call 04",
    "call 05",
    "call 06",
    "call 07",
    "call 08",
    "e-mail jose",
    "e-mail maria",
];

#[test]
fn a40_to_a45_before_anybody_chooses_each_category_goes_to_its_default_slots_and_no_text_goes_anywhere() {
    let family = family();
    for (category, expected) in [
        (Category::Attendance, &HOMES_AND_EMAILS[..]),
        (Category::General, &HOMES_AND_EMAILS[..]),
        (Category::NonSchoolHoursEmergency, &HOMES_AND_EMAILS[..]),
        (Category::SchoolHoursEmergency, &EVERYTHING[..]),
        (Category::SchoolsOut, &EVERYTHING[..]),
        (Category::Surveys, &HOMES_AND_EMAILS[..]),
    ] {
        let rows = plan(&ask(category), &family.town.page);
        assert_eq!(sent(&rows), expected, "{category:?}");
        // Two home phones, and for each of two contacts: home, mobile by call and text, work, e-mail.
        assert_eq!(rows.len(), 12, "{category:?}");
        assert_eq!(why(&rows, "04", Sms), Some(NoConsent));
    }
    let rows = plan(&ask(Category::General), &family.town.page);
    assert_eq!(why(&rows, "04", Voice), Some(NotDefault));
}

#[test]
fn a23_a_number_that_said_yes_gets_texts_of_every_category_until_the_family_turns_one_off() {
    let mut family = family();
    family.town.says_yes("04");
    for category in Category::ALL {
        let rows = plan(&ask(category), &family.town.page);
        assert_eq!(basis(&rows, "04", Sms), Some(Basis::OptedIn), "{category:?}");
        assert_eq!(why(&rows, "07", Sms), Some(NoConsent), "{category:?}");
    }
    family.choose(family.maria, family.mobile, Sms, false);
    assert_eq!(why(&plan(&ask(Category::General), &family.town.page), "04", Sms), Some(PreferenceOff));
    for (state, reason) in [
        (ConsentState::Revoked, Revoked),
        (ConsentState::Invited, NoConsent),
        (ConsentState::Provided, NoConsent),
        (ConsentState::Unknown, NoConsent),
    ] {
        family.town.page.text_consent.insert(at("04"), state);
        let rows = plan(&ask(Category::SchoolHoursEmergency), &family.town.page);
        assert_eq!(why(&rows, "04", Sms), Some(reason), "{state:?}");
    }
}

#[test]
fn a29_consent_is_of_the_device_two_mobiles_say_yes_twice_and_a_shared_one_once() {
    let mut town = Town::default();
    let (child, mother, father) = (town.student(LINCOLN), town.guardian(), town.guardian());
    town.tie(mother, child, ContactRole::Main);
    town.tie(father, child, ContactRole::Secondary);
    // She has two mobiles, one of which he has too.
    town.point(mother, LINCOLN, Slot::Mobile, "04");
    town.point(mother, LINCOLN, Slot::Mobile, "05");
    town.point(father, LINCOLN, Slot::Mobile, "05");
    let texts = |town: &Town| {
        let mut texts = sent(&plan(&ask(Category::General), &town.page));
        texts.retain(|line| line.starts_with("text"));
        texts
    };
    assert!(texts(&town).is_empty());
    town.says_yes("04");
    assert_eq!(texts(&town), ["text 04"], "the other phone has not said it");
    town.says_yes("05");
    assert_eq!(texts(&town), ["text 04", "text 05"], "once for both who share it, and one text");
}

impl Family {
    fn choose(
        &mut self,
        guardian: PersonId,
        point: ContactPointId,
        channel: schoolbell_domain::channel::Channel,
        on: bool,
    ) {
        let key = PreferenceKey { guardian, student: self.ana, point, channel };
        self.town.page.preferences.insert(key, on);
    }
}

#[test]
fn a_home_phone_rings_if_either_contact_wants_it() {
    let mut family = family();
    family.choose(family.maria, family.home, Voice, false);
    assert_eq!(why(&plan(&ask(Category::General), &family.town.page), "01", Voice), None);
    family.choose(family.jose, family.home, Voice, false);
    assert_eq!(why(&plan(&ask(Category::General), &family.town.page), "01", Voice), Some(PreferenceOff));
}

#[test]
fn a37_a_family_can_turn_a_phone_on_that_the_category_does_not_reach() {
    let mut family = family();
    family.choose(family.maria, family.mobile, Voice, true);
    let rows = plan(&ask(Category::General), &family.town.page);
    assert_eq!(basis(&rows, "04", Voice), Some(Basis::Provided));
}

#[test]
fn a46_when_the_only_chosen_number_falls_away_another_is_turned_on() {
    let mut family = family();
    let homes: Vec<ContactPointId> =
        family.town.page.points.iter().filter(|p| p.person == family.ana).map(|p| p.id).collect();
    for guardian in [family.maria, family.jose] {
        for home in &homes {
            family.choose(guardian, *home, Voice, false);
        }
    }
    family.choose(family.maria, family.mobile, Voice, true);
    let jose_mobile = family.town.page.points.iter().find(|p| p.address == at("07")).unwrap().id;
    family.choose(family.jose, jose_mobile, Voice, true);
    assert_eq!(sent(&plan(&ask(Category::Attendance), &family.town.page))[..2], ["call 04", "call 07"]);

    // Maria's mobile dies, Jose's leaves the roster: the first number left rings again.
    family.town.is_dead("04", Voice);
    family.town.page.points.retain(|p| p.id != jose_mobile);
    let rows = plan(&ask(Category::Attendance), &family.town.page);
    assert_eq!((why(&rows, "04", Voice), why(&rows, "01", Voice)), (Some(DeadAddress), None));
    let told = explain(&ask(Category::Attendance), &family.town.page, family.ana);
    let home = told.rows.iter().find(|row| row.row.point == Some(family.home)).unwrap();
    assert!(home.paths[0].steps.iter().any(|step| step.rule == "A46"), "{home:?}");

    // General has no floor: off is off (A47).
    assert_eq!(why(&plan(&ask(Category::General), &family.town.page), "01", Voice), Some(PreferenceOff));
}

#[test]
fn a40_a_household_with_mobiles_only_is_not_called_for_absence_unless_the_district_lets_them_stand_in() {
    let mut town = Town::default();
    let (ana, maria) = (town.student(LINCOLN), town.guardian());
    town.tie(maria, ana, ContactRole::Main);
    town.point(maria, LINCOLN, Slot::Mobile, "04");
    let rows = plan(&ask(Category::Attendance), &town.page);
    assert_eq!(why(&rows, "04", Voice), Some(NotDefault));
    let stands_in = Ask { mobile_stands_in: true, ..ask(Category::Attendance) };
    assert_eq!(basis(&plan(&stands_in, &town.page), "04", Voice), Some(Basis::Emergency));
    town.point(ana, LINCOLN, Slot::HomePrimary, "01");
    assert_eq!(sent(&plan(&stands_in, &town.page)), ["call 01"]);
}

#[test]
fn two_siblings_and_one_phone_are_one_call_that_names_both() {
    let mut family = family();
    let luis = family.town.student(LINCOLN);
    family.town.tie(family.maria, luis, ContactRole::Main);
    family.town.point(luis, LINCOLN, Slot::HomePrimary, "01");
    let rows = plan(&ask(Category::General), &family.town.page);
    let home: Vec<_> = rows.iter().filter(|row| row.address == Some(at("01"))).collect();
    assert_eq!(home.len(), 2);
    assert_eq!((home[0].person, &home[0].children), (family.ana, &vec![family.ana, luis]));
    assert_eq!(home[1].decision, Decision::Suppress(Merged));
    let mail: Vec<_> = rows.iter().filter(|row| row.address == Some(at("maria"))).collect();
    assert_eq!((mail.len(), &mail[0].children), (1, &vec![family.ana, luis]));
    assert_eq!(sent(&rows), HOMES_AND_EMAILS);
}

#[test]
fn a_teacher_who_is_a_parent_hears_once_and_as_a_parent() {
    let mut family = family();
    let teacher = family.town.staff(LINCOLN);
    family.town.point(teacher, LINCOLN, Slot::Email, "maria");
    let rows = plan(&ask(Category::SchoolsOut), &family.town.page);
    let mails: Vec<_> = rows.iter().filter(|row| row.address == Some(at("maria"))).collect();
    assert_eq!((mails[0].person, &mails[0].children), (family.maria, &vec![family.ana]));
    assert_eq!((mails[1].person, mails[1].decision), (teacher, Decision::Suppress(Merged)));
    let reached = PlanSummary::of_page(&rows, ask(Category::SchoolsOut).leaves_at);
    assert_eq!((reached.people_reached, reached.people_not_reached), (3, 0));
}

#[test]
fn law_8_the_districts_deny_list_silences_a_number_in_every_category() {
    let mut family = family();
    family.town.says_yes("04");
    family.town.page.deny(["+15125550104", "911"]);
    for category in Category::ALL {
        let rows = plan(&ask(category), &family.town.page);
        assert_eq!(why(&rows, "04", Sms), Some(DenyListed), "{category:?}");
        assert!(basis(&rows, "04", Voice).is_none(), "{category:?}");
        assert!(basis(&rows, "maria", Email).is_some(), "{category:?}");
    }
}

#[test]
fn a20_two_schools_are_two_records_and_one_shared_number_still_rings_once() {
    let mut town = Town::default();
    let (ana, luis, maria) = (town.student(LINCOLN), town.student(GARFIELD), town.guardian());
    town.tie(maria, ana, ContactRole::Main);
    town.tie(maria, luis, ContactRole::Main);
    town.point(maria, LINCOLN, Slot::Mobile, "04");
    town.point(maria, GARFIELD, Slot::Mobile, "04");
    town.point(maria, GARFIELD, Slot::Work, "05");
    let rows = plan(&ask(Category::SchoolsOut), &town.page);
    let calls: Vec<_> =
        rows.iter().filter(|row| row.channel == Voice).map(|row| (&row.children, row.decision)).collect();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].0, &vec![ana, luis]);
    assert_eq!(calls[1], (&vec![luis], Decision::Suppress(Merged)));
    assert_eq!(calls[2].0, &vec![luis]);
}

#[test]
fn law_52_a_restricted_guardian_gets_nothing_about_that_child_and_still_hears_of_the_other() {
    let mut family = family();
    family.town.restrict(family.jose, family.ana);
    let rows = plan(&ask(Category::SchoolsOut), &family.town.page);
    for (address, channel) in [("06", Voice), ("07", Voice), ("07", Sms), ("08", Voice), ("jose", Email)] {
        assert_eq!(why(&rows, address, channel), Some(CustodyRestricted));
    }
    let luis = family.town.student(LINCOLN);
    family.town.tie(family.jose, luis, ContactRole::Main);
    let rows = plan(&ask(Category::SchoolsOut), &family.town.page);
    let his: Vec<_> = rows.iter().filter(|row| row.person == family.jose && row.channel == Voice).collect();
    assert!(his.iter().all(|row| row.children == [luis] && matches!(row.decision, Decision::Send { .. })), "{his:?}");
    let told = explain(&ask(Category::SchoolsOut), &family.town.page, family.jose);
    assert_eq!(
        told.standing,
        Standing::ToldFor { children: vec![luis], left_out: vec![(family.ana, CustodyRestricted)] }
    );
}

#[test]
fn law_52_custody_keeps_children_apart_at_an_address_that_a_restricted_guardian_also_has() {
    let mut family = family();
    let luis = family.town.student(LINCOLN);
    family.town.tie(family.maria, luis, ContactRole::Main);
    family.town.tie(family.jose, luis, ContactRole::Secondary);
    family.town.restrict(family.jose, family.ana);
    // Both contacts gave the same e-mail address.
    family.town.point(family.jose, LINCOLN, Slot::Email, "maria");
    let rows = plan(&ask(Category::General), &family.town.page);
    let mails: Vec<_> = rows
        .iter()
        .filter(|row| row.address == Some(at("maria")) && matches!(row.decision, Decision::Send { .. }))
        .map(|row| (row.person, row.children.clone(), row.merge_group))
        .collect();
    let expected = [(family.maria, vec![luis], 0), (family.maria, vec![family.ana], family.ana.raw())];
    assert_eq!(mails, expected);
}

#[test]
fn a14_others_on_the_record_are_not_alerted() {
    let mut family = family();
    let neighbour = family.town.guardian();
    family.town.tie(neighbour, family.ana, ContactRole::Other);
    family.town.point(neighbour, LINCOLN, Slot::Mobile, "09");
    let rows = plan(&ask(Category::SchoolHoursEmergency), &family.town.page);
    assert_eq!((why(&rows, "09", Voice), why(&rows, "09", Sms)), (Some(NotAlertContact), Some(NotAlertContact)));
}

#[test]
fn law_12_a_stop_ends_general_calls_and_emergency_calls_may_continue() {
    let mut family = family();
    family.town.page.voice_consent.insert(at("01"), ConsentState::Revoked);
    for category in Category::ALL {
        let rows = plan(&ask(category), &family.town.page);
        let stopped = matches!(category, Category::General | Category::Surveys);
        assert_eq!(why(&rows, "01", Voice), stopped.then_some(Revoked), "{category:?}");
    }
}

#[test]
fn law_5_a_home_line_without_an_entry_gets_three_general_calls_in_30_days_and_one_with_consent_any_number() {
    let mut family = family();
    let rows = plan(&ask(Category::General), &family.town.page);
    assert_eq!(basis(&rows, "01", Voice), Some(Basis::Exempt));
    family.town.page.recent_exempt_calls.insert(at("01"), 2);
    family.town.page.recent_exempt_calls.insert(at("02"), 3);
    let rows = plan(&ask(Category::General), &family.town.page);
    assert_eq!((why(&rows, "01", Voice), why(&rows, "02", Voice)), (None, Some(CallLimit)));
    family.town.page.voice_consent.insert(at("02"), ConsentState::Provided);
    assert_eq!(basis(&plan(&ask(Category::General), &family.town.page), "02", Voice), Some(Basis::Provided));
    // An emergency never counts.
    family.town.page.voice_consent.clear();
    assert_eq!(basis(&plan(&ask(Category::Attendance), &family.town.page), "02", Voice), Some(Basis::Emergency));
}

#[test]
fn law_43_and_law_8_what_the_network_said_keeps_messages_away() {
    let mut family = family();
    family.town.page.suppressions.insert((at("maria"), Email), Suppression::Complaint);
    family.town.page.suppressions.insert((at("jose"), Email), Suppression::Dead);
    family.town.page.suppressions.insert((at("01"), Voice), Suppression::Denied);
    let general = plan(&ask(Category::General), &family.town.page);
    let reasons = (why(&general, "maria", Email), why(&general, "jose", Email), why(&general, "01", Voice));
    assert_eq!(reasons, (Some(Complained), Some(DeadAddress), Some(DenyListed)));
    let closing = plan(&ask(Category::SchoolsOut), &family.town.page);
    let reasons = (why(&closing, "maria", Email), why(&closing, "jose", Email), why(&closing, "01", Voice));
    assert_eq!(reasons, (None, Some(DeadAddress), Some(DenyListed)));
}

#[test]
fn no_carrier_counts_only_what_would_have_gone() {
    let family = family();
    let email_only = Ask { gateways: vec![Email], ..ask(Category::General) };
    let rows = plan(&email_only, &family.town.page);
    assert_eq!((why(&rows, "01", Voice), why(&rows, "04", Voice)), (Some(NoGateway), Some(NotDefault)));
    assert_eq!(why(&rows, "04", Sms), Some(NoConsent));
    assert_eq!(sent(&rows), ["e-mail jose", "e-mail maria"]);
}

#[test]
fn law_15_a_newsletter_at_ten_at_night_waits_for_the_schools_own_morning_and_a_closing_does_not() {
    let mut town = Town::default();
    for (school, email) in [(LINCOLN, "chicago"), (GARFIELD, "denver")] {
        let (student, guardian) = (town.student(school), town.guardian());
        town.tie(guardian, student, ContactRole::Main);
        town.point(guardian, school, Slot::Email, email);
    }
    let late = instant("2026-01-14T21:30:00-06:00");
    let general = Ask { leaves_at: late, ..ask(Category::General) };
    let rows = plan(&general, &town.page);
    let at_of = |address| match decision(&rows, address, Email) {
        Decision::Send { not_before, .. } => not_before,
        Decision::Suppress(reason) => panic!("{reason:?}"),
    };
    // Half past nine in Chicago is half past eight in Denver.
    assert_eq!((at_of("chicago"), at_of("denver")), (instant("2026-01-15T08:00:00-06:00"), late));
    let summary = PlanSummary::of_page(&rows, late);
    assert_eq!((summary.held, summary.last_held_until), (1, Some(instant("2026-01-15T08:00:00-06:00"))));
    let closing = Ask { leaves_at: late, ..ask(Category::SchoolsOut) };
    assert_eq!(PlanSummary::of_page(&plan(&closing, &town.page), late).held, 0);
}

#[test]
fn a_closing_goes_to_staff_by_mobile_and_mail_and_by_text_if_they_said_yes() {
    let mut town = Town::default();
    let teacher = town.staff(LINCOLN);
    town.point(teacher, LINCOLN, Slot::Home, "11");
    town.point(teacher, LINCOLN, Slot::Mobile, "12");
    town.point(teacher, LINCOLN, Slot::Work, "13");
    town.point(teacher, LINCOLN, Slot::Email, "teacher");
    town.says_yes("12");
    let rows = plan(&ask(Category::SchoolsOut), &town.page);
    assert_eq!(sent(&rows), ["call 12", "e-mail teacher", "text 12"]);
    assert!(rows.iter().all(|row| row.children.is_empty()));
    let without_mobile = plan(&ask(Category::SchoolsOut), &{
        let mut page = town.page.clone();
        page.points.retain(|point| point.slot != Slot::Mobile);
        page
    });
    assert_eq!(sent(&without_mobile), ["call 11", "e-mail teacher"]);
}

#[test]
fn whoever_cannot_be_reached_at_all_has_one_row_that_says_so() {
    let mut town = Town::default();
    let (ana, maria) = (town.student(LINCOLN), town.guardian());
    town.tie(maria, ana, ContactRole::Main);
    let alone = town.student(LINCOLN);
    let teacher = town.staff(LINCOLN);
    let rows = plan(&ask(Category::SchoolsOut), &town.page);
    let said: Vec<_> = rows.iter().map(|row| (row.person, row.children.clone(), row.point, row.decision)).collect();
    let nothing = Decision::Suppress(NoAddress);
    assert_eq!(
        said,
        [(maria, vec![ana], None, nothing), (alone, vec![alone], None, nothing), (teacher, vec![], None, nothing)]
    );
    let summary = PlanSummary::of_page(&rows, ask(Category::SchoolsOut).leaves_at);
    assert_eq!((summary.students_with_nobody, summary.nobody.as_slice()), (2, [ana, alone].as_slice()));
    assert_eq!((summary.people_reached, summary.people_not_reached), (0, 2));
}

#[test]
fn home_phones_speak_the_language_of_the_main_contact() {
    let mut family = family();
    let maria = family.maria;
    for person in &mut family.town.page.people {
        if person.membership.person == maria {
            person.language = Language::of("es");
        }
    }
    let rows = plan(&ask(Category::General), &family.town.page);
    let languages = |address: &str| rows.iter().find(|row| row.address == Some(at(address))).unwrap().language.clone();
    assert_eq!(languages("01"), Language::of("es"));
    assert_eq!(languages("jose"), Language::of("en"));
}

#[test]
fn a_summary_counts_people_students_and_reasons_and_adds_up_page_by_page() {
    let family = family();
    let general = ask(Category::General);
    let rows = plan(&general, &family.town.page);
    let one = PlanSummary::of_page(&rows, general.leaves_at);
    assert_eq!((one.rows, one.total_sends(), one.left_out(NotDefault), one.left_out(NoConsent)), (12, 4, 6, 2));
    assert_eq!((one.people_reached, one.people_not_reached, one.students_covered), (2, 0, 1));
    assert_eq!(one.sends.get(&Voice), Some(&2));
    let mut two = one.clone();
    two.merge(one.clone());
    assert_eq!((two.rows, two.total_sends(), two.students_covered), (24, 8, 2));
    assert_eq!(two.by_reason().values().sum::<u64>() + two.total_sends(), two.rows);
}

#[test]
fn the_digest_tells_a_changed_plan_from_the_same_plan_an_hour_later() {
    let mut family = family();
    let general = ask(Category::General);
    let before = PlanDigest::of(&plan(&general, &family.town.page));
    let later = Ask { leaves_at: instant("2026-01-14T23:00:00-06:00"), ..general.clone() };
    assert_eq!(PlanDigest::of(&plan(&later, &family.town.page)), before);
    family.choose(family.maria, family.mobile, Voice, true);
    assert_ne!(PlanDigest::of(&plan(&general, &family.town.page)), before);
    assert_eq!(before.hex().len(), 64 + "-12".len());
}

#[test]
fn an_explanation_walks_each_rule_by_number_in_and_out_of_the_audience() {
    let mut family = family();
    family.town.page.text_consent.insert(at("04"), ConsentState::Revoked);
    let general = ask(Category::General);
    let told = explain(&general, &family.town.page, family.maria);
    assert_eq!(told.standing, Standing::ToldFor { children: vec![family.ana], left_out: vec![] });
    let path: Vec<String> = told
        .rows
        .iter()
        .map(|row| {
            let rules = row.paths.iter().flat_map(|path| &path.steps).chain(&row.outcome).map(|step| step.rule);
            format!("{} {}: {}", row.row.channel.plain(), short(&row.row), rules.collect::<Vec<_>>().join(" > "))
        })
        .collect();
    assert_eq!(
        path,
        [
            "call 01: A41 > LAW-5 > LAW-15",
            "call 02: A41 > LAW-5 > LAW-15",
            "call 03: A41",
            "call 04: A41",
            "text 04: LAW-9",
            "call 05: A41",
            "e-mail maria: A41 > LAW-2 > LAW-15",
        ]
    );
    let nobody = Ask { audience: schoolbell_domain::audience::Audience::default(), ..general };
    assert_eq!(explain(&nobody, &family.town.page, family.maria).standing, Standing::NoChildSelected);
    assert_eq!(explain(&nobody, &family.town.page, family.ana).standing, Standing::NotSelected);
    assert_eq!(explain(&nobody, &family.town.page, PersonId::from_raw(1)).standing, Standing::NotHere);
    assert!(explain(&nobody, &family.town.page, family.ana).rows.is_empty());
}

#[test]
fn a37_general_waits_for_the_hours_that_a_guardian_chose_and_nothing_else_does() {
    let chosen = SendWindow { opens: time(16, 0, 0, 0), closes: time(18, 0, 0, 0) };
    let noon = instant("2026-01-14T12:00:00-06:00");
    let four = instant("2026-01-14T16:00:00-06:00");
    for category in Category::ALL {
        let mut family = family();
        family.town.page.hours.insert(family.maria, chosen);
        let rows = plan(&ask(category), &family.town.page);
        let leaves = |address: &str| {
            rows.iter().find_map(|row| match row.decision {
                Decision::Send { not_before, .. } if row.address == Some(at(address)) => Some(not_before),
                Decision::Send { .. } | Decision::Suppress(_) => None,
            })
        };
        let hers = if category == Category::General { four } else { noon };
        assert_eq!(leaves("maria"), Some(hers), "{category:?}");
        // The home phone rings for both, so it waits too; Jose's own mail does not.
        assert_eq!(leaves("01"), Some(hers), "{category:?}");
        assert_eq!(leaves("jose"), Some(noon), "{category:?}");
        let explained = explain(&ask(category), &family.town.page, family.maria);
        let waits = explained.rows.iter().flat_map(|row| &row.outcome).any(|step| step.key == "outcome-family-hours");
        assert_eq!(waits, category == Category::General);
    }
    // Hours outside the district's count as none: nothing is held for ever.
    let mut family = family();
    let night = SendWindow { opens: time(22, 0, 0, 0), closes: time(23, 0, 0, 0) };
    family.town.page.hours.insert(family.maria, night);
    let rows = plan(&ask(Category::General), &family.town.page);
    assert!(rows.iter().all(|row| !matches!(row.decision, Decision::Send { not_before, .. } if not_before != noon)));
}
