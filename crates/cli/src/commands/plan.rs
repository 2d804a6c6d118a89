//! `plan`: what a release will be like, before it is made.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use plan::{Assumptions, MetricPlan, Plan, Stuck, What};
use sim::Ending;

use crate::render::number::{clock, count, percent};
use crate::render::{duration, table, text};
use crate::{Context, Error, Io, bundle, requests};

/// Show what a release will be like before it is made
///
/// The time line with real weights and pods, the requests that the canary will answer, and what the analyses can find
/// out with them: the smallest regression that is found in four of five releases (by `aviary/compare` in nine of ten),
/// and how often a healthy version is aborted. Needs no cluster.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # A service with 250 requests per second\n  %PROGRAM% plan deploy/ --rate 250\n\n  # What a chart renders\n  helm template ./chart | %PROGRAM% plan -\n\n  # A service of which one request in 200 fails on a good day\n  %PROGRAM% plan rollout.yaml templates.yaml --error-ratio 0.005 -o json"
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
    /// Requests per second, of all versions together
    #[arg(long, default_value = "100", value_parser = requests::rate)]
    rate: f64,
    /// Share of the requests that fail at a healthy version
    #[arg(long, value_name = "SHARE", default_value = "0.001", value_parser = requests::share)]
    error_ratio: f64,
    /// Share of the requests that a healthy version answers more slowly than a latency limit
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = requests::share)]
    slow_ratio: f64,
    /// How long a pod takes until it is ready
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    ready_after: String,
    /// How to write the plan
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let paths: Vec<PathBuf> = args.paths.iter().chain(&args.filenames).cloned().collect();
    if paths.is_empty() {
        return Err(Error::missing("<PATH>..."));
    }
    let assumptions = assumptions(args)?;
    let chosen = bundle::rollout(&paths, args.rollout.as_deref(), context.env)?;
    let plan = plan::plan(chosen.objects, &chosen.namespace, &chosen.name, &assumptions);
    let plan = plan.map_err(|error| Error::new(error.to_string()))?;
    io.text(match args.output {
        Output::Text => for_people(&plan, &assumptions, context.env.columns.unwrap_or(100)),
        Output::Json => {
            let text = serde_json::to_string_pretty(&plan);
            text.map_err(|error| Error::new(format!("cannot write the plan: {error}")))? + "\n"
        }
    })?;
    match plan.stuck {
        Some(Stuck { message, .. }) => {
            Err(Error::new(format!("the release does not come to its end: {message}")))
        }
        None => Ok(()),
    }
}

/// How long a pod takes; what has no unit is likely to mean seconds.
fn ready_after(text: &str) -> Result<Duration, Error> {
    crd::duration::parse(text).map_err(|error| {
        let seconds = text.trim();
        let plain = !seconds.is_empty() && seconds.parse::<f64>().is_ok_and(|seconds| seconds >= 0.0);
        let remedy = if plain { format!("{seconds}s") } else { "one such as 5s or 2m".to_owned() };
        Error::new(format!("--ready-after: {error}; write {remedy}"))
    })
}

fn assumptions(args: &Args) -> Result<Assumptions, Error> {
    Ok(Assumptions {
        rate: args.rate,
        error_ratio: args.error_ratio,
        slow_ratio: args.slow_ratio,
        ready_after: ready_after(&args.ready_after)?,
    })
}

fn for_people(plan: &Plan, assumptions: &Assumptions, width: usize) -> String {
    let split = match &plan.router {
        Some(router) if router.starts_with("Service ") => format!("users are switched by {router}"),
        Some(router) => format!("traffic split by {router}"),
        None => "no router: the share of the pods is the share of the traffic".to_owned(),
    };
    let pods = if plan.replicas == 1 { "replica" } else { "replicas" };
    let mut out = format!("Rollout {}/{}, {} {pods}, {split}\n", plan.namespace, plan.rollout, plan.replicas);
    let assumed = format!(
        "Assumed: {} requests per second, of which {} fail and {} are slow at a healthy version; pods are ready after {}.",
        count(assumptions.rate),
        percent(assumptions.error_ratio),
        percent(assumptions.slow_ratio),
        duration::human(i64::try_from(assumptions.ready_after.as_secs()).unwrap_or(i64::MAX)),
    );
    out.push_str(&text::wrapped(&assumed, width, "", ""));
    out.push('\n');
    out.push_str(&table::aligned(&steps(plan)));
    out.push('\n');
    let mut facts = format!(
        "{} from the update to the end at least, {} pods at peak, {} requests answered by the canary before the last \
         step is done.",
        duration::human(i64::try_from(plan.shortest_seconds).unwrap_or(i64::MAX)),
        plan.peak_pods,
        // Nothing in all is 0, not -0.
        count(plan.steps.iter().map(|step| step.requests).sum::<f64>().max(0.0)),
    );
    if plan.stuck.is_some() {
        facts
            .push_str(" That is as if every comparison passed at once; in fact it does not come to its end.");
    }
    if !plan.waits_at.is_empty() {
        let steps: Vec<String> = plan.waits_at.iter().map(|step| (step + 1).to_string()).collect();
        facts.push_str(" A person must promote at step ");
        facts.push_str(&steps.join(", "));
        facts.push('.');
    }
    out.push_str(&text::wrapped(&facts, width, "", ""));
    if !plan.metrics.is_empty() {
        out.push('\n');
        out.push_str(&table::aligned(&metrics(plan, assumptions)));
        out.push('\n');
        out.push_str(&comparisons(plan, width));
        out.push_str(&text::wrapped(&verdict(plan), width, "", ""));
    }
    out
}

fn steps(plan: &Plan) -> Vec<Vec<String>> {
    let header =
        ["STEP", "WHAT", "STARTS", "TAKES", "WEIGHT", "REAL", "NEW + OLD PODS", "REQUESTS TO CANARY"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for step in &plan.steps {
        let real = percent(step.share);
        let written = percent(f64::from(step.weight) / 100.0);
        rows.push(vec![
            (step.index + 1).to_string(),
            step.what.clone(),
            clock(step.starts_at),
            duration::human(i64::try_from(step.seconds).unwrap_or(i64::MAX)),
            written,
            real,
            format!("{} + {}", step.canary_pods, step.stable_pods),
            count(step.requests),
        ]);
    }
    rows
}

fn metrics(plan: &Plan, assumptions: &Assumptions) -> Vec<Vec<String>> {
    let header =
        ["STEP", "METRIC", "COUNTS", "LIMIT", "LOOKS", "REQUESTS EACH", "FINDS FROM", "ABORTS A HEALTHY ONE"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(plan.metrics.iter().map(|metric| row(metric, assumptions)));
    rows
}

fn row(metric: &MetricPlan, assumptions: &Assumptions) -> Vec<String> {
    let step = metric.step.map_or("all".to_owned(), |step| (step + 1).to_string());
    // Of a comparison the name is that of its metric already, with the name of what it compares.
    let own = metric.metric.split_once('/').map_or(metric.metric.as_str(), |(own, _)| own);
    let name = if metric.template == own {
        metric.metric.clone()
    } else {
        format!("{}/{}", metric.template, metric.metric)
    };
    let dash = || "-".to_owned();
    let Some(counts) = &metric.counts else {
        return vec![step, name, "unknown".to_owned(), dash(), dash(), dash(), dash(), dash()];
    };
    let (counts, healthy) = match counts {
        What::Errors => ("failures".to_owned(), assumptions.error_ratio),
        What::Worse => ("bad ones, beside stable".to_owned(), assumptions.error_ratio),
        What::SlowerThanStable => ("slow ones, beside stable".to_owned(), assumptions.slow_ratio),
        What::SlowerThan(seconds) => {
            (format!("slower than {} ms", count((seconds * 1_000.0).round())), assumptions.slow_ratio)
        }
    };
    let finds = metric.detectable.map_or("nothing".to_owned(), |share| {
        let times = if healthy > 0.0 { format!(" ({}x)", count(share / healthy)) } else { String::new() };
        format!("{}{times}", percent(share))
    });
    vec![
        step,
        name,
        counts,
        metric.limit.map_or_else(dash, percent),
        metric.measurements.map_or_else(dash, |looks| looks.to_string()),
        metric.requests.map_or_else(dash, count),
        finds,
        metric.false_abort.map_or_else(dash, |share| match (metric.dry_run, &metric.comparison) {
            (true, _) => "dry run".to_owned(),
            // A promise, not a figure that was found by playing.
            (false, Some(_)) => match metric.goes_on_from {
                Some(step) => format!("at most {}, with step {}", percent(share), step + 1),
                None => format!("at most {}", percent(share)),
            },
            (false, None) => chance(share),
        }),
    ]
}

/// A chance that was found by playing: what never came up in 4,000 releases is not impossible.
fn chance(share: f64) -> String {
    if share < 0.0005 { "< 0.1 %".to_owned() } else { percent(share) }
}

/// How long each comparison takes, in the judge's words.
fn comparisons(plan: &Plan, width: usize) -> String {
    let mut out = String::new();
    for metric in &plan.metrics {
        let Some(comparison) = &metric.comparison else { continue };
        let place = metric.step.map_or("beside the steps".to_owned(), |step| format!("step {}", step + 1));
        let said = format!("{}, {place}: {}", metric.metric, comparison.says.join(" "));
        out.push_str(&text::wrapped(&said, width, "", "  "));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn verdict(plan: &Plan) -> String {
    match plan.stuck.as_ref().map(|stuck| stuck.ending) {
        Some(Ending::Aborted) => return "Every version is aborted, a healthy one as well.".to_owned(),
        Some(_) => return "No version comes to its end by itself, not even a healthy one.".to_owned(),
        None => {}
    }
    let unknown = plan.metrics.iter().filter(|metric| metric.counts.is_none()).count();
    let promised = plan.metrics.iter().any(|metric| metric.comparison.is_some() && !metric.dry_run);
    let most = if promised && plan.false_abort >= 0.0005 { "at most " } else { "" };
    let mut text = format!("A healthy version is aborted in {most}{} of releases.", chance(plan.false_abort));
    if unknown > 0 {
        text.extend([format!(
            " Of {unknown} of the metrics this is not known: only ratios and quantiles of a histogram in Prometheus, and \
             proportions and latencies of `aviary/compare`, can be reckoned with."
        )]);
    }
    text
}
