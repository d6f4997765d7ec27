//! Slip.
