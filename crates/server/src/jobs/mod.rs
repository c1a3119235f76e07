//! What runs beside the requests: one file a job.

pub(crate) mod callbacks;
pub(crate) mod eraser;
pub(crate) mod sessions;
