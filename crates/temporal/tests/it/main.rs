//! The signals over whole synthetic sequences.

mod robustness;
mod separation;
