//! Everything a caller of the Ballast program needs and the chain does not: addresses, decoded accounts,
//! instructions with the right accounts in the right order, and errors in the program's own words.
//!
//! No network and no keys: the sandbox, the keeper, the command line and the tests share it.

pub mod account;
pub mod address;
pub mod blame;
pub mod chain;
pub mod instruction;
pub mod refusal;
pub mod risk_factor;
pub mod token;
pub mod venue;
mod venue_error;

pub use account::{
    AccountError, decode_config, decode_decision, decode_history, decode_model, decode_position,
    decode_price_guard, decode_profile, decode_strategy, decode_vault,
};
pub use chain::{CallError, ChainAccount, ChainClient, ChainClock, Landed, Rejection, Simulated};
pub use refusal::Refusal;
pub use risk_factor::risk_factor_id;
pub use venue::VenueAccounts;
pub use venue_error::venue_error;

pub use ballast::state;
