//! Resampling: the stationary block bootstrap and its block length.
