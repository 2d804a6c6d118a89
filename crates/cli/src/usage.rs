//! How a command is to be written.

use clap::{Command, CommandFactory as _};

use crate::Env;
use crate::command_line::CommandLine;
use crate::commands::USAGES;

/// Commands that ask no cluster: flags that tell which one would only be in the way of theirs.
const WITHOUT_A_CLUSTER: [&str; 8] =
    ["completion", "demo", "judge", "lint", "plan", "simulate", "test", "version"];

/// The public plugin's name.
const PEER: &str = "kubectl-argo-rollouts";

/// The public plugin's commands.
const PEERS: [&str; 15] = [
    "abort",
    "completion",
    "create",
    "get",
    "lint",
    "list",
    "pause",
    "promote",
    "restart",
    "retry",
    "set",
    "status",
    "terminate",
    "undo",
    "version",
];

/// Printed after a command line that does not fit.
pub(crate) fn of(args: &[String], env: &Env) -> String {
    rendered(&path(args), env, "Usage:\n  {usage}\n\n{after-help}\n\n{all-args}")
}

/// Printed when it is asked for.
pub(crate) fn help(args: &[String], env: &Env) -> String {
    let path = path(args);
    let text = rendered(&path, env, "{about-with-newline}\nUsage:\n  {usage}\n\n{after-help}\n\n{all-args}");
    if command(&path).has_subcommands() {
        let words = [&[env.typed()], path.as_slice()].concat().join(" ");
        format!("{text}\n`{words} <command> --help` tells the flags of each.\n")
    } else {
        text
    }
}

/// Whether the usage is all that is said, as by the public plugin: of its commands, by its name.
pub(crate) fn stands_alone(args: &[String], env: &Env) -> bool {
    let path = path(args);
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    env.program == PEER
        && match words.as_slice() {
            ["get", "analysisrun" | "release", ..] | ["list", "analysisruns", ..] => false,
            [first, ..] => PEERS.contains(first),
            [] => true,
        }
}

/// That a command only leads to others, and to which; nothing of the program itself.
pub(crate) fn choice(args: &[String]) -> String {
    let path = path(args);
    if path.is_empty() {
        return String::new();
    }
    let command = command(&path);
    let names: Vec<&str> =
        command.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help").collect();
    format!("`{}` needs to know of what: {}", path.join(" "), names.join(", "))
}

/// The command that the names lead to.
fn command(path: &[String]) -> Command {
    let mut root = CommandLine::command();
    root.build();
    let command = path.iter().try_fold(&root, |command, word| command.find_subcommand(word));
    command.unwrap_or(&root).clone()
}

fn rendered(path: &[String], env: &Env, template: &'static str) -> String {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let row = USAGES.iter().find(|(path, _)| *path == words.as_slice());
    let usage = row.map_or_else(|| format!("{} [flags]", path.join(" ")), |(_, usage)| (*usage).to_owned());
    let usage = match words.as_slice() {
        // The peer's usage, word for word, for whoever calls us by its name.
        ["list"] if env.program == PEER => "list <rollout|experiment> [flags]".to_owned(),
        _ => usage,
    };
    let command = command(path);
    let alone = path.first().is_some_and(|name| WITHOUT_A_CLUSTER.contains(&name.as_str()));
    let command = command.mut_args(|arg| if alone && arg.is_global_set() { arg.hide(true) } else { arg });
    // One text for `-h` and `--help`: the longer one.
    let about = command.get_long_about().or(command.get_about()).cloned().unwrap_or_default();
    let command = command.long_about(None::<&str>).about(about).term_width(100);
    let command = command.help_template(template).override_usage(format!("{} {usage}", env.program));
    let text = command.clone().render_help().to_string().replace(" (see more with '--help')", "");
    tidy(&text.replace("%PROGRAM%", &env.typed()))
}

/// Without spaces at the ends of lines, and never two empty lines in a row.
fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    for line in text.trim_start().lines().map(str::trim_end) {
        if !(line.is_empty() && tidy.ends_with("\n\n")) {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}

/// The names of the commands that the words lead to, whatever alias was used and whatever flags stand between.
pub(crate) fn path(args: &[String]) -> Vec<String> {
    let mut root = CommandLine::command();
    root.build();
    let mut here = &root;
    let mut path = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            if takes_next(here, word) {
                words.next();
            }
        } else if word == "help" && path.is_empty() {
            // `help promote` is `promote --help`.
        } else if let Some(inner) = here.find_subcommand(word) {
            path.push(inner.get_name().to_owned());
            here = inner;
        } else {
            break;
        }
    }
    path
}

/// Whether a flag's value is the next word.
fn takes_next(command: &Command, word: &str) -> bool {
    let flag = command.get_arguments().find(|arg| match word.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short() == word.chars().nth(1) && word.len() == 2,
    });
    flag.is_some_and(|arg| arg.get_action().takes_values() && !arg.is_require_equals_set())
}
