//! Many AnalysisRuns with some metrics each, which all ask one Prometheus; then some beside them whose Prometheus hangs.
//!
//! How late a measurement is, the Prometheus tells: see [`Asked`].

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};
use xtask::control_plane::{Extras, Level};

use crate::asked::Asked;
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
            "beside_hanging": {"hanging": flags.hanging, "to_the_hanging": peaks(&hanging)},
            "load_after": load(),
        }),
    );
    controller.stop()?;
    let aims = aims(&report, flags);
    merge(&mut report, json!({ "aims": aims }));
    Ok(report)
}

/// Milliseconds by which 99 of 100 measurements may be late at most.
const LATE: f64 = 1000.0;
/// MiB that the controller may have.
const MEMORY: f64 = 150.0;
/// Requests that may be under way to one server: the controller's own limit (`metric-providers`, `http/rooms.rs`).
const REQUESTS: f64 = 64.0;
/// Connections to one server. Each of those requests may open one while another connection is handed back.
const CONNECTIONS: f64 = 2.0 * REQUESTS;

/// What a figure should be.
#[derive(Clone, Copy)]
enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

/// What each part is held against, by where its figure stands. A share of the measurements alone would not show a metric
/// that is forgotten among thousands: each is asked as often as the time allows but for one interval, and none waits for
/// another interval.
fn wanted(part: &str, flags: &Flags) -> Vec<(&'static str, Aim)> {
    use Aim::{AtLeast, AtMost};
    let interval = flags.interval.max(1);
    let mut wanted = vec![
        ("/late_ms/p99", AtMost(LATE)),
        ("/late_ms/most", AtMost(interval as f64 * 1000.0)),
        ("/metrics_asked", AtLeast((flags.runs * flags.metrics) as f64)),
        ("/least_of_a_metric", AtLeast((flags.seconds / interval).saturating_sub(1) as f64)),
        ("/requests_at_once", AtMost(REQUESTS)),
        ("/connections", AtMost(CONNECTIONS)),
        ("/memory/peak_mib", AtMost(MEMORY)),
    ];
    if part == "beside_hanging" {
        wanted.push(("/to_the_hanging/connections", AtMost(CONNECTIONS)));
    }
    wanted
}

/// Whether what was seen alone and beside those that hang is what was aimed at. What is not there is not met.
fn aims(report: &Value, flags: &Flags) -> Value {
    let mut met = true;
    let mut told = json!({});
    for part in ["measuring", "beside_hanging"] {
        for (pointer, aim) in wanted(part, flags) {
            let found = report.get(part).and_then(|part| part.pointer(pointer)).and_then(Value::as_f64);
            let name = pointer.trim_start_matches('/').replace('/', ".");
            let (holds, bound) = match aim {
                Aim::AtMost(most) => (found.is_some_and(|found| found <= most), json!({"at_most": most})),
                Aim::AtLeast(least) => {
                    (found.is_some_and(|found| found >= least), json!({"at_least": least}))
                }
            };
            met &= holds;
            merge(&mut told, json!({part: {&name: {"found": found}}}));
            merge(&mut told, json!({part: {&name: bound}}));
        }
    }
    merge(&mut told, json!({ "met": met }));
    told
}

/// How much there was at the same time, at most.
fn peaks(system: &MetricSystem) -> Value {
    json!({"requests_at_once": system.most_requests(), "connections": system.most_connections()})
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
    while system.queries() < count {
        if began.elapsed() > PATIENCE {
            return Err(format!("{} of {count} metrics were asked for, and no more", system.queries()).into());
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
    // The last question before is what the first one of this time is held against.
    system.take();
    requests.take()?;
    let (before, began) = (controller.cpu()?, Instant::now());
    tokio::time::sleep(Duration::from_secs(flags.seconds)).await;
    let asked = Asked { times: system.take(), began, ended: Instant::now() };
    let late = asked.late(Duration::from_secs(flags.interval));
    let mut figures = json!({
        "seconds": round(began.elapsed().as_secs_f64()),
        "measurements": asked.measurements(),
        "least_of_a_metric": asked.least(),
        "metrics_asked": asked.metrics(),
        "late_ms": percentiles(&late),
        "cpu_seconds": round(controller.cpu()? - before),
        "memory": controller.memory()?,
        "requests": requests.take()?.table(),
    });
    merge(&mut figures, json!({"late_ms": {"most": late.last().copied().map(f64::round)}}));
    merge(&mut figures, peaks(system));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> Flags {
        let controller = PathBuf::new();
        Flags { runs: 1000, metrics: 3, interval: 10, seconds: 60, hanging: 100, controller }
    }

    fn report() -> Value {
        let part = json!({
            "late_ms": {"p50": 20.0, "p99": 180.0, "most": 900.0}, "metrics_asked": 3000, "least_of_a_metric": 5,
            "requests_at_once": 64, "connections": 70, "memory": {"peak_mib": 61.2},
        });
        let mut beside = part.clone();
        merge(&mut beside, json!({"to_the_hanging": {"connections": 64}}));
        json!({"measuring": part, "beside_hanging": beside})
    }

    #[test]
    fn each_aim_that_is_missed_is_found_and_so_is_each_figure_that_is_not_there() {
        assert_eq!(aims(&report(), &flags())["met"], true);
        let missed = [
            ("/measuring/late_ms/p99", 1001.0),
            ("/measuring/late_ms/most", 10_001.0),
            ("/measuring/metrics_asked", 2999.0),
            ("/measuring/least_of_a_metric", 4.0),
            ("/measuring/requests_at_once", 65.0),
            ("/beside_hanging/connections", 129.0),
            ("/beside_hanging/memory/peak_mib", 150.1),
            ("/beside_hanging/to_the_hanging/connections", 129.0),
        ];
        for (pointer, figure) in missed {
            for wrong in [json!(figure), Value::Null] {
                let mut report = report();
                *report.pointer_mut(pointer).unwrap() = wrong;
                assert_eq!(aims(&report, &flags())["met"], false, "{pointer}");
            }
        }
    }
}
