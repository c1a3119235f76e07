//! The server as its callers meet it: the real router, the real engine, real sockets where
//! timing matters, and a real browser.

mod browser;
mod console;
mod console_browser;
mod liveness;
mod load;
mod logs;
mod operations;
mod page;
mod support;
mod transport;
mod webdriver;
