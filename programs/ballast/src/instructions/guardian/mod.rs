//! Guardian or governance: the guardian may only make things safer.

pub mod revoke_model;
pub mod set_pause_level;

pub use revoke_model::*;
pub use set_pause_level::*;
