//! kit

pub mod devices;

pub use devices::{sample_letters, virtual_mfp, virtual_printer};

pub mod small_disk;
pub mod test_desk;
