//! Simulated sessions: honest persons, walkers at random, recordings, and events in any order.

// The figures of docs/CHALLENGE.md are what these tests print.
#![allow(clippy::print_stdout)]

mod body;
mod chance;
mod honest;
mod light;
mod order;
mod properties;
mod rules;
mod scene;
mod session;
