//! The binary as whole processes: killed, replaced, and two on one database.

mod crash;
mod rolling;
mod sessions;
mod site;
