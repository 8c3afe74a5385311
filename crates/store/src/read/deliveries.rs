//! Deliveries, as the dispatch and the pages ask for them.
