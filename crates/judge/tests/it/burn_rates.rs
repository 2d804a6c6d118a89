//! Burn rates are rules: what they need before they speak, and what they say.

use crate::support::{config, repeat};
use aviary_judge::{Config, Counts, Judge, Sample, State, Verdict, Window};

fn budget() -> Config {
    config("warmup: 0s\nmetrics: [{name: budget, kind: limit, objective: 99.9%}]")
}

fn window(all: f64, bad: f64) -> Window {
    Window::of(10.0).with("budget", Sample::Counts(Counts::new(all, 0.0, bad, 0.0)))
}

#[test]
fn a_few_errors_in_the_first_seconds_are_no_breach_over_minutes() {
    let mut judge = Judge::new(&budget());
    judge.observe(&window(60.0, 2.0));
    assert_eq!(judge.verdict(), Verdict::NeedMoreData, "two of sixty are far above 14.4 times 0.1 %");
    repeat(&mut judge, &window(60.0, 0.0), 28);
    assert_eq!(judge.verdict(), Verdict::NeedMoreData, "290 s of 5 min");
    let report = judge.report();
    let waits: Vec<f64> = report.metrics[0].awaited.iter().map(|it| it.waits_seconds).collect();
    assert_eq!(waits, [10.0, 1510.0]);
    let said = report.sentences().join("\n");
    assert!(
        said.contains("14.4 times over 1 h and 5 min is judged in 10 s; 6 times over 6 h and 30 min"),
        "{said}"
    );
    assert!(said.contains("to pass: about 60 more canary requests, 10 s at this traffic"), "{said}");
    judge.observe(&window(60.0, 0.0));
    assert_eq!(judge.verdict(), Verdict::Pass, "two of 1,800");
}

/// A request in five seconds: one error in 60 requests burns 16 times as fast, and a healthy canary has one now and then.
#[test]
fn with_few_requests_two_errors_decide_nothing_and_three_do() {
    let mut judge = Judge::new(&budget());
    judge.observe(&window(2.0, 2.0));
    repeat(&mut judge, &window(2.0, 0.0), 29);
    assert_eq!(judge.verdict(), Verdict::NeedMoreData, "two of 60, in 5 min");
    let said = judge.report().sentences().join("\n");
    let why = "the budget burns 33.3 times as fast as allowed over 5 min and 33.3 times over 1 h, of which 5 min were seen; it \
               fails at 14.4 times, once 3 requests were bad; so far it is 2";
    assert!(said.contains(why), "{said}");
    let mut worse = judge.clone();
    worse.observe(&window(2.0, 1.0));
    assert_eq!(worse.verdict(), Verdict::Fail, "three of 62");
    repeat(&mut judge, &window(2.0, 0.0), 40);
    assert_eq!(judge.verdict(), Verdict::Pass, "two of 140 are 14.3 times, and none in the last 5 min");
}

/// A request in ten seconds: no 5 min have 50 of them, and 30 min do.
#[test]
fn windows_with_too_few_requests_are_no_pass() {
    for bad in [0.0, 1.0] {
        let mut judge = Judge::new(&budget());
        for at in 1..=180 {
            assert_eq!(
                judge.verdict(),
                if at == 1 { Verdict::NoData } else { Verdict::NeedMoreData },
                "{at}"
            );
            if at == 60 {
                let said = judge.report().sentences().join("\n");
                let why = "14.4 times over 1 h and 5 min is judged with 50 requests in the last 5 min; there were 29";
                assert!(said.contains(why), "{said}");
            }
            judge.observe(&window(1.0, bad));
        }
        assert_eq!(judge.verdict(), if bad > 0.0 { Verdict::Fail } else { Verdict::Pass });
    }
}

#[test]
fn a_breach_is_told_with_what_was_reached_then() {
    let mut judge = Judge::new(&budget());
    repeat(&mut judge, &window(100.0, 2.0), 90);
    repeat(&mut judge, &window(100.0, 0.0), 360);
    let report = judge.report();
    assert_eq!((report.verdict, report.failed_in_window), (Verdict::Fail, Some(30)));
    let burn = report.culprit.as_ref().unwrap().burn.unwrap();
    assert_eq!((burn.factor, burn.long_seconds, burn.short_seconds), (14.4, 3600, 300));
    assert_eq!((burn.long_factor, burn.short_factor, burn.seen_seconds), (20.0, 20.0, 300.0));
    let metric = &report.metrics[0];
    assert_eq!((metric.verdict, metric.breached), (Verdict::Fail, None), "by now it burns no more");
    let said = report.sentences();
    let how = "the budget burned 20 times as fast as allowed over 5 min and 20 times over 1 h, of which 5 min were seen; it \
               fails at 14.4 times";
    assert_eq!(said[0], format!("fail: `budget`; in window 30 of 450 {how}"));
    assert_eq!(said[1], "budget (burn-rate): fail in window 30");
    assert_eq!(report.failure(), Some(format!("budget: {how}")));
    let stored = serde_json::to_string(judge.state()).unwrap();
    let restored = Judge::restore(&budget(), serde_json::from_str(&stored).unwrap()).unwrap();
    assert_eq!(restored.report(), report);
}

/// A state of before seconds of burn rates and odds of a fail were kept.
#[test]
fn a_state_of_an_older_judge_can_be_read() {
    let mut judge = Judge::new(&budget());
    repeat(&mut judge, &window(100.0, 2.0), 40);
    let mut state = serde_json::to_value(judge.state()).unwrap();
    let failed = state["failed"].as_object_mut().unwrap();
    failed.remove("log_e").unwrap();
    failed["culprit"].as_object_mut().unwrap().remove("burn").unwrap();
    state["metrics"][0]["units"][0]["process"]["burn-rate"]
        .as_object_mut()
        .unwrap()
        .remove("seconds")
        .unwrap();
    let old: State = serde_json::from_value(state).unwrap();
    let report = Judge::restore(&budget(), old).unwrap().report();
    assert_eq!(report.sentences()[0], "fail: `budget`, in window 30 of 40");
    assert_eq!(report.failure().as_deref(), Some("budget: the budget burned too fast"));
    assert_eq!(report.metrics[0].awaited[0].waits_seconds, 300.0, "it waits anew");
}

#[test]
fn a_burn_rate_that_is_never_judged_is_warned_of() {
    let within = |wait: &str| {
        config(&format!("maxWait: {wait}\nmetrics: [{{name: budget, kind: limit, objective: 99.9%}}]"))
            .warnings()
    };
    let [warning] = within("5m").try_into().unwrap();
    assert!(warning.what.contains("`budget`: its shortest window of 300 s is not over at maxWait"));
    assert_eq!(within("6m"), Vec::new());
}
