//! One call: INVITE, ringing, the answer, the talk, BYE.
//!
//! **What is kept when.** The attempt is settled as `Accepted` in the moment in which somebody answers, with the Call-ID
//! as reference; the end of the talk is the receipt. While a phone rings the attempt's lease is kept. So when the program
//! is killed with calls up, what was ringing has lost its lease and is called again by the rules, and what was answered
//! stays `Accepted` and is not rung again. An answer within the milliseconds before its commit is the one case in which
//! a phone that was answered rings a second time.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use rsipstack::dialog::dialog::DialogState;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Method, Request, Response, StatusCode, Uri};
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_formats::sip::{Answer, End, Offer, end_of, read_answer};
use tokio::sync::{mpsc as async_mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::media::{Ask, Leg, Part, Turn};
use super::office::Office;
use super::seed_of;
use super::sockets::AudioSocket;
use super::talk::{Talk, Talked};
use super::trunk::{Trunk, header_values};
use crate::Outgoing;
use crate::voice::Prompts;

type States = async_mpsc::UnboundedReceiver<DialogState>;

/// How long a BYE may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// What came of calling.
pub(super) enum Called {
    Answered(Box<Up>),
    /// A final "no", or nobody answered in time.
    Ended(End, Option<Duration>),
    /// Not one word of the carrier.
    Silent,
    /// We are stopping.
    Stopped,
}

/// A call that was answered.
pub(super) struct Up {
    dialog: InviteDialog,
    states: States,
    socket: AudioSocket,
    answer: Answer,
    reference: String,
    /// The other side says that it takes REFER.
    takes_refer: bool,
}

/// Whom to call, as whom.
pub(super) struct Dial {
    /// E.164.
    pub number: String,
    /// The number that is shown, where it is not the trunk's own.
    pub caller: Option<String>,
    /// The Call-ID.
    pub reference: String,
}

impl Dial {
    /// Its Call-ID is distinct for every attempt, and needs no counter.
    pub(super) fn of(outgoing: &Outgoing, domain: &str) -> Self {
        Self {
            number: outgoing.to.expose().to_owned(),
            caller: outgoing.from.clone(),
            reference: format!("{}-{}@{domain}", outgoing.delivery, outgoing.attempt),
        }
    }
}

pub(super) fn refused(reason: FailReason, code: impl Into<String>) -> AttemptOutcome {
    AttemptOutcome::Refused { reason, code: code.into() }
}

/// Rings until somebody answers, the carrier says no, the time is up, or `stop`.
pub(super) async fn ring(trunk: &Trunk, dial: &Dial, stop: &CancellationToken) -> Called {
    let reference = dial.reference.clone();
    let fault = |what: String| Called::Ended(End { reason: FailReason::GatewayFault, code: what }, None);
    let socket = match AudioSocket::bind(trunk.local, trunk.config.rtp_ports, seed_of(&reference)) {
        Ok(socket) => socket,
        Err(error) => return fault(format!("no port for the audio: {error}")),
    };
    let option = match invite(trunk, dial, &socket) {
        Ok(option) => option,
        Err(sentence) => return fault(sentence),
    };
    let (sender, mut states) = trunk.layer.new_dialog_state_channel();
    let mut inviting = Box::pin(trunk.layer.do_invite(option, sender));
    let mut until = Instant::now() + trunk.config.first_word();
    let mut spoken = false;
    let (dialog, response) = loop {
        tokio::select! {
            done = &mut inviting => match done {
                Ok(done) => break done,
                Err(error) if spoken => return fault(error.to_string()),
                Err(error) => {
                    tracing::debug!(%error, "a call could not be placed");
                    return Called::Silent;
                }
            },
            Some(state) = states.recv() => {
                if matches!(state, DialogState::Trying(_) | DialogState::Early(..)) && !spoken {
                    spoken = true;
                    until = Instant::now() + trunk.config.ring();
                }
            }
            // Dropping the invitation cancels it, and hangs up should it be answered in that very moment.
            () = sleep_until(until) => return if spoken { unanswered() } else { Called::Silent },
            () = stop.cancelled() => return Called::Stopped,
        }
    };
    drop(inviting);
    match response {
        Some(response) if (200..300).contains(&response.status_code.code()) => {
            answered(trunk, (dialog, states), (socket, reference), &response).await
        }
        Some(response) => said_no(&response, spoken),
        None if spoken => unanswered(),
        None => Called::Silent,
    }
}

fn unanswered() -> Called {
    Called::Ended(End { reason: FailReason::NoAnswer, code: "487 rang out".to_owned() }, None)
}

fn said_no(response: &Response, spoken: bool) -> Called {
    let code = response.status_code.code();
    if !spoken && code == 408 {
        // The stack's own word for a carrier that never spoke.
        return Called::Silent;
    }
    let reasons = header_values(&response.headers, "Reason");
    let wait = header_values(&response.headers, "Retry-After");
    let wait =
        wait.first().and_then(|value| value.split([';', '(', ' ']).next()?.parse().ok()).map(Duration::from_secs);
    Called::Ended(end_of(code, response.status_code.text(), &reasons), wait)
}

async fn answered(
    trunk: &Trunk,
    (dialog, states): (InviteDialog, States),
    (socket, reference): (AudioSocket, String),
    response: &Response,
) -> Called {
    match read_answer(&String::from_utf8_lossy(&response.body)) {
        Ok(answer) => {
            let takes_refer = takes_refer(&response.headers);
            Called::Answered(Box::new(Up { dialog, states, socket, answer, reference, takes_refer }))
        }
        Err(error) => {
            goodbye(trunk, &dialog).await;
            Called::Ended(End { reason: FailReason::GatewayFault, code: error.to_string() }, None)
        }
    }
}

/// Whether an `Allow` header names REFER.
fn takes_refer(headers: &rsipstack::sip::Headers) -> bool {
    let allowed = header_values(headers, "Allow");
    allowed.iter().flat_map(|value| value.split(',')).any(|method| method.trim().eq_ignore_ascii_case("REFER"))
}

fn invite(trunk: &Trunk, dial: &Dial, socket: &AudioSocket) -> Result<InviteOption, String> {
    let config = &trunk.config;
    let sentence = |no: super::trunk::NoTrunk| no.sentence().to_owned();
    let number = format!("{}{}", config.prefix, config.number_format.write(&dial.number));
    let caller = config.number_format.write(dial.caller.as_deref().unwrap_or(&config.caller_id));
    let mut plain = trunk.uri(Some(&caller), config.domain()).map_err(sentence)?;
    plain.params.clear();
    let offer = Offer {
        local: socket.reached_at(config.public_address),
        session: seed_of(&dial.reference).into(),
        version: 1,
        settled: None,
    };
    let mut headers = vec![
        Header::Other("P-Asserted-Identity".to_owned(), format!("<{plain}>")),
        Header::Other("Allow".to_owned(), "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, NOTIFY".to_owned()),
    ];
    let name = if config.hide_caller {
        // RFC 3323, 4.1 and RFC 3325, 9.3: the carrier knows us by the asserted identity and tells nobody.
        headers.push(Header::Other("Privacy".to_owned(), "id".to_owned()));
        plain = Uri::try_from("sip:anonymous@anonymous.invalid").map_err(|error| error.to_string())?;
        "Anonymous"
    } else {
        &config.caller_name
    };
    Ok(InviteOption {
        caller_display_name: (!name.is_empty()).then(|| format!("\"{name}\"")),
        caller: plain,
        callee: trunk.uri(Some(&number), &config.host).map_err(sentence)?,
        contact: trunk.contact.clone(),
        content_type: Some("application/sdp".to_owned()),
        offer: Some(offer.text().into_bytes()),
        credential: trunk.credential(),
        call_id: Some(dial.reference.clone()),
        headers: Some(headers),
        ..InviteOption::default()
    })
}

impl Up {
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    /// An office's end: its signalling, and its sound for the family's call.
    pub(super) fn into_office(self, trunk: &Trunk) -> (OfficeEnd<'_>, Turn) {
        let Self { dialog, states, socket, answer, reference, .. } = self;
        let (local, seed) = (socket.reached_at(trunk.config.public_address), seed_of(&reference));
        let ours = Offer { local, session: seed.into(), version: 1, settled: Some((answer.law, answer.events)) };
        // Nobody listens to its turns: its sound follows the packets.
        let within = Within::new(trunk, ours, mpsc::channel().0);
        (OfficeEnd { dialog, states, within }, Turn::Connect { socket: socket.into_inner(), answer, seed })
    }

    /// Talks to the end, whoever makes it.
    pub(super) async fn talk(
        self,
        trunk: &Trunk,
        prompts: Arc<Prompts>,
        pacer: &super::media::Pacer,
        stop: &CancellationToken,
    ) -> Talked {
        let Self { dialog, mut states, socket, answer, reference, takes_refer } = self;
        let local = socket.reached_at(trunk.config.public_address);
        let seed = seed_of(&reference);
        let (turn, turns) = mpsc::channel();
        let (asks, mut asked) = async_mpsc::unbounded_channel();
        let (ended, mut over) = oneshot::channel();
        let mut office = Office::of(trunk, &dialog, &prompts, takes_refer, &reference);
        let mut talk = Talk::new(prompts, answer.law, trunk.config.longest_call_s);
        if office.can_be_had() {
            talk = talk.with_transfer();
        }
        let talk = Part::Called(Box::new(talk));
        pacer.take(Leg { socket: socket.into_inner(), answer, talk, seed, turns, asks, ended });
        let ours = Offer { local, session: seed.into(), version: 1, settled: Some((answer.law, answer.events)) };
        let mut within = Within::new(trunk, ours, turn);
        let talked = loop {
            tokio::select! {
                talked = &mut over => break talked,
                () = stop.cancelled(), if !within.theirs => {
                    within.tell(Turn::HangUp);
                    break over.await;
                }
                Some(state) = states.recv() => {
                    within.heed(state).await;
                    office.hear(within.referred.take());
                }
                Some(Ask::Office) = asked.recv() => office.call().await,
                told = office.next() => within.tell(told),
            }
        };
        office.hang_up().await;
        if !within.theirs {
            goodbye(trunk, &dialog).await;
        }
        trunk.layer.remove_dialog(&dialog.id());
        talked.unwrap_or_else(|_| Talked::unknown())
    }
}

/// The signalling of an office's end, until it hangs up.
pub(super) struct OfficeEnd<'a> {
    dialog: InviteDialog,
    states: States,
    within: Within<'a>,
}

impl OfficeEnd<'_> {
    /// Until the office has hung up.
    pub(super) async fn wait(&mut self) {
        while let Some(state) = self.states.recv().await {
            self.within.heed(state).await;
            if self.within.theirs {
                break;
            }
        }
        self.within.trunk.layer.remove_dialog(&self.dialog.id());
    }

    pub(super) async fn hang_up(self) {
        if !self.within.theirs {
            goodbye(self.within.trunk, &self.dialog).await;
        }
    }
}

/// What the other side asks for within a call.
pub(super) struct Within<'a> {
    trunk: &'a Trunk,
    /// What we last described.
    ours: Offer,
    turn: mpsc::Sender<Turn>,
    /// They have hung up.
    pub theirs: bool,
    /// What the carrier last said of the office that it is connecting: a status code.
    referred: Option<u16>,
}

impl<'a> Within<'a> {
    pub(super) const fn new(trunk: &'a Trunk, ours: Offer, turn: mpsc::Sender<Turn>) -> Self {
        Self { trunk, ours, turn, theirs: false, referred: None }
    }

    pub(super) fn tell(&self, what: Turn) {
        // The audio may be over already; then its end is told by itself.
        drop(self.turn.send(what));
    }

    pub(super) async fn heed(&mut self, state: DialogState) {
        match state {
            DialogState::Terminated(..) => {
                self.theirs = true;
                self.tell(Turn::HangUp);
            }
            DialogState::Info(_, request, handle) => {
                if let Some(key) = key_of(&request) {
                    self.tell(Turn::Key(key));
                }
                reply(handle.reply(StatusCode::OK).await);
            }
            DialogState::Updated(_, request, handle) => {
                let (status, body) = self.described_anew(&request);
                let headers = body.is_some().then(|| {
                    let contact = Header::Other("Contact".to_owned(), format!("<{}>", self.trunk.contact));
                    vec![Header::Other("Content-Type".to_owned(), "application/sdp".to_owned()), contact]
                });
                reply(handle.respond(status, headers, body).await);
            }
            DialogState::Options(_, _, handle) => reply(handle.reply(StatusCode::OK).await),
            DialogState::Notify(_, request, handle) => {
                self.referred = status_of(&request.body);
                reply(handle.reply(StatusCode::OK).await);
            }
            DialogState::Publish(_, _, handle)
            | DialogState::Refer(_, _, handle)
            | DialogState::Message(_, _, handle) => reply(handle.reply(StatusCode::NotImplemented).await),
            DialogState::Calling(_)
            | DialogState::Trying(_)
            | DialogState::Early(..)
            | DialogState::WaitAck(..)
            | DialogState::Confirmed(..) => {}
        }
    }

    /// An offer in mid-call: the audio moves, or is put on hold. Session timers refresh a call in the same way.
    fn described_anew(&mut self, request: &Request) -> (StatusCode, Option<Vec<u8>>) {
        if request.body.is_empty() && request.method != Method::Invite {
            return (StatusCode::OK, None);
        }
        if !request.body.is_empty() {
            match read_answer(&String::from_utf8_lossy(&request.body)) {
                Ok(answer) if self.ours.settled.is_some_and(|(law, _)| law == answer.law) => {
                    self.tell(Turn::Move(answer));
                }
                Ok(_) | Err(_) => return (StatusCode::NotAcceptableHere, None),
            }
        }
        self.ours.version += 1;
        (StatusCode::OK, Some(self.ours.text().into_bytes()))
    }
}

/// The code of a status line in a NOTIFY: how far a REFER is (RFC 3515, 2.4.4).
fn status_of(body: &[u8]) -> Option<u16> {
    let body = String::from_utf8_lossy(body);
    body.trim_start().strip_prefix("SIP/2.0 ")?.split_ascii_whitespace().next()?.parse().ok()
}

/// A key in a SIP INFO: `Signal=5` (application/dtmf-relay) or the key alone (application/dtmf).
fn key_of(request: &Request) -> Option<char> {
    let body = String::from_utf8_lossy(&request.body);
    let signal = body.lines().find_map(|line| line.trim().strip_prefix("Signal="));
    let key = signal.unwrap_or(&body).trim().chars().next()?;
    (key.is_ascii_digit() || "*#ABCD".contains(key)).then_some(key)
}

pub(super) async fn goodbye(trunk: &Trunk, dialog: &InviteDialog) {
    match tokio::time::timeout(GOODBYE, dialog.hangup()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a call was not ended properly"),
        Err(_) => tracing::debug!("the carrier does not answer to BYE"),
    }
    trunk.layer.remove_dialog(&dialog.id());
}

fn reply<E: std::fmt::Display>(sent: Result<(), E>) {
    if let Err(error) = sent {
        tracing::debug!(%error, "a request within a call was not answered");
    }
}
