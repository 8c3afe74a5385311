//! The words that open, close and ask (LAW-20, LAW-21, A25-A27).
