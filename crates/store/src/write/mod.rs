//! What commands and jobs do, by noun. Every function takes `&mut Tx`.
