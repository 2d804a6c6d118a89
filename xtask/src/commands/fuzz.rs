//! `cargo xtask fuzz`: libFuzzer on everything that reads what strangers write.

mod figures;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Instant;

use super::Command;
use crate::{Failure, shell, workspace};
use figures::{Figures, HEAD};

pub(crate) const COMMAND: Command = Command {
    name: "fuzz",
    arguments: "[TARGET...] [--minutes N]",
    about: "look for input that makes a reader panic, hang or fill the memory; without a name, each target in turn",
    run,
};

/// What tells libFuzzer which code an input reaches; what `cargo fuzz` gives without a sanitizer. Overflows are found as
/// well.
const INSTRUMENTED: &str = "-Cpasses=sancov-module \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares \
     -Clink-dead-code -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1 --cfg fuzzing";

/// Seconds for one input: with the instrumentation a reader takes some times as long as without.
const SLOWEST: u32 = 10;
/// MiB for one input, with everything that the process has besides.
const MOST_MEMORY: u32 = 1024;
/// Bytes of the longest input: `LONGEST` of xtask/fuzz, which is no part of this program.
const LONGEST: u32 = 64 * 1024;

fn run(arguments: &[String]) -> Result<(), Failure> {
    let (names, minutes) = understood(arguments)?;
    let known = targets()?;
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        let what = format!("there is no target `{unknown}`");
        return Err(Failure::new(what, format!("choose among {}", known.join(", "))));
    }
    let wanted = if names.is_empty() { known } else { names };
    let program = built()?;
    let (mut told, mut findings) = (Vec::new(), Vec::new());
    for name in wanted {
        let (figures, ended) = fuzz(&program, &name, minutes)?;
        told.push(figures.line(&name, ended.is_ok()));
        if let Err(failure) = ended {
            eprintln!("{failure}");
            findings.push(name);
        }
    }
    println!("{HEAD}\n{}", told.join("\n"));
    Failure::unless_empty(
        &findings,
        "the input stands above by its file; mend the reader, and make a test of it",
    )
}

fn understood(arguments: &[String]) -> Result<(Vec<String>, u32), Failure> {
    let (mut names, mut minutes) = (Vec::new(), 1);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--minutes" {
            let number = words.next().and_then(|value| value.parse().ok()).filter(|number| *number > 0);
            minutes = number.ok_or_else(|| {
                Failure::new("`--minutes` takes a number, such as 60", "see `cargo xtask --help`")
            })?;
        } else {
            names.push(word.clone());
        }
    }
    Ok((names, minutes))
}

/// The names of all targets, which are those of the files of the table.
fn targets() -> Result<Vec<String>, Failure> {
    let mut command =
        shell::cargo(&["run", "--quiet", "--locked", "-p", "aviary-fuzz", "--example", "seeds"]);
    let text = shell::output(&mut command, "mend what does not compile in xtask/fuzz")?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The fuzzer's program. Only the code of the target machine is instrumented, no build script and no macro.
fn built() -> Result<std::path::PathBuf, Failure> {
    let about = shell::output(Process::new("rustc").arg("-vV"), "install Rust")?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
    let directory = workspace::target_directory()?.join("fuzz");
    let mut build = shell::cargo(&[
        "build",
        "--release",
        "--locked",
        "-p",
        "aviary-fuzz",
        "--features",
        "fuzzer",
        "--bin",
        "fuzz",
        "--target",
    ]);
    build.arg(&host).env("RUSTFLAGS", INSTRUMENTED).env("CARGO_TARGET_DIR", &directory);
    shell::run(&mut build, "mend what does not compile; a C++ compiler is needed (g++ or clang++)")?;
    Ok(directory.join(host).join("release/fuzz"))
}

/// What was tried, and whether something was found.
fn fuzz(program: &Path, name: &str, minutes: u32) -> Result<(Figures, Result<(), Failure>), Failure> {
    let directory = workspace::target_directory()?.join("fuzz");
    let (seeds, corpus, found) = (
        directory.join("seeds").join(name),
        directory.join("corpus").join(name),
        directory.join("found").join(name),
    );
    for directory in [&corpus, &found] {
        std::fs::create_dir_all(directory)
            .map_err(|error| Failure::new(format!("{}: {error}", directory.display()), "make room for it"))?;
    }
    let mut write =
        shell::cargo(&["run", "--quiet", "--locked", "-p", "aviary-fuzz", "--example", "seeds", "--", name]);
    shell::run(write.arg(&seeds), "mend what does not compile in xtask/fuzz")?;
    let mut fuzz = Process::new(program);
    fuzz.env("AVIARY_FUZZ", name)
        .arg(format!("-max_total_time={}", minutes * 60))
        .arg(format!("-timeout={SLOWEST}"))
        .arg(format!("-rss_limit_mb={MOST_MEMORY}"))
        .arg(format!("-max_len={LONGEST}"))
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", found.display()))
        .args([corpus, seeds]);
    heard(&mut fuzz)
}

/// Runs it, shows what it says, and reads the figures out of that.
fn heard(fuzz: &mut Process) -> Result<(Figures, Result<(), Failure>), Failure> {
    let shown = shell::line(fuzz);
    eprintln!("$ {shown}");
    let lost = |error: std::io::Error| {
        Failure::new(format!("`{shown}`: {error}"), "see whether it can be started by hand")
    };
    let began = Instant::now();
    let mut child = fuzz.stderr(Stdio::piped()).spawn().map_err(lost)?;
    let mut figures = Figures::default();
    if let Some(said) = child.stderr.take() {
        // It quotes input, which may be no text.
        for line in BufReader::new(said).split(b'\n') {
            let line = String::from_utf8_lossy(&line.map_err(lost)?).into_owned();
            figures.hear(&line);
            eprintln!("{line}");
        }
    }
    let status = child.wait().map_err(lost)?;
    figures.lasted(began.elapsed());
    let ended = if status.success() {
        Ok(())
    } else {
        let repair = "the input is in the file that `Test unit written to` names above";
        Err(Failure::new(format!("`{shown}` ended with {status}"), repair))
    };
    Ok((figures, ended))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_minutes_are_told_apart() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (names, minutes) = understood(&words("expressions --minutes 60 lint")).unwrap();
        assert_eq!((names, minutes), (words("expressions lint"), 60));
        assert_eq!(understood(&[]).unwrap(), (vec![], 1));
        assert!(understood(&words("--minutes none")).is_err());
    }
}
