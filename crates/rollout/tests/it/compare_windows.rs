//! `aviary/compare`: what two readings say of the time between them.

use aviary_rollout::analysis::Outcome;
use crd::AnalysisPhase;
use serde_json::{Value, json};

use crate::compare::Compared;

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
            "aviary/compare: source.cumulative: `\"false\"` is no boolean: write `true` or `false`",
        ),
        (
            json!({"prometheus": null, "datadog": {}, "cumulative": true}),
            "source.cumulative: `true` is not so: this source tells what was counted in a window: take it out",
        ),
        (json!({"datadog": {}}), "source.datadog: `datadog` stands beside another metric system"),
        (json!({"promethius": {}}), "source.promethius: there is no `promethius` here: write `prometheus`"),
        (
            json!({"graphite": {}}),
            "source.graphite: there is no `graphite` here: write one of prometheus, datadog",
        ),
        (json!({"dalay": "1m"}), "source.dalay: there is no `dalay` here: write `delay`"),
        (json!({"prometheus": "http://p:9090"}), "source.prometheus: `http://p:9090` is no set of settings"),
        (json!({"prometheus": null}), "source is missing: name a metric system with its settings"),
        (json!(null), "source is missing: name a metric system with its settings"),
        (json!("prometheus"), "source: `prometheus` is no source: name a metric system with its settings"),
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
