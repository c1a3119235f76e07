//! Whole sessions through real pixels: a puppet before the camera, every frame rendered, encoded, decoded and
//! measured.

mod attacks;
mod measures;
mod passes;
mod player;
mod stage;
