//! What must hold of every plan, over random towns full of shared addresses, choices, orders and dead numbers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use proptest::prelude::*;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::digest::PlanDigest;
use schoolbell_domain::delivery::explain::explain;
use schoolbell_domain::delivery::plan::{
    Ask, Basis, Decision, Page, PlanRow, Point, PreferenceKey, Relationship, plan,
};
use schoolbell_domain::delivery::summary::PlanSummary;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::people::{ContactRole, PersonKind, Slot};

use super::town::{GARFIELD, LINCOLN, Town, ask, at, city};

/// The dice of one town: small indexes, so that addresses, schools and children are shared all the time.
type Dice = (Vec<(u8, u8)>, Vec<(u8, u8, u8, bool)>, Vec<(u8, u8, u8, u8)>, Vec<(u8, u8, bool, bool)>, Vec<(u8, u8)>);

fn dice() -> impl Strategy<Value = Dice> {
    (
        prop::collection::vec((0..5_u8, 0..2_u8), 1..9),
        prop::collection::vec((any::<u8>(), any::<u8>(), 0..5_u8, prop::bool::weighted(0.2)), 0..14),
        prop::collection::vec((any::<u8>(), 0..2_u8, 0..6_u8, 0..5_u8), 0..30),
        prop::collection::vec((any::<u8>(), any::<u8>(), any::<bool>(), any::<bool>()), 0..20),
        prop::collection::vec((0..8_u8, 0..10_u8), 0..10),
    )
}

fn pick<T: Copy>(list: &[T], die: u8) -> Option<T> {
    list.get(usize::from(die) % list.len().max(1)).copied()
}

fn school(die: u8) -> SchoolId {
    if die == 0 { LINCOLN } else { GARFIELD }
}

fn address(slot: Slot, die: u8) -> String {
    if slot == Slot::Email { format!("mail{die}") } else { format!("{die:02}") }
}

fn page((people, ties, points, choices, facts): Dice) -> Page {
    let mut town = Town::default();
    let (mut students, mut guardians, mut all) = (vec![], vec![], vec![]);
    for (kind, place) in people {
        let person = match kind {
            0 | 1 => town.student(school(place)),
            2 | 3 => town.guardian(),
            _ => town.staff(school(place)),
        };
        match kind {
            0 | 1 => students.push(person),
            2 | 3 => guardians.push(person),
            _ => {}
        }
        all.push(person);
    }
    for (guardian, student, role, restricted) in ties {
        let (Some(guardian), Some(student)) = (pick(&guardians, guardian), pick(&students, student)) else { continue };
        if town.page.relationships.iter().any(|tie| tie.guardian == guardian && tie.student == student) {
            continue;
        }
        town.tie(
            guardian,
            student,
            [ContactRole::Main, ContactRole::Secondary, ContactRole::Other][usize::from(role) / 2],
        );
        if restricted {
            town.restrict(guardian, student);
        }
    }
    for (person, place, slot, number) in points {
        let Some(person) = pick(&all, person) else { continue };
        let slot = if students.contains(&person) && slot < 4 {
            [Slot::HomePrimary, Slot::HomeSecondary][usize::from(slot) / 2]
        } else {
            Slot::ALL[usize::from(slot)]
        };
        town.point(person, school(place), slot, &address(slot, number));
    }
    for (tie, point, is_text, on) in choices {
        let ties: Vec<(PersonId, PersonId)> =
            town.page.relationships.iter().map(|tie| (tie.guardian, tie.student)).collect();
        let points: Vec<_> = town.page.points.iter().map(|point| (point.id, point.slot)).collect();
        let (Some((guardian, student)), Some((point, slot))) = (pick(&ties, tie), pick(&points, point)) else {
            continue;
        };
        let channel = slot.channels()[usize::from(is_text) % slot.channels().len()];
        town.page.preferences.insert(PreferenceKey { guardian, student, point, channel }, on);
    }
    know(&mut town, facts);
    town.page
}

fn know(town: &mut Town, facts: Vec<(u8, u8)>) {
    for (number, fact) in facts {
        let phone = at(&format!("{number:02}"));
        match fact {
            0..=2 => drop(town.page.text_consent.insert(phone, ConsentState::OptedIn)),
            3 => drop(town.page.text_consent.insert(phone, ConsentState::Revoked)),
            4 => drop(town.page.voice_consent.insert(phone, ConsentState::Revoked)),
            5 => drop(town.page.voice_consent.insert(phone, ConsentState::Provided)),
            6 => drop(town.page.suppressions.insert((phone, Channel::Voice), Suppression::Dead)),
            7 => drop(
                town.page.suppressions.insert((at(&format!("mail{number}")), Channel::Email), Suppression::Complaint),
            ),
            8 => drop(town.page.apps.insert(at(&format!("mail{number}")))),
            _ => drop(town.page.recent_exempt_calls.insert(phone, 3)),
        }
    }
}

fn any_page() -> impl Strategy<Value = Page> {
    dice().prop_map(page)
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let channels = prop::sample::subsequence(Channel::ALL.to_vec(), 0..=4).prop_shuffle();
    let gateways = prop::sample::subsequence(Channel::ALL.to_vec(), 2..=4);
    let year = 1_767_225_600..1_798_761_600_i64;
    (0..6_usize, channels, gateways, year, any::<bool>(), 0..4_u8).prop_map(
        |(category, channels, gateways, second, mobile_stands_in, audience)| Ask {
            channels,
            gateways,
            leaves_at: Timestamp::from_second(second).unwrap_or_default(),
            mobile_stands_in,
            audience: Audience {
                include: match audience {
                    0 => vec![AudienceRule::School { school: LINCOLN }],
                    _ => vec![AudienceRule::District, AudienceRule::Staff { school: None }],
                },
                except: if audience == 1 {
                    vec![AudienceRule::People { people: vec![PersonId::from_raw(101)] }]
                } else {
                    vec![]
                },
            },
            ..ask(Category::ALL[category])
        },
    )
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "for filter")]
fn sends(row: &&PlanRow) -> bool {
    matches!(row.decision, Decision::Send { .. })
}

/// Who may be told about whom: not restricted, main or secondary.
fn may_be_told(tie: &Relationship) -> bool {
    !tie.custody_restricted && tie.role != ContactRole::Other
}

/// Spelled apart from the plan: every contact point and channel of the people concerned.
fn concerned(ask: &Ask, page: &Page) -> BTreeSet<(i64, Channel)> {
    let chosen: Vec<_> = page.people.iter().filter(|p| ask.audience.selects(&p.membership).is_some()).collect();
    let mut places: HashSet<(PersonId, SchoolId)> = HashSet::new();
    let mut staff = HashSet::new();
    for person in chosen {
        let id = person.membership.person;
        if person.membership.kind == PersonKind::Staff {
            staff.insert(id);
            continue;
        }
        for school in &person.membership.schools {
            places.insert((id, *school));
            let guardians = page.relationships.iter().filter(|tie| tie.student == id);
            places.extend(guardians.map(|tie| (tie.guardian, *school)));
        }
    }
    let of = page.points.iter().filter(|p| staff.contains(&p.person) || places.contains(&(p.person, p.school)));
    let carries = |p: &Point, c: &Channel| *c != Channel::Push || page.apps.contains(&p.address);
    let channels = |p| ask.channels.iter().filter(move |c| carries(p, c));
    of.flat_map(|p| channels(p).filter(|c| p.slot.channels().contains(c)).map(|c| (p.id.raw(), *c))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_point_of_those_concerned_appears_exactly_once(ask in any_ask(), page in any_page()) {
        let rows = plan(&ask, &page);
        let mut seen = BTreeMap::new();
        for row in &rows {
            if let Some(point) = row.point {
                let groups: &mut Vec<(i64, Vec<PersonId>)> = seen.entry((point.raw(), row.channel)).or_default();
                groups.push((row.merge_group, row.children.clone()));
            }
        }
        prop_assert_eq!(seen.keys().copied().collect::<BTreeSet<_>>(), concerned(&ask, &page));
        for groups in seen.values() {
            // More than once only where custody keeps children apart, and then each group once.
            let distinct: BTreeSet<i64> = groups.iter().map(|(group, _)| *group).collect();
            prop_assert_eq!(distinct.len(), groups.len());
            prop_assert!(groups.len() == 1 || page.relationships.iter().any(|tie| tie.custody_restricted));
            prop_assert!(groups.iter().all(|(group, children)| *group == 0 || *children == [PersonId::from_raw(*group)]));
        }
    }

    #[test]
    fn everybody_selected_is_named_and_nobody_else(ask in any_ask(), page in any_page()) {
        let rows = plan(&ask, &page);
        let named: BTreeSet<PersonId> = rows.iter().flat_map(|row| row.children.iter().copied()).collect();
        let staff: BTreeSet<PersonId> = rows.iter().filter(|row| row.kind == PersonKind::Staff).map(|row| row.person).collect();
        let of = |kind| {
            let chosen = page.people.iter().filter(|p| ask.audience.selects(&p.membership).is_some());
            let some_channel = ask.channels.iter().any(|_| true);
            chosen.filter(move |p| some_channel && p.membership.kind == kind).map(|p| p.membership.person).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(named, of(PersonKind::Student));
        prop_assert_eq!(staff, of(PersonKind::Staff));
        // NoAddress says so once a person, and for nobody who has a row of his own beside it.
        for row in rows.iter().filter(|row| row.point.is_none()) {
            prop_assert_eq!(row.decision, Decision::Suppress(SuppressReason::NoAddress));
            let own = rows.iter().filter(|other| other.person == row.person).count();
            prop_assert!(own == 1 || row.kind == PersonKind::Student);
        }
    }

    #[test]
    fn what_is_urgent_is_never_held_and_the_rest_leaves_inside_the_schools_window(ask in any_ask(), page in any_page()) {
        for row in plan(&ask, &page) {
            let Decision::Send { not_before, .. } = row.decision else { continue };
            prop_assert!(not_before >= ask.leaves_at);
            if ask.category.is_urgent() {
                prop_assert_eq!(not_before, ask.leaves_at);
            } else {
                let local = not_before.to_zoned(page.zones[&row.school].clone()).time();
                prop_assert!(ask.window.opens <= local && local < ask.window.closes, "{local}");
            }
        }
    }

    #[test]
    fn a23_nothing_goes_without_its_basis(ask in any_ask(), page in any_page()) {
        for row in plan(&ask, &page).iter().filter(sends) {
            let Decision::Send { basis, .. } = row.decision else { continue };
            let address = row.address.as_ref().unwrap();
            let urgent_law = ask.category.rule().law_basis == schoolbell_domain::category::LawBasis::Emergency;
            match row.channel {
                Channel::Sms => {
                    prop_assert_eq!(page.text_consent.get(address), Some(&ConsentState::OptedIn));
                    prop_assert_eq!((basis, row.slot), (Basis::OptedIn, Some(Slot::Mobile)));
                }
                Channel::Voice if urgent_law => prop_assert_eq!(basis, Basis::Emergency),
                Channel::Voice => {
                    prop_assert_ne!(page.voice_consent.get(address), Some(&ConsentState::Revoked));
                    if basis == Basis::Exempt {
                        prop_assert!(page.recent_exempt_calls.get(address).is_none_or(|calls| *calls < 3));
                    }
                }
                Channel::Email => prop_assert_eq!(basis, Basis::Provided),
                Channel::Push => {
                    prop_assert_eq!((basis, row.slot), (Basis::App, Some(Slot::Email)));
                    prop_assert!(page.apps.contains(address));
                }
            }
            prop_assert!(ask.gateways.contains(&row.channel) && ask.channels.contains(&row.channel));
            prop_assert_ne!(page.suppressions.get(&(address.clone(), row.channel)), Some(&Suppression::Dead));
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(ask in any_ask(), page in any_page(), seed in any::<u64>()) {
        let mut turned = page.clone();
        let mut state = seed | 1;
        let mut die = move |sides: usize| {
            state ^= state << 13; state ^= state >> 7; state ^= state << 17;
            usize::try_from(state % u64::try_from(sides.max(1)).unwrap()).unwrap()
        };
        for at in (1..turned.people.len()).rev() { turned.people.swap(at, die(at + 1)); }
        for at in (1..turned.points.len()).rev() { turned.points.swap(at, die(at + 1)); }
        for at in (1..turned.relationships.len()).rev() { turned.relationships.swap(at, die(at + 1)); }
        let mut asked = ask.clone();
        asked.channels.reverse();
        asked.audience.include.reverse();
        prop_assert_eq!(plan(&asked, &turned), plan(&ask, &page));
    }

    #[test]
    fn one_delivery_for_each_address_channel_and_merge_group_and_it_names_all_children(ask in any_ask(), page in any_page()) {
        let rows = plan(&ask, &page);
        let mut survivors: BTreeMap<(String, Channel, i64), &PlanRow> = BTreeMap::new();
        let place = |row: &PlanRow| (row.address.as_ref().unwrap().expose().to_owned(), row.channel, row.merge_group);
        for row in rows.iter().filter(sends) {
            prop_assert!(survivors.insert(place(row), row).is_none());
            prop_assert!(row.children.is_sorted());
        }
        for row in rows.iter().filter(|row| row.decision == Decision::Suppress(SuppressReason::Merged)) {
            let survivor = survivors.get(&place(row));
            prop_assert!(survivor.is_some_and(|by| row.children.iter().all(|child| by.children.contains(child))));
        }
    }

    #[test]
    fn law_52_nothing_about_a_child_goes_to_a_restricted_guardian_or_is_mixed_in_at_his_address(ask in any_ask(), page in any_page()) {
        let rows = plan(&ask, &page);
        for tie in page.relationships.iter().filter(|tie| tie.custody_restricted) {
            let his: BTreeSet<_> = page.points.iter().filter(|p| p.person == tie.guardian).map(|p| &p.address).collect();
            for row in rows.iter().filter(sends).filter(|row| row.children.contains(&tie.student)) {
                prop_assert_ne!(row.person, tie.guardian);
                if row.address.as_ref().is_some_and(|address| his.contains(address)) {
                    prop_assert_ne!(row.channel, Channel::Push);
                    prop_assert_eq!(&row.children, &vec![tie.student]);
                    prop_assert_eq!(row.merge_group, tie.student.raw());
                }
            }
        }
    }

    #[test]
    fn a46_a_choice_or_a_dead_number_never_leaves_a_pair_without_a_call(ask in any_ask(), page in any_page()) {
        let ask = Ask { channels: Channel::ALL.to_vec(), gateways: Channel::ALL.to_vec(), ..ask };
        if !ask.category.rule().floor {
            return Ok(());
        }
        let rows = plan(&ask, &page);
        let rings = |point| rows.iter().any(|row| {
            let got = matches!(row.decision, Decision::Send { .. } | Decision::Suppress(SuppressReason::Merged));
            row.point == Some(point) && row.channel == Channel::Voice && got
        });
        for tie in page.relationships.iter().filter(|tie| may_be_told(tie)) {
            let student = page.people.iter().find(|p| p.membership.person == tie.student).unwrap();
            if ask.audience.selects(&student.membership).is_none() {
                continue;
            }
            let phones: Vec<_> = page.points.iter().filter(|p| {
                let of_pair = p.person == tie.guardian && p.slot.is_phone()
                    || p.person == tie.student && matches!(p.slot, Slot::HomePrimary | Slot::HomeSecondary);
                of_pair && student.membership.schools.contains(&p.school)
            }).collect();
            let dead = |p: &&&schoolbell_domain::delivery::plan::Point| page.suppressions.contains_key(&(p.address.clone(), Channel::Voice));
            let turned_off = phones.iter().any(|p| {
                let key = PreferenceKey { guardian: tie.guardian, student: tie.student, point: p.id, channel: Channel::Voice };
                page.preferences.get(&key) == Some(&false)
            });
            let usable = phones.iter().any(|p| !dead(&p));
            if turned_off && usable {
                prop_assert!(phones.iter().any(|p| rings(p.id)), "{tie:?} {phones:?}");
            }
        }
    }

    #[test]
    fn an_explanation_cannot_disagree_with_the_plan(ask in any_ask(), page in any_page()) {
        let rows = plan(&ask, &page);
        for person in &page.people {
            let id = person.membership.person;
            let told = explain(&ask, &page, id);
            let own: Vec<&PlanRow> = rows.iter().filter(|row| row.person == id).collect();
            let explained: Vec<&PlanRow> = told.rows.iter().map(|row| &row.row).filter(|row| row.person == id).collect();
            prop_assert_eq!(&explained, &own);
            prop_assert!(told.rows.iter().all(|row| rows.contains(&row.row)));
            let some_row = told.rows.iter().any(|row| row.row.person == id);
            prop_assert!(!some_row || told.standing.is_in() || person.membership.kind == PersonKind::Guardian);
            for explained in &told.rows {
                let says = |sentence: &str| explained.paths.iter().flat_map(|path| &path.steps).any(|step| step.sentence == sentence);
                match explained.row.decision {
                    Decision::Send { .. } | Decision::Suppress(SuppressReason::Merged | SuppressReason::NoAddress) => {
                        prop_assert!(!explained.outcome.is_empty());
                    }
                    Decision::Suppress(reason) => prop_assert!(says(reason.sentence()), "{explained:?}"),
                }
                prop_assert_eq!(explained.row.point.is_none(), explained.paths.is_empty());
            }
        }
    }

    #[test]
    fn counts_add_up_and_the_digest_ignores_order(ask in any_ask(), page in any_page()) {
        let rows = plan(&ask, &page);
        let summary = PlanSummary::of_page(&rows, ask.leaves_at);
        prop_assert_eq!(summary.total_sends() + summary.by_reason().values().sum::<u64>(), summary.rows);
        prop_assert_eq!(summary.rows, u64::try_from(rows.len()).unwrap());
        let chosen = page.people.iter().filter(|p| ask.audience.selects(&p.membership).is_some());
        let students = chosen.filter(|p| p.membership.kind == PersonKind::Student).count();
        let counted = summary.students_covered + summary.students_with_nobody;
        prop_assert!(counted == u64::try_from(students).unwrap() || ask.channels.is_empty());
        let forward = PlanDigest::of(&rows);
        let mut backward = PlanDigest::default();
        rows.iter().rev().for_each(|row| backward.add(row));
        prop_assert_eq!(forward, backward);
        if let Some(first) = rows.first() {
            backward.add(first);
            prop_assert_ne!(forward.hex(), backward.hex());
        }
    }
}

#[test]
fn households_planned_in_pages_are_planned_as_in_one() {
    let whole = city(40);
    let closing = ask(Category::SchoolsOut);
    let all = plan(&closing, &whole);
    let mut digest = PlanDigest::default();
    let mut summary = PlanSummary::default();
    let mut rows = Vec::new();
    for from in [0_i64, 7, 14, 21, 28, 35] {
        let mut page = whole.clone();
        page.people.retain(|person| (from..from + 7).contains(&person.household));
        let here: HashSet<PersonId> = page.people.iter().map(|person| person.membership.person).collect();
        page.points.retain(|point| here.contains(&point.person));
        page.relationships.retain(|tie| here.contains(&tie.guardian));
        let planned = plan(&closing, &page);
        digest.merge(PlanDigest::of(&planned));
        summary.merge(PlanSummary::of_page(&planned, closing.leaves_at));
        rows.extend(planned);
    }
    rows.sort_by_key(|row| (row.person, row.point, row.channel, row.merge_group));
    assert_eq!(rows, all);
    assert_eq!(digest, PlanDigest::of(&all));
    assert_eq!(summary, PlanSummary::of_page(&all, closing.leaves_at));
    assert!(summary.total_sends() > 350 && summary.students_with_nobody == 0);
}
