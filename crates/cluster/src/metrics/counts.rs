//! What is counted as it happens.

use crd::RolloutDuration;
use prometheus::core::Collector;
use prometheus::{GaugeVec, HistogramOpts, HistogramVec, Opts, Registry, exponential_buckets};

use crate::version::Build;

type Result<T> = std::result::Result<T, prometheus::Error>;

/// How long attempts took that have ended.
pub(super) struct Durations {
    total: HistogramVec,
    progression: HistogramVec,
    manual_pause: HistogramVec,
}

impl Durations {
    pub(super) fn new() -> Result<Self> {
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), &["status"])
        };
        Ok(Self {
            total: histogram(
                "rollout_duration_seconds",
                "Time from the begin of an attempt to its end",
                &[30., 60., 120., 300., 600., 1200., 1800., 3600., 7200., 14400., 28800.],
            )?,
            progression: histogram(
                "rollout_progression_duration_seconds",
                "The same without the time that persons were awaited",
                &[30., 60., 120., 300., 600., 900., 1800., 3600.],
            )?,
            manual_pause: histogram(
                "rollout_manual_pause_duration_seconds",
                "Time that persons were awaited in an attempt",
                &[0., 60., 300., 600., 1800., 3600., 7200., 14400., 28800.],
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<()> {
        [&self.total, &self.progression, &self.manual_pause]
            .into_iter()
            .try_for_each(|histogram| register(registry, histogram))
    }

    /// Counts an attempt that has ended.
    pub(super) fn observe(&self, duration: &RolloutDuration) {
        let RolloutDuration { rollout_started_at, finished_at, completion_status: status, .. } = duration;
        let (Some(began), Some(ended)) = (rollout_started_at, finished_at) else { return };
        let total = ended.timestamp().duration_since(began.timestamp()).as_secs_f64();
        let paused = duration.total_manual_pause_duration_seconds.unwrap_or(0) as f64;
        self.total.with_label_values(&[status]).observe(total);
        self.progression.with_label_values(&[status]).observe((total - paused).max(0.0));
        self.manual_pause.with_label_values(&[status]).observe(paused);
    }
}

/// Registers the gauges that tell which build this is.
pub(super) fn register_build(registry: &Registry, build: Build) -> Result<()> {
    let version = format!("v{}", build.version);
    let of_controller =
        GaugeVec::new(Opts::new("argo_rollouts_controller_info", "Which controller runs"), &["version"])?;
    of_controller.with_label_values(&[&version]).set(1.0);
    register(registry, &of_controller)?;
    let labels = ["version", "goversion", "goarch", "commit"];
    let of_build = GaugeVec::new(Opts::new("build_info", "Which build this is"), &labels)?;
    // There is no Go in it; the label is there for those who join on it.
    let compiler = concat!("rust", env!("CARGO_PKG_RUST_VERSION"));
    let commit = build.commit.unwrap_or_default();
    of_build.with_label_values(&[version.as_str(), compiler, architecture(), commit]).set(1.0);
    register(registry, &of_build)
}

/// The machine's architecture in Go's word for it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Buckets of queues, in seconds: a hundredth of a microsecond to ten seconds.
pub(super) fn queue_buckets() -> Result<Vec<f64>> {
    exponential_buckets(1e-8, 10.0, 10)
}

pub(super) fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: &C) -> Result<()> {
    registry.register(Box::new(collector.clone()))
}
