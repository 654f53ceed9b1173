//! Red flags: level rules and CUSUM, and the on-chain breaker that each would arm.
