//! One table of commands, one file per command.

mod bench;
mod check_alone;
mod ci;
mod clippy;
mod control_plane;
mod crds;
mod demo;
mod deny;
mod docs;
mod e2e;
mod fmt;
mod fuzz;
mod layers;
mod soak;
mod terraform;
mod test;
mod tidy;
mod wasm;

use crate::Failure;
use std::fmt::Write;

/// A row of the table.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&[String]) -> Result<(), Failure>,
}

/// Every command, alphabetical.
const COMMANDS: &[Command] = &[
    bench::COMMAND,
    check_alone::COMMAND,
    ci::COMMAND,
    clippy::COMMAND,
    control_plane::COMMAND,
    crds::COMMAND,
    demo::COMMAND,
    deny::COMMAND,
    docs::COMMAND,
    e2e::COMMAND,
    fmt::COMMAND,
    fuzz::COMMAND,
    layers::COMMAND,
    soak::COMMAND,
    terraform::COMMAND,
    terraform::SCHEMA_COMMAND,
    test::COMMAND,
    tidy::COMMAND,
    wasm::COMMAND,
];

/// Runs the command named by the first word.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    match words.split_first() {
        None => {
            print!("{}", help());
            Ok(())
        }
        Some((name, _)) if matches!(name.as_str(), "help" | "--help" | "-h") => {
            print!("{}", help());
            Ok(())
        }
        Some((name, arguments)) => match named(name) {
            Some(Command { name, arguments: takes, about, .. }) if asks_for_help(arguments) => {
                println!("{about}\n\nUsage: cargo xtask {name} {takes}");
                Ok(())
            }
            Some(command) => (command.run)(arguments),
            None => Err(Failure::new(
                format!("there is no command `{name}`"),
                "choose one of those that `cargo xtask --help` lists",
            )),
        },
    }
}

/// What follows `--` is for the program that a command starts.
fn asks_for_help(arguments: &[String]) -> bool {
    arguments.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h")
}

/// The command of this name.
pub(crate) fn named(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

fn help() -> String {
    let usage = |command: &Command| format!("{} {}", command.name, command.arguments);
    let width = COMMANDS.iter().map(|command| usage(command).len()).max().unwrap_or_default();
    let mut text = "Usage: cargo xtask <command>\n\n".to_owned();
    for command in COMMANDS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<width$}  {}", usage(command), command.about);
    }
    text
}

/// Refuses arguments where a command takes none.
pub(crate) fn no_arguments(of: &Command, arguments: &[String]) -> Result<(), Failure> {
    if arguments.is_empty() {
        return Ok(());
    }
    let what = format!("`{}` takes no arguments, got `{}`", of.name, arguments.join(" "));
    Err(Failure::new(what, "see `cargo xtask --help`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_in_alphabetical_order_and_each_says_what_it_does() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        assert!(COMMANDS.iter().all(|command| !command.about.is_empty()));
    }

    #[test]
    fn help_is_given_instead_of_a_run() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(asks_for_help(&words("--schedules --help")) && asks_for_help(&words("-h")));
        assert!(!asks_for_help(&words("name -- --help")));
        assert!(run(&words("soak --help")).is_ok());
    }

    #[test]
    fn an_unknown_command_is_refused_with_a_way_on() {
        let failure = run(&["tydi".to_owned()]).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "there is no command `tydi`\n  repair: choose one of those that `cargo xtask --help` lists"
        );
    }
}
