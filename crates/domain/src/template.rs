//! Templates and merge fields.
