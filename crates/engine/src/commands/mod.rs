//! What people do, one file each: `verb_noun.rs`.
