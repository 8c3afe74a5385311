//! Ready-made texts: a person's own, and those that a school or the district shares (B22, B28).

use schoolbell_domain::conversation::guard::{Known, check};
use schoolbell_domain::conversation::text_template::{Group, Owner, unknown_field};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::text_templates::{self, Template};
use schoolbell_store::read::{district, users};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::text_templates::{NewTemplate, keep, retire};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::{Actor, Engine};

/// A text as somebody keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    pub owner: Owner,
    pub group: Group,
    pub body: &'a str,
    /// When to use it; shown beside it.
    pub when: &'a str,
}

/// Keeps a text. What the guard would mark has no place in a text that is used again and again.
pub async fn keep_template(engine: &Engine, actor: &Actor, kept: &Kept<'_>) -> CommandResult<()> {
    must_own(actor, kept.owner)?;
    engine
        .db
        .write("keep ready-made text", async |tx| {
            let own_words = district::get_district(tx).await?.settings.texting.own_words;
            let problems = problems(kept, &own_words);
            if !problems.is_empty() {
                return Err(CommandError::BadInput(problems));
            }
            let by = match actor.user {
                Some(user) => users::lookup_user(tx, user).await?.map(|user| user.name),
                None => None,
            };
            let new = NewTemplate {
                id: engine.next_id(),
                owner: kept.owner,
                group: kept.group,
                body: kept.body.trim().replace('\0', ""),
                when: kept.when.trim().replace('\0', ""),
                kept_by: by.unwrap_or_else(|| actor.name.clone()),
                kept_at: engine.now(),
            };
            keep(tx, &new).await?;
            let detail = json!({ "group": kept.group.word(), "shared": !matches!(kept.owner, Owner::User(_)) });
            tell(engine, tx, actor, ("keep_text_template", &new.id.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// Takes a text out; what was written with it stays.
pub async fn retire_template(engine: &Engine, actor: &Actor, id: i64) -> CommandResult<()> {
    engine
        .db
        .write("retire ready-made text", async |tx| {
            let standing = text_templates::lookup(tx, id).await?;
            let standing = standing.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
            must_own(actor, standing.owner)?;
            if retire(tx, id, engine.now()).await? {
                tell(engine, tx, actor, ("retire_text_template", &id.to_string()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}

/// The texts that somebody is offered: their own, those of their schools, those of the district.
pub async fn templates_for(reads: &mut impl Reads, actor: &Actor) -> CommandResult<Vec<Template>> {
    let Some(user) = actor.user else { return Ok(Vec::new()) };
    let standing = text_templates::standing(reads, user).await?;
    Ok(standing.into_iter().filter(|template| is_offered(actor, template.owner)).collect())
}

fn is_offered(actor: &Actor, owner: Owner) -> bool {
    match owner {
        Owner::User(user) => actor.user == Some(user),
        Owner::School(school) => actor.must(Act::Text, Scope::School(school)).is_ok(),
        Owner::District => true,
    }
}

/// Whether the actor may change texts of this owner.
pub fn may_own(actor: &Actor, owner: Owner) -> bool {
    match owner {
        Owner::User(user) => actor.user == Some(user) && actor.may_somewhere(Act::Text),
        Owner::School(school) => actor.must(Act::ManageTexting, Scope::School(school)).is_ok(),
        Owner::District => actor.must(Act::ManageTexting, Scope::District).is_ok(),
    }
}

fn must_own(actor: &Actor, owner: Owner) -> CommandResult<()> {
    if may_own(actor, owner) { Ok(()) } else { Err(CommandError::not_allowed()) }
}

fn problems(kept: &Kept<'_>, own_words: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |field: &str, message: String| problems.push(Problem { field: field.to_owned(), message });
    if kept.body.trim().is_empty() {
        add("body", "write the text".to_owned());
    } else if kept.body.chars().count() > 600 {
        add("body", "a ready-made text has up to 600 letters".to_owned());
    }
    if let Some(field) = unknown_field(kept.body) {
        add(
            "body",
            format!(
                "`{field}` fills nothing in; write {{{{student}}}}, {{{{course}}}}, {{{{teacher}}}} or {{{{time}}}}"
            ),
        );
    }
    if let Some(hit) = check(kept.body, &Known::default(), own_words).first() {
        add("body", format!("`{}` is not okay to text; take it out: {}", hit.words, hit.kind.plain()));
    }
    if kept.when.trim().is_empty() {
        add("when", "say when it is a good text to send; it stands beside it".to_owned());
    } else if kept.when.chars().count() > 200 {
        add("when", "say it in up to 200 letters".to_owned());
    }
    problems
}
