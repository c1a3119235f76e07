//! The server as its callers meet it: the real router, the real engine, real sockets where
//! timing matters, and a real browser.

mod access;
mod browser;
mod callbacks;
mod capture;
mod clips;
mod console;
mod console_browser;
mod crossing;
mod door;
mod e2e;
mod examples;
mod exchanges;
mod faces;
mod idempotency;
mod images;
mod kept;
mod limits;
mod liveness;
mod load;
mod logs;
mod memory;
mod operations;
mod page;
mod replays;
mod sessions;
mod startup;
mod streams;
mod support;
mod tenants;
mod tls;
mod transport;
mod urls;
mod wallet;
mod webdriver;
