//! `test`: a team's own expectations of its releases.

mod file;
mod junit;

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value as Json, json};

use crate::{Context, Error, Io};
use file::{Outcome, Suite};

/// Run a team's own tests of its releases
///
/// A test says what is given (metrics, pods, regions, faults), when users do what, and what then is expected of the
/// release. It runs on a simulated cluster in milliseconds. Files end in .test.yaml; see the page
/// fixtures/tests/README.md of the repository for their form.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Every test below a directory\n  %PROGRAM% test deploy/\n\n  # For a pipeline\n  %PROGRAM% test deploy/ -o junit > report.xml\n\n  # Some of them, with what happened\n  %PROGRAM% test deploy/ --filter error --show-timeline"
)]
pub(crate) struct Args {
    /// Test files, and directories with files that end in .test.yaml
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Only tests whose name has this part
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// Print the time line of tests that fail
    #[arg(long)]
    show_timeline: bool,
    /// How to write the results
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
    Junit,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let files = file::find(&args.paths, context.env)?;
    let suites: Vec<Suite> =
        files.iter().map(|path| file::run(path, &args.filter, context.env)).collect::<Result<_, Error>>()?;
    let outcomes = || suites.iter().flat_map(|suite| &suite.outcomes);
    let (all, failed) = (outcomes().count(), outcomes().filter(|one| !one.passed()).count());
    if all == 0 {
        return Err(Error::new(format!("there is no test with {:?} in its name", args.filter)));
    }
    io.text(match args.output {
        Output::Text => for_people(&suites, args.show_timeline),
        Output::Json => {
            let text = serde_json::to_string_pretty(&for_machines(&suites));
            text.map_err(|error| Error::new(format!("cannot write the results: {error}")))? + "\n"
        }
        Output::Junit => junit::report(&suites)?,
    })?;
    if failed > 0 { Err(Error::new(format!("{failed} of {all} tests failed"))) } else { Ok(()) }
}

fn for_people(suites: &[Suite], timelines: bool) -> String {
    let mut out = String::new();
    for suite in suites {
        out.extend([suite.name.as_str(), "\n"]);
        for outcome in &suite.outcomes {
            let mark = if outcome.passed() { "✔" } else { "✖" };
            out.extend([format!("  {mark} {}\n", outcome.name)]);
            for failure in &outcome.failures {
                out.extend([format!("      {}\n        {}\n", failure.expected, failure.found)]);
            }
            if timelines && !outcome.passed() {
                out.extend(outcome.timeline.lines().map(|line| format!("        {line}\n")));
            }
        }
    }
    let all = suites.iter().flat_map(|suite| &suite.outcomes);
    let (passed, failed): (Vec<&Outcome>, Vec<&Outcome>) = all.partition(|outcome| outcome.passed());
    out.extend([format!("\n{} passed, {} failed\n", passed.len(), failed.len())]);
    out
}

fn for_machines(suites: &[Suite]) -> Json {
    let tests = suites.iter().flat_map(|suite| {
        suite.outcomes.iter().map(|outcome| {
            let failures = outcome.failures.iter();
            let failures = failures.map(|one| json!({"expected": one.expected, "found": one.found}));
            json!({
                "file": suite.name,
                "name": outcome.name,
                "passed": outcome.passed(),
                "failures": failures.collect::<Vec<_>>(),
            })
        })
    });
    json!({"tests": tests.collect::<Vec<_>>()})
}
