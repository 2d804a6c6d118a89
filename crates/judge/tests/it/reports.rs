//! What is told to people.

use crate::support::{config, errors, repeat, window};
use aviary_judge::{Buckets, Counts, Judge, Sample, Verdict, Window};

#[test]
fn a_report_tells_counts_intervals_odds_and_what_is_missing() {
    let mut judge = Judge::new(&errors(""));
    repeat(&mut judge, &window(100.0, 900.0, 1.0, 4.0), 3);
    repeat(&mut judge, &window(100.0, 900.0, 0.0, 5.0), 5);
    judge.observe(&Window::of(10.0));
    assert_eq!(
        judge.report().sentences(),
        [
            "need-more-data after 9 windows; odds 0.279 : 1 against the release, it fails at 100 : 1",
            "errors (proportion): need-more-data",
            "  canary 3 of 800 requests (0.375 %), stable 37 of 7,200 (0.514 %)",
            "  difference -0.139 points (95 %: -0.728 to 1.09); ratio 0.73 (95 %: 0.0296 to 3.43); \
             average since start",
            "  evidence for worse: odds 0.279 : 1, fails at 100 : 1; for not worse: odds 1.35 : 1, passes at 20 : 1",
            "  errors come singly",
            "  could have seen: a rise to 2.72 % (5.29 times stable's), with 90 % probability",
            "  to pass: about 2,200 more canary requests, 3 min 40 s at this traffic",
            "  windows not used: 1 (no reading)",
        ]
    );
}

#[test]
fn a_failed_release_names_its_culprit() {
    let mut judge = Judge::new(&errors(""));
    repeat(&mut judge, &window(300.0, 2700.0, 30.0, 13.0), 3);
    let said = judge.report().sentences();
    let head = "fail: `errors`; odds were 201 : 1 against the release in window 2 of 3 (it fails at 100 : 1)";
    assert_eq!(said[0], head);
    assert!(said.iter().all(|line| !line.contains("NaN") && !line.contains("to pass")), "{said:?}");
}

/// A fail is told with the odds that decided, whatever came later.
#[test]
fn a_fail_is_told_as_it_was_when_it_came() {
    let mut judge = Judge::new(&errors(""));
    repeat(&mut judge, &window(300.0, 2700.0, 30.0, 13.0), 2);
    let then = judge.report();
    repeat(&mut judge, &window(300.0, 2700.0, 0.0, 13.0), 200);
    let report = judge.report();
    assert!(report.odds < 1.0, "{}", report.odds);
    assert_eq!((report.failed_in_window, report.failed_at_odds), (Some(2), Some(then.odds)));
    let metric = &report.metrics[0];
    assert_eq!((metric.verdict, metric.missing), (Verdict::Fail, None));
    assert_eq!(metric.failed.map(|it| (it.window, it.odds)), Some((2, Some(then.odds))));
    let said = report.sentences();
    assert!(said[0].contains("odds were 201 : 1 against the release in window 2 of 202 (it"), "{said:?}");
    assert_eq!(said[1], "errors (proportion): fail in window 2");
    assert!(
        said.iter().any(|line| line.contains("worse: odds 201 : 1 in window 2, 0.271 : 1 now")),
        "{said:?}"
    );
    let failure = "errors is worse than stable: odds 201 : 1, fails at 100 : 1";
    assert_eq!(report.failure().as_deref(), Some(failure));
}

#[test]
fn a_limit_that_fails_says_so() {
    let mut judge = Judge::new(&config("warmup: 0s\nmetrics: [{name: slo, kind: limit, limit: 1%}]"));
    let window = Window::of(10.0).with("slo", Sample::Counts(Counts::new(300.0, 0.0, 15.0, 0.0)));
    repeat(&mut judge, &window, 10);
    let failure = judge.report().failure().unwrap();
    assert!(failure.starts_with("slo is above its limit: odds "), "{failure}");
}

#[test]
fn nothing_is_told_that_was_not_seen() {
    let judge = Judge::new(&errors(""));
    assert_eq!(
        judge.report().sentences(),
        [
            "no-data after 0 windows; odds 1 : 1 against the release, it fails at 100 : 1",
            "errors (proportion): no-data",
            "  neither canary nor stable shows anything",
        ]
    );
    let mut spotless = Judge::new(&errors(""));
    repeat(&mut spotless, &window(100.0, 900.0, 0.0, 0.0), 3);
    let said = spotless.report().sentences().join("\n");
    assert!(!said.contains("ratio") && !said.contains("NaN") && !said.contains("inf"), "{said}");
}

#[test]
fn bursts_and_quantiles_are_told_in_words() {
    let mut judge = Judge::new(&errors(""));
    for at in 0..40 {
        let x1 = if at % 3 == 0 { 8.0 } else { 0.0 };
        judge.observe(&window(300.0, 2700.0, x1, 12.0));
    }
    let said = judge.report().sentences().join("\n");
    assert!(said.contains("errors come in bursts of about") && said.contains("use `robust`"), "{said}");

    let mut latency = Judge::new(&config("warmup: 10s\nmetrics: [{name: latency, kind: latency}]"));
    let buckets = Buckets {
        bounds: vec![0.1, 0.5, 1.0],
        canary: vec![150.0, 120.0, 28.0, 2.0],
        stable: vec![1350.0, 1080.0, 252.0, 18.0],
    };
    repeat(&mut latency, &Window::of(10.0).with("latency", Sample::Buckets(buckets)), 20);
    let said = latency.report().sentences().join("\n");
    assert!(said.contains("p99: canary above 0.5, stable 0.5 to 1 (95 %)"), "{said}");
    assert!(said.contains("judged by the requests above 0.1, 0.5, 1, bounds of the histogram"), "{said}");
}

#[test]
fn a_gauge_is_told_with_the_means_of_both_arms() {
    let yaml = "warmup: 0s\nmetrics: [{name: cpu, kind: gauge, bounds: [0, 1], weight: 1}]";
    let mut judge = Judge::new(&config(yaml));
    for canary in [0.5, 0.75] {
        judge.observe(&Window::of(10.0).with("cpu", Sample::Means { canary, stable: 0.5 }));
    }
    let report = judge.report();
    let means = report.metrics[0].means.unwrap();
    assert_eq!((means.canary, means.stable), (0.625, 0.5));
    let said = report.sentences().join("\n");
    assert!(said.contains("  canary 0.625, stable 0.5 on average; taken within 0 and 1"), "{said}");
}

#[test]
fn a_rate_is_told_in_events_and_a_dispersion_that_is_set_as_such() {
    let yaml = "warmup: 0s\nmetrics: [{name: restarts, kind: rate, dispersion: 3}]";
    let mut judge = Judge::new(&config(yaml));
    let window = Window::of(10.0).with("restarts", Sample::Counts(Counts::new(10.0, 90.0, 1.0, 9.0)));
    repeat(&mut judge, &window, 12);
    let said = judge.report().sentences().join("\n");
    assert!(said.contains("canary 12 in 120 of exposure (0.1), stable 108 in 1,080 (0.1)"), "{said}");
    let dispersion = "events are taken to come 3 at a time, as `dispersion` says; measured: singly";
    assert!(said.contains(dispersion), "{said}");
}
