//! Clips that the tests make of puppets, through ffmpeg, the mesh and the signals over time.

mod puppets;
mod standstill;
mod strangers;
mod support;
