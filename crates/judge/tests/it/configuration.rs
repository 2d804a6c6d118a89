//! What a configuration may say, and what is said of one that may not.

use crate::support::{config, refused};
use aviary_judge::{Config, Dispersion, Document, Evidence, Kind, Margin, Model, OnInconclusive};
use serde_json::json;
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
    let places: Vec<&str> = warnings.iter().map(|warning| warning.field.pointer()).collect();
    assert_eq!(places, ["/metrics/0/passBelow", "/metrics/1/dispersion", "/metrics/2/weight"]);
    assert!(warnings[0].what.contains("`errors`") && warnings[0].what.contains("never passes"));
    assert!(warnings[1].what.contains("`bursts`") && warnings[1].what.contains("never passes"));
    assert!(warnings[2].what.contains("`cpu`") && warnings[2].remedy.contains("weight 0"));
}

/// Every mistake with the pointer to it, and its text.
fn mistakes(written: &serde_json::Value) -> Vec<(String, String)> {
    let Err(mistakes) = Config::read(written, &["source"]) else { panic!("it was read: {written}") };
    mistakes.iter().map(|it| (it.field().pointer().to_owned(), it.to_string())).collect()
}

#[test]
fn all_mistakes_are_told_each_with_its_place_its_value_and_its_remedy() {
    let found = mistakes(&json!({
        "source": {},
        "falseAbort": "1%",
        "minWindows": 1.5,
        "regions": true,
        "falsePass": "200%",
        "onInconclusive": "pauze",
        "metrics": [
            {"name": "errors", "kind": "proportion", "failAbove": "2%", "canary": {"bad": "b", "totl": "t"}},
            {"name": "slow", "kind": "latencies", "edges": 0.1, "evidence": 1},
            {"kind": "rate"},
            {"name": "cpu", "kind": "gauge", "weight": -1, "bounds": [0, 1]},
            {"name": "left", "kind": "gauge", "bounds": [0]},
            {"name": "slo", "kind": "limit", "objective": "99%", "burnRates": [{"factor": 0, "long": "1h", "short": "5m"}]},
            "errors",
        ],
    }));
    let wanted = [
        ("/regions", "regions: `true` is no whole number from 0 on: write one such as 3"),
        ("/minWindows", "minWindows: `1.5` is no whole number from 0 on: write one such as 3"),
        ("/onInconclusive", "onInconclusive: `pauze` is no known value: write `pause`"),
        ("/metrics/0/canary/totl", "metrics[errors].canary.totl: there is no `totl` here: write `total`"),
        (
            "/metrics/0/failAbove",
            "metrics[errors].failAbove: `2%` is no margin: write its parts, such as `{relative: 50%, absolute: 0.1pp}`",
        ),
        ("/metrics/1/kind", "metrics[slow].kind: `latencies` is no known value: write `latency`"),
        ("/metrics/1/evidence", "metrics[slow].evidence: `1` is no known value: write one of release, step"),
        ("/metrics/1/edges", "metrics[slow].edges: `0.1` is no list of numbers: write it as `[0.1, 0.5]`"),
        ("/metrics/2/name", "metrics[2].name is missing: name the metric"),
        (
            "/metrics/4/bounds",
            "metrics[left].bounds: `[0]` is no range: write the least and the greatest value, such as [0, 1]",
        ),
        ("/metrics/6", "metrics[6]: `errors` is no metric: write it as `{name: errors, kind: proportion}`"),
        ("/falseAbort", "falseAbort: there is no `falseAbort` here: write `falseAborts`"),
        (
            "/falsePass",
            "falsePass: `200%` is not above 0 and at most 50%: 1% is usual for falseAborts, 5% for falsePass; mind the \
             percent sign",
        ),
        ("/metrics/3/weight", "metrics[cpu].weight: `-1` is negative: 0 advises only, 1 is usual"),
        (
            "/metrics/5/burnRates/0/factor",
            "metrics[slo].burnRates[0].factor: `0` burns nothing: 14.4 is usual for 1h and 5m",
        ),
    ];
    let wanted: Vec<(String, String)> =
        wanted.iter().map(|(place, text)| ((*place).to_owned(), (*text).to_owned())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_document_says_where_its_judge_stands_and_what_else_it_cannot_have() {
    let said = |written: serde_json::Value| Document::read(written).unwrap_err().to_string();
    assert_eq!(
        said(json!({"judge": {"metrics": [{"name": "a", "kind": "rate", "weight": -1}]}, "juge": 1})),
        "juge: there is no `juge` here: write `judge`; judge.metrics[a].weight: `-1` is negative: 0 advises only, 1 is \
         usual"
    );
    assert_eq!(
        said(json!({"metrics": []})),
        "metrics: there is no `metrics` here: write `judge`; judge is missing: write `judge: {...}`"
    );
    assert_eq!(
        said(json!([1])),
        "the configuration: `[1]` is no document with a judge in it: write `judge: {...}`"
    );
    assert_eq!(
        said(json!({"judge": "1%"})),
        "judge: `1%` is no set of settings: write each by its name, such as `falseAborts: 1%`"
    );
    let mistakes = Document::read(json!({"judge": {"metrics": []}})).unwrap_err();
    let [mistake] = &mistakes.iter().collect::<Vec<_>>()[..] else { panic!("{mistakes}") };
    assert_eq!(mistake.field().pointer(), "/judge/metrics");
    assert_eq!(
        (mistake.problem(), mistake.remedy()),
        ("judge.metrics is missing".to_owned(), "name at least one metric")
    );
}

#[test]
fn what_an_argument_puts_in_quotes_is_a_number_all_the_same() {
    let config = Config::read(
        json!({"regions": "2", "metrics": [{"name": "a", "kind": "latency", "edges": ["0.5"]}]}),
        &[],
    )
    .unwrap();
    assert_eq!((config.regions, &config.metrics[0].kind), (2, &Kind::Latency { edges: vec![0.5] }));
}

#[test]
fn a_text_of_many_mistakes_is_short_and_each_is_told_by_itself() {
    let named = |at: usize| (format!("{at}-{}", "x".repeat(5_000)), json!(1));
    let mut written: serde_json::Map<String, serde_json::Value> = (0..1_000).map(named).collect();
    written.insert("metrics".to_owned(), json!([{"name": "errors", "kind": "proportion"}]));
    let Err(mistakes) = Config::read(serde_json::Value::from(written), &[]) else { panic!("it was read") };
    assert_eq!(mistakes.iter().count(), 1_000);
    let text = mistakes.to_string();
    assert!(text.len() < 5_000 && text.ends_with("; and 990 more"), "{text}");
}
