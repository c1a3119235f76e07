//! One file for each verb.

pub(crate) mod calibrate;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod crops;
pub(crate) mod eval;
pub(crate) mod serve;
