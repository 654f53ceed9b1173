//! What must hold whatever people, keepers, venues and prices do, on the real bytecode.
//!
//! `sequences` draws long random histories and checks design's invariants after every step; `inflation`
//! plays the classic attack on share prices; `donations` sends value into every account that takes it.
#![allow(missing_docs, clippy::unwrap_used)]

mod action;
mod books;
mod donations;
mod inflation;
mod sequences;
