//! Scanned documents: upload in chunks, the whole hash verified, read only through their letter.
//!
//! Chunks are objects of their own until the last one came: a chunk is there as a whole or not at all, and any object
//! store will do. Called by the router. Removes nothing but chunks that were joined or proved wrong.

mod document;
mod files;
mod read;
mod store;
mod upload;

pub(crate) use self::document::{Begun, Document, begin};
pub use self::{
    files::Files,
    read::read,
    upload::{chunk, create, finish, state},
};
