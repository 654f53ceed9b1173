//! People and their money.

pub mod close_position;
pub mod close_profile;
pub mod deposit;
pub mod set_profile;
pub mod withdraw;
pub mod withdraw_from;

pub use close_position::*;
pub use close_profile::*;
pub use deposit::*;
pub use set_profile::*;
pub use withdraw::*;
pub use withdraw_from::*;
