//! Scripted devices that fail on purpose: what the tests of this room, of the desk and of whole journeys talk to.
//!
//! Used by tests only. They listen on loopback, wait for events and never for time, and know nothing of our own code
//! on the other side.

pub mod printer;
