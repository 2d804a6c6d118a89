//! Processes of evidence.

use super::{check, counts, number, numbers};
use crate::dispersion::{PhiEstimate, pair_chi_square};
use crate::mixture::Mixture;
use crate::nodes::{Terms, window_log_e};
use crate::process::{Direction, Latency, Model, Rules, Side, gauge_log_e, limit_log_e};
use crate::window::Buckets;
use crate::{Dispersion, Kind, Margin, Metric, Portfolio, Sign};
use std::cmp::Ordering;

#[test]
fn the_evidence_of_one_window() {
    check("window_log_e", 14, |case| {
        let margin = Margin::new(case.input("r"), case.input("d"));
        let window =
            crate::Counts::new(case.input("n1"), case.input("n0"), case.input("x1"), case.input("x0"));
        case.close("log_e", window_log_e(case.input("multiplier"), margin, &window));
    });
}

#[test]
fn the_fail_portfolio() {
    check("fail_portfolio", 15, |case| {
        assert_eq!((case.input("cash"), case.input("phi")), (0.2, 1.0));
        let (mut portfolio, mut logs, mut ps) = (Portfolio::default(), Vec::new(), Vec::new());
        for window in case.windows() {
            if window.both_exposed() {
                let increments = Terms::fail(case.input("r"), &[window]).increments(case.input("d"), 1.0);
                portfolio.observe(&increments, case.input("share"), f64::INFINITY);
            }
            logs.push(portfolio.log_e());
            ps.push(portfolio.p_value());
        }
        case.series("log_e", &logs);
        case.series("p_value", &ps);
        case.reached("fails_at", &logs, -case.input("alpha").ln());
    });
}

#[test]
fn the_fail_process_with_cap_and_dispersion() {
    check("fail_auto", 8, |case| {
        let (mut portfolio, mut estimate) = (Portfolio::default(), PhiEstimate::default());
        let (mut last, mut logs, mut phis) = (None, Vec::new(), Vec::new());
        for window in case.windows() {
            let phi = estimate.phi(1.0);
            phis.push(phi);
            if window.both_exposed() {
                let increments = Terms::fail(case.input("r"), &[window]).increments(case.input("d"), phi);
                portfolio.observe(&increments, case.input("share"), crate::cap(case.input("alpha")));
                let pair = last.and_then(|last| pair_chi_square(&last, &window));
                estimate.add(pair);
            }
            last = Some(window);
            logs.push(portfolio.log_e());
        }
        case.series("phi", &phis);
        case.series("log_e", &logs);
        case.reached("fails_at", &logs, -case.input("alpha").ln());
    });
}

#[test]
fn the_dispersion_of_two_windows() {
    check("dispersion_pair", 7, |case| {
        let (first, second) = (counts(&case.input["first"]), counts(&case.input["second"]));
        match pair_chi_square(&first, &second) {
            Some(chi) => case.close("chi2", chi),
            None => assert!(case.expect["chi2"].is_null(), "{}", case.id),
        }
    });
}

#[test]
fn the_pass_mixture() {
    check("pass_mixture", 10, |case| {
        let (mut mixture, mut logs) = (Mixture::default(), Vec::new());
        for window in case.windows() {
            mixture.observe(&Terms::pass(case.input("r"), &[window]), 1.0);
            logs.push(mixture.log_e(case.input("d")));
        }
        case.series("log_e", &logs);
        case.reached("passes_at", &logs, -case.input("beta").ln());
    });
}

#[test]
fn limits() {
    check("limit", 6, |case| {
        let model = if case.input["model"] == "poisson" { Model::Poisson } else { Model::Bernoulli };
        let side = if case.input["side"] == "fail" { Side::Fail } else { Side::Pass };
        let (mut exposure, mut bad, mut logs) = (0.0, 0.0, Vec::new());
        for window in case.input["windows"].as_array().unwrap() {
            exposure += number(&window[0]);
            bad += number(&window[1]);
            logs.push(limit_log_e(model, side, case.input("limit"), exposure, bad));
        }
        case.series("log_e", &logs);
    });
}

#[test]
fn gauges() {
    check("gauge", 4, |case| {
        let direction = if case.input("sign") > 0.0 { Direction::Higher } else { Direction::NotHigher };
        let windows: Vec<[f64; 2]> = case.input["windows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| numbers(pair).try_into().unwrap())
            .collect();
        let bounds = [case.input("low"), case.input("high")];
        let logs: Vec<f64> = (1..=windows.len())
            .map(|end| gauge_log_e(direction, case.input("d"), bounds, &windows[..end]))
            .collect();
        case.series("log_e", &logs);
    });
}

#[test]
fn signs() {
    check("sign", 2, |case| {
        let (mut sign, mut logs) = (Sign::default(), Vec::new());
        for difference in numbers(&case.input["differences"]) {
            sign.observe(difference.partial_cmp(&0.0).unwrap_or(Ordering::Equal));
            logs.push(sign.log_e());
        }
        case.series("log_e", &logs);
    });
}

#[test]
fn latencies() {
    check("latency", 2, |case| {
        let metric = Metric {
            name: "latency".to_owned(),
            kind: Kind::Latency { edges: vec![1.0, 2.0, 3.0] },
            canary: None,
            stable: None,
            strata: None,
            fail_above: Margin::NONE,
            pass_below: Margin::new(1.5, 0.001),
            dispersion: Dispersion::Independent,
            evidence: crate::Evidence::Release,
            weight: 1.0,
            must_detect: None,
        };
        let rules = Rules {
            metric: &metric,
            share: 0.02,
            cap: case.input("cap"),
            seconds: 30.0,
            prior: case.input("phi"),
        };
        let (mut latency, mut logs) = (Latency::default(), Vec::new());
        for window in case.input["windows"].as_array().unwrap() {
            let buckets = Buckets {
                bounds: numbers(&case.input["edges"]),
                canary: numbers(&window[0]),
                stable: numbers(&window[1]),
            };
            latency.observe(&buckets, &rules, None).unwrap();
            logs.push(latency.log_e_fail(&metric));
        }
        case.series("log_e", &logs);
        case.reached("fails_at", &logs, 100.0_f64.ln());
    });
}

/// The closed form for a constant share is another way to the same number: `sum over the beta prior`, by quadrature
/// over the likelihood ratio that [`window_log_e`] gives for one multiplier.
#[test]
fn a_beta_mixture_of_windows_is_its_closed_form() {
    check("beta_mixture", 4, |case| {
        let (share, a, b) = (case.input("share"), case.input("a"), case.input("b"));
        let window = crate::Counts::new(share, 1.0 - share, case.input("x1"), case.input("x0"));
        let points = 400_000;
        let (mut ratio, mut prior) = (0.0, 0.0);
        for at in 0..points {
            let theta = (f64::from(at) + 0.5) / f64::from(points);
            let multiplier = theta * (1.0 - share) / ((1.0 - theta) * share);
            let density = theta.powf(a - 1.0) * (1.0 - theta).powf(b - 1.0);
            ratio += density * window_log_e(multiplier, Margin::NONE, &window).exp();
            prior += density;
        }
        let log_e = (ratio / prior).ln();
        assert!((log_e - number(&case.expect["log_e"])).abs() < 1e-7, "{}: {log_e}", case.id);
    });
}
