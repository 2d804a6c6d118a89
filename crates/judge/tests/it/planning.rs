//! What a release can find out, before it is made.

use crate::support::errors;
use aviary_judge::power::{Exposure, Plan, PlanStep, Tempering, Test, detectable, n90, requests_to_pass};
use aviary_judge::{Dispersion, Margin};
use std::time::Duration;

fn plan() -> Plan {
    let step = |share, minutes: u64| PlanStep { share, duration: Duration::from_secs(minutes * 60) };
    let steps = vec![step(0.1, 5), step(0.3, 10)];
    Plan { rate: 100.0, stable: 0.005, earlier: Vec::new(), steps }
}

/// A test at 1 % without a margin.
fn test(mode: Dispersion) -> Test {
    Test { alpha: 0.01, margin: Margin::NONE, tempering: Tempering::of(mode, 1.0) }
}

/// The plan of the document (judge 4), which was simulated: 0.85 % is found in 89 %.
#[test]
fn the_plan_of_the_document_reads_as_it_says() {
    let config = errors("mustDetect: 2%");
    let figures = plan().figures(&config, &config.metrics[0]);
    let said = plan().sentences(&figures);
    assert_eq!(
        said,
        [
            "At 100 requests per second it sees up to 21,000 canary requests (10 % for 5 min, 30 % for 10 min).",
            "With stable at 0.5 %, a rise to 0.879 % is caught with 90 % probability by the end.",
            "A rise to 2 % is caught within 2 min 41 s.",
            "By this metric a good release is aborted by mistake in at most 1 % of attempts.",
            "`pass` (not worse than 0.85 %) is usually reached after about 8 min 23 s.",
        ]
    );
}

/// What one plan finds in the second of two steps, another finds that knows what the first gave.
#[test]
fn what_earlier_steps_gave_counts_and_times_begin_at_their_end() {
    let config = errors("mustDetect: 2%");
    let of = |plan: &Plan, config: &aviary_judge::Config| plan.figures(config, &config.metrics[0]);
    let (whole, [first, second]) = (plan(), plan().steps.try_into().unwrap());
    let later = Plan { earlier: vec![first], steps: vec![second], ..plan() };
    let alone = Plan { steps: vec![second], ..plan() };
    let [all, found, without] = [&whole, &later, &alone].map(|plan| of(plan, &config));
    assert_eq!((found.detectable, found.canary_requests), (all.detectable, without.canary_requests));
    assert!(found.detectable < without.detectable);
    let passes = |figures: &aviary_judge::power::Figures| figures.passes_after.unwrap().as_secs_f64();
    assert!((passes(&found) - (passes(&all) - 300.0)).abs() < 1e-3, "{found:?} {all:?}");
    // What the first step finds by itself is no news in the second.
    assert_eq!(found.must_detect, Some((0.02, Some(Duration::ZERO))));
    let said = later.sentences(&found).join("\n");
    for part in [
        "it sees up to 18,000 canary requests (30 % for 10 min), besides 3,000 of the steps before.",
        "A rise to 2 % is caught in the steps before.",
        "in at most 1 % of attempts, the steps before included.",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let by_step = errors("evidence: step");
    assert_eq!(of(&later, &by_step).passes_after, of(&alone, &by_step).passes_after);
    let long = Plan { earlier: whole.steps, ..later };
    let said = long.sentences(&of(&long, &config)).join("\n");
    assert!(said.contains("is usually known from the steps before"), "{said}");
}

#[test]
fn a_promise_is_that_of_the_metric_and_of_the_whole() {
    let metrics = "metrics:\n- {name: errors, kind: proportion}\n- {name: slow, kind: proportion, weight: 3}\n\
                   - {name: looks, kind: proportion, weight: 0}";
    let config = crate::support::config(&format!("regions: 2\n{metrics}"));
    let said = |metric: usize| {
        let figures = plan().figures(&config, &config.metrics[metric]);
        plan().sentences(&figures).join("\n")
    };
    let own = "By this metric a good release is aborted by mistake in at most 0.125 % of attempts; by all metrics, in \
               all regions, in at most 1 %.";
    assert!(said(0).contains(own), "{}", said(0));
    assert!(said(2).contains("It only advises, and aborts nothing."), "{}", said(2));
}

#[test]
fn nothing_is_promised_of_burn_rates() {
    let yaml =
        "metrics:\n- {name: errors, kind: proportion}\n- {name: budget, kind: limit, objective: 99.9%}";
    let config = crate::support::config(yaml);
    let said = plan().sentences(&plan().figures(&config, &config.metrics[0])).join("\n");
    assert!(
        said.contains("1 % of attempts. Burn rates are rules beside that: nothing is promised of"),
        "{said}"
    );
}

#[test]
fn what_is_out_of_reach_is_said_and_not_made_up() {
    let config = errors("mustDetect: 0.6%\npassBelow: {absolute: 0.01pp}");
    let quiet = Plan { rate: 0.05, ..plan() };
    let figures = quiet.figures(&config, &config.metrics[0]);
    assert_eq!((figures.must_detect, figures.passes_after), (Some((0.006, None)), None));
    let said = quiet.sentences(&figures).join("\n");
    assert!(said.contains("not sure to be caught") && said.contains("seldom reached"), "{said}");
    let none = Plan { steps: Vec::new(), ..plan() }.figures(&config, &config.metrics[0]);
    assert_eq!((none.canary_requests, none.detectable), (0.0, None));
}

/// Rates that were simulated, in per cent: `independent` and `auto`. The README has those of a later run, which differ in
/// the third digit.
#[test]
fn detectable_rates_are_those_that_were_simulated() {
    for (stable_per_canary, base, requests, independent, auto) in [
        (9.0, 0.01, 1_000.0, 0.670, 0.841),
        (9.0, 0.01, 10_000.0, 0.106, 0.125),
        (9.0, 0.1, 1_000.0, 1.059, 1.248),
        (9.0, 0.1, 10_000.0, 0.313, 0.341),
        (9.0, 0.5, 1_000.0, 2.123, 2.375),
        (9.0, 0.5, 100_000.0, 0.626, 0.643),
        (9.0, 1.0, 1_000.0, 3.118, 3.414),
        (9.0, 1.0, 100_000.0, 1.183, 1.199),
        (1.0, 0.01, 1_000.0, 1.405, 1.881),
        (1.0, 0.01, 10_000.0, 0.176, 0.223),
        (1.0, 0.1, 1_000.0, 1.786, 2.267),
        (1.0, 0.1, 100_000.0, 0.182, 0.192),
        (1.0, 0.5, 10_000.0, 1.099, 1.185),
        (1.0, 1.0, 100_000.0, 1.241, 1.272),
    ] {
        let steps = [Exposure { canary: requests, stable_per_canary }];
        for (mode, simulated) in [(Dispersion::Independent, independent), (Dispersion::Auto, auto)] {
            let planned = 100.0 * detectable(base / 100.0, &steps, 0.9, &test(mode)).unwrap();
            assert!((planned / simulated - 1.0).abs() < 0.08, "{requests} {base} {mode:?}: {planned}");
        }
    }
}

#[test]
fn what_detects_a_rate_is_enough_for_it_and_one_in_a_thousand_less_is_not() {
    let test = test(Dispersion::Auto);
    let needed = n90(0.005, 0.02, 9.0, &test);
    let found = |requests: f64| {
        let steps = [Exposure { canary: requests, stable_per_canary: 9.0 }];
        detectable(0.005, &steps, 0.9, &test).unwrap()
    };
    assert!((found(needed) / 0.02 - 1.0).abs() < 1e-6, "{}", found(needed));
    assert!(found(needed * 0.999) > 0.02);
    assert_eq!(n90(0.02, 0.01, 9.0, &test), f64::INFINITY, "a better canary is never found worse");
}

#[test]
fn a_purely_relative_margin_never_passes_without_errors() {
    let pass = |margin| requests_to_pass(0.0, 9.0, margin, 0.05, Dispersion::Independent);
    assert_eq!(pass(Margin::new(1.5, 0.0)), f64::INFINITY);
    let with_slack = pass(Margin::new(1.5, 0.001));
    assert!((3_500.0..4_500.0).contains(&with_slack), "{with_slack}");
}
