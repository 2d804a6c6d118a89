//! `verify`: do all regions serve the release?

use std::path::PathBuf;

use clap::ValueEnum;
use regions::{Outcome, RegionVerdict, Verdict};

use crate::render::table;
use crate::{Context, Error, Io};

const AFTER_HELP: &str = "Examples:
  # Verify from a pipeline
  %PROGRAM% verify -f regions.yaml

  # For machines
  %PROGRAM% verify -f regions.yaml -o json

The file:
  regions:
    us-east-1: https://us.api.example.com
    eu-west-1: {address: https://api.example.com, connect: 'eu.elb.example.com:443', caFile: ca.pem}
  checks:
  - name: health
    path: /healthz
    headers: {x-canary: always}
    version: {header: x-version, equals: 1.5.0}
    json: [{path: $.status, equals: ok}]
    latency: {probes: 20, quantile: 0.95, max: 200ms}
    certificateValidFor: 336h
    dns: {minAddresses: 2, oneOf: [203.0.113.7, 203.0.113.8, 203.0.113.9]}
    attempts: 3
  policy: {atLeast: 2}
  deadline: 1m";

/// Verify that all regions serve a release
///
/// Runs the checks of a file in every region at the same time. Ends with 0 only if enough regions pass.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// File with regions, checks and policy; - for the standard input
    #[arg(short, long, value_name = "FILE")]
    filename: PathBuf,
    /// How to write the verdict
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Table,
    Json,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let shown = args.filename.display();
    let read = context.env.read(&args.filename);
    let text = read.map_err(|error| Error::unreadable(&shown, &error))?;
    let file = regions::File::parse(&text).map_err(|error| Error::new(format!("{shown}: {error}")))?;
    let verdict = file.run().await.map_err(|error| Error::new(error.to_string()))?;
    io.text(match args.output {
        Output::Table => for_people(&verdict),
        Output::Json => for_machines(&verdict)?,
    })?;
    match verdict.outcome {
        Outcome::Passed => Ok(()),
        Outcome::Failed => Err(Error::new(format!("the release is not verified: {}", verdict.reason))),
    }
}

fn for_machines(verdict: &Verdict) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(verdict);
    text.map(|text| text + "\n").map_err(|error| Error::new(format!("cannot write the verdict: {error}")))
}

fn for_people(verdict: &Verdict) -> String {
    let header = ["REGION", "CHECK", "RESULT", "ATTEMPTS", "STATUS", "LATENCY", "VERSION", "REASON"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (name, region) in &verdict.regions {
        rows.extend(rows_of(name, region));
    }
    let word = if verdict.outcome == Outcome::Passed { "Passed" } else { "Failed" };
    format!("{}\n{word}: {}\n", table::aligned(&rows), verdict.reason)
}

fn rows_of(name: &str, region: &RegionVerdict) -> Vec<Vec<String>> {
    let dash = || "-".to_owned();
    let Some(report) = &region.report else {
        let reason = region.reason.clone().unwrap_or_default();
        let cells = [name.to_owned(), dash(), "failed".to_owned(), dash(), dash(), dash(), dash(), reason];
        return vec![cells.to_vec()];
    };
    let one = |check: &regions::CheckReport| {
        let result = if check.failure.is_none() { "passed" } else { "failed" };
        vec![
            name.to_owned(),
            check.name.clone(),
            result.to_owned(),
            check.attempts.to_string(),
            check.status.map_or_else(dash, |status| status.to_string()),
            check.latency.map_or_else(dash, |latency| format!("{}ms", latency.as_millis())),
            check.version.clone().unwrap_or_else(dash),
            check.failure.clone().unwrap_or_default(),
        ]
    };
    report.checks.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_file_that_the_help_shows_can_be_read() {
        let (_, file) = super::AFTER_HELP.split_once("The file:\n").unwrap();
        let file = regions::File::parse(file).unwrap();
        assert_eq!((file.regions.len(), file.checks.len()), (2, 1));
    }
}
