//! `cargo xtask test`: every test, with the totals that cargo does not add up.

mod faults;
mod vectors;

use super::Command;
use crate::{Failure, shell};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

pub(crate) const COMMAND: Command = Command {
    name: "test",
    arguments: "[vectors | faults | cargo test's arguments]",
    about: "run the tests, print totals; in CI a skipped test is a failure; vectors: the rows of the specification; faults: what an analysis must live through",
    run,
};

/// What the closing lines of the test binaries add up to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Totals {
    /// As the test binaries count: those that saw that they cannot run are among them.
    passed: usize,
    failed: usize,
    /// Those that said so themselves.
    hollow: usize,
    ignored: usize,
    /// Names of those that failed.
    failing: Vec<String>,
}

impl Totals {
    /// Counts one line of output.
    fn add(&mut self, line: &str) {
        if line.starts_with("SKIPPED: ") {
            self.hollow += 1;
        }
        let result = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix("... FAILED"));
        self.failing.extend(result.map(|name| name.trim_end().to_owned()));
        let Some(counts) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for (number, what) in counts.1.split("; ").filter_map(|part| part.split_once(' ')) {
            let Ok(number) = number.parse::<usize>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    fn skipped(&self) -> usize {
        self.hollow + self.ignored
    }

    fn plus(self, other: Self) -> Self {
        Self {
            failing: [self.failing, other.failing].concat(),
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            hollow: self.hollow + other.hollow,
            ignored: self.ignored + other.ignored,
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let passed = self.passed.saturating_sub(self.hollow);
        write!(f, "{passed} passed, {} failed, {} skipped", self.failed, self.skipped())
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    if arguments.iter().any(|word| word == "vectors") {
        return vectors::run();
    }
    if arguments.iter().any(|word| word == "faults") {
        return faults::run();
    }
    let totals = totals(arguments)?;
    println!("{totals}");
    Ok(())
}

/// Runs the tests and returns the totals, unless a test failed, or in CI was skipped.
pub(crate) fn totals(arguments: &[String]) -> Result<Totals, Failure> {
    let mut args = vec!["test", "--locked", "--no-fail-fast"];
    if !arguments.iter().any(|word| word == "-p" || word == "--package") {
        args.push("--workspace");
    }
    args.extend(arguments.iter().map(String::as_str));
    let (totals, green) = stream(&args)?;
    if !green || totals.failed > 0 {
        let repair = match totals.failing.first() {
            Some(name) => format!("what it said stands above; run it alone with `cargo xtask test {name}`"),
            None => {
                "a test binary was not built or ended by itself; cargo's lines above say which".to_owned()
            }
        };
        let lines = [vec![format!("tests failed: {totals}")], totals.failing].concat();
        return Err(Failure::new(lines.join("\n  "), repair));
    }
    if totals.passed + totals.failed + totals.ignored == 0 {
        let words = arguments.join(" ");
        let repair = "give a part of a test's name, or nothing; `cargo test --workspace -- --list` lists all";
        return Err(Failure::new(format!("no test matches `{words}`"), repair));
    }
    if shell::in_ci() && totals.skipped() > 0 {
        let repair = "do what the lines that begin with SKIPPED say; CI runs every test";
        return Err(Failure::new(format!("tests were skipped: {totals}"), repair));
    }
    Ok(totals)
}

/// Passes both streams through while it counts; a skip is said on standard error, because the test
/// harness swallows what a passing test prints.
fn stream(args: &[&str]) -> Result<(Totals, bool), Failure> {
    let mut command = shell::cargo(args);
    eprintln!("$ {}", shell::line(&command));
    let broken =
        |error: std::io::Error| Failure::new(format!("cargo test did not run: {error}"), "run it by hand");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(broken)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let totals = std::thread::scope(|scope| {
        let errors = scope.spawn(|| err.map(|err| count(err, std::io::stderr())).unwrap_or_default());
        let results = out.map(|out| count(out, std::io::stdout())).unwrap_or_default();
        results.plus(errors.join().unwrap_or_default())
    });
    let status = child.wait().map_err(broken)?;
    Ok((totals, status.success()))
}

fn count(from: impl Read, mut to: impl Write) -> Totals {
    let mut totals = Totals::default();
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        totals.add(String::from_utf8_lossy(&line).trim_end());
        // A closed terminal must not end the count.
        let _ = to.write_all(&line);
        line.clear();
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_add_up_over_binaries_and_count_what_was_ignored_or_skipped() {
        let output = "running 2 tests\n\
            test e2e::of_one_kind     ... FAILED\n\
            test scaled ... ok\n\
            SKIPPED: the_real_server_agrees: run cargo xtask control-plane\n\
            test result: ok. 40 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s\n\
            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let mut echo = Vec::new();
        let totals = count(output.as_bytes(), &mut echo);
        assert_eq!(totals.to_string(), "41 passed, 1 failed, 2 skipped");
        assert_eq!(totals.failing, ["e2e::of_one_kind"]);
        assert_eq!(echo, output.as_bytes());
    }
}
