//! `central`: serves an office, and changes a letter's stage from the command line.
//!
//! Exit codes: 0 done · 1 a fault · 2 wrong usage · 3 no such letter.

mod cli;

use std::{io::IsTerminal, process::ExitCode, str::FromStr};

use clap::Parser;

fn main() -> ExitCode {
    let command = cli::Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    // Whatever is asked for: axum quotes the path of a request that it cannot read.
    let silent = tracing_subscriber::filter::Directive::from_str("axum::rejection=off");
    let filter = silent.into_iter().fold(filter, tracing_subscriber::EnvFilter::add_directive);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match command.log_format {
        cli::LogFormat::Text => log.init(),
        cli::LogFormat::Json => log.json().flatten_event(true).init(),
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return cli::report(&error),
    };
    runtime.block_on(command.run())
}
