//! The smallest regression that would have been found by now.

use crate::support::{config, errors, repeat, window};
use aviary_judge::power::{Exposure, Tempering, Test, detectable};
use aviary_judge::{Buckets, Counts, Detectable, Dispersion, Judge, Margin, Sample, Verdict, Window};

/// What a judge with this metric says after so many windows of 100 and 900 requests, 4 of stable's bad.
fn after(lines: &str, windows: usize) -> Detectable {
    let mut judge = Judge::new(&errors(lines));
    repeat(&mut judge, &window(100.0, 900.0, 0.0, 4.5), windows);
    first(&judge)
}

fn first(judge: &Judge) -> Detectable {
    judge.report().metrics[0].detectable[0]
}

#[test]
fn it_is_what_the_plan_of_the_same_exposure_says() {
    let margin = Margin::new(1.0, 0.0001);
    let steps = [Exposure { canary: 4000.0, stable_per_canary: 9.0 }];
    let test = Test { alpha: 0.01, margin, tempering: Tempering::of(Dispersion::Independent, 1.0) };
    let planned = detectable(0.005, &steps, 0.9, &test).unwrap();
    let found = after("dispersion: independent", 40);
    assert!((found.rate.unwrap() / planned - 1.0).abs() < 1e-9, "{found:?} {planned}");
    assert!((found.ratio.unwrap() - planned / 0.005).abs() < 1e-9, "{found:?}");
    // A canary at that rate is failed in simulations in nine of ten cases; one at its mean is failed for sure.
    let mut worse = Judge::new(&errors("dispersion: independent"));
    repeat(&mut worse, &window(100.0, 900.0, 100.0 * planned, 4.5), 40);
    assert_eq!(worse.verdict(), Verdict::Fail);
}

#[test]
fn more_exposure_finds_less_and_dispersion_weights_regions_and_margins_cost_something() {
    let rates: Vec<f64> = [10, 20, 40, 400].iter().map(|windows| after("", *windows).rate.unwrap()).collect();
    assert!(rates.is_sorted_by(|one, other| one > other), "{rates:?}");
    let plain = after("dispersion: independent", 40).rate.unwrap();
    for costs in ["dispersion: 3", "failAbove: {relative: 50%}", "failAbove: {absolute: 0.1pp}"] {
        let lines = if costs.starts_with("dis") {
            costs.to_owned()
        } else {
            format!("dispersion: independent\n{costs}")
        };
        let dearer = after(&lines, 40).rate.unwrap();
        assert!(dearer > plain * 1.05, "{costs}: {dearer} against {plain}");
    }
    // A small share of the stake, and the stake of several regions.
    let metrics = "metrics:\n- {name: errors, kind: proportion}\n- {name: rest, kind: proportion, weight: 9}";
    for costs in [
        format!("warmup: 0s\n{metrics}"),
        "warmup: 0s\nregions: 9\nmetrics: [{name: errors, kind: proportion}]".to_owned(),
    ] {
        let mut judge = Judge::new(&config(&costs));
        repeat(&mut judge, &window(100.0, 900.0, 0.0, 4.5), 40);
        assert!(first(&judge).rate > after("", 40).rate, "{costs}");
    }
    let mut regions = Judge::in_regions(&errors(""), &["eu", "us"]);
    let sample = || Sample::Counts(Counts::new(100.0, 900.0, 0.0, 4.5));
    let both = Window::of(10.0).with_region("errors", "eu", sample()).with_region("errors", "us", sample());
    repeat(&mut regions, &both, 40);
    assert!(first(&regions).rate > after("", 40).rate);
}

#[test]
fn what_one_window_cannot_fail_is_not_promised() {
    let mut judge = Judge::new(&errors(""));
    judge.observe(&window(1e6, 9e6, 0.0, 1e4));
    assert_eq!((first(&judge).rate, first(&judge).ratio), (None, None));
    let said = judge.report().sentences().join("\n");
    assert!(said.contains("could have seen: no regression for sure yet, however large"), "{said}");
    repeat(&mut judge, &window(1e6, 9e6, 0.0, 1e4), 2);
    assert!(first(&judge).ratio.unwrap() < 1.3, "{:?}", first(&judge));
    // After a fail nobody asks what could have been seen.
    let mut failed = Judge::new(&errors(""));
    repeat(&mut failed, &window(1e6, 9e6, 1e6, 1e4), 3);
    assert_eq!(failed.verdict(), Verdict::Fail);
    assert!(!failed.report().sentences().join("\n").contains("could have seen"));
}

#[test]
fn a_stable_without_errors_has_a_rate_and_no_ratio() {
    let mut judge = Judge::new(&errors(""));
    repeat(&mut judge, &window(100.0, 900.0, 0.0, 0.0), 40);
    let found = first(&judge);
    assert!(found.ratio.is_none() && (0.0005..0.01).contains(&found.rate.unwrap()), "{found:?}");
}

/// Half of the canary's requests beside an equal stable, half beside a large one: the ratio of the sums would promise
/// what a release with that ratio all along has seen.
#[test]
fn a_weight_that_changed_is_not_taken_for_its_mean() {
    let found = |windows: &[[f64; 2]]| {
        let mut judge = Judge::new(&errors("dispersion: independent"));
        for [canary, stable] in windows {
            repeat(&mut judge, &window(*canary, *stable, 0.0, stable * 0.005), 20);
        }
        first(&judge).rate.unwrap()
    };
    let (changed, mean) = (found(&[[500.0, 500.0], [500.0, 49_500.0]]), found(&[[500.0, 25_000.0]; 2]));
    let steps = [1.0, 99.0].map(|stable_per_canary| Exposure { canary: 10_000.0, stable_per_canary });
    let test = Test {
        alpha: 0.01,
        margin: Margin::new(1.0, 0.0001),
        tempering: Tempering::of(Dispersion::Independent, 1.0),
    };
    let planned = detectable(0.005, &steps, 0.9, &test).unwrap();
    assert!(changed > mean * 1.05 && (changed / planned - 1.0).abs() < 0.03, "{changed} {planned} {mean}");
}

#[test]
fn rates_and_edges_have_theirs_and_what_no_formula_tells_has_none() {
    let all = "warmup: 0s\nmetrics:\n- {name: errors, kind: proportion, dispersion: robust}\n\
               - {name: restarts, kind: rate}\n- {name: latency, kind: latency, edges: [0.1, 0.5]}\n\
               - {name: cpu, kind: gauge}\n- {name: slo, kind: limit, limit: 5%}\n\
               - {name: budget, kind: limit, objective: 99.9%}";
    let mut judge = Judge::new(&config(all));
    let counts = || Sample::Counts(Counts::new(10.0, 90.0, 8.0, 72.0));
    let counted = ["errors", "restarts", "slo", "budget"];
    let told = counted.iter().fold(Window::of(10.0), |told, name| told.with(name, counts()));
    let told = told.with("cpu", Sample::Means { canary: 0.4, stable: 0.4 });
    let buckets = Buckets {
        bounds: vec![0.1, 0.5, 1.0],
        canary: vec![150.0, 120.0, 28.0, 2.0],
        stable: vec![1350.0, 1080.0, 252.0, 18.0],
    };
    repeat(&mut judge, &told.with("latency", Sample::Buckets(buckets)), 40);
    let report = judge.report();
    let of = |name: &str| report.metrics.iter().find(|it| it.name == name).unwrap();
    for name in ["errors", "cpu", "slo", "budget"] {
        assert_eq!(of(name).detectable, [], "{name}");
    }
    // More than one event for each unit of exposure is no share.
    let restarts = of("restarts").detectable[0];
    assert!(restarts.rate.unwrap() > 1.0 && restarts.ratio.unwrap() < 2.0, "{restarts:?}");
    let edges = &of("latency").detectable;
    assert_eq!(edges.iter().map(|it| it.edge).collect::<Vec<_>>(), [Some(0.1), Some(0.5)]);
    assert!(edges[0].rate.unwrap() > 0.5 && edges[1].rate.unwrap() > 0.1, "{edges:?}");
    assert!(edges[0].ratio < edges[1].ratio, "{edges:?}");
    let said = of("latency").sentences().join("\n");
    assert!(said.contains("% above 0.1 (") && said.contains("% above 0.5 ("), "{said}");
}
