//! One file an instruction: the happy path with its events, every line of its Specification, every error
//! it can raise, and that a refusal changed nothing.
#![allow(missing_docs, clippy::unwrap_used)]

mod account_version;
mod add_allocation;
mod allocate;
mod allocate_limits;
mod approve_model;
mod claim_fees;
mod close_accounts;
mod create_vault;
mod deposit;
mod errors;
mod extend_history;
mod flow_limits;
mod initialize_config;
mod list_strategy;
mod offer_governance;
mod oracle;
mod rebalance;
mod refresh_allocation;
mod repin_strategy;
mod revoke_model;
mod set_allocation_caps;
mod set_fees;
mod set_guardian;
mod set_keeper;
mod set_limits;
mod set_pause_level;
mod set_price_guard;
mod set_profile;
mod simulate_rebalance;
mod withdraw;
mod withdraw_from;
