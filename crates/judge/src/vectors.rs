//! The cases of `fixtures/judge/cases.json`: numbers that were computed twice, independently.
#![allow(clippy::float_cmp)] // what is read and what is counted is exact

mod evidence;
mod intervals;
mod mann_whitney;
mod verdicts;

use crate::counts::Counts;
use serde_json::Value;

const CASES: &str = include_str!("../../../fixtures/judge/cases.json");

/// One case.
struct Case {
    id: String,
    input: Value,
    expect: Value,
    tolerance: f64,
}

/// Checks each case of a kind, of which there must be so many.
fn check(kind: &str, count: usize, test: impl Fn(&Case)) {
    let file: Value = serde_json::from_str(CASES).unwrap();
    let cases: Vec<Case> = file["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["kind"] == kind)
        .map(|case| Case {
            id: case["id"].as_str().unwrap().to_owned(),
            input: case["input"].clone(),
            expect: case["expect"].clone(),
            tolerance: case["tol"].as_f64().unwrap(),
        })
        .collect();
    assert_eq!(cases.len(), count, "{kind}");
    assert_eq!(file["counts"][kind], count, "{kind}");
    for case in &cases {
        test(case);
    }
}

/// A number; infinities are words in JSON.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

impl Case {
    fn input(&self, name: &str) -> f64 {
        number(&self.input[name])
    }

    fn windows(&self) -> Vec<Counts> {
        let windows = self.input["windows"].as_array().unwrap().iter();
        windows.map(counts).collect()
    }

    /// `|a - b| <= tol * max(1, |a|, |b|)`.
    fn close(&self, name: &str, found: f64) {
        self.near(name, &self.expect[name], found);
    }

    fn near(&self, name: &str, expected: &Value, found: f64) {
        let wanted = number(expected);
        let scale = 1.0_f64.max(wanted.abs()).max(found.abs());
        let same = wanted.to_bits() == found.to_bits() || (wanted - found).abs() <= self.tolerance * scale;
        assert!(same, "{} {name}: {found} instead of {wanted}", self.id);
    }

    /// A series, one value after each window.
    fn series(&self, name: &str, found: &[f64]) {
        let wanted = self.expect[name].as_array().unwrap();
        assert_eq!(wanted.len(), found.len(), "{} {name}", self.id);
        for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
            self.near(&format!("{name}[{at}]"), wanted, *found);
        }
    }

    /// The first window, from 1, whose value reached the threshold.
    fn reached(&self, name: &str, series: &[f64], threshold: f64) {
        let found = series.iter().position(|value| *value >= threshold).map(|at| at + 1);
        let wanted = self.expect[name].as_u64().map(|at| at as usize);
        assert_eq!(found, wanted, "{} {name}", self.id);
    }
}

fn counts(window: &Value) -> Counts {
    Counts::from_array(numbers(window).try_into().unwrap())
}
