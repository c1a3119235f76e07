//! The explanation pictures and the page, over checks built by hand.

mod odd_geometry;
mod page;
mod pictures;
mod subject;
