//! From words to a command.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::flags::Global;
use crate::{Env, Error, usage};

#[derive(Parser)]
#[command(
    name = "aviary",
    about = "Progressive delivery for Kubernetes: releases that move by measurement",
    disable_version_flag = true,
    subcommand_required = true,
    subcommand_value_name = "COMMAND",
    after_help = "Examples:\n  # Watch a release\n  %PROGRAM% get rollout guestbook --watch\n\n  # Let it go on\n  %PROGRAM% promote guestbook\n\n  # Bring the old version back\n  %PROGRAM% abort guestbook"
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    flags: Global,
    #[command(subcommand)]
    command: Command,
}

/// What a command line asks for.
pub(crate) enum Parsed {
    /// A text about a command.
    Help(String),
    /// To do something.
    Command(Box<Command>, Box<Global>),
}

pub(crate) fn parse(args: &[String], env: &Env) -> Result<Parsed, Error> {
    if let Some(completion) = crate::commands::complete::from(args) {
        return Ok(Parsed::Command(Box::new(completion), Box::default()));
    }
    // The plugin has no such flag; whoever types it means the command.
    let asks_for_version = args.first().is_some_and(|word| word == "--version");
    let args = if asks_for_version { &["version".to_owned()] } else { args };
    let words = std::iter::once(env.program.clone()).chain(args.iter().cloned());
    let parsed = (CommandLine::command().try_get_matches_from(words))
        .and_then(|matches| CommandLine::from_arg_matches(&matches));
    match parsed {
        Ok(line) => {
            line.flags.check()?;
            Ok(Parsed::Command(Box::new(line.command), Box::new(line.flags)))
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Parsed::Help(usage::help(args, env))),
        Err(error) => Err(refused(&error, args, env)),
    }
}

/// What the public plugin says of a command line that it does not understand (spec cli-commands 1).
fn refused(error: &clap::Error, args: &[String], env: &Env) -> Error {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument => match said(ContextKind::InvalidArg) {
            Some(flag) if flag.starts_with("--") => {
                let name = flag.split('=').next().unwrap_or(flag);
                Error::new(format!("unknown flag: {name}"))
            }
            Some(flag) if flag.starts_with('-') => {
                Error::new(format!("unknown shorthand flag: '{}' in {flag}", flag.trim_start_matches('-')))
            }
            _ => Error::Usage(sentence(error)),
        },
        ErrorKind::InvalidSubcommand if usage::path(args).is_empty() => {
            let word = said(ContextKind::InvalidSubcommand).unwrap_or_default();
            let program = &env.program;
            Error::new(format!("unknown command {word:?} for {program:?}\nRun '{program} --help' for usage."))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
            if said(ContextKind::InvalidValue).is_some_and(|value| !value.is_empty()) =>
        {
            let (value, flag) = (said(ContextKind::InvalidValue), said(ContextKind::InvalidArg));
            let flag = flag.unwrap_or_default().split([' ', '=']).next().unwrap_or_default();
            let remedy = remedy(error).map(|remedy| format!(": {remedy}")).unwrap_or_default();
            Error::new(format!("invalid argument {:?} for {flag:?} flag{remedy}", value.unwrap_or_default()))
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::WrongNumberOfValues => {
            let flag = said(ContextKind::InvalidArg).unwrap_or_default();
            let flag = flag.split([' ', '=']).next().unwrap_or_default();
            Error::new(format!("flag needs an argument: {flag}"))
        }
        // Of a command that only leads to others.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            Error::Usage(usage::choice(args))
        }
        _ => Error::Usage(sentence(error)),
    }
}

/// What the parser says, less the usage, which is printed our way.
fn sentence(error: &clap::Error) -> String {
    let text = error.to_string();
    let parts = text.trim().split("\n\n");
    let own =
        parts.take_while(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"));
    let own: Vec<&str> = own.collect();
    let own = own.join("\n\n");
    own.strip_prefix("error: ").unwrap_or(&own).to_owned()
}

/// What could be written instead of a value that does not fit.
fn remedy(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            Some(format!("choose one of {}", values.join(", ")))
        }
        _ => std::error::Error::source(error).map(ToString::to_string),
    }
}
