//! What a family chooses to get where: read as a grid, saved cell by cell, never below a floor (A36, A37, A46, A47).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind, ConsentState, Program};
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::grid::{GridCell, ask_of, broken_floors, grid};
use schoolbell_domain::delivery::plan::{Page, PreferenceKey};
use schoolbell_domain::ids::{ContactPointId, PersonId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::{Address, Slot};
use schoolbell_store::read::consent;
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::family_choices::{Choice, choices, last_change, lookup_change};
use schoolbell_store::read::plan_page::{self, Needs};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::family_choices as writes;
use schoolbell_store::write::family_doors;
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreError, StoreResult, Tx};
use serde_json::json;

use super::audit::tell;
use crate::Engine;
use crate::error::{CommandError, CommandResult};
use crate::family::{Family, actor};
use crate::revocation::{self, Revocation};

/// Everything that an account may choose, in every category.
#[derive(Debug, Clone)]
pub struct Ways {
    pub cells: Vec<(Category, GridCell)>,
    /// Of texts, by mobile number.
    pub texts: HashMap<String, ConsentState>,
    /// The number to which YES goes; empty if the district has not said.
    pub short_code: String,
}

/// What somebody changed in one place of the grid: an address, over one channel, in one category, for one child or for
/// all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub category: Category,
    /// Any contact point with the address.
    pub point: ContactPointId,
    pub channel: Channel,
    pub child: Option<PersonId>,
    pub wanted: bool,
}

/// Why a save did not happen.
#[derive(Debug)]
pub enum NotSaved {
    /// No phone would be left on for these, and one must be (A46).
    Floor(Vec<Category>),
    /// Texts begin with a YES from the phone itself (A23).
    NoYes,
    Other(CommandError),
}

impl From<CommandError> for NotSaved {
    fn from(error: CommandError) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for NotSaved {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// The grid of an account as it stands.
pub async fn ways(engine: &Engine, family: &Family) -> CommandResult<Ways> {
    let mut reads = engine.db.read().await?;
    let board = Board::of(&mut reads, family).await?;
    let cells: Vec<(Category, GridCell)> = Category::ALL
        .into_iter()
        .flat_map(|category| board.grid(family, category).into_iter().map(move |cell| (category, cell)))
        .collect();
    let mobiles: BTreeSet<&str> =
        cells.iter().filter(|(_, cell)| cell.slot == Slot::Mobile).map(|(_, cell)| cell.address.expose()).collect();
    let mobiles: Vec<&str> = mobiles.into_iter().collect();
    let texts = consent::states(&mut reads, Program::Alerts, &mobiles).await?;
    let short_code = get_district(&mut reads).await?.settings.short_code;
    Ok(Ways { cells, texts, short_code })
}

/// Saves edits, all or none. Answers the save's number for an undo; `None` if nothing had to change.
///
/// The floors are judged on what stands in this transaction: a second window, an app or another parent of the account
/// waits until it is over.
pub async fn choose(engine: &Engine, family: &Family, edits: &[Edit]) -> Result<Option<i64>, NotSaved> {
    engine
        .db
        .write("choose what goes where", async |tx| {
            writes::lock_guardians(tx, &family.circle.guardians).await?;
            let mut board = Board::of(tx, family).await?;
            let mut before: Vec<Cell> = Vec::new();
            for edit in edits {
                for key in board.keys_to_change(family, edit)? {
                    before.push((edit.category, key, board.put(edit.category, key, Some(edit.wanted))));
                }
            }
            if before.is_empty() {
                return Ok(None);
            }
            let off = |(category, key, _): &&Cell| key.channel == Channel::Voice && !board.is_wanted(*category, *key);
            board.floors_hold(before.iter().filter(off))?;
            board.keep(tx, engine, &before).await?;
            let id = engine.next_id();
            let told = serde_json::to_string(&before.iter().map(Before::of).collect::<Vec<_>>());
            let told = told.map_err(|error| StoreError::Setup(error.to_string()))?;
            writes::note(tx, id, &family.email, (engine.now(), &told)).await?;
            let detail = json!({ "cells": before.len() });
            tell(engine, tx, &actor(), ("family_preferences", &family.subject()), detail).await?;
            Ok(Some(id))
        })
        .await
}

/// Puts back what stood before a save, if no later one has changed anything. A floor that meanwhile needs it refuses.
pub async fn undo(engine: &Engine, family: &Family, save: i64) -> Result<bool, NotSaved> {
    engine
        .db
        .write("undo a choice", async |tx| {
            writes::lock_guardians(tx, &family.circle.guardians).await?;
            if last_change(tx, &family.email).await? != Some(save) {
                return Ok(false);
            }
            let Some(change) = lookup_change(tx, save, &family.email).await? else { return Ok(false) };
            let mut board = Board::of(tx, family).await?;
            let stood: Vec<Before> =
                serde_json::from_str(&change.before).map_err(|error| StoreError::Setup(error.to_string()))?;
            let mut touched = Vec::new();
            for (category, key, wanted) in stood.iter().map(Before::read) {
                board.put(category, key, wanted);
                touched.push((category, key, wanted));
            }
            board.floors_hold(touched.iter().filter(|(_, key, _)| key.channel == Channel::Voice))?;
            board.keep(tx, engine, &touched).await?;
            writes::undone(tx, save, engine.now()).await?;
            tell(engine, tx, &actor(), ("undo_family_preferences", &family.subject()), json!({})).await?;
            Ok(true)
        })
        .await
}

/// Takes the permission for texts away from one of the account's mobiles: in the ledger and in the queue, as a STOP
/// does (A28).
pub async fn remove_text_permission(engine: &Engine, family: &Family, point: ContactPointId) -> CommandResult<()> {
    let moves = engine
        .db
        .write("remove a permission for texts", async |tx| {
            let board = Board::of(tx, family).await?;
            let own = board.grid(family, Category::General);
            let own = own.into_iter().find(|cell| cell.key.point == point && cell.slot == Slot::Mobile);
            let Some(Address::Phone(number)) = own.map(|cell| cell.address) else {
                return Err(CommandError::NotFound(point.to_string()));
            };
            let evidence = json!({ "page": "family", "guardian": family.subject() }).to_string();
            let mut moves = Moves::default();
            let said = Revocation {
                kind: ConsentEventKind::RemovedInPortal,
                heard_in: Program::Alerts,
                actor: "family",
                evidence: &evidence,
            };
            revocation::close(engine, tx, &number, said, &mut moves).await?;
            tallies::apply(tx, &moves).await?;
            tell(engine, tx, &actor(), ("remove_text_permission", &family.subject()), json!({})).await?;
            Ok::<_, CommandError>(moves)
        })
        .await?;
    engine.touched.touch(moves.origins());
    Ok(())
}

/// The language of the messages to the account's guardians, and of its pages. An import never changes it.
pub async fn choose_language(engine: &Engine, family: &Family, language: &Language) -> CommandResult<()> {
    engine
        .db
        .write("choose a language", async |tx| {
            for guardian in &family.circle.guardians {
                writes::set_language(tx, *guardian, language.tag(), engine.now()).await?;
            }
            family_doors::set_language(tx, &family.email, language.tag()).await?;
            let detail = json!({ "language": language.tag() });
            tell(engine, tx, &actor(), ("family_language", &family.subject()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// A cell, and what stood there or shall stand.
type Cell = (Category, PreferenceKey, Option<bool>);

/// The household with every choice of the account: what the grid is made of.
struct Board {
    page: Page,
    choices: HashMap<(Category, PreferenceKey), bool>,
    mobile_stands_in: bool,
}

impl Board {
    async fn of(reads: &mut impl Reads, family: &Family) -> StoreResult<Self> {
        let everybody = Audience { include: vec![AudienceRule::District], except: Vec::new() };
        // No category of choice: those of all are read below. Attendance counts no calls.
        let needs = Needs::of(reads, Category::Attendance, &everybody, &[Channel::Push], 0).await?;
        let mut households: Vec<i64> = family.people.values().map(|person| person.household).collect();
        households.sort_unstable();
        households.dedup();
        let mut page = plan_page::load(reads, &needs, &households).await?;
        let settings = get_district(reads).await?.settings;
        page.deny(settings.deny_list.iter().map(String::as_str));
        let found: Vec<Choice> = choices(reads, &family.circle.guardians).await?;
        let choices = found.into_iter().map(|(category, key, wanted)| ((category, key), wanted)).collect();
        Ok(Self { page, choices, mobile_stands_in: settings.mobile_stands_in })
    }

    /// The page with the choices of one category.
    fn with(&self, category: Category) -> Page {
        let own = self.choices.iter().filter(|((of, _), _)| *of == category);
        Page { preferences: own.map(|((_, key), wanted)| (*key, *wanted)).collect(), ..self.page.clone() }
    }

    fn grid(&self, family: &Family, category: Category) -> Vec<GridCell> {
        let ask = ask_of(category, self.mobile_stands_in);
        grid(&ask, &self.with(category), &family.circle.guardians, &children(family))
    }

    /// The cells that an edit means and that do not say so yet. A point that is not the account's is not found.
    fn keys_to_change(&self, family: &Family, edit: &Edit) -> Result<Vec<PreferenceKey>, NotSaved> {
        let cells = self.grid(family, edit.category);
        let address = cells.iter().find(|cell| cell.key.point == edit.point).map(|cell| cell.address.clone());
        let address = address.ok_or_else(|| CommandError::NotFound(edit.point.to_string()))?;
        let meant: Vec<&GridCell> = cells
            .iter()
            .filter(|cell| cell.address == address && cell.key.channel == edit.channel)
            .filter(|cell| edit.child.is_none_or(|child| cell.key.student == child))
            .collect();
        let no_yes = Some(SuppressReason::NoConsent);
        let stopped = Some(SuppressReason::Revoked);
        let closed = |cell: &&GridCell| cell.barred == no_yes || cell.barred == stopped;
        if edit.wanted && edit.channel == Channel::Sms && meant.iter().any(closed) {
            return Err(NotSaved::NoYes);
        }
        let chosen = |key: PreferenceKey| self.choices.get(&(edit.category, key)).copied();
        // A cell that the floor turned on is off by choice: turning it off again changes nothing and is refused below.
        let differs = |cell: &&GridCell| {
            cell.wish.is_on() != edit.wanted || chosen(cell.key).is_some_and(|stood| stood != edit.wanted)
        };
        Ok(meant.into_iter().filter(differs).map(|cell| cell.key).collect())
    }

    /// Puts a choice down; answers what stood there.
    fn put(&mut self, category: Category, key: PreferenceKey, wanted: Option<bool>) -> Option<bool> {
        match wanted {
            Some(wanted) => self.choices.insert((category, key), wanted),
            None => self.choices.remove(&(category, key)),
        }
    }

    fn is_wanted(&self, category: Category, key: PreferenceKey) -> bool {
        self.choices.get(&(category, key)).copied().unwrap_or(false)
    }

    /// Refuses if a guardian would be left without a number for one of these cells' students (A46).
    fn floors_hold<'c>(&self, cells: impl Iterator<Item = &'c Cell>) -> Result<(), NotSaved> {
        let mut by_category: BTreeMap<Category, (BTreeSet<PersonId>, BTreeSet<PersonId>)> = BTreeMap::new();
        for (category, key, _) in cells {
            let (guardians, students) = by_category.entry(*category).or_default();
            guardians.insert(key.guardian);
            students.insert(key.student);
        }
        let broken = |(category, (guardians, students)): &(Category, (BTreeSet<PersonId>, BTreeSet<PersonId>))| {
            let (guardians, students): (Vec<_>, Vec<_>) =
                (guardians.iter().copied().collect(), students.iter().copied().collect());
            let ask = ask_of(*category, self.mobile_stands_in);
            !broken_floors(&ask, &self.with(*category), &guardians, &students).is_empty()
        };
        let broken: Vec<Category> = by_category.into_iter().filter(broken).map(|(category, _)| category).collect();
        if broken.is_empty() { Ok(()) } else { Err(NotSaved::Floor(broken)) }
    }

    /// Writes these cells as they stand on the board.
    async fn keep(&self, tx: &mut Tx, engine: &Engine, cells: &[Cell]) -> StoreResult<()> {
        for (category, key, _) in cells {
            let wanted = self.choices.get(&(*category, *key)).copied();
            writes::set(tx, (*category, *key), wanted, engine.now()).await?;
        }
        Ok(())
    }
}

fn children(family: &Family) -> Vec<PersonId> {
    family.circle.children.iter().map(|child| child.id).collect()
}

/// A cell and what stood there, as it is kept for an undo.
#[derive(serde::Serialize, serde::Deserialize)]
struct Before {
    category: Category,
    guardian: PersonId,
    student: PersonId,
    point: ContactPointId,
    channel: Channel,
    wanted: Option<bool>,
}

impl Before {
    fn of((category, key, wanted): &Cell) -> Self {
        Self {
            category: *category,
            guardian: key.guardian,
            student: key.student,
            point: key.point,
            channel: key.channel,
            wanted: *wanted,
        }
    }

    const fn read(&self) -> Cell {
        let key =
            PreferenceKey { guardian: self.guardian, student: self.student, point: self.point, channel: self.channel };
        (self.category, key, self.wanted)
    }
}
