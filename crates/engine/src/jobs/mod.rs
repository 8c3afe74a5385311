//! Coarse background work, one file each.
