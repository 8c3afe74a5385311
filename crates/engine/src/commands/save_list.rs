//! Saved lists: people chosen once, or ids from a file.

use schoolbell_domain::ids::{ListId, PersonId, SchoolId, UserId};
use schoolbell_domain::people::PersonKind;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::choices::lookup_person;
use schoolbell_store::read::lists::{people_by_ids, school_of_list};
use schoolbell_store::write::lists::{self, NewList};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// A line of an uploaded list that means nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLine {
    /// From 1.
    pub line: usize,
    pub id: String,
}

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub list: ListId,
    pub members: u64,
    pub unknown: Vec<UnknownLine>,
}

/// The most ids of an upload: a whole big district.
const MOST_LINES: usize = 200_000;

/// Keeps a list of students and staff under a name. `school`: whose list it is; `None` is the district's.
pub async fn save_list(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    school: Option<SchoolId>,
    people: &[PersonId],
) -> CommandResult<ListId> {
    must(actor, name, school)?;
    let mut reads = engine.db.read().await?;
    for person in people {
        match lookup_person(&mut reads, *person).await?.map(|person| person.kind) {
            Some(PersonKind::Student | PersonKind::Staff) => {}
            Some(PersonKind::Guardian) | None => {
                return Err(CommandError::bad("people", format!("`{person}` is no student or member of staff")));
            }
        }
    }
    drop(reads);
    insert(engine, actor, (name, school), people).await.map(|(list, _)| list)
}

/// Keeps a list from ids, one a line: students' numbers, or the roster's own ids of students and staff.
///
/// A header, blanks and what stands behind a comma or tab are passed over. Unknown ids are told with their lines; a
/// list of which no line is known is refused.
pub async fn upload_list(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    school: Option<SchoolId>,
    text: &str,
) -> CommandResult<Uploaded> {
    must(actor, name, school)?;
    let lines = ids_of(text);
    if lines.len() > MOST_LINES {
        return Err(CommandError::bad("file", format!("the file has {} ids; a list holds {MOST_LINES}", lines.len())));
    }
    let mut ids: Vec<String> = lines.iter().map(|(_, id)| id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = people_by_ids(&mut engine.db.read().await?, &ids).await?;
    let unknown: Vec<UnknownLine> = lines
        .iter()
        .filter(|(_, id)| !found.contains_key(id))
        .map(|(line, id)| UnknownLine { line: *line, id: id.clone() })
        .collect();
    let mut people: Vec<PersonId> = found.into_values().flatten().collect();
    people.sort_unstable();
    people.dedup();
    if people.is_empty() {
        return Err(CommandError::bad(
            "file",
            "no line of the file is a student's number or an id of the roster; write one id a line",
        ));
    }
    let (list, members) = insert(engine, actor, (name, school), &people).await?;
    Ok(Uploaded { list, members, unknown })
}

/// Deletes a list. Messages that were sent with it keep their rows.
pub async fn delete_list(engine: &Engine, actor: &Actor, id: ListId) -> CommandResult<()> {
    engine
        .db
        .write("delete list", async |tx| {
            let school = school_of_list(tx, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
            actor.must(Act::Compose, school.map_or(Scope::District, Scope::School))?;
            lists::delete_list(tx, id).await?;
            tell(engine, tx, actor, ("delete_list", &id.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}

fn must(actor: &Actor, name: &str, school: Option<SchoolId>) -> CommandResult<()> {
    actor.must(Act::Compose, school.map_or(Scope::District, Scope::School))?;
    if name.trim().is_empty() {
        return Err(CommandError::bad("name", "write a name for the list"));
    }
    Ok(())
}

async fn insert(
    engine: &Engine,
    actor: &Actor,
    (name, school): (&str, Option<SchoolId>),
    people: &[PersonId],
) -> CommandResult<(ListId, u64)> {
    let id = ListId::from_raw(engine.next_id());
    let by = actor.user.unwrap_or(UserId::from_raw(0));
    let list = NewList { id, name: name.trim().to_owned(), school, by, at: engine.now() };
    engine
        .db
        .write("save list", async |tx| {
            let members = lists::insert_list(tx, &list, people).await?;
            tell(engine, tx, actor, ("save_list", &id.to_string()), json!({ "members": members })).await?;
            Ok((id, members))
        })
        .await
}

/// (line, id) of each line that holds one.
fn ids_of(text: &str) -> Vec<(usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let cell = |line: &str| line.split([',', ';', '\t']).next().unwrap_or_default().trim().trim_matches('"').to_owned();
    let is_header =
        |id: &str| id.chars().next().is_some_and(char::is_alphabetic) && !id.chars().any(|c| c.is_ascii_digit());
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, cell(line)))
        .filter(|(line, id)| !(id.is_empty() || *line == 1 && is_header(id)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_the_first_column_with_their_lines() {
        let text = "\u{feff}Student number,Name\r\n1001,Ana\r\n\r\n\"1002\";x\n s-77 \n";
        let ids: Vec<(usize, String)> =
            [(2, "1001"), (4, "1002"), (5, "s-77")].map(|(at, id)| (at, id.to_owned())).into();
        assert_eq!(ids_of(text), ids);
    }
}
