//! The outside shape of an Anchor program, without Anchor.
//!
//! Both venues that Ballast tests against are Anchor programs: the errors a caller meets first are
//! Anchor's own (wrong owner, wrong discriminator, failed constraint), raised in Anchor's order. The
//! stand-ins reproduce that surface from here, so that an adapter which handles them handles the
//! real programs too.
//!
//! - [`accounts`]: the first pass over the account list, and the constraints of the second.
//! - [`bytes`]: reading and writing an account's fields by their offset.
//! - [`error`]: the framework's error codes.
//! - [`token`]: reading SPL token accounts and mints, and calling the token programs.
//! - [`extensions`]: which Token-2022 extensions an account or a mint carries.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod bytes;
pub mod error;
pub mod extensions;
pub mod token;

pub use error::AnchorError;
