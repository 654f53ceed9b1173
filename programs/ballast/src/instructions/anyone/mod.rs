//! Open to anyone: nothing here can raise risk or take value.

pub mod allocate;
pub mod claim_fees;
pub mod close_decision;
pub mod extend_history;
pub mod refresh_allocation;
pub mod simulate_rebalance;

pub use allocate::*;
pub use claim_fees::*;
pub use close_decision::*;
pub use extend_history::*;
pub use refresh_allocation::*;
pub use simulate_rebalance::*;
