//! `simulate`: what would happen, as a time line.

mod fault;
mod recorded;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Value as Json, json};
use sim::{Course, Ending, RandomFaults, Release, Script, Traffic};

use crate::render::number::{clock, percent};
use crate::{Context, Error, Io, bundle, requests};
use fault::Wish;

/// Show what would happen in a release, with faults of your choice
///
/// The controller's own decisions run on a simulated cluster; hours pass in milliseconds, and the same seed gives the
/// same time line. Metrics are good unless a fault or a recording says otherwise. "At step 2" is what
/// currentStepIndex would say: two steps are completed.
///
/// A comparison (`aviary/compare`) counts the requests of both versions. METRIC=VALUE is then the share of bad ones at
/// the canary, of everything that it compares; METRIC/NAME=VALUE of one.
///
/// Faults: METRIC=VALUE, no-data[=METRIC], provider-error[=METRIC], pods-unready, slow-pods=DURATION,
/// pods-die=DURATION, region-failed, region-silent, controller=COUNT (crashes, conflicts, errors and old caches, by
/// seed). @TIME after any but the last says from when on, counted from the update.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # A good release\n  %PROGRAM% simulate deploy/\n\n  # Errors rise six minutes after the update\n  %PROGRAM% simulate deploy/ --fault error-rate=0.2@6m\n\n  # A peer fails while the controller crashes ten times; a person promotes after two minutes\n  %PROGRAM% simulate deploy/ --fault region-failed@4m --fault controller=10 --seed 7 --do promote@2m\n\n  # A comparison of a service with 20 requests per second, of which 5 % fail at the canary from the third minute on\n  %PROGRAM% simulate deploy/ --rate 20 --fault compare/errors=0.05@3m\n\n  # What the metrics of last Tuesday would have done\n  %PROGRAM% simulate deploy/ --metrics tuesday.csv --expect aborted"
)]
pub(crate) struct Args {
    /// Files and directories; - for the standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A file or directory, like the arguments
    #[arg(short, long = "filename", value_name = "FILE")]
    filenames: Vec<PathBuf>,
    /// Name of the Rollout, when there are several
    #[arg(long, value_name = "NAME")]
    rollout: Option<String>,
    /// The new image
    #[arg(long, value_name = "IMAGE", default_value = "simulated:next")]
    image: String,
    /// Something that goes wrong
    #[arg(long, value_name = "FAULT")]
    fault: Vec<String>,
    /// Recorded metrics: a CSV file with the columns time, metric and value
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// What a user does: abort, promote, promote-full, retry, pause, resume, restart, scale:N or image:IMAGE, at a time
    #[arg(long = "do", value_name = "VERB@TIME")]
    deeds: Vec<String>,
    /// Requests per second, of all versions together, that comparisons count
    #[arg(long, default_value = "100", value_parser = requests::rate)]
    rate: f64,
    /// What random faults follow from
    #[arg(long, default_value = "1")]
    seed: u64,
    /// How long to look, from the update on
    #[arg(long = "for", value_name = "DURATION", default_value = "24h")]
    length: String,
    /// End with 1 unless the release ends like this
    #[arg(long, value_enum)]
    expect: Option<Expected>,
    /// How to write the time line
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Expected {
    Completed,
    Aborted,
    Waiting,
    Unfinished,
    Refused,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let paths: Vec<PathBuf> = args.paths.iter().chain(&args.filenames).cloned().collect();
    if paths.is_empty() {
        return Err(Error::missing("<PATH>..."));
    }
    let chosen = bundle::rollout(&paths, args.rollout.as_deref(), context.env)?;
    let traffic = Traffic { rate: args.rate, ..Traffic::default() };
    let mut script = Script { traffic, ..Script::default() };
    let mut faults = 0;
    if let Some(file) = &args.metrics {
        script.metrics = recorded::read(file, context.env)?;
    }
    for text in &args.fault {
        match fault::parse(text, &args.image)? {
            Wish::Controller(count) => faults += count,
            Wish::Change(change) => change(&mut script),
        }
    }
    let deeds = args.deeds.iter().map(|text| fault::deed(text)).collect::<Result<_, Error>>()?;
    let release = Release {
        namespace: chosen.namespace,
        name: chosen.name,
        image: args.image.clone(),
        deeds,
        promoted: false,
        bound: length(args)?,
    };
    // One occasion in seven: the faults come early and apart.
    let faults = RandomFaults::new(args.seed, faults, 7);
    let metrics = plan::condition::healthy_metrics();
    let environment = |began| script.environment(began, metrics);
    let course = release.run(chosen.objects, jiff::Timestamp::UNIX_EPOCH, environment, faults);
    let course = course.map_err(|error| Error::new(error.to_string()))?;
    io.text(match args.output {
        Output::Text => for_people(&course),
        Output::Json => {
            let text = serde_json::to_string_pretty(&for_machines(&course, args.seed));
            text.map_err(|error| Error::new(format!("cannot write the time line: {error}")))? + "\n"
        }
    })?;
    match args.expect {
        Some(expected) if expected != ending(course.ending) => {
            Err(Error::new(format!("the release {}, and that is not what was expected", said(&course))))
        }
        _ => Ok(()),
    }
}

fn length(args: &Args) -> Result<Duration, Error> {
    crd::duration::parse(&args.length).map_err(|error| Error::new(format!("--for: {error}")))
}

fn ending(ending: Ending) -> Expected {
    match ending {
        Ending::Completed => Expected::Completed,
        Ending::Aborted => Expected::Aborted,
        Ending::Waiting => Expected::Waiting,
        Ending::Unfinished => Expected::Unfinished,
        Ending::Refused => Expected::Refused,
    }
}

/// How it ended, in a sentence without its subject.
fn said(course: &Course) -> String {
    let after = clock(course.took.as_secs());
    let why = if course.message.is_empty() { String::new() } else { format!(": {}", course.message) };
    match course.ending {
        Ending::Completed => format!("completed after {after}"),
        Ending::Aborted => format!("was aborted after {after}{why}"),
        Ending::Waiting => format!("waits for a person from {after} on{why}"),
        Ending::Unfinished => format!("was still going on after {after}{why}"),
        Ending::Refused => format!("was refused{why}"),
    }
}

/// The largest share of the traffic that the new version had.
fn peak(course: &Course) -> f64 {
    course.samples.iter().map(|sample| sample.share(100)).fold(0.0, f64::max)
}

fn for_people(course: &Course) -> String {
    let pods = course.samples.iter().map(|sample| sample.pods).max().unwrap_or_default();
    format!(
        "{}\nThe release {}.\nThe new version had at most {} of the traffic; {pods} pods at peak.\n",
        course.simulation.timeline(),
        said(course),
        percent(peak(course)),
    )
}

fn for_machines(course: &Course, seed: u64) -> Json {
    let seconds = |at: jiff::Timestamp| at.duration_since(course.began).as_secs_f64();
    let timeline = course
        .simulation
        .timeline()
        .entries()
        .iter()
        .map(|entry| json!({"seconds": seconds(entry.at), "subject": entry.subject, "what": entry.what}));
    json!({
        "seed": seed,
        "ending": course.ending,
        "message": course.message,
        "seconds": course.took.as_secs_f64(),
        "peakShare": peak(course),
        "peakPods": course.samples.iter().map(|sample| sample.pods).max(),
        "timeline": timeline.collect::<Vec<_>>(),
    })
}
