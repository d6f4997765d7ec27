//! Okienko's window: composes the desk, starts its workers, shows `ui`, and forwards commands and events.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod app;
mod commands;
mod error;
mod single;

fn main() -> std::process::ExitCode {
    app::run()
}
