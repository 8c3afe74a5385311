//! What a text that came in asks of us: in, out, help, or none of these (A25-A27, LAW-9, LAW-20, LAW-21).
//!
//! The two directions are judged by different measures. To open, somebody must say one of the words of the program and
//! nothing that changes its meaning: no consent is invented. To close, any words that a reasonable person would
//! understand are enough (LAW-9), and where a text says both, it closes. Rule page: `docs/src/rules/consent.md`.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a text asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    OptIn,
    OptOut,
    Help,
    /// None of these; perhaps an answer to somebody.
    Unclear,
}

impl Keyword {
    pub const ALL: [Self; 4] = [Self::OptIn, Self::OptOut, Self::Help, Self::Unclear];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::OptOut => "opt_out",
            Self::Help => "help",
            Self::Unclear => "unclear",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word() == word)
    }
}

/// LAW-21, with the Spanish ones; one word each once blanks and hyphens are closed up.
const OUT: &[&str] = &[
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "remove",
    "alto",
    "parar",
    "pare",
    "paren",
    "cancelar",
    "basta",
    "detener",
    "unsubcribe",
    "unsuscribe",
    "desuscribir",
];
const IN: &[&str] = &["start", "yes", "y", "unstop", "subscribe", "si", "optin", "y2", "suscribir"];
const HELP: &[&str] = &["help", "info", "ayuda", "informacion", "information"];
/// Words beside a keyword that do not change what it says.
const POLITE: &[&str] = &[
    "please", "pls", "plz", "thanks", "thank", "thx", "you", "ty", "now", "ok", "okay", "por", "favor", "gracias",
    "hi", "hello", "hola", "me", "the", "all", "to", "sir", "maam", "maestra",
];
/// Words that may follow a yes without changing it.
const AFTER_YES: &[&str] = &[
    "i", "do", "agree", "confirm", "am", "in", "want", "would", "like", "texts", "text", "alerts", "messages", "sign",
    "up", "for", "receive", "get", "2", "quiero", "acepto", "confirmo", "mensajes",
];
/// What revoking sentences speak of.
const TEXTS: &[&str] = &[
    "text",
    "texts",
    "texting",
    "textin",
    "txt",
    "txts",
    "txting",
    "message",
    "messages",
    "messaging",
    "msg",
    "msgs",
    "sms",
    "alert",
    "alerts",
    "notification",
    "notifications",
    "call",
    "calls",
    "calling",
    "contact",
    "contacting",
    "send",
    "sending",
    "bothering",
    "spam",
    "spamming",
    "subscription",
];
const TEXTOS: &[&str] = &[
    "texto",
    "textos",
    "mensaje",
    "mensajes",
    "alerta",
    "alertas",
    "llamada",
    "llamadas",
    "llamar",
    "llamen",
    "llame",
    "enviar",
    "envien",
    "envie",
    "enviarme",
    "mandar",
    "manden",
    "mande",
    "mandarme",
    "mandando",
    "enviando",
    "escribir",
    "escriban",
    "escriba",
    "textear",
    "texteen",
    "textee",
    "molestar",
    "molesten",
    "notificaciones",
];

/// Reads a text. Case, accents, punctuation, curly quotes and signatures of phones do not matter.
///
/// A stop sign or a no-entry sign alone closes; a thumb up does not open, since the program asked for a word.
pub fn classify(text: &str) -> Keyword {
    let plain = plain(text);
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    drop_signature(&mut words);
    let closed_up = words.concat();
    if says_stop_by_sign(text) || is_out(&words, &closed_up) || shouts_stop(text) || revokes(&words) {
        return Keyword::OptOut;
    }
    if all_are(&words, HELP, &[POLITE]) {
        return Keyword::Help;
    }
    let yes_and_more =
        words.first().is_some_and(|first| IN.contains(first)) && all_are(&words, IN, &[AFTER_YES, POLITE]);
    if all_are(&words, IN, &[POLITE]) || yes_and_more || IN.contains(&closed_up.as_str()) {
        return Keyword::OptIn;
    }
    Keyword::Unclear
}

/// Lower case without accents; an apostrophe closes up (`don't` is `dont`), any other mark becomes a blank.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʻ' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    plain
}

/// `Sent from my iPhone`, `Enviado desde mi …`, `Get Outlook for iOS`.
fn drop_signature(words: &mut Vec<&str>) {
    let starts: [&[&str]; 3] = [&["sent", "from"], &["enviado", "desde"], &["get", "outlook"]];
    let at =
        (1..words.len()).find(|at| starts.iter().any(|start| words.get(*at..).is_some_and(|w| w.starts_with(start))));
    if let Some(at) = at {
        words.truncate(at);
    }
}

/// At least one keyword, and nothing but keywords and words that leave them as they are.
fn all_are(words: &[&str], keywords: &[&str], beside: &[&[&str]]) -> bool {
    words.iter().any(|word| keywords.contains(word))
        && words.iter().all(|word| keywords.contains(word) || beside.iter().any(|list| list.contains(word)))
}

/// `stop`, `STOP ALL please`, `opt-out`, `s t o p`, `yes stop`.
fn is_out(words: &[&str], closed_up: &str) -> bool {
    OUT.contains(&closed_up)
        || all_are(words, OUT, &[POLITE, IN, &["it", "this", "these", "everything"]])
        || closed_up.strip_prefix("please").is_some_and(|rest| OUT.contains(&rest))
        || words.iter().filter(|word| !POLITE.contains(word)).copied().collect::<String>() == "optout"
}

/// The first word is STOP in capitals and the rest is not: `STOP this is not my son's school`.
fn shouts_stop(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next() == Some("STOP") && words.any(|word| word.chars().any(char::is_lowercase))
}

fn says_stop_by_sign(text: &str) -> bool {
    let signs = text.trim().trim_matches(|c: char| c == '\u{fe0f}' || c.is_whitespace());
    !signs.is_empty() && signs.chars().all(|c| matches!(c, '🛑' | '⛔' | '🚫' | '\u{fe0f}'))
}

/// Whether a sentence revokes as a reasonable person would read it (LAW-9).
fn revokes(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let (before, rest) = words.split_at(at);
        revokes_in_english(before, rest) || revokes_in_spanish(before, rest)
    })
}

fn revokes_in_english(before: &[&str], rest: &[&str]) -> bool {
    let near =
        |from: usize, to: usize, list: &[&str]| rest.iter().skip(from).take(to - from).any(|word| list.contains(word));
    match rest {
        ["stop" | "quit" | "cease" | "discontinue" | "cancel" | "end" | "halt", ..] => {
            !is_negated(before) && near(1, 4, TEXTS)
        }
        ["unsubscribe" | "unsubscribed" | "optout", ..] | ["opt", "out" | "me", ..] => !is_negated(before),
        ["revoke" | "withdraw", ..] => near(1, 4, &["consent", "permission", "authorization"]),
        ["dont" | "never", rest @ ..] | ["do", "not", rest @ ..] => forbids(rest),
        ["no", "more", what, ..] => TEXTS.contains(what),
        ["no", "longer", "want" | "wish", ..] => near(3, 7, TEXTS),
        ["take" | "get", "me" | "us", "off", ..]
        | ["remove" | "delete", "me" | "us", "from" | "off", ..]
        | ["remove" | "delete", "my" | "our" | "this", "number" | "phone" | "cell", ..]
        | ["leave", "me" | "us", "alone", ..]
        | ["wrong", "number", ..] => true,
        _ => false,
    }
}

/// What follows `do not`: `text me again`, `ever contact us`, `send me any more`, `want these texts`.
fn forbids(rest: &[&str]) -> bool {
    let rest = match rest {
        ["ever" | "please" | "you" | "dare", rest @ ..] => rest,
        _ => rest,
    };
    match rest {
        ["text" | "txt" | "message" | "msg" | "contact" | "call" | "sms" | "bother", after @ ..] => {
            let after_says_so =
                after.iter().take(1).any(|word| ["me", "us", "this", "again", "anymore", "here", "my"].contains(word));
            (after.is_empty() || after_says_so) && !after.contains(&"instead") && !after.contains(&"back")
        }
        ["send", after @ ..] => after
            .iter()
            .take(4)
            .any(|word| TEXTS.contains(word) || ["anymore", "more", "anything", "these", "this"].contains(word)),
        ["want" | "wish" | "need" | "like", after @ ..] => after.iter().take(6).any(|word| TEXTS.contains(word)),
        _ => false,
    }
}

fn is_negated(before: &[&str]) -> bool {
    before.iter().rev().take(2).any(|word| ["dont", "not", "never", "no", "didnt", "cant", "wont"].contains(word))
}

fn revokes_in_spanish(before: &[&str], rest: &[&str]) -> bool {
    let near = |from: usize, to: usize| rest.iter().skip(from).take(to - from).any(|word| TEXTOS.contains(word));
    match rest {
        ["no", "mas" | "me" | "nos", ..] => near(2, 4),
        ["no", "quiero" | "queremos" | "deseo", ..] => near(2, 7),
        ["deje" | "dejen" | "deja" | "pare" | "paren", "de", ..] => !is_negated(before) && near(2, 5),
        ["quiteme" | "quitenme" | "borreme" | "eliminenme" | "elimineme", ..] | ["numero", "equivocado", ..] => true,
        ["ya", "no", ..] => near(2, 6),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A27: what opens.
    const OPENS: &[&str] = &[
        "YES",
        "yes",
        "Yes",
        "yEs",
        " yes ",
        "Yes!",
        "YES.",
        "yes,",
        "\"Yes\"",
        "“Yes”",
        "‘yes’",
        "(yes)",
        "Yes!!!",
        "y",
        "Y",
        "Y.",
        " y ",
        "Y!",
        "Yes please",
        "yes, please",
        "YES PLEASE!",
        "Yes thanks",
        "Yes thank you",
        "yes yes",
        "Please yes",
        "ok yes",
        "yes ok",
        "Y 2",
        "Y2",
        "Y 2 confirm",
        "yes i agree",
        "Yes, I confirm.",
        "yes i want texts",
        "yes sign me up",
        "Si",
        "Sí",
        "SÍ",
        "si\u{301}",
        "¡Sí!",
        "sí por favor",
        "Si, gracias",
        "START",
        "start",
        "Start.",
        "UNSTOP",
        "unstop",
        "SUBSCRIBE",
        "Subscribe please",
        "opt in",
        "Opt-In",
        "OPTIN",
        "yes\n",
        "\tYES\r\n",
        "ＹＥＳ",
        "y e s",
        "yes 👍",
        "Yes 🙂",
        "yes\n\nSent from my iPhone",
        "Sí\nEnviado desde mi iPhone",
        "yes\u{200b}",
        "hi yes",
        "Yes alerts",
    ];

    /// A27, LAW-9, LAW-21: what closes.
    const CLOSES: &[&str] = &[
        "STOP",
        "stop",
        "Stop",
        "StOp",
        " stop ",
        "Stop.",
        "STOP!",
        "STOP!!!",
        "stop,",
        "\"STOP\"",
        "“stop”",
        "‘STOP’",
        "Stóp",
        "ＳＴＯＰ",
        "s t o p",
        "S.T.O.P.",
        "stop stop stop",
        "STOPALL",
        "Stop All",
        "stop-all",
        "STOP please",
        "please stop",
        "Pls stop",
        "stop now",
        "stop it",
        "Stop this",
        "UNSUBSCRIBE",
        "unsubscribe me",
        "please unsubscribe",
        "I want to unsubscribe",
        "how do i unsubscribe",
        "CANCEL",
        "cancel",
        "Cancel please",
        "END",
        "end",
        "QUIT",
        "quit",
        "REVOKE",
        "revoke",
        "OPTOUT",
        "optout",
        "OPT OUT",
        "opt out",
        "Opt-Out",
        "opt  out",
        "opt out please",
        "I opt out",
        "opt me out",
        "REMOVE",
        "remove",
        "remove me",
        "ALTO",
        "alto",
        "¡Alto!",
        "PARAR",
        "parar",
        "CANCELAR",
        "cancelar por favor",
        "yes stop",
        "Stop yes",
        "stop\n",
        "STOP\r\n",
        "stop\n\nSent from my iPhone",
        "Please stop texting me",
        "please stop texting me.",
        "stop texting me",
        "Stop texting this number",
        "STOP TEXTING ME",
        "stop sending me messages",
        "stop these messages",
        "can you stop the texts",
        "quit texting me",
        "Stop the alerts",
        "cancel my texts",
        "cancel text alerts",
        "end these messages",
        "stop calling me",
        "please stop the calls",
        "Do not text me again",
        "do not text me",
        "don't text me",
        "don’t text me anymore",
        "dont text me",
        "DONT TEXT",
        "Do not text this number",
        "do not ever contact us",
        "never text me again",
        "don't message me",
        "do not call me",
        "do not send me texts",
        "don't send me any more of these",
        "please don't send texts",
        "I do not want these texts",
        "I don't want any more messages",
        "i dont want to receive texts from you",
        "I do not wish to receive alerts",
        "No more texts",
        "no more texts please",
        "No more messages!",
        "no more calls",
        "i no longer want these messages",
        "Take me off this list",
        "take me off",
        "remove me from this list",
        "remove my number",
        "remove this number",
        "delete my number",
        "I revoke my consent",
        "i withdraw my permission",
        "wrong number",
        "You have the wrong number",
        "leave me alone",
        "STOP this is not my kid's school",
        "STOP my son moved away",
        "No más mensajes",
        "no mas textos por favor",
        "no me manden mensajes",
        "No me envíen más textos",
        "no quiero mensajes",
        "No quiero recibir más mensajes",
        "dejen de enviar mensajes",
        "deje de mandarme textos",
        "ya no quiero recibir mensajes",
        "número equivocado",
        "🛑",
        "🛑🛑",
        " 🚫 ",
        "⛔️",
    ];

    /// LAW-20, LAW-21: what asks for help.
    const ASKS: &[&str] = &[
        "HELP",
        "help",
        "Help!",
        "help?",
        "Help me",
        "help please",
        "please help",
        "INFO",
        "info",
        "Info.",
        "AYUDA",
        "ayuda",
        "¡Ayuda!",
        "ayuda por favor",
        "información",
        "HELP\nSent from my iPhone",
    ];

    /// What is none of these: nobody is opened by it, and nobody closed.
    const UNCLEAR: &[&str] = &[
        "",
        " ",
        ".",
        "?",
        "👍",
        "👎",
        "🙏",
        "👍🏽",
        "ok",
        "OK",
        "okay",
        "sure",
        "yep",
        "yeah",
        "no",
        "No thanks",
        "nope",
        "maybe",
        "yes but not on this phone",
        "yes and no",
        "yes if it is free",
        "Yes he is sick today",
        "Yes, Ana will be late",
        "I said yes to the trip",
        "yesterday",
        "yess i guess",
        "why",
        "Why did I get this?",
        "Who is this?",
        "What time is the game?",
        "Where is the bus stop?",
        "the bus did not stop",
        "stop by the office",
        "Can I stop by at 3?",
        "STOP BY THE OFFICE",
        "please don't stop texting me",
        "do not stop the texts",
        "never stop sending these",
        "When does school end?",
        "end of the day",
        "is the game cancelled",
        "please cancel my appointment",
        "Did you quit?",
        "start time?",
        "when does it start",
        "help is on the way",
        "I need info about the trip",
        "thank you",
        "Thanks",
        "gracias",
        "call me",
        "Please call me back",
        "text me",
        "I did not get the text",
        "I didn't receive a message",
        "don't call me back",
        "do not call my work, text me instead",
        "I don't know",
        "no me digas",
        "si puede venir mañana",
        "Ana no va hoy",
        "y tu?",
        "remove the tree",
        "take my son off bus 4",
        "my number is 512-555-0143",
        "12345",
        "68453",
        "Stopwatch",
        "restart",
        "nonstop",
        "yesss",
    ];

    #[test]
    fn a27_every_answer_is_read_as_the_table_says() {
        let tables =
            [(OPENS, Keyword::OptIn), (CLOSES, Keyword::OptOut), (ASKS, Keyword::Help), (UNCLEAR, Keyword::Unclear)];
        let mut wrong = Vec::new();
        for (table, keyword) in tables {
            wrong.extend(
                table.iter().filter(|text| classify(text) != keyword).map(|text| (text, keyword, classify(text))),
            );
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn law_21_every_listed_word_is_read_in_any_case_and_with_a_blank_or_mark_around_it() {
        let out = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "REMOVE"];
        let listed = [
            (&out[..], Keyword::OptOut),
            (&["ALTO", "PARAR", "CANCELAR"], Keyword::OptOut),
            (&["START", "YES", "Y", "UNSTOP", "SUBSCRIBE", "SI"], Keyword::OptIn),
            (&["HELP", "INFO", "AYUDA"], Keyword::Help),
        ];
        for (words, keyword) in listed {
            for word in words {
                for text in [
                    word.to_string(),
                    word.to_lowercase(),
                    format!("  {word}! "),
                    format!("{word}."),
                    format!("“{word}”"),
                ] {
                    assert_eq!(classify(&text), keyword, "{text}");
                }
            }
        }
    }

    proptest! {
        /// No consent is invented: what opens begins with, or is, one of the words of the program.
        #[test]
        fn only_a_word_of_the_program_opens(text in "\\PC{0,40}") {
            if classify(&text) == Keyword::OptIn {
                let plain = plain(&text);
                let closed_up: String = plain.split_whitespace().collect();
                prop_assert!(plain.split_whitespace().any(|w| IN.contains(&w)) || IN.contains(&closed_up.as_str()));
            }
        }

        /// A revocation survives whatever case and marks surround it.
        #[test]
        fn stop_is_stop_in_any_case_and_marks(upper in proptest::bits::u8::ANY, before in "[ .,!\"“”]{0,4}", after in "[ .,!?\"“”]{0,4}") {
            let word: String = "stop".chars().enumerate()
                .map(|(at, c)| if upper >> at & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect();
            prop_assert_eq!(classify(&format!("{before}{word}{after}")), Keyword::OptOut);
        }
    }
}
