//! The chain behind a JSON-RPC node.
//!
//! | Part | Where |
//! |---|---|
//! | A node as a [`ballast_client::ChainClient`] | [`rpc_chain`] |
//! | Sending, so that it lands once or one knows that it did not | [`send`] |
//! | What happened inside a landed transaction | `landed` |
//! | Failures in the program's own words | `rpc_failure` |

mod landed;
pub mod rpc_chain;
mod rpc_failure;
pub mod send;

pub use rpc_chain::RpcChain;
