//! What pages and rules ask, by noun. Every function takes `&mut impl Reads`.
