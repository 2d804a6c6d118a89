//! Where other ways are better (judge 3.7).

use crate::delay;
use crate::fails::{Fails, Traffic};
use crate::race::{BASE, RULES, Race};
use crate::random::Random;
use crate::rates::whole;
use crate::{Sizes, table};
use aviary_judge::{Counts, Document, Judge, Sample, Verdict, Window};

pub(crate) fn measure(sizes: Sizes, races: &[Race]) {
    let mut rows = vec![table::row(&["where", "the other way", "`independent`", "`auto`"])];
    for (base, worse, share) in [(0.005, 0.0075, 0.1), (0.1, 0.11, 0.1), (0.05, 0.5, 0.5)] {
        let it = delay::delay(sizes.worse / 50, base, worse, share);
        let what = format!(
            "{} % to {} % at a share of {} %, over the oracle's {} requests ({} releases)",
            100.0 * base,
            100.0 * worse,
            100.0 * share,
            whole(it.oracle),
            whole((sizes.worse / 50) as f64)
        );
        rows.push(ratio(&what, it.modes.map(|(mean, _)| mean)));
    }
    rows.push(robust(sizes.worse / 50));
    rows.push(spotless(0.1));
    rows.push(spotless(0.5));
    if let Some(gross) = races.last() {
        let mean = |rule: usize| {
            gross.delay(rule).map_or("not found".to_owned(), |(mean, _)| format!("{mean:.0} s"))
        };
        let what = format!("a failure of {}x seen in windows of 30 s, against {}", gross.effect, RULES[0]);
        rows.push(table::row(&[&what, &mean(0), "", &mean(8)]));
    }
    table::print("## Where it loses", &rows);
}

fn ratio(what: &str, modes: [f64; 2]) -> Vec<String> {
    vec![what.to_owned(), "1".to_owned(), format!("{:.2}", modes[0]), format!("{:.2}", modes[1])]
}

/// A canary with four times the errors in windows of 10 s: mean seconds, `robust` beside the other modes.
fn robust(releases: usize) -> Vec<String> {
    let yaml = "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion, dispersion: robust}]}";
    let Ok(document) = serde_yaml::from_str::<Document>(yaml) else { return Vec::new() };
    let mut random = Random::new(7_000);
    let mut traffic = Traffic::new(1000, 0.1, 4.0 * BASE, BASE);
    let mut sums = [0.0; 3];
    for _ in 0..releases {
        let (mut judge, mut fails) = (Judge::new(&document.judge), Fails::new(10.0));
        let mut found = [None; 3];
        for window in 1..=1000 {
            let counts = traffic.window(&mut random);
            judge.observe(&Window::of(10.0).with("errors", Sample::Counts(counts)));
            fails.observe(&counts);
            let robust = judge.verdict() == Verdict::Fail;
            let failed = [robust, fails.failed[0].is_some(), fails.failed[1].is_some()];
            for (found, failed) in found.iter_mut().zip(failed) {
                *found = found.or(failed.then_some(window));
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += 10.0 * f64::from(found.unwrap_or(1000)));
    }
    let told = sums.map(|sum| format!("{:.0} s", sum / releases.max(1) as f64));
    let what = "`robust` (beside the other modes), 0.5 % to 2 % at 100 requests/s and 10 %";
    vec![what.to_owned(), told[0].clone(), told[1].clone(), told[2].clone()]
}

/// Bad events of the canary, one in each window, that fail it beside a stable without any.
fn spotless(share: f64) -> Vec<String> {
    let mut fails = Fails::new(10.0);
    for _ in 0..60 {
        fails.observe(&Counts::new(1000.0 * share, 1000.0 * (1.0 - share), 1.0, 0.0));
    }
    let told = fails.failed.map(|at| at.map_or("never".to_owned(), |at| at.to_string()));
    let what = format!("canary errors that fail it beside a spotless stable, share {} %", 100.0 * share);
    vec![what, "1".to_owned(), told[0].clone(), told[1].clone()]
}
