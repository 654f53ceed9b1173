//! What venues will pay: point forecasts, intervals, and the test that a model must pass to be used.

pub mod garch;
