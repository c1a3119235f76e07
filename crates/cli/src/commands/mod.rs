//! One file for each verb.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod serve;
