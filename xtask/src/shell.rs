//! Running other programs: each is printed before it runs, so that it can be rerun alone.

use crate::Failure;
use crate::workspace;
use std::process::{Command, Stdio};

/// A cargo invocation in the workspace root, by the cargo that runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(workspace::root());
    command
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| quote(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '"', '$', '*', '\'']) {
        format!("{word:?}")
    } else {
        word.to_owned()
    }
}

/// Runs it with our own input and output; a non-zero exit is a failure with this repair.
pub(crate) fn run(command: &mut Command, repair: &str) -> Result<(), Failure> {
    let shown = line(command);
    eprintln!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("`{shown}` ended with {status}"), repair)),
        Err(error) => Err(Failure::new(format!("`{shown}` did not start: {error}"), repair)),
    }
}

/// Runs it silently and gives back what it printed.
pub(crate) fn output(command: &mut Command, repair: &str) -> Result<String, Failure> {
    let shown = line(command);
    let result = command.stdin(Stdio::null()).output();
    match result {
        Ok(out) if out.status.success() => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            Err(Failure::new(format!("`{shown}` ended with {}: {}", out.status, said.trim()), repair))
        }
        Err(error) => Err(Failure::new(format!("`{shown}` did not start: {error}"), repair)),
    }
}

/// Shows what it says on standard error and gives back its report. What it reported is printed as well when it ends with
/// a failure: of a measurement that misses its aim the figures are what one wants to see.
pub(crate) fn report(command: &mut Command, repair: &str) -> Result<String, Failure> {
    let shown = line(command);
    eprintln!("$ {shown}");
    match command.stdin(Stdio::null()).stderr(Stdio::inherit()).output() {
        Ok(out) => {
            let report = String::from_utf8_lossy(&out.stdout).into_owned();
            if out.status.success() {
                return Ok(report);
            }
            println!("{report}");
            Err(Failure::new(format!("`{shown}` ended with {}", out.status), repair))
        }
        Err(error) => Err(Failure::new(format!("`{shown}` did not start: {error}"), repair)),
    }
}

/// Whether a program of this name can be started.
pub(crate) fn installed(program: &str) -> bool {
    find(program).is_some()
}

/// The first file of this name on PATH.
pub(crate) fn find(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// CI sets `CI=true`; there, whatever would be skipped elsewhere is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
