//! What runs beside the requests: one file a job.

pub(crate) mod eraser;
