//! The path of rules for one person, in or out of the audience: the same code as the plan.
//!
//! The rows come from the plan itself and the steps from the verdicts that it folded, so an explanation cannot
//! disagree with what happens.

use super::cell::{Cell, left_out};
use super::lookup::{Known, Lookup};
use super::plan::{Ask, Basis, Decision, Page, Person, PlanRow};
use super::preference::Wish;
use super::reason::SuppressReason;
use super::rows::rows;
use crate::audience::{AudienceRule, Selection};
use crate::category::Category;
use crate::channel::Channel;
use crate::ids::PersonId;
use crate::people::PersonKind;

/// Why somebody gets what he gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub person: PersonId,
    pub standing: Standing,
    /// Every row of the plan that is this person's or about this student; for a guardian also the home phones of the
    /// selected children. Sorted as the plan sorts them; empty for somebody who is out.
    pub rows: Vec<ExplainedRow>,
}

/// In or out of the audience, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A student or member of staff whom this rule selects.
    Selected { rule: AudienceRule },
    /// Selected by one rule and taken out by another.
    Excepted { included: AudienceRule, except: AudienceRule },
    /// No rule selects this student or member of staff.
    NotSelected,
    /// A guardian who is told for these children.
    ToldFor { children: Vec<PersonId>, left_out: Vec<(PersonId, SuppressReason)> },
    /// A guardian of selected students about none of whom he may be told.
    LeftOut { children: Vec<(PersonId, SuppressReason)> },
    /// A guardian none of whose children is selected.
    NoChildSelected,
    /// Not in these households.
    NotHere,
}

/// A row of the plan with the path that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedRow {
    pub row: PlanRow,
    pub paths: Vec<Path>,
    /// What became of the row as a whole: merged, kept apart, held, sent; empty where the paths end it.
    pub outcome: Vec<Step>,
}

/// The steps for one child, or for a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub child: Option<PersonId>,
    pub steps: Vec<Step>,
}

/// One rule and what it said. `rule` is a requirement's number: `A46`, `LAW-12`, or `carrier`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The same sentence in every language has this key: `wish-default`, `basis-opted-in`, `out-revoked`.
    pub key: &'static str,
    pub rule: &'static str,
    pub sentence: String,
}

impl Step {
    fn new(key: &'static str, rule: &'static str, sentence: impl Into<String>) -> Self {
        Self { key, rule, sentence: sentence.into() }
    }
}

impl Standing {
    /// Whether this person is in the audience, or told for a child who is.
    pub const fn is_in(&self) -> bool {
        match self {
            Self::Selected { .. } | Self::ToldFor { .. } => true,
            Self::Excepted { .. }
            | Self::NotSelected
            | Self::LeftOut { .. }
            | Self::NoChildSelected
            | Self::NotHere => false,
        }
    }

    /// The sentence for pages and the command line.
    pub fn sentence(&self) -> String {
        match self {
            Self::Selected { rule } => format!("in the audience: {}", rule.words()),
            Self::Excepted { included, except } => {
                format!("in the audience by {}, and taken out by the exception {}", included.words(), except.words())
            }
            Self::NotSelected => "no rule of the audience selects this person".to_owned(),
            Self::ToldFor { children, left_out } => {
                let except = if left_out.is_empty() { "" } else { ", and not for all of them" };
                format!("told for {} selected {}{except}", children.len(), plural(children.len()))
            }
            Self::LeftOut { children } => {
                let why = children.first().map_or("", |(_, reason)| reason.sentence());
                format!("not told, although {} selected {} here: {why}", children.len(), plural(children.len()))
            }
            Self::NoChildSelected => "no rule of the audience selects a child of this person".to_owned(),
            Self::NotHere => "not on record in these households".to_owned(),
        }
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "child" } else { "children" }
}

/// Explains one person of a page. The page must hold the whole household, as for the plan.
pub fn explain(ask: &Ask, page: &Page, person: PersonId) -> Explanation {
    let lookup = Lookup::new(ask, page);
    let Some(who) = lookup.person(person) else {
        return Explanation { person, standing: Standing::NotHere, rows: Vec::new() };
    };
    let standing = standing(&lookup, who);
    let told_for = if let Standing::ToldFor { children, .. } = &standing { children.as_slice() } else { &[] };
    let rings_at_home = |row: &PlanRow| row.kind == PersonKind::Student && told_for.contains(&row.person);
    let concerns = |row: &PlanRow| row.person == person || row.children.contains(&person) || rings_at_home(row);
    let all = rows(&lookup);
    let explained = all.iter().filter(|row| concerns(row)).map(|row| explain_row(&lookup, &all, row)).collect();
    Explanation { person, standing, rows: explained }
}

fn standing(lookup: &Lookup<'_>, who: &Person) -> Standing {
    match who.membership.kind {
        PersonKind::Student | PersonKind::Staff => match lookup.ask.audience.judge(&who.membership) {
            Selection::Included(rule) => Standing::Selected { rule: rule.clone() },
            Selection::Excepted { included, except } => {
                Standing::Excepted { included: included.clone(), except: except.clone() }
            }
            Selection::NotIncluded => Standing::NotSelected,
        },
        PersonKind::Guardian => {
            let ties = lookup.selected_ties(who.membership.person);
            let child = |tie: &super::cell::Tie<'_>| tie.student.membership.person;
            let told = ties.iter().filter(|tie| left_out(tie.relationship).is_none()).map(child);
            let out = ties.iter().filter_map(|tie| left_out(tie.relationship).map(|reason| (child(tie), reason)));
            let (children, left_out): (Vec<_>, Vec<_>) = (told.collect(), out.collect());
            match (children.is_empty(), left_out.is_empty()) {
                (true, true) => Standing::NoChildSelected,
                (true, false) => Standing::LeftOut { children: left_out },
                (false, _) => Standing::ToldFor { children, left_out },
            }
        }
    }
}

fn explain_row(lookup: &Lookup<'_>, all: &[PlanRow], row: &PlanRow) -> ExplainedRow {
    let cells = cells(lookup, row);
    let path = |cell: &Cell| Path { child: cell.child, steps: steps(lookup.ask.category, row.channel, cell) };
    ExplainedRow { row: row.clone(), paths: cells.iter().map(path).collect(), outcome: outcome(lookup, all, row) }
}

/// The verdicts that the plan folded to this row.
fn cells(lookup: &Lookup<'_>, row: &PlanRow) -> Vec<Cell> {
    let Some(person) = lookup.person(row.person) else {
        return Vec::new();
    };
    let known: Option<Known<'_>> =
        lookup.points_of(row.person).iter().find(|known| Some(known.point.id) == row.point).copied();
    known.map_or_else(Vec::new, |known| lookup.cells(person, known, row.channel))
}

/// What the rules said of one cell, in the order in which they were asked.
fn steps(category: Category, channel: Channel, cell: &Cell) -> Vec<Step> {
    let mut steps = Vec::new();
    // Without a YES nobody asks what the family wants.
    let never_asked =
        channel == Channel::Sms && matches!(cell.verdict, Err(SuppressReason::NoConsent | SuppressReason::Revoked));
    if let Some(wish) = cell.wish.filter(|_| !never_asked) {
        steps.push(wish_step(category, wish));
    }
    match cell.verdict {
        Ok(basis) => steps.push(basis_step(basis)),
        Err(SuppressReason::NotDefault | SuppressReason::PreferenceOff) => {}
        Err(reason) => steps.push(Step::new(out_key(reason), rule_of(category, reason), reason.sentence())),
    }
    steps
}

fn wish_step(category: Category, wish: Wish) -> Step {
    let name = category.rule().name;
    match wish {
        Wish::Default => {
            let sentence = format!("{name} goes here unless the family turns it off");
            Step::new("wish-default", rule_number(category), sentence)
        }
        Wish::StandsIn => Step::new("wish-stands-in", "A40", "no home phone is on record, so this phone stands in"),
        Wish::FamilyOn => Step::new("wish-chosen", "A37", format!("the family chose {name} here")),
        Wish::Floor => Step::new("wish-floor", "A46", "turned on because at least one number must stay on"),
        Wish::NotDefault => Step::new("out-not-default", rule_number(category), SuppressReason::NotDefault.sentence()),
        Wish::FamilyOff => Step::new("out-turned-off", "A47", SuppressReason::PreferenceOff.sentence()),
    }
}

fn basis_step(basis: Basis) -> Step {
    match basis {
        Basis::Emergency => Step::new("basis-emergency", "LAW-1", "a call for an emergency needs no consent"),
        Basis::Provided => Step::new("basis-provided", "LAW-2", "given to the school for school matters"),
        Basis::OptedIn => Step::new("basis-opted-in", "A23", "this number said YES to texts"),
        Basis::Exempt => {
            Step::new("basis-exempt", "LAW-5", "one of three calls in 30 days to a home line without consent")
        }
        Basis::Invitation => {
            Step::new("basis-invitation", "A24", "the one invitation to a mobile that the family gave")
        }
        Basis::App => Step::new("basis-app", "A35", "notifications were turned on in the app"),
        Basis::Answer => Step::new("basis-answer", "LAW-20", "an answer to what this number wrote"),
    }
}

/// What became of the whole row.
fn outcome(lookup: &Lookup<'_>, all: &[PlanRow], row: &PlanRow) -> Vec<Step> {
    let mut outcome = Vec::new();
    if row.merge_group != 0 {
        outcome.push(Step::new(
            "outcome-apart",
            "LAW-52",
            "goes apart: somebody at this address may hear nothing about this child",
        ));
    }
    match row.decision {
        Decision::Suppress(SuppressReason::Merged) => outcome.push(merged(all, row)),
        Decision::Suppress(SuppressReason::NoAddress) => {
            outcome.push(Step::new("out-no-address", "A9", SuppressReason::NoAddress.sentence()));
        }
        // The paths have said why.
        Decision::Suppress(_) => {}
        Decision::Send { not_before, .. } if not_before > lookup.leaves_at(row.school) => {
            let sentence = format!("waits until {not_before}, when the hours that the family chose open");
            outcome.push(Step::new("outcome-family-hours", "A37", sentence));
        }
        Decision::Send { not_before, .. } if not_before > lookup.ask.leaves_at => {
            let sentence = format!("waits until {not_before}, when the school's hours open");
            outcome.push(Step::new("outcome-waits", "LAW-15", sentence));
        }
        Decision::Send { .. } if lookup.ask.category.is_urgent() => {
            let rule = rule_number(lookup.ask.category);
            outcome.push(Step::new("outcome-any-hour", rule, "leaves at once, at any hour"));
        }
        Decision::Send { .. } => {
            outcome.push(Step::new("outcome-now", "LAW-15", "leaves at once, within the school's hours"));
        }
    }
    outcome
}

fn merged(all: &[PlanRow], row: &PlanRow) -> Step {
    let same = |other: &&PlanRow| {
        other.address == row.address
            && other.channel == row.channel
            && other.merge_group == row.merge_group
            && matches!(other.decision, Decision::Send { .. })
    };
    let by =
        all.iter().find(same).map_or_else(String::new, |other| format!(" as a {} of {}", slot(other), other.person));
    Step::new("out-merged", "dedupe", format!("{}{by}", SuppressReason::Merged.sentence()))
}

fn slot(row: &PlanRow) -> &'static str {
    row.slot.map_or("contact point", crate::people::Slot::plain)
}

/// The key of the sentence of a reason.
pub const fn out_key(reason: SuppressReason) -> &'static str {
    match reason {
        SuppressReason::NotDefault => "out-not-default",
        SuppressReason::PreferenceOff => "out-turned-off",
        SuppressReason::NoConsent => "out-no-consent",
        SuppressReason::Revoked => "out-revoked",
        SuppressReason::DeadAddress => "out-dead",
        SuppressReason::Complained => "out-complained",
        SuppressReason::CustodyRestricted => "out-custody",
        SuppressReason::NotAlertContact => "out-not-alert-contact",
        SuppressReason::Merged => "out-merged",
        SuppressReason::NoGateway => "out-no-gateway",
        SuppressReason::CallLimit => "out-call-limit",
        SuppressReason::DenyListed => "out-deny-listed",
        SuppressReason::NoAddress => "out-no-address",
        SuppressReason::Reached => "out-reached",
        SuppressReason::NoApp => "out-no-app",
        SuppressReason::Answered => "out-answered",
    }
}

/// The rule behind a reason.
const fn rule_of(category: Category, reason: SuppressReason) -> &'static str {
    match reason {
        SuppressReason::NotDefault => rule_number(category),
        SuppressReason::PreferenceOff => "A47",
        SuppressReason::NoConsent => "A23",
        SuppressReason::Revoked => "LAW-9",
        SuppressReason::DeadAddress | SuppressReason::Complained => "LAW-43",
        SuppressReason::CustodyRestricted => "LAW-52",
        SuppressReason::NotAlertContact => "A14",
        SuppressReason::Merged => "dedupe",
        SuppressReason::NoGateway => "carrier",
        SuppressReason::CallLimit => "LAW-5",
        SuppressReason::DenyListed => "LAW-8",
        SuppressReason::NoAddress | SuppressReason::Reached => "A9",
        SuppressReason::NoApp => "A35",
        SuppressReason::Answered => "A45",
    }
}

/// The requirement of a category's row: A40 to A45.
const fn rule_number(category: Category) -> &'static str {
    match category {
        Category::Attendance => "A40",
        Category::General => "A41",
        Category::NonSchoolHoursEmergency => "A42",
        Category::SchoolHoursEmergency => "A43",
        Category::SchoolsOut => "A44",
        Category::Surveys => "A45",
    }
}
