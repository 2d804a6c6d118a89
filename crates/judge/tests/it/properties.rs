//! What holds for all counts (judge 5).

use aviary_judge::{
    Counts, Judge, Margin, Mixture, NODES, Portfolio, Sample, Terms, Verdict, Window, window_log_e,
};
use proptest::prelude::*;

/// Probabilities of 0 to n successes.
fn binomial(n: u32, p: f64) -> Vec<f64> {
    let choose = |k: u32| (0..k).fold(1.0, |c, i| c * f64::from(n - i) / f64::from(i + 1));
    (0..=n).map(|k| choose(k) * p.powi(k as i32) * (1.0 - p).powi((n - k) as i32)).collect()
}

/// The exact expectation of a window's e-value.
fn expectation(multiplier: f64, margin: Margin, n: (u32, u32), p: (f64, f64)) -> f64 {
    let (canary, stable) = (binomial(n.0, p.0), binomial(n.1, p.1));
    let (n1, n0) = (f64::from(n.0), f64::from(n.1));
    let mut sum = 0.0;
    for (x1, chance1) in canary.iter().enumerate() {
        for (x0, chance0) in stable.iter().enumerate() {
            let window = Counts::new(n1, n0, x1 as f64, x0 as f64);
            sum += chance1 * chance0 * window_log_e(multiplier, margin, &window).exp();
        }
    }
    sum
}

fn log_e(windows: &[Counts], margin: Margin) -> (f64, f64) {
    let (mut portfolio, mut mixture) = (Portfolio::default(), Mixture::default());
    for window in windows {
        let increments = Terms::fail(margin.relative, &[*window]).increments(margin.absolute, 1.0);
        portfolio.observe(&increments, 0.0, f64::INFINITY);
        mixture.observe(&Terms::pass(margin.relative, &[*window]), 1.0);
    }
    (portfolio.log_e(), mixture.log_e(margin.absolute))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * 1.0_f64.max(a.abs()).max(b.abs())
}

fn a_window() -> impl Strategy<Value = Counts> {
    (1..2000_u32, 1..2000_u32, 0..40_u32, 0..40_u32).prop_map(|(n1, n0, x1, x0)| {
        Counts::new(f64::from(n1), f64::from(n0), f64::from(x1.min(n1)), f64::from(x0.min(n0)))
    })
}

/// Counts that hurt: zeros, all bad, enormous, fractions.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(1e12),
        Just(1e-9),
        Just(1e15),
        0.0..1e6,
        Just(1.0),
        Just(f64::NAN),
        Just(-1.0)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_expected_evidence_of_a_window_is_at_most_one_under_the_null(
        n in (1..12_u32, 1..12_u32),
        p0 in 0.0..1.0_f64,
        r in 1.0..2.0_f64,
        d in 0.0..0.1_f64,
        within in 0.0..=1.0_f64,
        beyond in 0.0..=1.0_f64,
        m in 1.05..40.0_f64,
    ) {
        let margin = Margin::new(r, d);
        let line = margin.at(p0);
        // Fail: any rate up to the margin. Pass: any rate from the margin on.
        prop_assume!(line <= 1.0);
        let fail = expectation(m, margin, n, (within * line, p0));
        prop_assert!(fail <= 1.0 + 1e-9, "fail {fail}");
        let pass = expectation(1.0 / m, margin, n, (line + beyond * (1.0 - line), p0));
        prop_assert!(pass <= 1.0 + 1e-9, "pass {pass}");
        let spotless = expectation(0.0, margin, n, (line, p0));
        prop_assert!(spotless <= 1.0 + 1e-9, "spotless {spotless}");
    }

    #[test]
    fn evidence_does_not_depend_on_how_time_is_cut_or_ordered(
        windows in prop::collection::vec(a_window(), 1..8),
        r in 1.0..2.0_f64,
        d in 0.0..0.01_f64,
    ) {
        let margin = Margin::new(r, d);
        let whole = log_e(&windows, margin);
        let halves: Vec<Counts> = windows
            .iter()
            .flat_map(|w| [0.25, 0.75].map(|part| {
                Counts::new(w.canary_exposure * part, w.stable_exposure * part, w.canary_bad * part, w.stable_bad * part)
            }))
            .collect();
        let split = log_e(&halves, margin);
        prop_assert!(close(whole.0, split.0) && close(whole.1, split.1), "{whole:?} {split:?}");
        let reversed: Vec<Counts> = windows.iter().rev().copied().collect();
        let turned = log_e(&reversed, margin);
        prop_assert!(close(whole.0, turned.0) && close(whole.1, turned.1), "{whole:?} {turned:?}");
    }

    #[test]
    fn more_bad_events_of_the_canary_never_speak_for_it(
        windows in prop::collection::vec(a_window(), 1..6),
        more in 1..20_u32,
        d in 0.0..0.01_f64,
    ) {
        let margin = Margin::new(1.0, d);
        let before = log_e(&windows, margin);
        let mut worse = windows.clone();
        worse[0].canary_bad += f64::from(more);
        let after = log_e(&worse, margin);
        prop_assert!(after.0 >= before.0 - 1e-9 && after.1 <= before.1 + 1e-9, "{before:?} {after:?}");
    }

    #[test]
    fn only_the_share_of_traffic_counts_when_there_is_no_absolute_margin(
        windows in prop::collection::vec(a_window(), 1..6),
        scale in 0.01..100.0_f64,
        r in 1.0..2.0_f64,
    ) {
        let margin = Margin::new(r, 0.0);
        let scaled: Vec<Counts> = windows
            .iter()
            .map(|w| Counts::new(w.canary_exposure * scale, w.stable_exposure * scale, w.canary_bad, w.stable_bad))
            .collect();
        let (one, other) = (log_e(&windows, margin), log_e(&scaled, margin));
        prop_assert!(close(one.0, other.0) && close(one.1, other.1), "{one:?} {other:?}");
    }

    #[test]
    fn whatever_is_counted_there_is_a_verdict_and_no_number_is_nan(
        windows in prop::collection::vec((any_number(), any_number(), any_number(), any_number()), 1..30),
        mode in prop::sample::select(vec!["independent", "auto", "robust", "3"]),
    ) {
        let yaml = format!("dispersion: {mode}");
        let mut judge = Judge::new(&crate::support::errors(&yaml));
        let mut usable = false;
        for (n1, n0, x1, x0) in windows {
            judge.observe(&crate::support::window(n1, n0, x1, x0));
            let report = judge.report();
            let metric = &report.metrics[0];
            usable |= metric.windows > 0;
            prop_assert!(!judge.log_e().is_nan() && !metric.odds_not_worse.is_nan());
            let intervals = [metric.difference, metric.ratio].into_iter().flatten();
            for estimate in intervals {
                prop_assert!(estimate.interval.low <= estimate.interval.high, "{estimate:?}");
                prop_assert!(!estimate.point.is_nan());
            }
            for found in &metric.detectable {
                let rate = found.rate.unwrap_or(1.0);
                prop_assert!((metric.stable_rate.unwrap_or(0.0)..=1.0).contains(&rate), "{found:?}");
            }
            prop_assert!(usable || matches!(judge.verdict(), Verdict::NoData | Verdict::NeedMoreData));
            prop_assert!(!report.sentences().join(" ").contains("NaN"));
        }
    }

    #[test]
    fn empty_windows_change_no_evidence(windows in prop::collection::vec(a_window(), 1..10), gap in 0.0..1e6_f64) {
        let (mut with, mut without) = (Judge::new(&crate::support::errors("")), Judge::new(&crate::support::errors("")));
        for w in windows {
            let window = Window::of(10.0).with("errors", Sample::Counts(w));
            with.observe(&window);
            without.observe(&window);
            with.observe(&crate::support::window(0.0, gap, 0.0, 0.0));
            with.observe(&crate::support::window(gap, 0.0, 0.0, 0.0));
            prop_assert_eq!(with.log_e().to_bits(), without.log_e().to_bits());
        }
    }

    #[test]
    fn a_window_without_bad_events_says_little(n1 in 1.0..1e9_f64, n0 in 1.0..1e9_f64) {
        let terms = Terms::fail(1.0, &[Counts::new(n1, n0, 0.0, 0.0)]);
        prop_assert_eq!(terms.increments(0.0, 1.0), [0.0; NODES]);
        prop_assert!(terms.increments(0.001, 1.0).iter().all(|increment| *increment <= 0.0));
    }
}
