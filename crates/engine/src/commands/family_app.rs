//! The families' app on their devices: which may show messages, and what they tell of those that they showed.

use jiff::SignedDuration;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_formats::push::{BrowserKeys, PushDoor};
use schoolbell_store::StoreError;
use schoolbell_store::read::push::{Device, devices, gateway_of};
use schoolbell_store::write::push::{self, NewDevice};
use serde_json::json;

use super::audit::tell;
use super::family_session::FamilyIn;
use crate::error::{CommandError, CommandResult};
use crate::family::{Family, actor};
use crate::{Engine, hooks, notices};

/// More devices than a family has: those not seen for longest make room.
const MOST_DEVICES: i64 = 10;
/// A device that is set up is written down anew at most so often.
const SEEN_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// What a browser gave when it subscribed.
#[derive(Clone)]
pub struct Subscription {
    pub endpoint: String,
    /// base64url.
    pub public_key: String,
    pub auth: String,
}

/// What a device did with a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It stands on the screen.
    Shown,
    /// Somebody opened it.
    Opened,
}

/// The devices of an account, oldest first.
pub async fn app_devices(engine: &Engine, family: &Family) -> CommandResult<Vec<Device>> {
    Ok(devices(&mut engine.db.read().await?, &[&family.email]).await?)
}

/// Sets the app up on a device. The same again only notes that it is still there.
pub async fn set_up_device(
    engine: &Engine,
    signed_in: &FamilyIn,
    (door, subscription, user_agent): (&PushDoor, &Subscription, &str),
) -> CommandResult<()> {
    verify(door, subscription)?;
    let known = app_devices(engine, &signed_in.family).await?;
    let now = engine.now();
    let same = known.iter().find(|device| {
        device.endpoint == subscription.endpoint
            && device.public_key == subscription.public_key
            && device.auth == subscription.auth
    });
    if same.is_some_and(|device| now.duration_since(device.seen_at) < SEEN_AGAIN) {
        return Ok(());
    }
    let device = NewDevice {
        id: engine.next_id(),
        email: signed_in.family.email.clone(),
        endpoint: subscription.endpoint.clone(),
        public_key: subscription.public_key.clone(),
        auth: subscription.auth.clone(),
        user_agent: user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        session_hash: signed_in.token_hash.clone(),
    };
    engine
        .db
        .write("set up the app", async |tx| {
            push::keep(tx, &device, MOST_DEVICES, now).await?;
            if same.is_none() {
                tell(engine, tx, &actor(), ("set_up_app", &signed_in.family.subject()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}

/// A browser changed its subscription by itself. Whoever knows the old endpoint, which only the browser and its push
/// service do, may put the new one in its place; `false` if nobody knows it.
pub async fn renew_device(
    engine: &Engine,
    door: &PushDoor,
    old: &str,
    subscription: &Subscription,
) -> CommandResult<bool> {
    verify(door, subscription)?;
    let keys = (subscription.endpoint.as_str(), subscription.public_key.as_str(), subscription.auth.as_str());
    let now = engine.now();
    let renewed = engine.db.write("renew the app", async |tx| push::renew(tx, old, keys, now).await).await;
    renewed.map_err(|error: StoreError| error.into())
}

/// Takes the app off one device of the account.
pub async fn take_off_device(engine: &Engine, family: &Family, device: i64) -> CommandResult<()> {
    engine
        .db
        .write("take the app off", async |tx| {
            if push::take_off(tx, device, &family.email).await? {
                tell(engine, tx, &actor(), ("take_off_app", &family.subject()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await
}

/// Keeps what a device did with a notification. `false` if the reference is none of ours: nothing is kept then.
pub async fn note_seen(engine: &Engine, reference: &str, seen: Seen) -> CommandResult<bool> {
    let seal = engine.db.write("open a receipt of the app", async |tx| notices::seal(tx).await).await?;
    let Some((delivery, attempt)) = notices::open(&seal, reference) else { return Ok(false) };
    let gateway = gateway_of(&mut engine.db.read().await?, delivery, attempt).await?;
    let Some(gateway) = gateway else { return Ok(false) };
    if seen == Seen::Opened {
        let now = engine.now();
        engine
            .db
            .write("note an opened notification", async |tx| push::opened(tx, delivery, now).await)
            .await
            .map_err(|error: StoreError| CommandError::from(error))?;
    }
    // Opened is shown, too, where the first word was lost.
    hooks::receipt(engine, &gateway, reference.to_owned(), ReceiptStatus::Delivered, "shown".to_owned()).await?;
    Ok(true)
}

fn verify(door: &PushDoor, subscription: &Subscription) -> CommandResult<()> {
    if !door.serves(&subscription.endpoint) {
        return Err(CommandError::bad("endpoint", "this browser's push service is none that messages go to"));
    }
    if BrowserKeys::read(&subscription.public_key, &subscription.auth).is_none() {
        return Err(CommandError::bad("keys", "what the browser sent are no keys for messages"));
    }
    Ok(())
}
