//! A judge survives the restart of whoever asks it.

use crate::support::{config, window};
use aviary_judge::{Buckets, Counts, Judge, Sample, State, Window};

const EVERYTHING: &str = "warmup: 20s
metrics:
- {name: errors, kind: proportion, dispersion: robust}
- {name: restarts, kind: rate}
- {name: latency, kind: latency}
- {name: cpu, kind: gauge}
- {name: slo, kind: limit, limit: 5%}
- {name: budget, kind: limit, objective: 99.9%}";

fn told(at: u32) -> Window {
    let x = f64::from(at * 7919 % 13);
    let counts = Counts::new(300.0 + x, 2700.0 - x, x / 3.0, 13.0 + x);
    let buckets = Buckets {
        bounds: vec![0.1, 0.5, 1.0],
        canary: vec![150.0, 120.0 + x, 28.0, 2.0],
        stable: vec![1350.0, 1080.0, 252.0 + x, 18.0],
    };
    let all = ["eu", "us"].into_iter().fold(Window::of(10.0), |window, region| {
        let counted = ["errors", "restarts", "slo", "budget"];
        let window =
            counted.iter().fold(window, |w, name| w.with_region(name, region, Sample::Counts(counts)));
        let window = window.with_region("latency", region, Sample::Buckets(buckets.clone()));
        window.with_region("cpu", region, Sample::Means { canary: 0.4 + x / 100.0, stable: 0.4 })
    });
    if at % 9 == 5 { Window::of(4.0) } else { all }
}

#[test]
fn a_restored_judge_gives_the_same_answers_bit_for_bit() {
    let config = config(EVERYTHING);
    let mut whole = Judge::in_regions(&config, &["eu", "us"]);
    let mut often = whole.clone();
    for at in 0..60 {
        whole.observe(&told(at));
        often.observe(&told(at));
        let text = serde_json::to_string(often.state()).unwrap();
        often = Judge::restore(&config, serde_json::from_str::<State>(&text).unwrap()).unwrap();
        assert_eq!(whole, often);
        assert_eq!(whole.log_e().to_bits(), often.log_e().to_bits());
        assert_eq!(format!("{:?}", whole.report()), format!("{:?}", often.report()));
    }
}

#[test]
fn a_state_stays_small_however_long_the_release() {
    let config = config("metrics: [{name: errors, kind: proportion}]");
    let mut judge = Judge::new(&config);
    for at in 0..20_000 {
        let x = f64::from(at * 7919 % 97);
        judge.observe(&window(300.0 + x, 2700.0 - x, x / 30.0, 13.0));
    }
    let size = serde_json::to_string(judge.state()).unwrap().len();
    assert!(size < 5_000, "{size} bytes");
}

#[test]
fn the_warm_up_of_a_later_step_leaves_nothing_in_the_state() {
    let config = config("warmup: 20s\nmetrics: [{name: latency, kind: latency}]");
    let mut judge = Judge::new(&config);
    let buckets = |bounds: u32| {
        let counts = vec![10.0; bounds as usize + 1];
        let bounds = (1..=bounds).map(f64::from).collect();
        Sample::Buckets(Buckets { bounds, canary: counts.clone(), stable: counts })
    };
    let size = |judge: &Judge| serde_json::to_string(judge.state()).unwrap().len();
    let window = || Window::of(10.0).with("latency", buckets(250));
    (0..6).for_each(|_| judge.observe(&window()));
    let before = size(&judge);
    for _ in 0..3 {
        judge.begin_step();
        judge.observe(&window());
        judge.observe(&window());
        assert!(size(&judge) < before + 20, "{} after {before} bytes", size(&judge));
    }
}

#[test]
fn a_state_of_another_question_is_refused() {
    let judge = Judge::new(&config("metrics: [{name: errors, kind: proportion}]"));
    let other = config("metrics: [{name: errors, kind: proportion, passBelow: {relative: 80%}}]");
    let said = Judge::restore(&other, judge.state().clone()).unwrap_err().to_string();
    assert!(said.contains("pass 1.5x") && said.contains("pass 1.8x"), "{said}");
    let later = config("maxWait: 2h\nmetrics: [{name: errors, kind: proportion, mustDetect: 3%}]");
    assert!(Judge::restore(&later, judge.state().clone()).is_ok(), "deadlines may change");
}

#[test]
fn dispersion_that_was_learnt_before_is_remembered() {
    let config = config("warmup: 0s\nmetrics: [{name: errors, kind: proportion}]");
    let mut judge = Judge::new(&config);
    assert!(judge.expect_dispersion("errors", 3.0));
    assert!(!judge.expect_dispersion("latency", 3.0));
    judge.observe(&window(300.0, 2700.0, 6.0, 13.0));
    assert!(!judge.expect_dispersion("errors", 1.0), "it is late");
    assert_eq!(judge.report().metrics[0].dispersion, Some(3.0));
    let mut plain = Judge::new(&config);
    plain.observe(&window(300.0, 2700.0, 6.0, 13.0));
    assert!(judge.log_e() < plain.log_e());
}
