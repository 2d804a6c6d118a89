//! What is demanded of the comparison beside the thresholds.

use crate::demo::report;
use judge::{Config, Counts, Sample, Verdict, Window};
use serde_json::json;

use super::super::observe::{Metric, Run};
use super::super::releases::{Outcome, named};
use super::super::report::Latency;
use super::*;

const BOTH: [&str; 2] = ["errors", "slow"];

/// The metric that compares, as the demo has it.
fn metric() -> Json {
    let template = include_str!("../../../../../fixtures/openclaw/compare.yaml");
    let template: Json = crd::yaml::from_str(template).unwrap();
    template["spec"]["metrics"][0].clone()
}

fn config() -> Config {
    let metric: crd::Metric = serde_json::from_value(metric()).unwrap();
    rollout::analysis::comparison(&metric).unwrap().unwrap()
}

/// A judge that was told windows with so many requests of the canary, nine times as many of stable, and these shares of
/// bad ones.
fn told(requests: &[f64], shares: [[f64; 2]; 2]) -> Judge {
    let mut judge = Judge::new(&config());
    for canary in requests {
        let stable = 9.0 * canary;
        let window = BOTH.iter().zip(shares).fold(Window::of(1.0), |window, (name, [bad, of_stable])| {
            window.with(name, Sample::Counts(Counts::new(*canary, stable, bad * canary, of_stable * stable)))
        });
        judge.observe(&window);
    }
    judge
}

const GOOD: [[f64; 2]; 2] = [[0.0, 0.0], [0.0, 0.0]];
const BAD: [[f64; 2]; 2] = [[0.0, 0.0], [1.0, 0.0]];

/// The run of a comparison with what `judge` knows.
fn run(judge: &Judge) -> Json {
    let report = judge.report();
    let share = |share: Option<f64>| format!("{:.2} %", share.unwrap_or_default() * 100.0);
    let shares = report.metrics.iter().map(|it| {
        format!("; {}: canary {}, stable {}", it.name, share(it.canary_rate), share(it.stable_rate))
    });
    let value = format!("{}; odds {:.0} : 1{}", report.verdict, report.odds, shares.collect::<String>());
    json!({
        "spec": {"metrics": [metric()]},
        "status": {"metricResults": [{"name": "compare", "dryRun": true, "measurements": [{
            "value": value,
            "metadata": {
                "verdict": report.verdict.to_string(), "odds": format!("{:.0}", report.odds),
                "summary": report.sentences().join("\n"), STATE: serde_json::to_string(judge.state()).unwrap(),
            },
        }]}]},
    })
}

fn twin(requests: &[f64], shares: [[f64; 2]; 2]) -> Twin {
    of(&run(&told(requests, shares))).unwrap().read()
}

/// A region in which the thresholds were read so often.
fn region(twin: Option<Twin>, readings: usize, canary_requests: u64) -> RegionReport {
    let metric = Metric {
        name: "error-rate".to_owned(),
        phase: "Successful".to_owned(),
        values: vec!["0".to_owned(); readings],
        success_condition: String::new(),
        message: String::new(),
    };
    let text = String::new;
    let metrics = if readings > 0 { vec![metric] } else { Vec::new() };
    let run = Run { name: text(), step: 2, phase: "Successful".to_owned(), message: text(), metrics };
    RegionReport {
        canary_requests,
        stable_requests: 900,
        analyses: vec![run],
        compare: twin,
        ..report::tests::region("a", Outcome::Promoted)
    }
}

/// The problems of a release, without the value that stands behind each.
fn found(release: &str, region: &RegionReport) -> Vec<String> {
    let all = problems(named(release).unwrap(), "1.4.0", region);
    let value = region.compare.as_ref().map(|twin| format!(": {}", twin.value)).unwrap_or_default();
    all.iter().map(|problem| problem.strip_suffix(&value).unwrap().to_owned()).collect()
}

fn after(release: &str, twin: Twin) -> Vec<String> {
    found(release, &region(Some(twin), 2, 100))
}

#[test]
fn what_was_counted_is_read_from_what_the_judge_knows() {
    let twin = twin(&[12.0, 12.0], [[0.25, 0.0], [1.0, 0.0]]);
    assert_eq!((twin.verdict.as_str(), twin.windows, twin.dry_run), ("fail", 2, true));
    let errors = Counted {
        name: "errors".to_owned(),
        windows: 2,
        canary_requests: 24.0,
        stable_requests: 216.0,
        canary_share: Some(0.25),
        stable_share: Some(0.0),
    };
    let slow = Counted { name: "slow".to_owned(), canary_share: Some(1.0), ..errors.clone() };
    assert_eq!(twin.counted, [errors, slow]);
    let mut unreadable = run(&told(&[12.0], GOOD));
    unreadable["status"]["metricResults"][0]["measurements"][0]["metadata"][STATE] = json!("{");
    assert_eq!(of(&unreadable).unwrap().read().counted, []);
}

#[test]
fn a_comparison_that_looks_on_and_does_not_know_yet_is_as_it_must_be() {
    let good = twin(&[30.0; 5], GOOD);
    assert_eq!(good.verdict, "need-more-data", "{}", good.value);
    assert_eq!(after("good", good.clone()), [""; 0]);
    assert_eq!(after("bad-region", good), [""; 0]);
    let bad = twin(&[30.0; 5], BAD);
    assert_eq!(bad.verdict, "fail", "{}", bad.value);
    assert_eq!(after("bad", bad), [""; 0]);
}

#[test]
fn a_comparison_must_be_there_wherever_the_thresholds_measured() {
    let missing = ["no comparison has looked on beside the thresholds"];
    for release in ["good", "bad", "bad-region"] {
        assert_eq!(problems(named(release).unwrap(), "1.4.0", &region(None, 2, 100)), missing);
        assert_eq!(
            problems(named(release).unwrap(), "1.4.0", &region(None, 0, 100)),
            [""; 0],
            "none measured"
        );
    }
}

#[test]
fn a_comparison_that_may_decide_is_none_that_looks_on() {
    let deciding = Twin { dry_run: false, ..twin(&[30.0; 5], GOOD) };
    assert_eq!(after("good", deciding), ["the comparison is no dry run, though it must only look on"]);
}

#[test]
fn a_comparison_that_stands_still_is_found_by_its_windows() {
    let still = twin(&[30.0], GOOD);
    assert_eq!(
        found("good", &region(Some(still.clone()), 15, 2000)),
        ["the thresholds were read 15 times, and the comparison has 1 windows"]
    );
    assert_eq!(found("good", &region(Some(still), 2, 100)), [""; 0]);
    let knows = twin(&[30.0; 5], BAD);
    assert_eq!(found("bad", &region(Some(knows), 15, 2000)), [""; 0], "it has said all that it has to say");
}

#[test]
fn shares_of_both_versions_are_told_as_soon_as_there_are_some_requests() {
    let lacks = "requests, and the comparison lacks shares of both versions for";
    let blind = twin(&[0.0, 0.0], GOOD);
    assert_eq!(after("good", blind.clone()), [format!("the canary answered 100 {lacks} errors and slow")]);
    assert_eq!(
        found("good", &region(Some(blind), 2, SOME - 1)),
        [""; 0],
        "they may not have been counted yet"
    );
    let silent = twin(&[30.0; 5], GOOD);
    let silent =
        Twin { value: silent.value.replace("; slow: canary 0.00 %, stable", "; slow: stable"), ..silent };
    assert_eq!(after("good", silent), [format!("the canary answered 100 {lacks} slow")]);
    let unread = Twin { counted: Vec::new(), ..twin(&[30.0; 5], GOOD) };
    assert_eq!(after("good", unread), [format!("the canary answered 100 {lacks} any metric")]);
}

#[test]
fn a_verdict_that_is_wrong_is_told() {
    let says = |verdict: &str, twin: Twin| Twin { verdict: verdict.to_owned(), ..twin };
    let wrong = ["the comparison fails a version whose metrics are good"];
    for release in ["good", "bad-region"] {
        assert_eq!(after(release, says("fail", twin(&[30.0; 5], GOOD))), wrong);
        assert_eq!(after(release, says("pass", twin(&[30.0; 5], GOOD))), [""; 0]);
    }
    assert_eq!(
        after("bad", says("pass", twin(&[30.0; 5], BAD))),
        ["the comparison passes a version whose metrics are bad"]
    );
}

#[test]
fn a_bad_version_must_be_found_once_enough_was_counted() {
    let wrong = ["the comparison has counted enough to fail the version, and does not"];
    // It mistook the versions for each other, say.
    let undecided = |windows: &[f64]| twin(windows, GOOD);
    assert_eq!(after("bad", undecided(&[5.0; 4])), wrong);
    assert_eq!(after("bad", undecided(&[7.0; 3])), [""; 0], "too few windows");
    assert_eq!(after("bad", undecided(&[4.0; 4])), [""; 0], "too few requests");
    assert_eq!(after("good", undecided(&[5.0; 4])), [""; 0]);
    // On a machine on which stable is slow as well, for clients and for the comparison, nothing can be told apart.
    let latency = |p99| vec![Latency { version: "1.4.0".to_owned(), p50: 1.0, p99 }];
    let busy =
        |shares, p99| RegionReport { latency: latency(p99), ..region(Some(twin(&[5.0; 4], shares)), 2, 100) };
    assert_eq!(found("bad", &busy([[0.0, 0.0], [0.5, 0.5]], 300.0)), [""; 0]);
    assert_eq!(found("bad", &busy([[0.0, 0.0], [0.5, 0.5]], 50.0)), wrong, "clients saw a quick one");
    assert_eq!(found("bad", &busy(GOOD, 300.0)), wrong, "the comparison saw a quick one");
}

/// What is demanded of the comparison, it can know, however its requests fall into windows.
#[test]
fn what_is_enough_is_enough_for_the_judge() {
    let (windows, requests) = ENOUGH;
    let rest = f64::from(windows) - 1.0;
    let even = vec![requests / f64::from(windows); windows as usize];
    let mut uneven = vec![1.0; windows as usize];
    for at in 0..uneven.len() {
        uneven.fill(1.0);
        uneven[at] = requests - rest;
        let judge = told(&uneven, BAD);
        assert_eq!(judge.verdict(), Verdict::Fail, "{uneven:?}: {}", judge.report().odds);
    }
    assert_eq!(told(&even, BAD).verdict(), Verdict::Fail);
}
