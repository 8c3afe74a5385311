//! Every text says who writes: "this is Mrs. Bell" or "- Mrs. Bell" (B26).

use crate::people::name::fold_name;

/// Whether the text names its writer. `shown` is how staff sign: `Mrs. Bell`. Case, accents and full stops do not
/// matter.
pub fn identifies(text: &str, shown: &str) -> bool {
    let (text, shown) = (fold_name(text), fold_name(shown));
    !shown.is_empty() && format!(" {text} ").contains(&format!(" {shown} "))
}

/// The text with its writer's name at the end, unless it stands somewhere already.
pub fn signed(text: &str, shown: &str) -> String {
    let text = text.trim_end();
    if identifies(text, shown) { text.to_owned() } else { format!("{text} - {}", shown.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b26_all_six_examples_of_the_source_name_their_writer() {
        for example in super::super::text_template::READY_MADE {
            assert!(identifies(example.example, "Mrs. Bell"), "{}", example.example);
        }
    }

    #[test]
    fn b26_a_text_without_a_name_gets_its_signature_once() {
        assert_eq!(signed("See you at 1:00. ", "Mrs. Bell"), "See you at 1:00. - Mrs. Bell");
        assert_eq!(signed("It's Mrs Bell. Call me?", "Mrs. Bell"), "It's Mrs Bell. Call me?");
        assert!(!identifies("The school bell rings, mrs.", "Mrs. Bell"));
        assert!(!identifies("Mrs. Bellamy is here", "Mrs. Bell"));
        assert!(!identifies("Hello", ""));
    }
}
