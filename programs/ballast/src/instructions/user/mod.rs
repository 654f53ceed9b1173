//! People and their money.

pub mod deposit;
pub mod set_profile;
pub mod withdraw;
pub mod withdraw_from;

pub use deposit::*;
pub use set_profile::*;
pub use withdraw::*;
pub use withdraw_from::*;
