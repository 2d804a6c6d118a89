//! Rules, against SciPy's figures and at their edges.
#![allow(clippy::float_cmp)] // sizes are counted

use super::*;
use crate::classic::Classification::{High, Low, NoData, NoDataFails, Pass};
use serde_json::Value;

const CASES: &str = include_str!("../../../../../fixtures/judge/classic-rules.json");

/// Five samples far above, and five far below.
const ABOVE: [f64; 5] = [20.0, 21.0, 22.0, 23.0, 24.0];
const BELOW: [f64; 5] = [10.0, 10.5, 11.0, 11.5, 12.0];

fn found(canary: &[f64], baseline: &[f64], rules: Rules) -> (Classification, bool, Because) {
    let Finding { class, critical, because, .. } = find(canary, baseline, &rules);
    (class, critical, because)
}

fn effect(measure: Measure, allowed: Limits, critical: Limits) -> Rules {
    Rules { critical: true, effect: Effect { measure, allowed, critical }, ..Rules::default() }
}

fn limits(increase: f64, decrease: f64) -> Limits {
    Limits { increase, decrease }
}

#[test]
fn kept_samples_effects_and_labels_are_those_of_scipy() {
    let file: Value = serde_json::from_str(CASES).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let numbers = |name: &str| -> Vec<f64> {
            case[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let (canary, baseline) = (numbers("canary"), numbers("baseline"));
        let rules = Rules { outliers: case["factor"].as_f64(), ..Rules::default() };
        let by_ratio = find(&canary, &baseline, &rules);
        let chance = Rules { effect: Effect::of(Measure::CommonLanguage), ..rules };
        let by_chance = find(&canary, &baseline, &chance);
        let name = &case["name"];
        assert_eq!(by_ratio.samples.map(|kept| kept as f64).to_vec(), numbers("kept"), "{name}");
        assert_eq!(by_ratio.samples[0] + by_ratio.outliers[0], canary.len(), "{name}");
        let close = |found: Option<f64>, wanted: &Value| match (found, wanted.as_f64()) {
            (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-9,
            (found, wanted) => found.is_none() && wanted.is_none(),
        };
        assert!(close(by_ratio.effect, &case["mean_ratio"]), "{name}: {by_ratio:?}");
        assert!(close(by_chance.effect, &case["cles"]), "{name}: {by_chance:?}");
        let wanted = match case["leaning"].as_str().unwrap() {
            "High" => High,
            "Low" => Low,
            _ => Pass,
        };
        assert_eq!((by_ratio.class, by_chance.class), (wanted, wanted), "{name}");
    }
}

#[test]
fn an_effect_that_is_allowed_passes_and_one_at_the_limit_deviates() {
    // The means are 22 and 11.
    let ratio = |allowed, critical| effect(Measure::MeanRatio, allowed, critical);
    for (allowed, critical, wanted) in [
        (limits(2.0, 1.0), limits(2.0, 1.0), (High, true, Because::Deviates)),
        (limits(2.0, 1.0), limits(2.01, 1.0), (High, false, Because::Deviates)),
        (limits(2.01, 1.0), limits(1.0, 1.0), (Pass, false, Because::Allowed)),
    ] {
        assert_eq!(found(&ABOVE, &BELOW, ratio(allowed, critical)), wanted, "{allowed:?} {critical:?}");
    }
    for (allowed, critical, wanted) in [
        (limits(1.0, 0.5), limits(1.0, 0.5), (Low, true, Because::Deviates)),
        (limits(1.0, 0.5), limits(1.0, 0.49), (Low, false, Because::Deviates)),
        (limits(1.0, 0.49), limits(1.0, 1.0), (Pass, false, Because::Allowed)),
    ] {
        assert_eq!(found(&BELOW, &ABOVE, ratio(allowed, critical)), wanted, "{allowed:?} {critical:?}");
    }
    // Every pair has the canary above: the chance is 1.
    let chance = |most| effect(Measure::CommonLanguage, limits(most, 0.0), limits(0.5, 0.5));
    assert_eq!(found(&ABOVE, &BELOW, chance(1.0)), (High, true, Because::Deviates));
    assert_eq!(found(&ABOVE, &BELOW, chance(1.01)), (Pass, false, Because::Allowed));
}

#[test]
fn an_effect_that_cannot_be_measured_is_not_asked_for() {
    let zeros = [0.0; 5];
    let strict = effect(Measure::MeanRatio, limits(9.0, 0.1), limits(9.0, 0.1));
    assert_eq!(find(&ABOVE, &zeros, &strict).effect, None);
    assert_eq!(found(&ABOVE, &zeros, strict), (High, true, Because::Deviates));
    assert_eq!(found(&zeros, &ABOVE, strict), (Low, true, Because::Deviates));
    let never = effect(Measure::CommonLanguage, limits(9.0, 0.1), limits(9.0, 0.1));
    assert_eq!(found(&ABOVE, &zeros, never), (Pass, false, Because::Allowed));
}

#[test]
fn only_the_direction_that_counts_counts() {
    let of = |direction| Rules { direction, critical: true, ..Rules::default() };
    for (direction, above, below) in [
        (Direction::Increase, (High, true, Because::Deviates), (Pass, false, Because::Direction)),
        (Direction::Decrease, (Pass, false, Because::Direction), (Low, true, Because::Deviates)),
        (Direction::Either, (High, true, Because::Deviates), (Low, true, Because::Deviates)),
    ] {
        assert_eq!(found(&ABOVE, &BELOW, of(direction)), above, "{direction:?}");
        assert_eq!(found(&BELOW, &ABOVE, of(direction)), below, "{direction:?}");
    }
    // One pair of twenty-five the other way round, and nobody can be sure.
    let mixed = [11.6, 21.0, 22.0, 23.0, 24.0];
    assert_eq!(found(&mixed, &BELOW, of(Direction::Either)), (Pass, false, Because::NotSignificant));
    assert_eq!(found(&ABOVE, &ABOVE, of(Direction::Either)), (Pass, false, Because::Alike));
}

#[test]
fn missing_data_is_what_the_rules_say() {
    let none = [f64::NAN; 5];
    let of = |gaps, must_have_data, critical| Rules { gaps, critical, must_have_data, ..Rules::default() };
    let missing = Because::NoSamples;
    for (gaps, must, critical, wanted) in [
        (Gaps::Remove, false, false, (NoData, false, missing)),
        (Gaps::Remove, true, false, (NoDataFails, false, missing)),
        // What is critical fails the canary without data, whether it must have some or not.
        (Gaps::Remove, false, true, (NoData, true, missing)),
        (Gaps::Remove, true, true, (NoData, true, missing)),
        // Zeros against samples far above.
        (Gaps::Replace, true, true, (Low, true, Because::Deviates)),
    ] {
        assert_eq!(found(&none, &ABOVE, of(gaps, must, critical)), wanted, "{gaps:?} {must} {critical}");
    }
    let replaced = of(Gaps::Replace, true, true);
    assert_eq!(found(&[], &ABOVE, replaced), (Pass, false, missing));
    assert_eq!(found(&none, &none, replaced), (Pass, false, Because::Alike));
    let mixed = [20.0, f64::NAN, 21.0, f64::INFINITY];
    assert_eq!(find(&mixed, &ABOVE, &of(Gaps::Remove, false, false)).samples, [2, 5]);
    assert_eq!(find(&mixed, &ABOVE, &replaced).samples, [4, 5]);
}

#[test]
fn huge_numbers_are_no_panic() {
    let huge = [f64::MAX, f64::MAX, f64::MIN, f64::MAX, 1.0];
    let rules =
        Rules { outliers: Some(f64::MAX), ..effect(Measure::MeanRatio, limits(1.0, 1.0), limits(1.0, 1.0)) };
    assert_eq!(found(&huge, &BELOW, rules), (Pass, false, Because::NotSignificant));
}
