//! The binary as whole processes: killed, replaced, two on one database, and with faults around it.

mod ask;
mod backup;
mod crash;
mod faults;
mod rolling;
mod sessions;
mod site;
mod traces;
