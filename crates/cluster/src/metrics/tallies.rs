//! What is counted object by object.
//!
//! A controller of thousands of objects has a dozen series of each. A series of the library takes a kilobyte, for it
//! repeats all names; here a number is kept with what tells it from the object's others, and the names are put together
//! when somebody asks.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crd::Kind;
use http::StatusCode;
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Counter, Histogram, Metric, MetricFamily, MetricType};
use rollout::{Event, EventType};

use super::info::{labels, named};
use crate::cache::Name;
use crate::requests::{Asked, Verb};
use crate::settings::Controllers;

/// Buckets of passes, in seconds.
const PASSES: [f64; 5] = [0.01, 0.15, 0.25, 0.5, 1.0];

/// What is counted of one object.
#[derive(Debug, Default)]
struct Tally {
    /// Passes that ended within each bucket's bound and not within the one before; the last ones took longer.
    passes: [u32; PASSES.len() + 1],
    seconds: f64,
    failed: u32,
    events: Vec<(EventType, &'static str, u32)>,
    requests: Vec<(Verb, StatusCode, u32)>,
}

#[derive(Debug, Default)]
struct Numbers {
    rollouts: BTreeMap<Name, Box<Tally>>,
    analysis_runs: BTreeMap<Name, Box<Tally>>,
    experiments: BTreeMap<Name, Box<Tally>>,
    /// Requests about objects of other kinds, and about all objects of a kind.
    requests: BTreeMap<(String, String, String, Verb, u16), u64>,
}

impl Numbers {
    fn of(&mut self, kind: &Kind) -> &mut BTreeMap<Name, Box<Tally>> {
        match kind {
            kind if *kind == Kind::ROLLOUT => &mut self.rollouts,
            kind if *kind == Kind::EXPERIMENT => &mut self.experiments,
            _ => &mut self.analysis_runs,
        }
    }

    fn tally(&mut self, kind: &Kind, name: &Name) -> &mut Tally {
        self.of(kind).entry(name.clone()).or_default()
    }
}

/// What is counted object by object.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies(Arc<Mutex<Numbers>>);

impl Tallies {
    /// Counts a pass over a Rollout, an Experiment or an AnalysisRun.
    pub(super) fn pass(&self, kind: &Kind, name: &Name, took: Duration, failed: bool) {
        let mut numbers = self.0.lock();
        let tally = numbers.tally(kind, name);
        let seconds = took.as_secs_f64();
        let bucket = PASSES.iter().take_while(|bound| seconds > **bound).count();
        if let Some(count) = tally.passes.get_mut(bucket) {
            *count += 1;
        }
        tally.seconds += seconds;
        tally.failed += u32::from(failed);
    }

    /// Counts an event on a Rollout.
    pub(super) fn event(&self, name: &Name, event: &Event) {
        let mut numbers = self.0.lock();
        let events = &mut numbers.tally(&Kind::ROLLOUT, name).events;
        match events.iter_mut().find(|(kind, reason, _)| (*kind, *reason) == (event.kind, event.reason)) {
            Some((.., count)) => *count += 1,
            None => events.push((event.kind, event.reason, 1)),
        }
    }

    /// Counts a request that was answered.
    pub(super) fn request(&self, asked: &Asked, status: StatusCode) {
        let Asked { verb, kind, namespace, name, group: _ } = asked;
        let mut numbers = self.0.lock();
        let counted =
            [Kind::ROLLOUT, Kind::EXPERIMENT, Kind::ANALYSIS_RUN].into_iter().find(|it| it.plural == *kind);
        let Some(counted) = counted.filter(|_| name != Asked::NO_NAME) else {
            let key = (kind.clone(), namespace.clone(), name.clone(), *verb, status.as_u16());
            *numbers.requests.entry(key).or_default() += 1;
            return;
        };
        let requests = &mut numbers.tally(&counted, &(namespace.clone(), name.clone())).requests;
        match requests.iter_mut().find(|(known, answer, _)| (*known, *answer) == (*verb, status)) {
            Some((.., count)) => *count += 1,
            None => requests.push((*verb, status, 1)),
        }
    }

    /// Drops what was counted of an object.
    pub(super) fn forget(&self, kind: &Kind, name: &Name) {
        self.0.lock().of(kind).remove(name);
    }

    /// They, for the registry, as far as these controllers have them.
    pub(super) fn collector(
        &self,
        controllers: Controllers,
    ) -> Result<impl Collector + 'static, prometheus::Error> {
        let families: Vec<&'static Family> =
            FAMILIES.iter().filter(|family| controllers == Controllers::All || family.of_analysis).collect();
        let describe = |family: &&'static Family| {
            let labels = family.labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(family.name.to_owned(), family.help.to_owned(), labels, HashMap::new())
        };
        let descriptions = families.iter().map(describe).collect::<Result<_, _>>()?;
        Ok(Told { tallies: self.clone(), families, descriptions })
    }
}

/// One family of series.
struct Family {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    labels: &'static [&'static str],
    /// Whether a controller of analyses alone has it.
    of_analysis: bool,
    series: fn(&Numbers, &mut Series<'_>),
}

/// Takes series one by one: the values of the labels, and the number.
type Series<'a> = dyn FnMut(&[&str], Number<'_>) + 'a;

enum Number<'a> {
    Count(u64),
    Passes(&'a Tally),
}

const OBJECT: &[&str] = &["namespace", "name"];

const FAMILIES: [Family; 8] = [
    Family {
        name: "rollout_reconcile",
        help: "Seconds per pass over one Rollout",
        kind: MetricType::HISTOGRAM,
        labels: OBJECT,
        of_analysis: false,
        series: |numbers, tell| passes(&numbers.rollouts, tell),
    },
    Family {
        name: "rollout_reconcile_error",
        help: "Failed passes over one Rollout",
        kind: MetricType::COUNTER,
        labels: OBJECT,
        of_analysis: false,
        series: |numbers, tell| failures(&numbers.rollouts, tell),
    },
    Family {
        name: "experiment_reconcile",
        help: "Seconds per pass over one Experiment",
        kind: MetricType::HISTOGRAM,
        labels: OBJECT,
        of_analysis: false,
        series: |numbers, tell| passes(&numbers.experiments, tell),
    },
    Family {
        name: "experiment_reconcile_error",
        help: "Failed passes over one Experiment",
        kind: MetricType::COUNTER,
        labels: OBJECT,
        of_analysis: false,
        series: |numbers, tell| failures(&numbers.experiments, tell),
    },
    Family {
        name: "analysis_run_reconcile",
        help: "Seconds per pass over one AnalysisRun",
        kind: MetricType::HISTOGRAM,
        labels: OBJECT,
        of_analysis: true,
        series: |numbers, tell| passes(&numbers.analysis_runs, tell),
    },
    Family {
        name: "analysis_run_reconcile_error",
        help: "Failed passes over one AnalysisRun",
        kind: MetricType::COUNTER,
        labels: OBJECT,
        of_analysis: true,
        series: |numbers, tell| failures(&numbers.analysis_runs, tell),
    },
    Family {
        name: "rollout_events_total",
        help: "Events on Rollouts",
        kind: MetricType::COUNTER,
        labels: &["namespace", "name", "type", "reason"],
        of_analysis: false,
        series: events,
    },
    Family {
        name: "controller_clientset_k8s_request_total",
        help: "Answered requests to the API server",
        kind: MetricType::COUNTER,
        labels: &["kind", "namespace", "name", "verb", "status_code"],
        of_analysis: true,
        series: requests,
    },
];

fn passes(of: &BTreeMap<Name, Box<Tally>>, tell: &mut Series<'_>) {
    for ((namespace, name), tally) in of.iter().filter(|(_, tally)| tally.passes != [0; PASSES.len() + 1]) {
        tell(&[namespace, name], Number::Passes(tally));
    }
}

fn failures(of: &BTreeMap<Name, Box<Tally>>, tell: &mut Series<'_>) {
    for ((namespace, name), tally) in of.iter().filter(|(_, tally)| tally.failed > 0) {
        tell(&[namespace, name], Number::Count(tally.failed.into()));
    }
}

fn events(numbers: &Numbers, tell: &mut Series<'_>) {
    for ((namespace, name), tally) in &numbers.rollouts {
        for (kind, reason, count) in &tally.events {
            let kind = match kind {
                EventType::Normal => "Normal",
                EventType::Warning => "Warning",
            };
            tell(&[namespace, name, kind, reason], Number::Count((*count).into()));
        }
    }
}

fn requests(numbers: &Numbers, tell: &mut Series<'_>) {
    let all = [
        (Kind::ROLLOUT, &numbers.rollouts),
        (Kind::EXPERIMENT, &numbers.experiments),
        (Kind::ANALYSIS_RUN, &numbers.analysis_runs),
    ];
    for (kind, of) in all {
        for ((namespace, name), tally) in of {
            for (verb, status, count) in &tally.requests {
                let labels = [&kind.plural, namespace.as_str(), name, verb.as_str(), status.as_str()];
                tell(&labels, Number::Count((*count).into()));
            }
        }
    }
    for ((kind, namespace, name, verb, status), count) in &numbers.requests {
        tell(&[kind, namespace, name, verb.as_str(), &status.to_string()], Number::Count(*count));
    }
}

/// The families, when somebody asks.
struct Told {
    tallies: Tallies,
    families: Vec<&'static Family>,
    descriptions: Vec<Desc>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl Collector for Told {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let numbers = self.tallies.0.lock();
        self.families.iter().map(|family| told(family, &numbers)).collect()
    }
}

fn told(family: &Family, numbers: &Numbers) -> MetricFamily {
    let mut metrics = Vec::new();
    (family.series)(numbers, &mut |values, number| {
        let mut metric = Metric::from_label(labels(family.labels, values));
        match number {
            Number::Count(count) => {
                let mut counter = Counter::default();
                counter.set_value(count as f64);
                metric.set_counter(counter);
            }
            Number::Passes(tally) => metric.set_histogram(histogram(tally)),
        }
        metrics.push(metric);
    });
    named(family.name, family.help, family.kind, metrics)
}

fn histogram(tally: &Tally) -> Histogram {
    let mut within = 0;
    let mut buckets = Vec::with_capacity(PASSES.len());
    for (bound, count) in PASSES.iter().zip(&tally.passes) {
        within += u64::from(*count);
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(within);
        buckets.push(bucket);
    }
    let mut histogram = Histogram::default();
    histogram.set_sample_count(tally.passes.iter().copied().map(u64::from).sum());
    histogram.set_sample_sum(tally.seconds);
    histogram.set_bucket(buckets);
    histogram
}
