//! The async edge: sockets, routes, permits, timeouts, metrics and pages.
//!
//! Async stops at [`service`]: a check runs on a bounded pool of blocking threads. What a
//! request and an answer look like is known by the contracts alone; one handler
//! (`http::contract_handler`) drives them all. The walk of a request: [`serve`] accepts and
//! limits connections, [`router`] finds the contract, `http::body` reads within limits,
//! [`service`] waits for a place on the pool, decodes and checks, the contract words the answer.

mod app;
mod clock;
mod config;
mod error;
mod http;
mod jobs;
mod memory;
mod metrics;
mod pages;
pub mod secrets;
mod serve;
pub mod service;
mod tls;
pub mod vault;

pub use app::App;
pub use config::{EdgeLimits, ServerConfig, Setting, TlsFiles};
pub use error::ServeError;
pub use http::{Peer, router};
pub use ipnet::IpNet;
pub use lifesign_net::Policy;
pub use memory::{Memory, Mode};
pub use serve::{serve, serve_on};
pub use service::network;
