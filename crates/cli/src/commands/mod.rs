//! The commands, one file each: arguments, what is done, and how it is shown.

pub mod decision;
pub mod deposit;
pub mod keeper;
pub mod migrate;
pub mod model;
pub mod positions;
pub mod profile;
pub mod vault;
pub mod withdraw;
