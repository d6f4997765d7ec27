//! The real window under Xvfb, by keyboard alone: the main job, the faults a clerk meets at the screen, the second start.

mod fork;
mod journey;
mod letter;
mod slip;
mod trouble;
