//! Weights from forecasts and scenarios, under constraints.
