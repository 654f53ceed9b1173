//! What integration tests and benchmarks share.

pub mod bytecode;
pub mod event;
pub mod refusal;
pub mod token_2022;
pub mod unchanged;
pub mod vault_test;

pub use bytecode::programs;
pub use event::{assert_emitted, emitted, the_event};
pub use refusal::{assert_broken, assert_other_refusal, assert_refused, assert_venue_refused};
pub use vault_test::{BadPrice, INVESTED, POOL, SOL, SOL_PRICE_E8, USDC, VaultTest};
