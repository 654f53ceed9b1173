//! The documented path generator: what the demo and the default replay run on.
//!
//! | Quantity | Process | Calibrated on |
//! |---|---|---|
//! | SOL/USD | Merton jump-diffusion | SOL hourly closes, 2023-07 to 2025-06 |
//! | stable/USD | mean-reverting log deviation, plus rare depegs that heal | USDC hourly closes, 2023-04 to 2025-06 |
//! | utilisation of a reserve | Ornstein-Uhlenbeck on the logit | Aave v3 USDC on Base, 2025-07 to 2026-08 |
//! | pool volume / TVL | Ornstein-Uhlenbeck on the log | Uniswap v3 WBTC/WETH, 2021-06 to 2024-01 |
//! | staking | constant | BNSOL against SOL, 2024-10 to 2025-06 |
//!
//! Each process draws from its own ChaCha stream of the seed: adding a reserve changes no other path. Steps
//! are exact transitions of the processes, so the step length changes the sampling, not the law.
//! [`calibrate`] holds the estimators that the defaults come from; a test repeats them where the data is.

pub mod calibrate;
mod market;
mod params;
mod process;

pub use market::GeneratedMarket;
pub use params::{GeneratorConfig, OuParams, PegParams, PriceParams, ReserveParams};
pub(crate) use process::{JumpDiffusion, stream};
