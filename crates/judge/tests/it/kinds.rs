//! Kinds of metrics besides proportions.

use crate::support::{config, repeat};
use aviary_judge::{Buckets, Counts, Interval, Judge, Sample, Verdict, Window};

fn counts(name: &str, n1: f64, n0: f64, x1: f64, x0: f64) -> Window {
    Window::of(10.0).with(name, Sample::Counts(Counts::new(n1, n0, x1, x0)))
}

#[test]
fn a_rate_may_have_more_events_than_exposure() {
    let mut judge = Judge::new(&config(
        "warmup: 0s\nmetrics: [{name: restarts, kind: rate, passBelow: {relative: 50%, absolute: 0.5}}]",
    ));
    repeat(&mut judge, &counts("restarts", 2.0, 8.0, 4.0, 16.0), 40);
    assert_eq!(judge.verdict(), Verdict::Pass);
    repeat(&mut judge, &counts("restarts", 2.0, 8.0, 20.0, 16.0), 10);
    assert_eq!(judge.verdict(), Verdict::Fail);
}

fn histogram(canary: [f64; 4], stable: [f64; 4]) -> Window {
    let buckets = Buckets { bounds: vec![0.1, 0.5, 1.0], canary: canary.to_vec(), stable: stable.to_vec() };
    Window::of(10.0).with("latency", Sample::Buckets(buckets))
}

#[test]
fn latency_is_judged_at_the_edges_that_the_warm_up_chose() {
    let mut judge = Judge::new(&config("warmup: 30s\nmetrics: [{name: latency, kind: latency}]"));
    let same = histogram([150.0, 120.0, 28.0, 2.0], [1350.0, 1080.0, 252.0, 18.0]);
    repeat(&mut judge, &same, 3);
    repeat(&mut judge, &same, 60);
    assert_eq!(judge.verdict(), Verdict::Pass);
    let report = judge.report();
    assert_eq!(report.metrics[0].edges, [0.1, 0.5, 1.0]);
    let median = report.metrics[0].quantiles[0];
    assert_eq!((median.q, median.stable.unwrap().high), (0.5, 0.5));
    repeat(&mut judge, &histogram([100.0, 120.0, 60.0, 20.0], [1350.0, 1080.0, 252.0, 18.0]), 10);
    assert_eq!(judge.verdict(), Verdict::Fail);
}

#[test]
fn histograms_with_other_boundaries_are_no_data_and_say_so() {
    let mut judge = Judge::new(&config("warmup: 0s\nmetrics: [{name: latency, kind: latency}]"));
    let same = histogram([150.0, 120.0, 28.0, 2.0], [1350.0, 1080.0, 252.0, 18.0]);
    repeat(&mut judge, &same, 5);
    assert_eq!(judge.report().metrics[0].dropped["used to choose the edges"], 1);
    let other = Buckets { bounds: vec![0.2, 0.5, 1.0], canary: vec![1.0; 4], stable: vec![1.0; 4] };
    repeat(&mut judge, &Window::of(10.0).with("latency", Sample::Buckets(other)), 5);
    assert_eq!(judge.verdict(), Verdict::NoData);
    assert_eq!(judge.report().metrics[0].dropped["the buckets have other boundaries than before"], 5);
}

#[test]
fn a_gauge_is_bounded_by_what_stable_showed_and_advises() {
    let mut judge = Judge::new(&config(
        "warmup: 20s\nmetrics: [{name: queue, kind: gauge, weight: 1, passBelow: {absolute: 1}}]",
    ));
    let told = |canary: f64, stable: f64| Window::of(10.0).with("queue", Sample::Means { canary, stable });
    judge.observe(&told(9.0, 4.0));
    judge.observe(&told(9.0, 5.0));
    for at in 0..600_u32 {
        let noise = f64::from(at.wrapping_mul(0x9E37_79B9) >> 20) / 4096.0 - 0.5;
        judge.observe(&told(4.0 + noise, 4.0 - noise));
    }
    let report = judge.report();
    assert_eq!(report.metrics[0].bounds, Some(Interval { low: 0.0, high: 10.0 }));
    assert_eq!(report.verdict, Verdict::Pass);
    repeat(&mut judge, &told(9.5, 4.0), 400);
    assert_eq!(judge.verdict(), Verdict::Fail);
}

#[test]
fn a_limit_holds_the_canary_alone_against_a_number() {
    let yaml = "warmup: 0s\nmetrics: [{name: slo, kind: limit, limit: 1%}]";
    let mut judge = Judge::new(&config(yaml));
    repeat(&mut judge, &counts("slo", 300.0, 0.0, 1.0, 0.0), 30);
    assert_eq!(judge.verdict(), Verdict::Pass);
    repeat(&mut judge, &counts("slo", 300.0, 0.0, 15.0, 0.0), 30);
    assert_eq!(judge.verdict(), Verdict::Fail, "although stable shows nothing");
}

#[test]
fn a_burn_rate_needs_both_windows() {
    let mut judge = Judge::new(&config(
        "warmup: 0s\nmetrics: [{name: budget, kind: limit, objective: 99%, burnRates: [{factor: 10, long: 10m, short: 1m}]}]",
    ));
    repeat(&mut judge, &counts("budget", 100.0, 0.0, 0.0, 0.0), 60);
    assert_eq!(judge.verdict(), Verdict::Pass);
    // A short outage burns the short window only.
    repeat(&mut judge, &counts("budget", 100.0, 0.0, 20.0, 0.0), 6);
    assert_eq!(judge.verdict(), Verdict::Pass);
    repeat(&mut judge, &counts("budget", 100.0, 0.0, 20.0, 0.0), 60);
    assert_eq!(judge.verdict(), Verdict::Fail);
    let report = judge.report();
    assert_eq!(report.culprit.unwrap().odds, None);
    assert_eq!(report.metrics[0].breached.unwrap().factor, 10.0);
}

/// Nobody knows how long ago the last window of another step was.
#[test]
fn a_burn_rate_does_not_add_up_over_a_change_of_the_weight() {
    for evidence in ["release", "step"] {
        let mut judge = Judge::new(&config(&format!(
            "warmup: 0s\nminRequests: 1000\nmetrics: [{{name: budget, kind: limit, objective: 99%, evidence: {evidence},
  burnRates: [{{factor: 10, long: 10m, short: 1m}}]}}]"
        )));
        repeat(&mut judge, &counts("budget", 200.0, 0.0, 100.0, 0.0), 4);
        let mut stays = judge.clone();
        judge.begin_step();
        repeat(&mut judge, &counts("budget", 300.0, 0.0, 0.0, 0.0), 3);
        assert_eq!(judge.verdict(), Verdict::NeedMoreData, "{evidence}");
        repeat(&mut stays, &counts("budget", 300.0, 0.0, 0.0, 0.0), 3);
        assert_eq!(stays.verdict(), Verdict::Fail, "within a step they do");
        repeat(&mut judge, &counts("budget", 300.0, 0.0, 100.0, 0.0), 3);
        assert_eq!(judge.verdict(), Verdict::Fail, "{evidence}");
    }
}

#[test]
fn strata_keep_a_changed_mix_from_looking_like_a_regression() {
    let yaml = "warmup: 0s\nmetrics: [{name: errors, kind: proportion, dispersion: independent}]";
    let (mut pooled, mut apart) = (Judge::new(&config(yaml)), Judge::new(&config(yaml)));
    // The canary gets more of the route that fails more often, in both arms alike.
    let strata = vec![Counts::new(100.0, 2000.0, 10.0, 200.0), Counts::new(100.0, 8000.0, 1.0, 80.0)];
    for _ in 0..30 {
        pooled.observe(&counts("errors", 200.0, 10_000.0, 11.0, 280.0));
        apart.observe(&Window::of(10.0).with("errors", Sample::Strata(strata.clone())));
    }
    assert_eq!(pooled.verdict(), Verdict::Fail);
    assert_ne!(apart.verdict(), Verdict::Fail);
    assert!(apart.log_e() < 0.0);
}
