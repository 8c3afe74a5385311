//! The ready-made texts for the four primary uses: delayed opening, early dismissal, closing, emergency (A2).

use crate::category::Category;

/// A text to start from, for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyMade {
    pub key: &'static str,
    pub name: &'static str,
    pub category: Category,
    pub email_subject: &'static str,
    /// Markdown.
    pub email_body: &'static str,
    pub sms_body: &'static str,
    /// Says at the start who calls and which number calls back (LAW-7).
    pub voice_body: &'static str,
}

/// In the order of A2.
pub const READY_MADE: [ReadyMade; 4] = [
    ReadyMade {
        key: "delayed_opening",
        name: "Delayed opening",
        category: Category::SchoolsOut,
        email_subject: "{{school}} opens late on {{date}}",
        email_body: "Dear family of {{students}},\n\n\
            {{school}} will open **[[how long, for example two hours]] late** on {{date}}.\n\n\
            - Classes begin at [[time]].\n- Buses run [[how much]] later than usual.\n\
            - Breakfast is [[served or not served]].\n\n\
            If anything changes, we will write again. Questions: {{school_phone}}.\n\n{{sender}}",
        sms_body: "{{school}}: opens [[two hours]] late {{date}}. Classes begin at [[time]]. Buses run later too. \
            Questions: {{school_phone}}",
        voice_body: "This is {{school}}. Our number is {{school_phone}}. On {{date}} school opens \
            [[how long, for example two hours]] late. Classes begin at [[time]], and buses run later by the same time. \
            Again: school opens late, and classes begin at [[time]].",
    },
    ReadyMade {
        key: "early_dismissal",
        name: "Early dismissal",
        category: Category::SchoolsOut,
        email_subject: "{{school}} dismisses early on {{date}}",
        email_body: "Dear family of {{students}},\n\n\
            {{school}} will **dismiss students at [[time]]** on {{date}} because of [[reason]].\n\n\
            - Buses leave at [[time]].\n- After-school activities are [[cancelled or still on]].\n\
            - If you pick up your child, please come by [[time]].\n\n\
            Questions: {{school_phone}}.\n\n{{sender}}",
        sms_body: "{{school}}: early dismissal {{date}} at [[time]]. Buses leave at [[time]]. Questions: \
            {{school_phone}}",
        voice_body: "This is {{school}}. Our number is {{school_phone}}. On {{date}} students are dismissed early, at \
            [[time]], because of [[reason]]. Buses leave at [[time]]. After-school activities are \
            [[cancelled or still on]]. Again: dismissal is at [[time]].",
    },
    ReadyMade {
        key: "school_closing",
        name: "School closing",
        category: Category::SchoolsOut,
        email_subject: "{{school}} is closed on {{date}}",
        email_body: "Dear family of {{students}},\n\n\
            {{school}} is **closed on {{date}}** because of [[reason]].\n\n\
            - All activities of that day are cancelled.\n- We expect to open again on [[day]].\n\n\
            Questions: {{school_phone}}.\n\n{{sender}}",
        sms_body: "{{school}}: closed {{date}} because of [[reason]]. All activities cancelled. Questions: \
            {{school_phone}}",
        voice_body: "This is {{school}}. Our number is {{school_phone}}. School is closed on {{date}} because of \
            [[reason]]. All activities of that day are cancelled. We expect to open again on [[day]].",
    },
    ReadyMade {
        key: "emergency",
        name: "Emergency",
        category: Category::SchoolHoursEmergency,
        email_subject: "Emergency at {{school}}",
        email_body: "Dear family of {{students}},\n\n\
            **[[What happened, in one sentence.]]**\n\n\
            - Where your child is: [[place]].\n- What we ask of you: [[what to do, and what not to do]].\n\n\
            We will write again by [[time]]. Please keep the lines free for emergency crews.\n\n\
            {{sender}}, {{school}}, {{time}} on {{date}}",
        sms_body: "{{school}} emergency {{time}}: [[what happened]]. [[What to do]]. More to follow.",
        voice_body: "This is an emergency message from {{school}}. Our number is {{school_phone}}. [[What happened.]] \
            [[Where the students are.]] [[What we ask of you.]] We will call again when we know more.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Field, Unresolved, check, fields_in};

    #[test]
    fn the_four_primary_uses_of_a2_are_ready_made_and_each_has_a_text_for_every_channel() {
        let keys: Vec<_> = READY_MADE.iter().map(|made| made.key).collect();
        assert_eq!(keys, ["delayed_opening", "early_dismissal", "school_closing", "emergency"]);
        for made in READY_MADE {
            assert!(made.category.is_urgent(), "{}", made.key);
            for text in [made.email_subject, made.email_body, made.sms_body, made.voice_body] {
                assert!(!text.is_empty());
                // Blanks are for the person; nothing else may stand in the way of Send.
                assert!(check(text).iter().all(|problem| matches!(problem, Unresolved::Blank { .. })), "{text}");
            }
        }
    }

    #[test]
    fn law_7_calls_say_first_who_speaks_and_which_number_calls_back() {
        for made in READY_MADE {
            assert_eq!(fields_in(made.voice_body).get(..2), Some([Field::School, Field::SchoolPhone].as_slice()));
            assert!(made.voice_body.find("{{school}}").is_some_and(|at| at < 40), "{}", made.key);
        }
    }

    #[test]
    fn a_ready_made_text_fits_one_plain_segment_with_usual_words_filled_in() {
        for made in READY_MADE {
            let mut text = made.sms_body.replace("[[two hours]]", "two hours").replace("[[reason]]", "heavy snow");
            text = text.replace("[[time]]", "10:05 AM").replace("[[what happened]]", "gas smell, school evacuated");
            text = text.replace("[[What to do]]", "Pick up at Main St gym");
            text = text.replace("{{school}}", "Lincoln Middle School").replace("{{date}}", "Wednesday, January 12");
            text = text.replace("{{school_phone}}", "512-555-0143").replace("{{time}}", "10:05 AM");
            assert!(check(&text).is_empty() && text.is_ascii() && text.len() <= 160, "{} {text}", text.len());
        }
    }
}
