//! Our fixed texts: the invitation and the answers to keywords (A26, A30, LAW-13, LAW-20, LAW-22, LAW-26).
//!
//! Plain GSM-7; each fits one segment of 160 with a program name of up to 30 letters and a contact of up to 14.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Who speaks, for the fixed texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker<'a> {
    /// The name of the text program: `Example ISD Alerts`.
    pub program: &'a str,
    /// A phone number, mail address or page where a person helps (LAW-22).
    pub help_contact: &'a str,
    /// The number to which families text.
    pub short_code: &'a str,
}

impl Speaker<'_> {
    /// The one invitation (A24, A30, LAW-26): what, how often, what it costs, how to get help and out.
    pub fn invitation(&self) -> String {
        plainly(&format!(
            "{}: Reply YES to get school texts, HELP for info, STOP to end. Msg&data rates may apply. Msg freq varies.",
            self.program
        ))
    }

    /// The answer to YES: confirms, and says how to get out (LAW-20).
    pub fn opted_in(&self) -> String {
        plainly(&format!(
            "{}: you will get school alerts by text. Msg freq varies. Msg&data rates may apply. Reply HELP for help, \
             STOP to end.",
            self.program
        ))
    }

    /// The one answer to STOP, then silence: who, and that no more texts come (LAW-13, LAW-22). No marketing.
    pub fn stopped(&self) -> String {
        plainly(&format!(
            "{}: you will get no more texts. Emergency calls may continue. To get texts again, text YES to {}.",
            self.program, self.short_code
        ))
    }

    /// The answer to HELP, subscribed or not: who, where a person helps, how often, what it costs, how to get out
    /// (LAW-20, LAW-22).
    pub fn help(&self) -> String {
        plainly(&format!(
            "{}: school texts. Help: {}. Msg freq varies. Msg&data rates may apply. Reply YES to get texts, STOP to \
             end.",
            self.program, self.help_contact
        ))
    }

    /// The one answer to a text that joins no thread (B21): nobody reads it here, and whom to call.
    pub fn held(&self) -> String {
        plainly(&format!(
            "{}: nobody reads texts here until school staff has written to you first. Call your school: {}. Reply STOP to \
             end.",
            self.program, self.help_contact
        ))
    }

    /// The one automatic answer of a closed period: whose words, and where help is at once. `words`: the school's own,
    /// without its name; empty for ours.
    pub fn after_hours(&self, words: &str) -> String {
        let ours = "it is after hours. School staff will read your text when they are back. In an emergency call 911.";
        let words = if words.trim().is_empty() { ours } else { words.trim() };
        plainly(&format!("{}: {words} Reply STOP to end.", self.program))
    }

    /// The answer to START in a thread (LAW-20).
    pub fn reopened(&self) -> String {
        plainly(&format!(
            "{}: texts from school staff are open again. Msg&data rates may apply. Reply HELP for help, STOP to end.",
            self.program
        ))
    }

    /// The answer to YES from a number that is on no record: no consent is invented (A26).
    pub fn not_on_file(&self) -> String {
        plainly(&format!(
            "{}: this number is not on our records. Ask your school's registrar to add it, then text YES to {}. \
             Help: {}",
            self.program, self.short_code, self.help_contact
        ))
    }
}

/// The basic table of GSM 7-bit (3GPP TS 23.038, 6.2.1) without the controls, one septet each.
const GSM: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The text in letters that cost one septet each: curly marks become plain, other accents fall, the rest is left out.
/// One foreign letter would flip the whole text to UCS-2 and 70 letters a segment (LAW-25).
fn plainly(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            '‘' | '’' | 'ʻ' | 'ʼ' | '`' | '´' => plain.push('\''),
            '“' | '”' | '«' | '»' => plain.push('"'),
            '–' | '—' | '‑' => plain.push('-'),
            c if GSM.contains(c) => plain.push(c),
            c => plain.extend(c.nfkd().filter(|c| !is_combining_mark(*c) && GSM.contains(*c))),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Speaker<'_> =
        Speaker { program: "Cedar Valley Unified Alerts", help_contact: "512-555-0100", short_code: "68453" };

    fn all(speaker: Speaker<'_>) -> [String; 8] {
        [
            speaker.invitation(),
            speaker.opted_in(),
            speaker.stopped(),
            speaker.help(),
            speaker.not_on_file(),
            speaker.held(),
            speaker.reopened(),
            speaker.after_hours(""),
        ]
    }

    #[test]
    fn every_fixed_text_names_the_program_and_fits_one_plain_segment() {
        for text in all(OURS) {
            assert!(text.starts_with(OURS.program), "{text}");
            assert!(text.chars().count() <= 160, "{} {text}", text.chars().count());
            assert!(text.chars().all(|c| GSM.contains(c)), "{text}");
        }
    }

    #[test]
    fn a30_law_22_law_26_each_text_says_what_the_carriers_demand() {
        for text in [OURS.invitation(), OURS.help(), OURS.opted_in()] {
            for words in ["Msg freq varies", "Msg&data rates may apply", "STOP"] {
                assert!(text.contains(words), "{words} in {text}");
            }
        }
        assert!(OURS.invitation().contains("Reply YES") && OURS.invitation().contains("HELP"));
        assert!(OURS.help().contains("512-555-0100"));
        assert!(OURS.stopped().contains("no more texts"));
        assert!(OURS.not_on_file().contains("registrar") && OURS.not_on_file().contains("68453"));
    }

    #[test]
    fn a_name_in_foreign_letters_costs_no_second_segment() {
        let okina = Speaker { program: "Hawaiʻi “Ōlelo” – 学校", ..OURS };
        assert!(okina.invitation().starts_with("Hawai'i \"Olelo\" - : Reply YES"), "{}", okina.invitation());
        for text in all(okina) {
            assert!(text.chars().all(|c| GSM.contains(c)), "{text}");
        }
    }
}
