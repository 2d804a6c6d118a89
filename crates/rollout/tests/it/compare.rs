//! `aviary/compare`: readings of both arms become windows, and windows a verdict.

use std::collections::BTreeMap;

use aviary_rollout::analysis::{Outcome, Reading, assess, due};
use aviary_rollout::{Settings, Timestamp};
use crd::{AnalysisPhase, AnalysisRun, Measurement};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A run that compares errors, with its counters.
pub(crate) struct Compared {
    pub(crate) run: AnalysisRun,
    pub(crate) now: Timestamp,
    counters: [f64; 4],
}

impl Compared {
    pub(crate) fn new(config: Value) -> Self {
        let mut compare = json!({
            "source": {"prometheus": {"address": "http://prometheus:9090"}}, "warmup": "0s",
            "metrics": [{"name": "errors", "kind": "proportion",
                "canary": {"bad": "a", "total": "b"}, "stable": {"bad": "c", "total": "d"}}],
        });
        json_patch::merge(&mut compare, &config);
        let run = json!({
            "metadata": {"name": "r", "namespace": "ns"},
            "spec": {"metrics": [{"name": "compare", "provider": {"plugin": {"aviary/compare": compare}}}]},
        });
        Self::of(serde_json::from_value(run).unwrap(), "2026-01-31T12:00:00Z".parse().unwrap())
    }

    /// A run whose only metric compares.
    pub(crate) fn of(run: AnalysisRun, now: Timestamp) -> Self {
        Self { run, now, counters: [0.0; 4] }
    }

    /// One pass; `grown` is by how much the counters grew: bad and all of the canary, then of stable.
    pub(crate) fn pass(&mut self, grown: Result<[f64; 4], &str>) {
        let (outcome, value) = match grown {
            Ok(grown) => {
                self.counters.iter_mut().zip(grown).for_each(|(counter, grown)| *counter += grown);
                let [bad1, all1, bad0, all0] = self.counters;
                let value = json!({"errors": {
                    "canary": {"bad": bad1, "total": all1}, "stable": {"bad": bad0, "total": all0},
                }});
                (Outcome::Value((&value).into()), value.to_string())
            }
            Err(why) => (Outcome::Error(why.to_owned()), String::new()),
        };
        self.answered(&outcome, &value);
    }

    /// One pass with this answer.
    pub(crate) fn answered(&mut self, outcome: &Outcome, value: &str) {
        let asks = due(&self.run, self.now);
        let readings = asks.iter().map(|ask| Reading {
            name: ask.name.clone(),
            asked: ask.fill(&BTreeMap::new()).unwrap(),
            outcome: outcome.clone(),
            value: value.to_owned(),
            metadata: BTreeMap::new(),
            about: BTreeMap::new(),
            resume_at: None,
            started_at: self.now,
            finished_at: self.now,
        });
        let readings: Vec<Reading> = readings.collect();
        let decision = assess(&self.run, Ok(&readings), &Settings::default(), self.now);
        if let Some(status) = decision.status {
            // As the API server stores it: times on whole seconds, everything as JSON.
            let text = serde_json::to_string(&status).unwrap();
            self.run.status = serde_json::from_str(&text).unwrap();
        }
        self.now += SignedDuration::from_secs(10);
    }

    /// Passes until the run is over, at most so many; how many it took.
    pub(crate) fn until_over(
        &mut self,
        most: usize,
        grown: impl Fn(usize) -> Result<[f64; 4], &'static str>,
    ) -> usize {
        for pass in 0..most {
            self.pass(grown(pass));
            if self.phase().is_some_and(AnalysisPhase::completed) {
                return pass + 1;
            }
        }
        most
    }

    pub(crate) fn phase(&self) -> Option<AnalysisPhase> {
        self.run.status.phase
    }

    pub(crate) fn measurements(&self) -> &[Measurement] {
        &self.run.status.metric_results[0].measurements
    }

    pub(crate) fn measurement(&self) -> &Measurement {
        let measurements = self.measurements();
        assert_eq!(measurements.len(), 1, "it is one measurement");
        &measurements[0]
    }
}

#[test]
fn a_canary_as_good_as_stable_ends_the_measurement_well() {
    let mut compared = Compared::new(json!({}));
    let passes = compared.until_over(200, |_| Ok([1.0, 200.0, 9.0, 1800.0]));
    assert_eq!(compared.phase(), Some(AnalysisPhase::Successful), "{:?}", compared.measurement());
    assert!((10..100).contains(&passes), "{passes}");
    let found = compared.measurement();
    assert!(found.value.starts_with("pass; odds "), "{}", found.value);
    assert!(found.value.contains("errors: canary 0.50 %, stable 0.50 %"), "{}", found.value);
    assert_eq!(found.metadata["verdict"], "pass");
    assert!(found.metadata["summary"].contains("requests"), "{}", found.metadata["summary"]);
}

#[test]
fn a_canary_with_more_errors_fails_soon_and_says_how_sure_it_is() {
    let mut compared = Compared::new(json!({}));
    let passes = compared.until_over(200, |_| Ok([4.0, 200.0, 9.0, 1800.0]));
    assert_eq!(compared.phase(), Some(AnalysisPhase::Failed));
    assert!(passes < 10, "{passes}");
    let message = &compared.measurement().message;
    assert!(message.starts_with("errors is worse than stable: odds "), "{message}");
    assert!(compared.run.status.message.contains(message), "{}", compared.run.status.message);
}

#[test]
fn what_looks_at_the_canary_alone_is_not_said_to_be_worse_than_stable() {
    let alone = |field: &str, value: &str| {
        let canary = json!({"bad": "a", "total": "b"});
        let metric = json!({"name": "errors", "kind": "limit", field: value, "canary": canary});
        let mut compared = Compared::new(json!({"metrics": [metric]}));
        let passes = compared.until_over(200, |_| Ok([10.0, 200.0, 9.0, 1800.0]));
        assert_eq!(compared.phase(), Some(AnalysisPhase::Failed), "{:?}", compared.measurement());
        let Measurement { message, value, .. } = compared.measurement();
        (passes, message.clone(), value.clone())
    };
    let (_, limit, _) = alone("limit", "1%");
    assert!(limit.starts_with("errors is above its limit: odds "), "{limit}");
    let (passes, burns, value) = alone("objective", "99.9%");
    assert_eq!(value, "fail; errors burns its budget; errors: canary 5.00 %, stable 0.50 %");
    assert_eq!(passes, 31, "five minutes of windows, and the reading that they begin with");
    let how = "errors: the budget burned 50 times as fast as allowed over 5 min and 50 times over 1 h, of which 5 min were \
               seen; it fails at 14.4 times";
    assert_eq!(burns, how);
}

#[test]
fn what_is_known_between_windows_is_small_and_a_window_is_counted_once() {
    let mut compared = Compared::new(json!({}));
    for _ in 0..5 {
        compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    }
    let found = compared.measurement().clone();
    assert_eq!(found.phase, Some(AnalysisPhase::Running));
    let size: usize = found.metadata.values().map(String::len).sum();
    assert!(size < 8_000, "{size} bytes");
    let resume = found.resume_at.unwrap().timestamp();
    assert_eq!(resume, compared.now, "the next window is due a window later");
    // A controller that died before it stored its last pass makes the same pass again: the same state comes of it.
    let before = compared.run.clone();
    compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    let (after, counters) = (compared.run.clone(), compared.counters);
    compared.run = before;
    compared.now -= SignedDuration::from_secs(10);
    compared.counters = counters;
    compared.pass(Ok([0.0; 4]));
    assert_eq!(compared.run, after);
}

#[test]
fn a_measurement_that_is_ended_early_keeps_what_was_known_by_then() {
    let mut compared = Compared::new(json!({}));
    for _ in 0..5 {
        compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    }
    let before = compared.measurement().clone();
    compared.run.spec.terminate = true;
    let outcome = Outcome::Verdict(AnalysisPhase::Inconclusive, "Metric Terminated".to_owned());
    compared.answered(&outcome, "");
    let after = compared.measurement();
    assert_eq!(after.phase, Some(AnalysisPhase::Inconclusive));
    assert!(before.value.starts_with("need-more-data; odds "), "{}", before.value);
    assert_eq!(after.value, before.value);
    let keys: Vec<&str> = after.metadata.keys().map(String::as_str).collect();
    assert_eq!(keys, ["aviary.dev/judge", "odds", "summary", "verdict"], "no window begins with its figures");
}

#[test]
fn a_reading_that_fails_is_a_gap_and_not_the_end() {
    let mut compared = Compared::new(json!({}));
    let passes = compared
        .until_over(200, |pass| if pass % 4 == 3 { Err("no answer") } else { Ok([1.0, 200.0, 9.0, 1800.0]) });
    assert_eq!(compared.phase(), Some(AnalysisPhase::Successful), "{passes}");
    let summary = &compared.measurement().metadata["summary"];
    assert!(summary.contains("no answer"), "{summary}");
}

#[test]
fn without_traffic_nothing_passes_and_a_person_decides_in_the_end() {
    let mut compared = Compared::new(json!({"maxWait": "5m"}));
    let passes = compared.until_over(200, |_| Ok([0.0, 0.0, 9.0, 1800.0]));
    assert_eq!(compared.phase(), Some(AnalysisPhase::Inconclusive));
    assert_eq!(passes, 31, "five minutes of ten seconds");
    assert!(compared.run.status.message.contains("no data"), "{}", compared.run.status.message);
}

#[test]
fn a_wrong_configuration_is_an_error_that_names_the_field() {
    let mut compared = Compared::new(json!({"falseAborts": "200%", "minWindows": 1.5}));
    compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    assert_eq!(
        compared.measurement().message,
        "aviary/compare: minWindows: `1.5` is no whole number from 0 on: write one such as 3; falseAborts: `200%` is not \
         above 0 and at most 50%: 1% is usual for falseAborts, 5% for falsePass; mind the percent sign"
    );
    assert_eq!(compared.measurement().phase, Some(AnalysisPhase::Error));
}

#[test]
fn times_without_end_are_borne() {
    let endless = format!("{}s", u64::MAX - 4096);
    let mut compared = Compared::new(json!({
        "source": {"prometheus": {"address": "http://p:9090", "delay": "2562047h"}}, "warmup": endless, "maxWait": endless,
    }));
    compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    assert_eq!(compared.phase(), Some(AnalysisPhase::Running), "{:?}", compared.measurement());
}
