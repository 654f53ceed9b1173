//! The readers against recorded answers, served on a loopback port.
#![allow(clippy::unwrap_used)]

mod chain;
mod http;
mod llama;
mod pyth;
mod server;
