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
            Some(command) => (command.run)(arguments),
            None => Err(Failure::new(
                format!("there is no command `{name}`"),
                "choose one of `cargo xtask --help`",
            )),
        },
    }
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
    fn an_unknown_command_is_refused_with_a_way_on() {
        let failure = run(&["tydi".to_owned()]).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "there is no command `tydi`\n  repair: choose one of `cargo xtask --help`"
        );
    }
}
