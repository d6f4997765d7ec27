//! The only task runner of the house: `cargo xtask` followed by a command. Each command has its own file.

#![expect(clippy::print_stdout, reason = "a task runner speaks to the person at the terminal")]

mod bench;
mod bindings;
mod build;
mod install;
mod postgres;
mod prepare_sql;
mod run;
mod shell;
mod test;
mod tour;
mod vectors;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  run [--release] [--desks N]
                       build everything and open the window, or N of them, beside a demo office
  test                 every check that stands between a change and the others
  bench [NAME…]        measure, and write target/bench/report.json
  tour [FOLDER]        drive the real window through the main job and keep pictures (target/tour)
  vectors FILE         check a file of test vectors against the rules of `domain`
  bindings [--check]   write (or compare) the window's TypeScript types in ui/src/bindings
  prepare-sql [--check] [desk] [central]
                       write (or compare) what sqlx needs to check the SQL without a database";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run", options @ ..] => run::command(options),
        ["test"] => test::command(),
        ["bench", names @ ..] => bench::command(names),
        ["tour"] => tour::command(None),
        ["tour", folder] => tour::command(Some(folder)),
        ["vectors", file] => vectors::command(file),
        ["bindings"] => bindings::write(),
        ["bindings", "--check"] => bindings::check(),
        ["prepare-sql", rest @ ..] => prepare_sql::command(rest),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(HELP.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let fault = fault.to_string();
            if !fault.is_empty() {
                eprintln!("{fault}");
            }
            ExitCode::FAILURE
        }
    }
}
