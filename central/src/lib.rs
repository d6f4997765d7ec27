//! central.
