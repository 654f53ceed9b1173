//! What needs a real bank: rent, slots and epochs that pass as on a cluster, lookup tables. The bytecode is the
//! same; the accounts are a sandbox fixture's, copied into the bank.
#![allow(missing_docs, clippy::unwrap_used)]

mod bank;
mod epochs;
mod rent;
mod slots;
