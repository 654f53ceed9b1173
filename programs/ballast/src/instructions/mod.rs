//! One file an instruction, by who may call it.

pub mod anyone;
pub mod governance;
pub mod guardian;
pub mod keeper;
pub mod movement;
pub mod user;
pub(crate) mod valuation;

pub use anyone::*;
pub use governance::*;
pub use guardian::*;
pub use keeper::*;
pub use movement::Direction;
pub use user::*;
