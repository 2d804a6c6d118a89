//! What a configuration may say, and what is said of one that may not.

use crate::support::{config, refused};
use aviary_judge::{Dispersion, Evidence, Kind, Margin, Model, OnInconclusive};
use std::time::Duration;

#[test]
fn everything_that_is_not_said_has_the_default_of_the_document() {
    let config = config("metrics: [{name: errors, kind: proportion}]");
    assert_eq!((config.false_aborts, config.false_pass, config.regions), (0.01, 0.05, 1));
    assert_eq!((config.window, config.warmup), (Duration::from_secs(10), Duration::from_secs(30)));
    assert_eq!((config.min_windows, config.min_requests, config.no_data_after), (3, 50.0, 5));
    assert_eq!((config.max_wait, config.on_inconclusive), (None, OnInconclusive::Pause));
    let metric = &config.metrics[0];
    assert_eq!(metric.fail_above, Margin::new(1.0, 0.0001));
    assert_eq!(metric.pass_below, Margin::new(1.5, 0.001));
    assert_eq!((metric.dispersion, metric.evidence), (Dispersion::Auto, Evidence::Release));
    assert_eq!((metric.weight, metric.must_detect), (1.0, None));
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let config = config(
        "falseAborts: 0.5%
falsePass: 10 %
regions: 2
window: 15s
warmup: 1m
minWindows: 5
minRequests: 200
noDataAfter: 3
maxWait: 1h30m
onInconclusive: pass-if-safe
metrics:
- name: errors
  kind: proportion
  canary: {bad: 'sum(increase(bad[10s]))', total: t}
  stable: {bad: b, total: t}
  failAbove: {relative: 10%, absolute: 0.05pp}
  passBelow: {relative: 100%, absolute: 0.2pp}
  dispersion: 3
  evidence: step
  weight: 2
  mustDetect: 2%
- {name: restarts, kind: rate, weight: 0, dispersion: robust, passBelow: {absolute: 0.5}}
- {name: latency, kind: latency, edges: [0.1, 0.5], canary: {buckets: c}, stable: {buckets: s}}
- {name: cpu, kind: gauge, bounds: [0, 8], failAbove: {absolute: 0.2}}
- {name: slo, kind: limit, limit: 1%, dispersion: independent}
- {name: panics, kind: limit, limit: 2, model: poisson}
- {name: budget, kind: limit, objective: 99.9%}",
    );
    assert_eq!((config.false_aborts, config.false_pass, config.regions), (0.005, 0.1, 2));
    assert_eq!(config.max_wait, Some(Duration::from_secs(5400)));
    assert_eq!(config.on_inconclusive, OnInconclusive::PassIfSafe);
    let [errors, restarts, latency, cpu, slo, panics, budget] = &config.metrics[..] else { panic!() };
    assert_eq!((errors.fail_above, errors.pass_below), (Margin::new(1.1, 0.0005), Margin::new(2.0, 0.002)));
    assert_eq!((errors.dispersion, errors.evidence), (Dispersion::Bursts(3.0), Evidence::Step));
    assert_eq!((errors.weight, errors.must_detect), (2.0, Some(0.02)));
    assert_eq!((restarts.dispersion, restarts.weight), (Dispersion::Robust, 0.0));
    assert_eq!(latency.kind, Kind::Latency { edges: vec![0.1, 0.5] });
    // A gauge advises unless it is told otherwise, and its margins are parts of its range.
    assert_eq!((cpu.weight, cpu.pass_below), (0.0, Margin::new(1.0, 0.8)));
    assert_eq!(slo.kind, Kind::Limit { limit: 0.01, model: Model::Bernoulli });
    assert_eq!(panics.kind, Kind::Limit { limit: 2.0, model: Model::Poisson });
    let Kind::BurnRate { objective, rates, .. } = &budget.kind else { panic!() };
    assert_eq!((*objective, rates.len(), rates[0].factor, rates[1].factor), (0.999, 2, 14.4, 6.0));
}

#[test]
fn queries_may_be_by_stratum_and_a_histogram_may_leave_its_total_to_another() {
    let arm = |name: &str| format!("  {name}: {{bad: b, total: t}}\n");
    let text = format!(
        "metrics:\n- name: errors\n  kind: proportion\n  strata: route\n{}{}",
        arm("canary"),
        arm("stable")
    );
    assert_eq!(config(&text).metrics[0].strata.as_deref(), Some("route"));
    let text = "metrics: [{name: slow, kind: latency, canary: {buckets: b, total: t}, stable: {buckets: b}}]";
    assert_eq!(config(text).metrics[0].canary.as_ref().and_then(|it| it.total.as_deref()), Some("t"));
}

/// A line of the release or of its metric, and what its refusal must say.
const REFUSED: &[(&str, &str, &[&str])] = &[
    ("falseAborts: 1", "", &["judge.falseAborts", "`1`", "at most 50%"]),
    ("falseAborts: lots", "", &["judge.falseAborts", "`lots` is no percentage", "`1%`"]),
    ("falsePass: 0%", "", &["judge.falsePass", "is not above 0"]),
    ("regions: 0", "", &["judge.regions", "leaves nobody to judge", "1 where there is but one"]),
    ("window: 0.5s", "", &["judge.window", "1s to 60s"]),
    ("window: soon", "", &["judge.window", "`soon` is no duration", "`30s`"]),
    ("minWindows: 0", "", &["judge.minWindows", "before any window"]),
    ("minRequests: -1", "", &["judge.minRequests", "is negative"]),
    ("noDataAfter: 0", "", &["judge.noDataAfter", "never see data"]),
    ("maxWait: 0s", "", &["judge.maxWait", "leaves no time"]),
    ("onInconclusive: pass", "", &["pass"]),
    ("falseAbort: 1%", "", &["falseAbort"]),
    ("onInconclusive: pass-if-safe", "", &["judge.metrics[errors].mustDetect is missing", "pass-if-safe"]),
    ("", "kind: ratio", &["ratio"]),
    ("", "colour: red", &["colour"]),
    ("", "weight: -1", &["metrics[errors].weight", "is negative"]),
    ("", "weight: 0", &["judge.metrics", "nothing is judged"]),
    ("", "failAbove: {relative: -5%}", &["metrics[errors].failAbove.relative", "`-5%` is negative"]),
    (
        "",
        "failAbove: {absolute: 0.1%}",
        &["failAbove.absolute", "`0.1%`", "percentage points such as `0.1pp`"],
    ),
    (
        "",
        "failAbove: {relative: 60%}",
        &["passBelow.relative", "is below failAbove.relative", "raise passBelow"],
    ),
    ("", "failAbove: {absolute: 1pp}", &["passBelow.absolute", "is below failAbove.absolute"]),
    ("", "failAbove: {relative: 50%, absolute: 0.1pp}", &["metrics[errors].passBelow", "same as failAbove"]),
    ("", "passBelow: {absolute: 100pp}", &["passBelow.absolute", "tolerates everything"]),
    ("", "dispersion: sometimes", &["metrics[errors].dispersion", "`sometimes`", "`robust`"]),
    ("", "dispersion: 0.5", &["metrics[errors].dispersion", "no size of a burst"]),
    ("", "mustDetect: 200%", &["metrics[errors].mustDetect", "is no rate"]),
    (
        "",
        "failAbove: {absolute: 1pp}\n  passBelow: {absolute: 2pp}\n  mustDetect: 1%",
        &["metrics[errors].mustDetect", "`1%` is within failAbove.absolute", "raise mustDetect"],
    ),
    ("", "limit: 1%", &["metrics[errors].limit", "another kind of metric"]),
    ("", "canary: {bad: b, total: t}", &["metrics[errors].stable is missing", "both arms"]),
    ("", "canary: {bad: b}", &["metrics[errors].canary.total is missing"]),
    ("", "canary: {bad: b, total: t, value: v}", &["canary.value", "another kind"]),
    ("", "strata: ''", &["metrics[errors].strata", "is no label", "`route`"]),
    ("", "name: again", &["name"]),
    (
        "onInconclusive: pass-if-safe",
        "dispersion: robust\n  mustDetect: 2%",
        &["metrics[errors].dispersion", "`robust`", "`auto`"],
    ),
];

#[test]
fn each_refusal_names_the_field_the_value_and_the_remedy() {
    for (release, metric, wanted) in REFUSED {
        let kind = if metric.starts_with("kind") { "" } else { "\n  kind: proportion" };
        let line = if metric.is_empty() { String::new() } else { format!("\n  {metric}") };
        let said = refused(&format!("{release}\nmetrics:\n- name: errors{kind}{line}")).unwrap_err();
        for part in *wanted {
            assert!(said.contains(part), "`{release}` `{metric}`: {said}");
        }
    }
}

#[test]
fn each_kind_refuses_what_makes_no_test_of_it() {
    for (metric, wanted) in [
        ("{name: '', kind: rate}", "name the metric"),
        ("{name: a, kind: rate}, {name: a, kind: rate}", "`a` is there twice"),
        ("{name: a, kind: latency, edges: [0.5, 0.1]}", "up to 4 ascending numbers"),
        ("{name: a, kind: latency, edges: [1, 2, 3, 4, 5]}", "up to 4 ascending numbers"),
        ("{name: a, kind: gauge, weight: 1, bounds: [1, 0]}", "is no range"),
        ("{name: a, kind: gauge, weight: 1}", "metrics[a].bounds is missing: a gauge that decides needs"),
        ("{name: a, kind: rate, failAbove: {relative: 1e306}}", "tolerates anything"),
        ("{name: a, kind: rate, weight: 1e300}", "is more than 1000"),
        (
            "{name: a, kind: gauge, weight: 1, bounds: [0, 1], passBelow: {absolute: 1}}",
            "as wide as the bounds",
        ),
        ("{name: a, kind: gauge, weight: 1, passBelow: {relative: 50%}}", "a gauge compares differences"),
        (
            "{name: a, kind: latency, strata: route}",
            "metrics[a].strata: `latency` is of a kind that has no strata",
        ),
        ("{name: a, kind: latency, canary: {total: t}, stable: {total: t}}", "canary.buckets is missing"),
        ("{name: a, kind: rate, canary: {count: c, exposure: e, total: t}}", "canary.total"),
        ("{name: a, kind: limit}", "metrics[a].limit is missing"),
        ("{name: a, kind: limit, limit: 5}", "`5` is no share"),
        ("{name: a, kind: limit, limit: 1%, objective: 99%}", "stands beside `limit`"),
        ("{name: a, kind: limit, objective: 100%}", "is not between 0 and 100%"),
        ("{name: a, kind: limit, objective: 99%, burnRates: []}", "is not from 1 to 4 rates"),
        (
            "{name: a, kind: limit, objective: 99%, burnRates: [{factor: 2, long: 5m, short: 1h}]}",
            "short window",
        ),
        (
            "{name: a, kind: limit, limit: 1%, canary: {bad: b, total: t}, stable: {bad: b, total: t}}",
            "alone",
        ),
        ("{name: a, kind: latency, mustDetect: 1}", "mustDetect"),
    ] {
        let said = refused(&format!("metrics: [{metric}]")).unwrap_err();
        assert!(said.contains(wanted), "{metric}: {said}");
    }
    let said = refused("window: 10s").unwrap_err();
    assert!(said.contains("judge.metrics is missing"), "{said}");
}

#[test]
fn what_is_allowed_and_yet_never_passes_is_warned_about() {
    let config = config(
        "metrics: [{name: errors, kind: proportion, failAbove: {absolute: 0}, passBelow: {absolute: 0}},
  {name: bursts, kind: proportion, dispersion: robust}, {name: cpu, kind: gauge, weight: 1, bounds: [0, 1]}]",
    );
    let warnings = config.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].contains("`errors`") && warnings[0].contains("never passes"));
    assert!(warnings[1].contains("`bursts`") && warnings[1].contains("never passes"));
    assert!(warnings[2].contains("`cpu`") && warnings[2].contains("weight 0"));
}
