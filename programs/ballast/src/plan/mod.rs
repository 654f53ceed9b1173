//! What an instruction may do, decided before it does anything, and what it must have left true.
//!
//! Plans read accounts and clock and change nothing; the sums are `ballast_math`'s.

mod allocate;
mod exit;
mod rebalance;

pub use allocate::{move_room, plan_move, verify_move, MoveOrder, MovePlan};
pub use exit::{settle_exit, SettledExit};
pub use rebalance::{plan_rebalance, RebalancePlan, Refusal};
