//! Many AnalysisRuns with some metrics each, which all ask one Prometheus; then some beside them whose Prometheus hangs.
//!
//! How late a measurement is, the Prometheus tells: a metric is due one interval after it was asked last. Kubernetes keeps
//! times in whole seconds, so a measurement may come up to one second early, which counts as not late.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};
use xtask::control_plane::{Extras, Level};

use crate::audit::Log;
use crate::figures::{load, merge, percentiles, round};
use crate::fleet::NAMESPACE;
use crate::metric_system::MetricSystem;
use crate::plane;
use crate::process::Controller;

/// Requests of ours that are under way at the same time.
const AT_ONCE: usize = 32;
/// How often we look whether all have measured.
const LOOK: Duration = Duration::from_millis(100);
/// Longest time until every metric was asked for once.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// How many AnalysisRuns.
    #[arg(long, default_value_t = 1000)]
    runs: usize,
    /// Metrics of each.
    #[arg(long, default_value_t = 3)]
    metrics: usize,
    /// Seconds between two measurements of a metric.
    #[arg(long, default_value_t = 10)]
    interval: u64,
    /// Seconds that are measured, with and without runs that hang.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many more AnalysisRuns ask a Prometheus that never answers.
    #[arg(long, default_value_t = 100)]
    hanging: usize,
    /// The controller's binary.
    #[arg(long)]
    controller: PathBuf,
}

/// Measures, and gives the report.
pub(crate) async fn measure(flags: &Flags) -> Result<Value, Box<dyn Error>> {
    let (plane, client) = plane(Level::Api, Extras { audit: true, ..Extras::default() }).await?;
    let directory = tempfile::tempdir()?;
    let log = directory.path().join("controller.log");
    let (answering, hanging) = (MetricSystem::start(false).await?, MetricSystem::start(true).await?);
    let egress = ["--metric-egress-allow", "127.0.0.0/8"];
    let controller = Controller::start(&flags.controller, &plane.kubeconfig(), &log, &egress)?;
    let mut requests = Log::new(plane.audit_log());
    let mut report = json!({
        "runs": flags.runs,
        "metrics_each": flags.metrics,
        "interval_seconds": flags.interval,
        "load_before": load(),
    });
    eprintln!("create ...");
    create(&client, "run", flags.runs, flags, &answering.url()).await?;
    all_asked(&answering, flags.runs * flags.metrics).await?;
    // The first round came as the runs were made.
    tokio::time::sleep(Duration::from_secs(flags.interval)).await;
    eprintln!("measure ...");
    let quiet = watched(flags, &controller, &answering, &mut requests).await?;
    merge(&mut report, json!({"measuring": quiet}));
    eprintln!("measure beside runs that hang ...");
    create(&client, "hanging", flags.hanging, flags, &hanging.url()).await?;
    let beside = watched(flags, &controller, &answering, &mut requests).await?;
    merge(&mut report, json!({"beside_hanging": beside}));
    merge(
        &mut report,
        json!({
            "beside_hanging": {"hanging": flags.hanging, "connections_to_the_hanging": hanging.most_connections()},
            "load_after": load(),
        }),
    );
    controller.stop()?;
    let aims = aims(&report);
    merge(&mut report, json!({ "aims": aims }));
    Ok(report)
}

/// Milliseconds by which 99 of 100 measurements may be late at most, and MiB that the controller may have.
const AIMS: [(&str, f64); 2] = [("/late_ms/p99", 1000.0), ("/memory/peak_mib", 150.0)];

/// Whether what was seen alone and beside those that hang is what was aimed at. What is not there is not met.
fn aims(report: &Value) -> Value {
    let mut met = true;
    let mut told = json!({});
    for part in ["measuring", "beside_hanging"] {
        for (pointer, most) in AIMS {
            let found = report.get(part).and_then(|part| part.pointer(pointer)).and_then(Value::as_f64);
            met &= found.is_some_and(|found| found <= most);
            let name = pointer.trim_start_matches('/').replace('/', ".");
            merge(&mut told, json!({part: {name: {"found": found, "at_most": most}}}));
        }
    }
    merge(&mut told, json!({ "met": met }));
    told
}

/// Makes runs that measure for as long as they are there.
async fn create(
    client: &Client,
    name: &str,
    count: usize,
    flags: &Flags,
    address: &str,
) -> Result<(), Box<dyn Error>> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("argoproj.io", "v1alpha1", "AnalysisRun"));
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), NAMESPACE, &kind);
    let run = |number: usize| {
        let metrics = (0..flags.metrics).map(|metric| {
            json!({
                "name": format!("metric-{metric}"),
                "interval": format!("{}s", flags.interval),
                "successCondition": "len(result) > 0 && result[0] < 0.01",
                "provider": {"prometheus": {"address": address, "query": format!("sum(errors{{run=\"{name}-{number}\",metric=\"{metric}\"}})")}},
            })
        });
        let object = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
            "metadata": {"name": format!("{name}-{number}")},
            "spec": {"metrics": metrics.collect::<Vec<_>>()},
        });
        let api = api.clone();
        async move {
            api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
            Ok::<_, Box<dyn Error>>(())
        }
    };
    let requests: Vec<_> = (0..count).map(run).collect();
    stream::iter(requests).buffer_unordered(AT_ONCE).try_collect().await
}

async fn all_asked(system: &MetricSystem, count: usize) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    while system.count() < count {
        if began.elapsed() > PATIENCE {
            return Err(format!("{} of {count} metrics were asked for, and no more", system.count()).into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// What is seen while the runs measure for some time.
async fn watched(
    flags: &Flags,
    controller: &Controller,
    system: &MetricSystem,
    requests: &mut Log,
) -> Result<Value, Box<dyn Error>> {
    system.take();
    requests.take()?;
    let (before, began) = (controller.cpu()?, Instant::now());
    tokio::time::sleep(Duration::from_secs(flags.seconds)).await;
    let (asked, seconds) = (system.take(), began.elapsed().as_secs_f64());
    let count: usize = asked.values().map(Vec::len).sum();
    let late = lateness(&asked, Duration::from_secs(flags.interval));
    let mut figures = json!({
        "seconds": round(seconds),
        "measurements": count,
        // One interval is lost at the ends: a metric that was asked for less often than that was forgotten.
        "least_of_a_metric": asked.values().map(Vec::len).min(),
        "metrics_asked": asked.len(),
        "late_ms": percentiles(&late),
        "connections": system.most_connections(),
        "cpu_seconds": round(controller.cpu()? - before),
        "memory": controller.memory()?,
        "requests": requests.take()?.table(),
    });
    merge(&mut figures, json!({"late_ms": {"most": late.last().copied().map(f64::round)}}));
    Ok(figures)
}

/// By how many milliseconds each measurement came later than one interval after the one before; sorted.
fn lateness(asked: &BTreeMap<String, Vec<Instant>>, interval: Duration) -> Vec<f64> {
    let gaps = asked.values().flat_map(|times| times.windows(2)).filter_map(|pair| match pair {
        [before, after] => Some(after.duration_since(*before)),
        _ => None,
    });
    let mut late: Vec<f64> = gaps.map(|gap| gap.saturating_sub(interval).as_secs_f64() * 1000.0).collect();
    late.sort_by(f64::total_cmp);
    late
}
