//! What could happen: resampled history, regimes and jumps, as integers that the chain can hold.
pub mod markov;
