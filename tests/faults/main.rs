//! What may go wrong at a desk, one file a part of the office's work.

mod checker;
mod database;
mod intake;
mod kill;
mod power;
