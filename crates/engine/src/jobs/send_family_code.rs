//! Mails the code of a challenge, if anybody may sign in with its address. Nobody learns whether it did.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{ContentId, DeliveryId, OriginId};
use schoolbell_domain::people::Address;
use schoolbell_formats::mail::{Letterhead, letter};
use schoolbell_store::StoreResult;
use schoolbell_store::read::district::{District, get_district};
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_REPLY};
use schoolbell_store::write::family_doors as doors;

use crate::commands::family_sign_in::{CODE_LASTS, code_hash};
use crate::family::Family;
use crate::{Engine, Queue, dice};

pub const KIND: &str = "send_family_code";

/// Makes the code and, where the address is on record, the mail: one commit. Run twice, it changes nothing.
pub(crate) async fn send(engine: &Engine, challenge_hash: &str) -> StoreResult<()> {
    let code = dice::six_digits();
    engine
        .db
        .write("send a family code", async |tx| {
            let hash = code_hash(challenge_hash, &code);
            let Some(email) = doors::set_code(tx, challenge_hash, &hash).await? else { return Ok(()) };
            let Some(family) = Family::of(engine, tx, &email).await? else { return Ok(()) };
            let Some(address) = Address::from_stored(&email) else { return Ok(()) };
            let district = get_district(tx).await?;
            let origin = OriginId::from_raw(engine.next_id());
            let mail = mail(engine, &district, &family, &code);
            let content = content::intern(tx, origin, &[mail]).await?;
            let row = delivery(engine, &family, address, (origin, content.first().copied()));
            deliveries::insert(tx, &[row]).await.map(drop)
        })
        .await?;
    engine.wake.now(Queue::Deliveries);
    Ok(())
}

fn mail(engine: &Engine, district: &District, family: &Family, code: &str) -> NewContent {
    let language = family.language();
    let program = &district.settings.program_name;
    let spanish = language.primary() == "es";
    let (subject, body, why) = if spanish {
        (
            format!("{code} es su código de {program}"),
            format!(
                "Su código para entrar es:\n\n# {code}\n\nFunciona una vez y durante diez minutos. Si usted no lo pidió, no haga nada: nadie puede entrar sin él."
            ),
            "Recibe este mensaje porque alguien escribió esta dirección en la página para familias.",
        )
    } else {
        (
            format!("{code} is your {program} code"),
            format!(
                "Your code to sign in is:\n\n# {code}\n\nIt works once, for ten minutes. If you did not ask for it, do nothing: nobody can sign in without it."
            ),
            "You get this because somebody wrote this address on the family page.",
        )
    };
    let head = Letterhead {
        school: &district.name,
        sent_by: "",
        why,
        contact: &district.settings.help_contact,
        choices: None,
        language: language.tag(),
    };
    let letter = letter(&subject, &body, &head);
    NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Email,
        language,
        subject,
        body: letter.text,
        html: Some(letter.html),
        segments: 1,
    }
}

fn delivery(
    engine: &Engine,
    family: &Family,
    address: Address,
    (origin, content): (OriginId, Option<ContentId>),
) -> NewDelivery {
    let now = engine.now();
    NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin,
        origin_kind: OriginKind::System,
        channel: Channel::Email,
        person: family.circle.guardians.first().copied(),
        contact_point: None,
        school: None,
        address: Some(address),
        merge_group: 0,
        children: Vec::new(),
        content,
        basis: None,
        opening: Opening::Queued { not_before: now },
        priority: PRIORITY_REPLY,
        urgent: false,
        expires_at: now + CODE_LASTS,
        created_at: now,
    }
}
