//! Confidence sequences and detectable effects.

use super::check;
use crate::dispersion::Dispersion;
use crate::interval::{Differences, Ratios};
use crate::margin::Margin;
use crate::nodes::Terms;
use crate::power::{Tempering, Test, requests};
use crate::seen::Seen;

#[test]
fn differences() {
    check("cs_difference", 6, |case| {
        let (mut differences, mut seen) = (Differences::default(), Seen::default());
        for window in case.windows() {
            differences.observe(&Terms::fail(1.0, &[window]), &Terms::pass(1.0, &[window]), 1.0);
            seen.count(&window, 0.0, 0.0, 30.0);
        }
        let interval = differences.interval(case.input("alpha"), 1.0);
        case.close("low", interval.low);
        case.close("high", interval.high);
        let totals = seen.totals();
        case.close("point", totals.canary_rate().unwrap() - totals.stable_rate().unwrap());
    });
}

#[test]
fn ratios() {
    check("cs_ratio", 6, |case| {
        let mut ratios = Ratios::default();
        for window in case.windows() {
            ratios.observe(&window, 1.0);
        }
        let interval = ratios.interval(case.input("alpha"));
        case.close("low", interval.low);
        case.close("high", interval.high);
    });
}

#[test]
fn detectable_effects() {
    check("mde", 6, |case| {
        let usual = [Dispersion::Independent, Dispersion::Auto].map(|mode| Tempering::of(mode, 1.0));
        let given = |it: &Tempering| Tempering { price: case.input("c"), phi: case.input("phi"), ..*it };
        let tempering = *usual.iter().find(|it| given(it) == **it).unwrap();
        let odds = (1.0 - case.input("share")) / case.input("share");
        let (p0, p1) = (case.input("p0"), case.input("p1"));
        let test = Test { alpha: case.input("alpha"), margin: Margin::NONE, tempering };
        let found = requests(p0, p1, odds, case.input("power"), &test);
        case.close("canary_requests", found);
    });
}
