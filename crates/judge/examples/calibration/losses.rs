//! Where other ways are better (judge 3.7).

use crate::delay;
use crate::fails::Fails;
use crate::race::{RULES, Race};
use crate::rates::whole;
use crate::{Sizes, table};
use aviary_judge::Counts;

pub(crate) fn measure(sizes: Sizes, races: &[Race]) {
    let mut rows = vec![table::row(&["where", "the other way", "`independent`", "`auto`"])];
    for (base, worse, share) in [(0.005, 0.0075, 0.1), (0.1, 0.11, 0.1), (0.05, 0.5, 0.5)] {
        let it = delay::delay(sizes.worse / 10, base, worse, share);
        let what = format!(
            "{} % to {} % at a share of {} %, over the oracle's {} requests",
            100.0 * base,
            100.0 * worse,
            100.0 * share,
            whole(it.oracle)
        );
        rows.push(ratio(&what, it.modes.map(|(mean, _)| mean)));
    }
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
