//! `completion`: a script for the shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::command_line::CommandLine;
use crate::{Context, Error, Io};

/// Generate the completion script for a shell
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  # For bash, in this session\n  source <(%PROGRAM% completion bash)")]
pub(crate) struct Args {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL")]
    shell: Vec<String>,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let program = context.env.program.clone();
    let [shell] = args.shell.as_slice() else {
        return Err(Error::new(format!("accepts 1 arg(s), received {}", args.shell.len())));
    };
    let shell = match shell.as_str() {
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        "powershell" => Shell::PowerShell,
        other => return Err(Error::new(format!("invalid argument {other:?} for \"{program} completion\""))),
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), program, &mut script);
    io.text(String::from_utf8_lossy(&script).replace("%PROGRAM%", &context.env.typed()))
}
