//! Simulated sessions: honest persons, walkers at random, recordings, and events in any order.

mod body;
mod chance;
mod honest;
mod light;
mod properties;
mod rules;
mod session;
