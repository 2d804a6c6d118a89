//! `get analysisrun`: what was measured, and what came of it.

use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::get::CLEAR;
use super::list::{Column, table};
use crate::json::Read as _;
use crate::render::{Paint, duration, header, text};
use crate::resource::ANALYSIS_RUNS;
use crate::{Context, Env, Error, Io, stop};

/// Get details about an AnalysisRun: each metric with its counts and its last measurement
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Get an AnalysisRun\n  %PROGRAM% get analysisrun guestbook-6c54544bf9-2-1\n\n  # With its newest measurements\n  %PROGRAM% get analysisrun guestbook-6c54544bf9-2-1 -o wide\n\n  # Watch it measure\n  %PROGRAM% get analysisrun guestbook-6c54544bf9-2-1 -w"
)]
pub(crate) struct Args {
    /// Name of the AnalysisRun
    #[arg(value_name = "ANALYSISRUN_NAME")]
    name: String,
    /// Watch live updates to the AnalysisRun
    #[arg(short, long, conflicts_with = "output")]
    watch: bool,
    /// With every measurement that is kept, or as the object that it is
    #[arg(short, long, value_enum)]
    output: Option<Output>,
    /// Do not colorize output
    #[arg(long)]
    no_color: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Wide,
    Json,
    Yaml,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let paint = if args.no_color { Paint::Plain } else { context.env.paint };
    let object = cluster.look_up(ANALYSIS_RUNS, &args.name).await?;
    let unwritten =
        |error: &dyn std::fmt::Display| Error::new(format!("cannot write the AnalysisRun: {error}"));
    let now = |env: &Env| env.now();
    if !args.watch {
        return io.text(match args.output {
            None => shown(&object, paint, context.env),
            Some(Output::Wide) => {
                format!("{}\n{}", shown(&object, paint, context.env), measurements(&object, now(context.env)))
            }
            Some(Output::Json) => {
                let text = serde_json::to_string_pretty(&object).map_err(|error| unwritten(&error))?;
                format!("{text}\n")
            }
            Some(Output::Yaml) => crd::yaml::to_string(&object).map_err(|error| unwritten(&error))?,
        });
    }
    let mut object = object;
    loop {
        io.text(format!("{CLEAR}{}", shown(&object, paint, context.env)))?;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = stop::asked() => return Ok(()),
        }
        // One that is gone leaves its last view.
        if let Ok(read) = cluster.look_up(ANALYSIS_RUNS, &args.name).await {
            object = read;
        }
    }
}

fn shown(run: &Json, paint: Paint, env: &Env) -> String {
    let now = env.now();
    let summaries = summaries(run, env.columns.unwrap_or(COLUMNS));
    format!("{}\n{}{summaries}", header::analysis_run(run, paint, now), metrics(run, now))
}

/// How wide text is where nobody says.
const COLUMNS: usize = 100;

/// What each comparison by `aviary/compare` rests on, in the judge's sentences: counts, intervals, evidence.
fn summaries(run: &Json, columns: usize) -> String {
    let mut out = String::new();
    for result in run.list("/status/metricResults") {
        let last = result.list("/measurements").last();
        let summary = last.map_or("", |last| last.text("/metadata/summary"));
        if summary.is_empty() || !compares(run, result.text("/name")) {
            continue;
        }
        out.extend(["\n", result.text("/name"), "\n"]);
        for line in summary.lines() {
            let text = line.trim_start();
            let indent = " ".repeat(2 + line.len() - text.len());
            out.push_str(&text::wrapped(text, columns, &indent, &format!("{indent}  ")));
        }
    }
    out
}

fn compares(run: &Json, name: &str) -> bool {
    let metric = run.list("/spec/metrics").iter().find(|metric| metric.text("/name") == name);
    metric.is_some_and(|metric| metric.pointer("/provider/plugin/aviary~1compare").is_some())
}

const METRICS: [Column; 8] = [
    ("METRIC", 6),
    ("STATUS", 6),
    ("GOOD", 4),
    ("BAD", 3),
    ("UNDECIDED", 9),
    ("ERRORS", 6),
    ("LAST", 4),
    ("WHEN", 4),
];

/// A line a metric, in the order of the spec; those that were not measured yet included.
fn metrics(run: &Json, now: Timestamp) -> String {
    let row = |metric: &Json| {
        let name = metric.text("/name");
        let result = run.list("/status/metricResults").iter().find(|result| result.text("/name") == name);
        let Some(result) = result else {
            let dashes = std::iter::repeat_n("-".to_owned(), 6);
            return [name.to_owned(), "Pending".to_owned()].into_iter().chain(dashes).collect();
        };
        let count = |field: &str| result.count(field).to_string();
        let last = result.list("/measurements").last();
        let name = if result.flag("/dryRun") { format!("{name} (dry run)") } else { name.to_owned() };
        vec![
            name,
            result.text("/phase").to_owned(),
            count("/successful"),
            count("/failed"),
            count("/inconclusive"),
            count("/error"),
            last.map_or_else(|| "-".to_owned(), outcome),
            last.map_or_else(|| "-".to_owned(), |last| duration::age(when(last), now)),
        ]
    };
    let rows: Vec<Vec<String>> = run.list("/spec/metrics").iter().map(row).collect();
    table(&METRICS, true, &rows)
}

const MEASUREMENTS: [Column; 4] = [("METRIC", 6), ("STATUS", 6), ("VALUE", 5), ("WHEN", 4)];

/// Every measurement that is kept, the newest first.
fn measurements(run: &Json, now: Timestamp) -> String {
    let results = run.list("/status/metricResults").iter();
    let rows: Vec<Vec<String>> = results
        .flat_map(|result| {
            result.list("/measurements").iter().rev().map(move |one| (result.text("/name"), one))
        })
        .map(|(name, one)| {
            vec![name.to_owned(), one.text("/phase").to_owned(), outcome(one), duration::age(when(one), now)]
        })
        .collect();
    table(&MEASUREMENTS, true, &rows)
}

/// What a measurement gave: its value, or what is wrong.
fn outcome(measurement: &Json) -> String {
    let value = measurement.text("/value");
    let text = if value.is_empty() { measurement.text("/message") } else { value };
    let text = text.lines().next().unwrap_or_default();
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn when(measurement: &Json) -> Option<Timestamp> {
    measurement.time("/finishedAt").or_else(|| measurement.time("/startedAt"))
}
