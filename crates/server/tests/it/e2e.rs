//! Whole sessions, from the initiate request to the redirect: the real server with its real weights, a real browser, and
//! before its camera a puppet that does what the page shows. `make e2e` runs them; they take minutes.
//!
//! A puppet is an injection attack. Under `crates/session/tests/puppet.toml` and a live threshold of nearly nothing it
//! may be LIVE; under the shipped calibration it must not be.

mod attacks;
mod passes;
mod puppet;
mod stage;
