//! Calls that come in over a trunk: from the carrier alone, as many at once as lines are kept for them.

use std::net::IpAddr;
use std::sync::{Arc, mpsc as thread_mpsc};

use rsipstack::sip::{Header, Request, StatusCode};
use rsipstack::transaction::transaction::Transaction;
use schoolbell_domain::phone::Phone;
use schoolbell_formats::sip::{Answer, Offer, read_answer};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::call::{Within, goodbye};
use super::media::{Ask, Leg, Pacer, Part, Steadiness, Turn};
use super::seed_of;
use super::sockets::AudioSocket;
use super::trunk::{Trunk, header_values};
use super::visit::Visiting;
use crate::reception::{Did, Reception};

/// Answers calls until `stop`. Without a reception, or without lines for them, all are declined.
pub(super) async fn receive(reception: Option<Arc<dyn Reception>>, trunk: Arc<Trunk>, stop: CancellationToken) {
    let mut incoming = trunk.visitors.lock().await;
    let lines = Arc::new(Semaphore::new(trunk.config.incoming_lines));
    let pacer = match Pacer::start(1, &Arc::new(Steadiness::default())) {
        Ok(pacer) => Arc::new(pacer),
        Err(error) => return tracing::error!(%error, "no thread for the audio of calls that come in"),
    };
    let mut visits = JoinSet::new();
    while let Some(Some(mut transaction)) = stop.run_until_cancelled(incoming.recv()).await {
        while visits.try_join_next().is_some() {}
        let status = match (&reception, lines.clone().try_acquire_owned()) {
            (None, _) => StatusCode::TemporarilyUnavailable,
            (Some(_), _) if trunk.config.incoming_lines == 0 => StatusCode::TemporarilyUnavailable,
            (Some(_), Err(_)) => StatusCode::BusyHere,
            (Some(_), Ok(_)) if !comes_from_the_carrier(&trunk, &transaction.original).await => StatusCode::Forbidden,
            (Some(reception), Ok(line)) => {
                let (reception, trunk, pacer) = (reception.clone(), trunk.clone(), pacer.clone());
                let stop = stop.clone();
                visits.spawn(async move {
                    visit(&*reception, (&trunk, &pacer), transaction, &stop).await;
                    drop(line);
                });
                continue;
            }
        };
        decline(&mut transaction, status).await;
    }
    while visits.join_next().await.is_some() {}
}

async fn decline(transaction: &mut Transaction, status: StatusCode) {
    if let Err(error) = transaction.reply(status).await {
        tracing::debug!(%error, "a call that came in was not declined");
    }
}

/// Whether the packet came from an address of the carrier. Anybody could reach the port and claim any number.
async fn comes_from_the_carrier(trunk: &Trunk, invite: &Request) -> bool {
    let Some(source) = source_of(invite) else { return false };
    if trunk.config.incoming_from.contains(&source) {
        return true;
    }
    let port = trunk.config.port.unwrap_or(5060);
    match tokio::net::lookup_host((trunk.config.host.as_str(), port)).await {
        Ok(mut found) => found.any(|address| address.ip() == source),
        Err(_) => false,
    }
}

/// Where it came from: the stack writes it into the topmost `Via` (RFC 3261, 18.2.1) where that says otherwise.
fn source_of(invite: &Request) -> Option<IpAddr> {
    let via = header_values(&invite.headers, "Via").into_iter().next()?;
    let received = via.split(';').find_map(|part| part.trim().strip_prefix("received="));
    let host = match received {
        Some(received) => received.trim(),
        None => via.split_ascii_whitespace().nth(1)?.split(';').next()?,
    };
    let bare = host.trim_start_matches('[').split(']').next()?;
    bare.parse().or_else(|_| bare.rsplit_once(':').map_or(bare, |(ip, _)| ip).parse()).ok()
}

/// Who calls, as the carrier asserts it.
fn caller_of(invite: &Request) -> Option<String> {
    let asserted = header_values(&invite.headers, "P-Asserted-Identity").into_iter().next();
    let identity = asserted.or_else(|| header_values(&invite.headers, "From").into_iter().next())?;
    let user = identity.split_once("sip:").or_else(|| identity.split_once("tel:"))?.1;
    let user = user.split(['@', '>', ';']).next()?;
    match Phone::parse(user) {
        Ok(read) => Some(read.phone.expose().to_owned()),
        Err(_) => None,
    }
}

async fn visit(
    reception: &dyn Reception,
    (trunk, pacer): (&Trunk, &Pacer),
    mut transaction: Transaction,
    stop: &CancellationToken,
) {
    let from = caller_of(&transaction.original);
    let reference = header_values(&transaction.original.headers, "Call-ID").concat();
    let offered = read_answer(&String::from_utf8_lossy(&transaction.original.body));
    let socket = AudioSocket::bind(trunk.local, trunk.config.rtp_ports, seed_of(&reference));
    let (Ok(answer), Ok(socket)) = (offered, socket) else {
        return decline(&mut transaction, StatusCode::NotAcceptableHere).await;
    };
    let mut visitor = reception.visit(from);
    let first = visitor.next(Did::Called).await;
    let (sender, mut states) = trunk.layer.new_dialog_state_channel();
    let contact = Some(trunk.contact.clone());
    let dialog = match trunk.layer.get_or_create_server_invite(&transaction, sender, None, contact) {
        Ok(dialog) => dialog,
        Err(error) => return tracing::debug!(%error, "a call that came in was no call"),
    };
    let mut handling = dialog.clone();
    let handled = tokio::spawn(async move { handling.handle(&mut transaction).await });
    let ours = ours(trunk, &socket, &answer, &reference);
    let sdp = Header::Other("Content-Type".to_owned(), "application/sdp".to_owned());
    if let Err(error) = dialog.accept(Some(vec![sdp]), Some(ours.text().into_bytes())) {
        return tracing::debug!(%error, "a call that came in could not be answered");
    }
    let (turn, turns) = thread_mpsc::channel();
    let (asks, mut asked) = mpsc::unbounded_channel();
    let (ended, mut over) = oneshot::channel();
    let talk = Part::Visitor(Visiting::new(answer.law));
    pacer.take(Leg { socket: socket.into_inner(), answer, talk, seed: seed_of(&reference), turns, asks, ended });
    let mut within = Within::new(trunk, ours, turn);
    within.tell(Turn::GoOn(first));
    loop {
        tokio::select! {
            _ = &mut over => break,
            () = stop.cancelled(), if !within.theirs => {
                within.tell(Turn::HangUp);
                break;
            }
            Some(state) = states.recv() => within.heed(state).await,
            Some(Ask::Did(did)) = asked.recv() => {
                let next = visitor.next(did).await;
                within.tell(Turn::GoOn(next));
            }
        }
    }
    if within.theirs {
        trunk.layer.remove_dialog(&dialog.id());
    } else {
        goodbye(trunk, &dialog).await;
    }
    if let Err(error) = handled.await {
        tracing::debug!(%error, "the begin of a call that came in broke off");
    }
}

fn ours(trunk: &Trunk, socket: &AudioSocket, answer: &Answer, reference: &str) -> Offer {
    Offer {
        local: socket.reached_at(trunk.config.public_address),
        session: seed_of(reference).into(),
        version: 1,
        settled: Some((answer.law, answer.events)),
    }
}
