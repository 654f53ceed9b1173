//! Governance: everything that raises risk.

pub mod accept_governance;
pub mod add_allocation;
pub mod approve_model;
pub mod create_vault;
pub mod initialize_config;
pub mod list_strategy;
pub mod offer_governance;
pub mod repin_strategy;
pub mod set_allocation_caps;
pub mod set_decision_retention;
pub mod set_fees;
pub mod set_guardian;
pub mod set_keeper;
pub mod set_limits;
pub mod set_price_guard;

pub use accept_governance::*;
pub use add_allocation::*;
pub use approve_model::*;
pub use create_vault::*;
pub use initialize_config::*;
pub use list_strategy::*;
pub use offer_governance::*;
pub use repin_strategy::*;
pub use set_allocation_caps::*;
pub use set_decision_retention::*;
pub use set_fees::*;
pub use set_guardian::*;
pub use set_keeper::*;
pub use set_limits::*;
pub use set_price_guard::*;
