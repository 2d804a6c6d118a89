//! `aviary/compare`: readings of both arms become windows, and windows a verdict.

use std::collections::BTreeMap;

use aviary_rollout::analysis::{Outcome, Reading, assess, due};
use aviary_rollout::{Settings, Timestamp};
use crd::{AnalysisPhase, AnalysisRun, Measurement};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A run that compares errors, with its counters.
struct Compared {
    run: AnalysisRun,
    now: Timestamp,
    counters: [f64; 4],
}

impl Compared {
    fn new(config: Value) -> Self {
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
        let now = "2026-01-31T12:00:00Z".parse().unwrap();
        Self { run: serde_json::from_value(run).unwrap(), now, counters: [0.0; 4] }
    }

    /// One pass; `grown` is by how much the counters grew: bad and all of the canary, then of stable.
    fn pass(&mut self, grown: Result<[f64; 4], &str>) {
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
    fn answered(&mut self, outcome: &Outcome, value: &str) {
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
    fn until_over(&mut self, most: usize, grown: impl Fn(usize) -> Result<[f64; 4], &'static str>) -> usize {
        for pass in 0..most {
            self.pass(grown(pass));
            if self.phase().is_some_and(AnalysisPhase::completed) {
                return pass + 1;
            }
        }
        most
    }

    fn phase(&self) -> Option<AnalysisPhase> {
        self.run.status.phase
    }

    fn measurement(&self) -> &Measurement {
        let measurements = &self.run.status.metric_results[0].measurements;
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
    assert!(!found.metadata.contains_key("aviary.dev/judge"), "what is over needs no state");
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
    assert_eq!(keys, ["odds", "summary", "verdict"], "what is over needs no state");
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
    let mut compared = Compared::new(json!({"falseAborts": "200%"}));
    compared.pass(Ok([1.0, 200.0, 9.0, 1800.0]));
    let message = &compared.measurement().message;
    assert!(message.starts_with("aviary/compare: ") && message.contains("falseAborts"), "{message}");
    assert_eq!(compared.measurement().phase, Some(AnalysisPhase::Error));
}

/// The judge's last words, and how often it could not use a window.
fn summary(compared: &Compared) -> &str {
    &compared.measurement().metadata["summary"]
}

/// Passes of a run whose source answers so; each text is an answer in JSON.
fn told(config: Value, answers: impl IntoIterator<Item = Value>) -> Compared {
    let mut compared = Compared::new(config);
    for answer in answers {
        compared.answered(&Outcome::Value((&answer).into()), &answer.to_string());
    }
    compared
}

fn errors(canary: Value, stable: Value) -> Value {
    json!({"errors": {"canary": canary, "stable": stable}})
}

/// Bad ones and all of the canary, then of stable.
fn counters(bad: u32, all: u32, stable_bad: u32, stable: u32) -> Value {
    errors(json!({"bad": bad, "total": all}), json!({"bad": stable_bad, "total": stable}))
}

#[test]
fn a_counter_that_fell_is_no_window() {
    // A stable pod that had served for weeks goes away: what is left of its counters was not counted in this window.
    let compared = told(
        json!({}),
        [
            counters(0, 100, 5_000, 900_000),
            counters(1, 200, 5_009, 901_800),
            counters(2, 300, 3_000, 500_000),
        ],
    );
    let found = summary(&compared);
    assert!(found.contains("canary 1 of 100 requests (1 %), stable 9 of 1,800 (0.5 %)"), "{found}");
    assert!(found.contains("windows not used: 1 (a counter fell: a pod restarted or went away)"), "{found}");
}

#[test]
fn what_went_away_and_comes_back_with_its_history_is_no_window_either() {
    // One scrape of a stable pod fails. It had seen a worse month: as one window, that would hide a bad canary.
    let compared = told(
        json!({}),
        [
            counters(0, 100, 5_000, 900_000),
            counters(1, 200, 5_009, 901_800),
            counters(2, 300, 1_009, 501_800),
            counters(3, 400, 1_018, 503_600),
            // And another one, for a moment: both come back, one after the other.
            counters(4, 500, 718, 453_600),
            counters(5, 600, 1_036, 505_400),
            counters(6, 700, 5_045, 907_200),
            counters(7, 800, 5_054, 909_000),
        ],
    );
    let found = summary(&compared);
    assert!(found.contains("canary 3 of 300 requests (1 %), stable 27 of 5,400 (0.5 %)"), "{found}");
    assert!(
        found.contains("2 (a counter grew by what it had lost: a pod that was not seen is back)"),
        "{found}"
    );
}

#[test]
fn errors_of_a_pod_that_was_started_anew_are_all_counted() {
    // Its counter of errors is there only from the first one on.
    let compared = told(
        json!({}),
        [
            errors(json!({"bad": 30, "total": 1_000}), json!({"total": 9_000})),
            errors(json!({"total": 100}), json!({"total": 9_900})),
            errors(json!({"bad": 5, "total": 200}), json!({"total": 10_800})),
        ],
    );
    assert!(summary(&compared).contains("canary 5 of 100 requests"), "{}", summary(&compared));
}

#[test]
fn a_stratum_that_one_arm_does_not_tell_for_a_while_waits_in_both() {
    let config = json!({"metrics": [{"name": "errors", "kind": "proportion", "strata": "route",
        "canary": {"bad": "a", "total": "b"}, "stable": {"bad": "c", "total": "d"}}]});
    let arm = |pass: u32, each: u32| {
        let route = || json!({"bad": pass, "total": pass * each});
        json!({"strata": {"aa": route(), "bb": route()}})
    };
    let mut answers: Vec<Value> = (0..5).map(|pass| errors(arm(pass, 100), arm(pass, 900))).collect();
    for silent in &mut answers[2..4] {
        silent["errors"]["canary"]["strata"].as_object_mut().unwrap().remove("aa");
    }
    let compared = told(config, answers);
    let found = summary(&compared);
    assert!(found.contains("canary 8 of 800 requests (1 %), stable 8 of 7,200 (0.111 %)"), "{found}");
}

#[test]
fn settings_of_the_source_that_contradict_it_are_refused() {
    for (source, said) in [
        (
            json!({"prometheus": {}, "cumulative": "false"}),
            "source.cumulative: \"false\" is neither true nor false",
        ),
        (
            json!({"prometheus": null, "datadog": {}, "cumulative": true}),
            "datadog tells what was counted in a window",
        ),
        (json!({"datadog": {}}), "source must be one of prometheus, datadog"),
    ] {
        let compared = told(json!({"source": source}), [errors(json!({"bad": 1, "total": 9}), json!({}))]);
        assert!(compared.measurement().message.contains(said), "{}", compared.measurement().message);
    }
}

#[test]
fn counts_of_windows_are_not_differenced_and_those_from_before_the_release_are_not_judged() {
    let both = || errors(json!({"bad": 1, "total": 100}), json!({"bad": 9, "total": 900}));
    let prometheus = json!({"source": {"cumulative": false}});
    let compared = told(prometheus, (0..4).map(|_| both()));
    assert!(summary(&compared).contains("canary 3 of 300 requests"), "{}", summary(&compared));
    // What Datadog tells is a minute old: the first six windows of ten seconds were before the release.
    let datadog = json!({"source": {"prometheus": null, "datadog": {}}});
    let compared = told(datadog, (0..9).map(|_| both()));
    assert!(summary(&compared).contains("canary 2 of 200 requests"), "{}", summary(&compared));
}

#[test]
fn what_was_counted_before_the_first_look_is_no_window() {
    let stable = |bad: u32, all: u32| json!({"bad": bad, "total": all});
    // The canary's first request, and a metric system that knew nothing of stable at first.
    let compared = told(
        json!({}),
        [
            errors(json!({}), json!({})),
            errors(json!({"total": 50}), stable(9_000, 900_000)),
            errors(json!({"bad": 1, "total": 150}), stable(9_009, 901_800)),
        ],
    );
    let found = summary(&compared);
    assert!(found.contains("canary 1 of 100 requests (1 %), stable 9 of 1,800 (0.5 %)"), "{found}");
}

#[test]
fn an_arm_that_tells_nothing_for_a_while_loses_nothing_and_both_wait() {
    let both = |bad: u32, all: u32| {
        errors(json!({"bad": bad, "total": all}), json!({"bad": 9 * bad, "total": 9 * all}))
    };
    let mut silent = both(2, 200);
    silent["errors"]["canary"] = json!({});
    let compared = told(json!({}), [both(0, 0), both(1, 100), silent, both(3, 300)]);
    let found = summary(&compared);
    assert!(found.contains("canary 3 of 300 requests (1 %), stable 27 of 2,700 (1 %)"), "{found}");
}

#[test]
fn strata_are_compared_each_by_itself() {
    // The canary serves the bad route more often: by itself each route is as good as before.
    let config = json!({"metrics": [{"name": "errors", "kind": "proportion", "strata": "route",
        "canary": {"bad": "a", "total": "b"}, "stable": {"bad": "c", "total": "d"}}]});
    let arm = |pass: u32, good: u32, bad: u32| {
        let route = |bad: u32, all: u32| json!({"bad": pass * bad, "total": pass * all});
        json!({"strata": {"aa": route(0, good), "bb": route(bad / 10, bad)}})
    };
    let answers = || (0..40).map(|pass| errors(arm(pass, 100, 100), arm(pass, 1_700, 100)));
    let compared = told(config, answers());
    assert_ne!(compared.phase(), Some(AnalysisPhase::Failed), "{}", summary(&compared));
    let size: usize = compared.measurement().metadata.values().map(String::len).sum();
    assert!(size < 8_000, "{size} bytes");
    // Added up, the same figures are a regression.
    let added = |arm: &Value| {
        let sum = |field: &str| {
            arm["strata"].as_object().unwrap().values().map(|it| it[field].as_u64().unwrap()).sum::<u64>()
        };
        json!({"bad": sum("bad"), "total": sum("total")})
    };
    let pooled = answers().map(|it| errors(added(&it["errors"]["canary"]), added(&it["errors"]["stable"])));
    assert_eq!(told(json!({}), pooled).phase(), Some(AnalysisPhase::Failed));
}

#[test]
fn a_histogram_without_a_last_bucket_takes_all_from_its_total() {
    let config = json!({"source": {"prometheus": null, "datadog": {}},
        "metrics": [{"name": "slow", "kind": "latency", "edges": [0.5],
        "canary": {"buckets": "a", "total": "b"}, "stable": {"buckets": "c", "total": "d"}}]});
    let arm = |slow: u32| json!({"buckets": {"0.1": 50, "0.5": 100 - slow}, "total": 100});
    let answers = || (0..40).map(|_| json!({"slow": {"canary": arm(30), "stable": arm(1)}}));
    let compared = told(config.clone(), answers());
    assert_eq!(compared.phase(), Some(AnalysisPhase::Failed), "{}", summary(&compared));
    // A bucket that a counter had not before may have been counted for weeks.
    let counters = json!({"metrics": config["metrics"]});
    let mut grown: Vec<Value> = answers().take(2).collect();
    grown[1]["slow"]["canary"]["buckets"]["0.3"] = json!(70);
    let compared = told(counters, grown);
    assert!(summary(&compared).contains("a bucket is there for the first time"), "{}", summary(&compared));
}
