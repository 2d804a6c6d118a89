//! What is told of the work queues, in the words of client-go.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
};

use super::counts::{queue_buckets, register};
use crate::cache::Name;
use crate::queue::{Load, Queue};

/// What one queue counts.
#[derive(Clone, Debug)]
pub(crate) struct QueueCounts {
    /// Keys that were added.
    pub(crate) adds: IntCounter,
    /// Keys that were added again after a failure.
    pub(crate) retries: IntCounter,
    /// How long keys waited that were due.
    pub(crate) waited: Histogram,
    /// How long they were worked on.
    pub(crate) worked: Histogram,
}

#[cfg(test)]
impl QueueCounts {
    /// Told to nobody.
    pub(crate) fn of_a_test() -> Self {
        let counter = || IntCounter::new("count", "a test's").unwrap();
        let histogram = || Histogram::with_opts(HistogramOpts::new("time", "a test's")).unwrap();
        Self { adds: counter(), retries: counter(), waited: histogram(), worked: histogram() }
    }
}

/// The queues by their names.
type Watched = Arc<Mutex<Vec<(&'static str, Arc<Queue<Name>>)>>>;

/// What all queues count, and how they are loaded.
pub(super) struct Queues {
    adds: IntCounterVec,
    retries: IntCounterVec,
    waited: HistogramVec,
    worked: HistogramVec,
    watched: Watched,
}

impl Queues {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &["name"]);
        let buckets = queue_buckets()?;
        let histogram = |name: &str, help: &str| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.clone()), &["name"])
        };
        let queues = Self {
            adds: counter("workqueue_adds_total", "Keys that were added")?,
            retries: counter("workqueue_retries_total", "Keys that were added again after a failure")?,
            waited: histogram("workqueue_queue_duration_seconds", "How long keys waited that were due")?,
            worked: histogram("workqueue_work_duration_seconds", "How long keys were worked on")?,
            watched: Arc::default(),
        };
        register(registry, &queues.adds)?;
        register(registry, &queues.retries)?;
        register(registry, &queues.waited)?;
        register(registry, &queues.worked)?;
        registry.register(Box::new(Loads::new(Arc::clone(&queues.watched))?))?;
        Ok(queues)
    }

    pub(super) fn counts(&self, name: &'static str) -> QueueCounts {
        QueueCounts {
            adds: self.adds.with_label_values(&[name]),
            retries: self.retries.with_label_values(&[name]),
            waited: self.waited.with_label_values(&[name]),
            worked: self.worked.with_label_values(&[name]),
        }
    }

    pub(super) fn watch(&self, name: &'static str, queue: Arc<Queue<Name>>) {
        self.watched.lock().push((name, queue));
    }
}

/// How the queues are loaded when somebody asks.
struct Loads {
    watched: Watched,
    depth: GaugeVec,
    unfinished: GaugeVec,
    longest: GaugeVec,
}

impl Loads {
    fn new(watched: Watched) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| GaugeVec::new(Opts::new(name, help), &["name"]);
        Ok(Self {
            watched,
            depth: gauge("workqueue_depth", "Keys that are due and not worked on")?,
            unfinished: gauge(
                "workqueue_unfinished_work_seconds",
                "How long all keys together have been worked on that are worked on now",
            )?,
            longest: gauge(
                "workqueue_longest_running_processor_seconds",
                "How long the key has been worked on that has been worked on for longest",
            )?,
        })
    }

    fn all(&self) -> [&GaugeVec; 3] {
        [&self.depth, &self.unfinished, &self.longest]
    }
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loads")
    }
}

impl Collector for Loads {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        for (name, queue) in self.watched.lock().iter() {
            let Load { depth, unfinished, longest } = queue.load();
            let set = |gauge: &GaugeVec, value: f64| gauge.with_label_values(&[*name]).set(value);
            set(&self.depth, depth as f64);
            set(&self.unfinished, Duration::as_secs_f64(&unfinished));
            set(&self.longest, Duration::as_secs_f64(&longest));
        }
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
