//! The default of a slot, then the family's choice (A40-A47).
