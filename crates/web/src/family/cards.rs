//! One card for each phone and address: the grid's cells of all its records, as sentences and switches.

use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::grid::GridCell;
use schoolbell_domain::delivery::preference::Wish;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::people::Slot;
use schoolbell_engine::commands::family_preferences::Ways;

use super::looks::{Kind, kind, slot_key};
use crate::looks::{address, channel_icon};
use crate::words::Words;

/// A phone, an address, or the app.
pub struct Card {
    /// Unique in the page: the app has its account's address for a point, and a card of its own.
    pub id: String,
    /// One of its contact points, for the forms.
    pub point: String,
    pub icon: &'static str,
    pub name: String,
    pub address: String,
    /// What goes there, a sentence for each channel.
    pub sums: Vec<Sum>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub text: Option<TextState>,
    /// What needs the family's eye: a dead number, a floor that turned it on.
    pub notes: Vec<String>,
    pub open: bool,
}

pub struct Sum {
    pub icon: &'static str,
    pub words: String,
}

pub struct Column {
    pub name: String,
}

/// A kind of message with a switch for each channel.
pub struct Row {
    pub kind: Kind,
    pub cells: Vec<Switch>,
    /// Where this is the last phone that is on and one must be: that it stays on, for all children or for some.
    pub last: Option<String>,
}

/// One switch, of one record or of several at once.
pub struct Switch {
    /// `attendance:voice`.
    pub name: String,
    /// Unique in the page, so that the focus finds its place again after a save.
    pub id: String,
    pub label: String,
    pub on: bool,
    /// `on`, `off` or `some`: what it stood at when it was shown.
    pub was: &'static str,
    /// Nothing can go there before something else happens: no switch.
    pub barred: bool,
}

/// Whether texts go to a mobile, and how that can be changed.
pub struct TextState {
    pub words: String,
    pub on: bool,
}

type Cells<'a> = Vec<&'a (Category, GridCell)>;

/// The cards in the order of the record: home phones first, then the guardians' own.
pub fn cards(t: Words, ways: &Ways, child: Option<PersonId>, open: &str) -> Vec<Card> {
    let mut groups: Vec<(String, Cells<'_>)> = Vec::new();
    for entry in ways.cells.iter().filter(|(_, cell)| child.is_none_or(|child| cell.key.student == child)) {
        let key = entry.1.address.expose();
        match groups.iter_mut().find(|(address, _)| address == key) {
            Some((_, cells)) => cells.push(entry),
            None => groups.push((key.to_owned(), vec![entry])),
        }
    }
    groups.sort_by_key(|(_, cells)| cells.iter().map(|(_, cell)| (cell.slot, cell.key.point)).min());
    let mut cards = Vec::new();
    for (key, cells) in &groups {
        cards.push(card(t, ways, (key, cells), open));
        cards.extend(has(cells, Channel::Push).then(|| app(t, (key, cells), open)));
    }
    cards
}

/// The app on the devices of an account. It is no part of a mailbox, though the account is named by one.
fn app(t: Words, (key, cells): (&str, &Cells<'_>), open: &str) -> Card {
    let point = first_point(cells);
    let id = format!("{point}-app");
    Card {
        icon: "bell",
        name: t.say("point-app"),
        address: t.one("point-app-of", "email", address(key)),
        sums: vec![sum(t, Channel::Push, cells)],
        columns: vec![Column { name: t.say(column_key(Channel::Push)) }],
        rows: rows(t, &point, cells, &[Channel::Push]),
        text: None,
        notes: Vec::new(),
        open: open == id,
        id,
        point,
    }
}

fn first_point(cells: &Cells<'_>) -> String {
    cells.iter().map(|(_, cell)| cell.key.point).min().map(|id| id.to_string()).unwrap_or_default()
}

fn rows(t: Words, point: &str, cells: &Cells<'_>, channels: &[Channel]) -> Vec<Row> {
    Category::ALL.into_iter().map(|category| row(t, (category, point), cells, channels)).collect()
}

fn card(t: Words, ways: &Ways, (key, cells): (&str, &Cells<'_>), open: &str) -> Card {
    let slot = cells.iter().map(|(_, cell)| cell.slot).min().unwrap_or(Slot::Email);
    let point = first_point(cells);
    let channels: Vec<Channel> =
        Channel::ALL.into_iter().filter(|one| *one != Channel::Push && has(cells, *one)).collect();
    let text = channels.contains(&Channel::Sms).then(|| text_state(t, ways, key));
    // Without a YES there is nothing to switch: how to begin stands there instead.
    let texts_barred = text.as_ref().is_some_and(|text| !text.on);
    let shown: Vec<Channel> = channels.iter().copied().filter(|one| !(*one == Channel::Sms && texts_barred)).collect();
    let sums = shown.iter().map(|channel| sum(t, *channel, cells));
    Card {
        icon: if slot.is_phone() { "phone" } else { "mail" },
        name: t.say(slot_key(slot)),
        address: address(key),
        sums: sums.collect(),
        columns: shown.iter().map(|channel| Column { name: t.say(column_key(*channel)) }).collect(),
        rows: rows(t, &point, cells, &shown),
        text,
        notes: notes(t, cells),
        open: open == point,
        id: point.clone(),
        point,
    }
}

fn has(cells: &Cells<'_>, channel: Channel) -> bool {
    cells.iter().any(|(_, cell)| cell.key.channel == channel)
}

fn of<'a>(cells: &'a Cells<'_>, category: Category, channel: Channel) -> impl Iterator<Item = &'a GridCell> + Clone {
    let wanted = move |found: &&&(Category, GridCell)| found.0 == category && found.1.key.channel == channel;
    cells.iter().filter(wanted).map(|(_, cell)| cell)
}

fn row(t: Words, (category, point): (Category, &str), cells: &Cells<'_>, channels: &[Channel]) -> Row {
    let kind = kind(t, category);
    let switches = channels.iter().map(|channel| {
        let own = of(cells, category, *channel);
        let on = own.clone().filter(|cell| cell.wish.is_on()).count();
        let was = match (on, own.clone().count()) {
            (0, _) => "off",
            (on, all) if on == all => "on",
            _ => "some",
        };
        let name = format!("{}:{}", category.key(), channel.word());
        Switch {
            id: format!("{point}-{}-{}", category.key(), channel.word()),
            label: t.two("switch-label", ("kind", kind.name.as_str()), ("channel", t.say(column_key(*channel)))),
            on: was == "on",
            was,
            barred: own.clone().count() == 0,
            name,
        }
    });
    let cells_of = |channel| of(cells, category, channel);
    let voice: Vec<&GridCell> = cells_of(Channel::Voice).collect();
    let last = match voice.iter().filter(|cell| cell.last).count() {
        0 => None,
        last if last == voice.len() => Some(t.say("last-phone")),
        // A switch that stands half, or the last phone of one child and not of the other.
        _ => Some(t.say("last-phone-some")),
    };
    Row { cells: switches.collect(), last, kind }
}

/// "Calls: Attendance and Schools out."
fn sum(t: Words, channel: Channel, cells: &Cells<'_>) -> Sum {
    let on = |category: &Category| of(cells, *category, channel).any(|cell| cell.wish.is_on());
    let kinds: Vec<String> = Category::ALL.into_iter().filter(on).map(|category| kind(t, category).name).collect();
    let [all, some, none] = match channel {
        Channel::Voice => ["sum-call-all", "sum-call-some", "sum-call-none"],
        Channel::Sms => ["sum-text-all", "sum-text-some", "sum-text-none"],
        Channel::Email => ["sum-mail-all", "sum-mail-some", "sum-mail-none"],
        Channel::Push => ["sum-app-all", "sum-app-some", "sum-app-none"],
    };
    let words = match kinds.len() {
        0 => t.say(none),
        6 => t.say(all),
        _ => t.one(some, "kinds", t.list(&kinds)),
    };
    Sum { icon: channel_icon(channel), words }
}

fn text_state(t: Words, ways: &Ways, number: &str) -> TextState {
    let state = ways.texts.get(number).copied().unwrap_or(ConsentState::Unknown);
    let how = if ways.short_code.is_empty() {
        t.say("texts-how-no-number")
    } else {
        t.one("texts-how", "number", address(&ways.short_code))
    };
    match state {
        ConsentState::OptedIn => TextState { words: t.say("texts-on"), on: true },
        ConsentState::Revoked => TextState { words: format!("{} {how}", t.say("texts-stopped")), on: false },
        ConsentState::Invited | ConsentState::Provided | ConsentState::Unknown => {
            TextState { words: format!("{} {how}", t.say("texts-off")), on: false }
        }
    }
}

fn notes(t: Words, cells: &Cells<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let barred = |reason| cells.iter().any(|(_, cell)| cell.barred == Some(reason));
    if barred(SuppressReason::DeadAddress) {
        notes.push(t.say("out-dead"));
    }
    if barred(SuppressReason::Complained) {
        notes.push(t.say("out-complained"));
    }
    let by_floor = |category: &Category| of(cells, *category, Channel::Voice).any(|cell| cell.wish == Wish::Floor);
    let kinds: Vec<String> = Category::ALL.into_iter().filter(by_floor).map(|one| kind(t, one).name).collect();
    if !kinds.is_empty() {
        notes.push(t.one("floor-turned-on", "kinds", t.list(&kinds)));
    }
    notes
}

const fn column_key(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "column-call",
        Channel::Sms => "column-text",
        Channel::Email => "column-mail",
        Channel::Push => "column-app",
    }
}
