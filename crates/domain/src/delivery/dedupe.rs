//! One delivery per address and channel of a broadcast, naming all its children.
