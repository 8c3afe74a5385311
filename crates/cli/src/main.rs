//! The `schoolbell` program.

fn main() {}
