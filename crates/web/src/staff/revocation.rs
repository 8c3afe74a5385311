//! `/people/{person}/revocation`: staff write down what a family said of a number (LAW-9). The form stands on the
//! person's page.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use schoolbell_domain::ids::PersonId;
use schoolbell_engine::commands::invite_again::invite_again;
use schoolbell_engine::commands::record_revocation::{Heard, HeardRevocation, Said, record_revocation};
use schoolbell_store::read::people_pages::{self, PointLine};

use super::person::{must_see, owners_of};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Signed, problem};
use crate::looks::address;

/// What the form offers.
pub struct RevocationForm {
    /// As kept and as shown; each number once.
    pub numbers: Vec<(String, String)>,
    pub said: [Said; 3],
    pub how: [Heard; 4],
}

impl RevocationForm {
    /// `None` for a person without a phone.
    pub fn of<'a>(points: impl IntoIterator<Item = &'a PointLine>) -> Option<Self> {
        let mut numbers: Vec<(String, String)> = Vec::new();
        for point in points.into_iter().filter(|point| point.slot.is_phone()) {
            if !numbers.iter().any(|(kept, _)| *kept == point.address) {
                numbers.push((point.address.clone(), address(&point.address)));
            }
        }
        (!numbers.is_empty()).then_some(Self { numbers, said: Said::ALL, how: Heard::ALL })
    }
}

/// `POST /people/{person}/invite-again`: a second try of an invitation of which nobody knows whether it arrived (A24).
pub async fn invite(State(state): State<WebState>, Path(person): Path<PersonId>, form: Signed) -> PageResult<Redirect> {
    let owner = form.fields.text("owner").parse::<PersonId>().map_err(|_| PageError::NotFound)?;
    invite_again(&state.engine, &form.staff.actor, owner, form.fields.text("number")).await?;
    Ok(Redirect::to(&format!("/people/{person}?noted=invited#reach")))
}

/// `POST /people/{person}/revocation`: only for numbers that stand on the page.
pub async fn post(State(state): State<WebState>, Path(person): Path<PersonId>, form: Signed) -> PageResult<Response> {
    let fields = &form.fields;
    let bad = |field, message| PageError::BadInput(vec![problem(field, message)]);
    let said = Said::from_word(fields.text("said")).ok_or_else(|| bad("said", "choose what they said"))?;
    let how = Heard::from_word(fields.text("how")).ok_or_else(|| bad("how", "choose how they said it"))?;
    if fields.text("note").is_empty() {
        return Err(bad("note", "write who said it and when; it is the proof"));
    }
    let mut reads = state.engine.reader().read().await?;
    let card = people_pages::lookup_card(&mut reads, person).await?.ok_or(PageError::NotFound)?;
    let relatives = people_pages::relatives(&mut reads, &card).await?;
    must_see(&mut reads, &form.staff, &card, &relatives).await?;
    let mut known = false;
    for (owner, _) in owners_of(&card, &relatives) {
        let points = people_pages::points(&mut reads, owner).await?;
        known |= points.iter().any(|point| point.slot.is_phone() && point.address == fields.text("number"));
    }
    drop(reads);
    if !known {
        return Err(bad("number", "choose one of the numbers on this page"));
    }
    let heard = HeardRevocation { number: fields.text("number"), said, how, note: &fields.body("note") };
    record_revocation(&state.engine, &form.staff.actor, heard).await?;
    Ok(Redirect::to(&format!("/people/{person}?noted={}#reach", said.word())).into_response())
}
