//! Office hours and the words of the automatic answer: of oneself, of a school, of the district; the nearest holds.

use schoolbell_domain::conversation::guard::{Known, check};
use schoolbell_domain::conversation::office_hours::{OfficeHours, Place};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::district;
use schoolbell_store::write::office;
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::{Actor, Engine};

/// What fits into one segment with the program's name and the way out.
const LONGEST: usize = 110;

/// Sets the hours of a place with its own words (empty: ours), or takes them away, so that the next wider ones hold.
pub async fn set_office_hours(
    engine: &Engine,
    actor: &Actor,
    place: Place,
    set: Option<(&OfficeHours, &str)>,
) -> CommandResult<()> {
    must_keep(actor, place)?;
    engine
        .db
        .write("set office hours", async |tx| {
            let own_words = district::get_district(tx).await?.settings.texting.own_words;
            match set {
                Some((hours, words)) => {
                    let problems = problems(hours, words, &own_words);
                    if !problems.is_empty() {
                        return Err(CommandError::BadInput(problems));
                    }
                    let words = words.trim().replace('\0', "");
                    office::set_hours(tx, place, (hours, &words), engine.now()).await?;
                }
                None => office::clear_hours(tx, place).await?,
            }
            let detail = json!({ "set": set.is_some() });
            tell(engine, tx, actor, ("set_office_hours", &subject(place)), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

fn must_keep(actor: &Actor, place: Place) -> CommandResult<()> {
    match place {
        Place::User(user) if actor.user == Some(user) && actor.may_somewhere(Act::Text) => Ok(()),
        Place::User(_) => Err(CommandError::not_allowed()),
        Place::School(school) => actor.must(Act::ManageTexting, Scope::School(school)),
        Place::District => actor.must(Act::ManageTexting, Scope::District),
    }
}

fn subject(place: Place) -> String {
    match place {
        Place::User(user) => user.to_string(),
        Place::School(school) => school.to_string(),
        Place::District => "district".to_owned(),
    }
}

fn problems(hours: &OfficeHours, words: &str, own_words: &[String]) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        hours.problems().into_iter().map(|message| Problem { field: "hours".to_owned(), message }).collect();
    let mut add = |message: String| problems.push(Problem { field: "words".to_owned(), message });
    if words.trim().chars().count() > LONGEST {
        add(format!("write up to {LONGEST} letters, so that the answer is one text"));
    }
    if let Some(hit) = check(words, &Known::default(), own_words).first() {
        add(format!("`{}` is not okay to text; take it out", hit.words));
    }
    problems
}
