//! The kit of the tests and of the demo office: a desk, a central, devices and a desktop, all real and all our own.

pub mod central_office;
pub mod chance;
pub mod checker;
pub mod crowd;
pub mod demo_office;
pub mod desktop;
pub mod devices;
pub mod fuzz;
pub mod identity_provider;
pub mod loop_disk;
pub mod main_job;
pub mod object_storage;
pub mod private_cluster;
pub mod proxy;
pub mod rough_line;
pub mod sim;
pub mod small_disk;
pub mod test_desk;
pub mod window;

pub use devices::{sample_letters, virtual_mfp, virtual_printer};
