//! One file a command: arguments, input, answer.

pub mod bootstrap;
pub mod detect;
pub mod fetch;
pub mod fit;
pub mod forecast;
pub mod optimise;
pub mod pbo;
pub mod recommend;
pub mod scenarios;
pub mod stats;
pub mod sweep;
