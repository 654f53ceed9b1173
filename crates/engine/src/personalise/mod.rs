//! From answers to a profile, and from a profile to a recommended mix.
