//! One file for each verb.

pub(crate) mod audit;
pub(crate) mod calibrate;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod crops;
mod desk;
pub(crate) mod eval;
pub(crate) mod keys;
pub(crate) mod operators;
pub(crate) mod serve;
pub(crate) mod tenants;
pub(crate) mod video;
pub(crate) mod webhooks;
