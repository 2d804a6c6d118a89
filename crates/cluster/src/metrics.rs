//! The metric families of the peer, under the same names (spec controller-binary 4).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crd::{AnalysisRun, Condition, Rollout};
use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use rollout::{Event, EventType};

use crate::cache::{Cache, Name};

/// Buckets of the reconcile histograms, in seconds.
const BUCKETS: [f64; 5] = [0.01, 0.15, 0.25, 0.5, 1.0];

/// Labels of one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ObjectLabels {
    namespace: String,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    namespace: String,
    name: String,
    r#type: &'static str,
    reason: &'static str,
}

/// What the controller counts, and what it tells of the objects it knows.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    rollout_reconcile: Family<ObjectLabels, Histogram, fn() -> Histogram>,
    rollout_reconcile_error: Family<ObjectLabels, Counter>,
    rollout_events: Family<EventLabels, Counter>,
    analysis_run_reconcile: Family<ObjectLabels, Histogram, fn() -> Histogram>,
    analysis_run_reconcile_error: Family<ObjectLabels, Counter>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    pub(crate) fn new(cache: Arc<Cache>) -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            registry: Mutex::default(),
            rollout_reconcile: Family::new_with_constructor(histogram),
            rollout_reconcile_error: Family::default(),
            rollout_events: Family::default(),
            analysis_run_reconcile: Family::new_with_constructor(histogram),
            analysis_run_reconcile_error: Family::default(),
        };
        registry.register(
            "rollout_reconcile",
            "Seconds per pass over a Rollout",
            metrics.rollout_reconcile.clone(),
        );
        registry.register(
            "rollout_reconcile_error",
            "Failed passes",
            metrics.rollout_reconcile_error.clone(),
        );
        registry.register("rollout_events", "Events on Rollouts", metrics.rollout_events.clone());
        registry.register(
            "analysis_run_reconcile",
            "Seconds per pass over an AnalysisRun",
            metrics.analysis_run_reconcile.clone(),
        );
        registry.register(
            "analysis_run_reconcile_error",
            "Failed passes",
            metrics.analysis_run_reconcile_error.clone(),
        );
        registry.register_collector(Box::new(Info { cache }));
        *metrics.registry.lock() = registry;
        metrics
    }

    pub(crate) fn rollout_pass(&self, name: &Name, took: Duration, failed: bool) {
        self.rollout_reconcile.get_or_create(&labels(name)).observe(took.as_secs_f64());
        if failed {
            self.rollout_reconcile_error.get_or_create(&labels(name)).inc();
        }
    }

    pub(crate) fn analysis_run_pass(&self, name: &Name, took: Duration, failed: bool) {
        self.analysis_run_reconcile.get_or_create(&labels(name)).observe(took.as_secs_f64());
        if failed {
            self.analysis_run_reconcile_error.get_or_create(&labels(name)).inc();
        }
    }

    pub(crate) fn event(&self, name: &Name, event: &Event) {
        let (namespace, name) = name.clone();
        let r#type = match event.kind {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        };
        self.rollout_events
            .get_or_create(&EventLabels { namespace, name, r#type, reason: event.reason })
            .inc();
    }

    /// The exposition in OpenMetrics text form.
    pub(crate) fn exposition(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry.lock())?;
        Ok(text)
    }
}

fn labels(name: &Name) -> ObjectLabels {
    ObjectLabels { namespace: name.0.clone(), name: name.1.clone() }
}

/// Series that are made from the cache when somebody asks.
struct Info {
    cache: Arc<Cache>,
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Info")
    }
}

impl Collector for Info {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let objects = self.cache.read();
        gauges(
            &mut encoder,
            "rollout_info",
            objects.rollouts.iter().map(|rollout| (info_labels(rollout), 1)),
        )?;
        let replicas = [
            ("rollout_info_replicas_available", replicas_available as fn(&Rollout) -> i32),
            ("rollout_info_replicas_unavailable", replicas_unavailable),
            ("rollout_info_replicas_desired", Rollout::replicas),
            ("rollout_info_replicas_updated", replicas_updated),
        ];
        for (name, value) in replicas {
            gauges(
                &mut encoder,
                name,
                objects.rollouts.iter().map(|rollout| (object_labels(&rollout.metadata), value(rollout))),
            )?;
        }
        gauges(
            &mut encoder,
            "analysis_run_info",
            objects.analysis_runs.iter().map(|run| (run_labels(run), 1)),
        )?;
        let version = [(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1)];
        gauges(&mut encoder, "argo_rollouts_controller_info", version.into_iter())
    }
}

type Labels = Vec<(&'static str, String)>;

fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    series: impl Iterator<Item = (Labels, i32)>,
) -> Result<(), fmt::Error> {
    let kind = prometheus_client::metrics::MetricType::Gauge;
    let mut family =
        encoder.encode_descriptor(name, "Of the objects that the controller knows.", None, kind)?;
    for (labels, value) in series {
        ConstGauge::new(i64::from(value)).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn object_labels(meta: &crd::ObjectMeta) -> Labels {
    vec![("namespace", meta.namespace.clone()), ("name", meta.name.clone())]
}

fn info_labels(rollout: &Rollout) -> Labels {
    let mut labels = object_labels(&rollout.metadata);
    let strategy = match (rollout.canary(), rollout.blue_green()) {
        (Some(_), _) => "canary",
        (None, Some(_)) => "blueGreen",
        (None, None) => "none",
    };
    labels.extend([
        ("strategy", strategy.to_owned()),
        ("traffic_router", router(rollout).to_owned()),
        ("phase", phase(rollout).to_owned()),
    ]);
    labels
}

/// The last configured of the routers that the peer names, in its order.
fn router(rollout: &Rollout) -> &'static str {
    const ORDER: [(&str, &str); 6] = [
        ("alb", "ALB"),
        ("ambassador", "Ambassador"),
        ("istio", "Istio"),
        ("nginx", "Nginx"),
        ("smi", "SMI"),
        ("appMesh", "AppMesh"),
    ];
    let routing = rollout.canary().and_then(|canary| canary.traffic_routing.as_ref());
    let Some(routing) = routing else { return "" };
    ORDER.iter().rev().find(|(field, _)| routing.routers.contains_key(*field)).map_or("", |(_, name)| name)
}

/// The phase as this metric understands it, which is not `status.phase` (spec controller-binary 4.1).
fn phase(rollout: &Rollout) -> &'static str {
    if rollout.status.condition("InvalidSpec").is_some() {
        return "InvalidSpec";
    }
    match rollout.status.condition("Progressing").map(|condition: &Condition| condition.reason.as_str()) {
        Some("NewReplicaSetAvailable") => "Completed",
        Some("RolloutPaused") => "Paused",
        Some("ReplicaSetCreateError") => "Error",
        Some("ProgressDeadlineExceeded") => "Timeout",
        Some("RolloutAborted") => "Abort",
        _ => "Progressing",
    }
}

fn run_labels(run: &AnalysisRun) -> Labels {
    let mut labels = object_labels(&run.metadata);
    labels.push(("phase", run.status.phase.map_or("", crd::AnalysisPhase::as_str).to_owned()));
    labels
}

fn replicas_available(rollout: &Rollout) -> i32 {
    rollout.status.available_replicas
}

fn replicas_unavailable(rollout: &Rollout) -> i32 {
    rollout.status.replicas - rollout.status.available_replicas
}

fn replicas_updated(rollout: &Rollout) -> i32 {
    rollout.status.updated_replicas
}
