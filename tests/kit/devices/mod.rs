//! Devices that exist only on loopback, and the letters that lie in them.
//!
//! Used by the demo office, the journeys and the device tests; everything speaks over real sockets, so that what talks
//! to it cannot tell it from a thing of metal. Never part of a shipped crate.

pub mod paper_trail;
pub mod sample_letters;
pub mod sheet;
pub mod virtual_mfp;
pub mod virtual_printer;
