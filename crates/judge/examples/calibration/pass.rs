//! Passes: how often a canary at the margin passes, and how long an equal one takes.

use crate::fails::Traffic;
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::{Share, mean_p90, whole};
use crate::{Sizes, table, threads};
use aviary_judge::power::requests_to_pass;
use aviary_judge::{Dispersion, Margin, Mixture, PhiEstimate, Terms, pair_chi_square};

const BETA: f64 = 0.05;
const BASES: [f64; 5] = [0.0, 0.0001, 0.001, 0.005, 0.01];
const MARGINS: [(&str, Margin); 3] = [
    ("1.5x + 0.1 points", Margin { relative: 1.5, absolute: 0.001 }),
    ("1x + 1 point", Margin { relative: 1.0, absolute: 0.01 }),
    ("2x + 0.05 points", Margin { relative: 2.0, absolute: 0.0005 }),
];
const SHARES: [f64; 2] = [0.1, 0.5];
/// Windows in the time that a pass takes by rule of thumb, and how often that is waited for.
const WINDOWS: usize = 20;
const TIMES: usize = 5;

/// `independent` and `auto`: how many passed, and their canary requests.
struct Passes {
    passed: [Share; 2],
    requests: [Vec<f64>; 2],
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) {
    let mut rows = vec![table::row(&[
        "stable",
        "share",
        "margin",
        "at the margin, %: `independent`",
        "`auto`",
        "equal, canary requests: `independent`",
        "`auto`",
        "rule of thumb",
    ])];
    let mut worst = Share::default();
    for share in SHARES {
        for base in BASES {
            for (name, margin) in MARGINS {
                let odds = (1.0 - share) / share;
                let thumb = requests_to_pass(base, odds, margin, BETA, Dispersion::Independent);
                let at = passes(sizes.passing, base, margin.at(base), share, margin, thumb);
                let equal = passes(sizes.passing / 5, base, base, share, margin, thumb);
                for passed in at.passed {
                    worst = if passed.value() > worst.value() { passed } else { worst };
                }
                let [one, other] = equal.requests;
                let told = |mut all: Vec<f64>| whole(mean_p90(&mut all).0);
                let row = [
                    format!("{} %", 100.0 * base),
                    format!("{} %", 100.0 * share),
                    name.to_owned(),
                    at.passed[0].percent(),
                    at.passed[1].percent(),
                    told(one),
                    told(other),
                    whole(thumb),
                ];
                rows.push(row.to_vec());
            }
        }
    }
    table::print(
        "## Passes: a canary at the margin that passes, and the canary requests of an equal one; 5 % is promised",
        &rows,
    );
    gates.add(
        "false passes at the margin, worst cell",
        "at most 5 %",
        &format!("{} %", worst.with_interval()),
        worst.value() <= BETA,
    );
}

fn passes(releases: usize, base: f64, canary: f64, share: f64, margin: Margin, thumb: f64) -> Passes {
    let total = (thumb / WINDOWS as f64 / share).round().max(1.0) as usize;
    let seed = 4_000 + (base * 1e6) as u64 * 3 + (canary * 1e6) as u64 * 5 + (share * 100.0) as u64;
    let pieces = threads::releases(releases, seed, |seed, releases| {
        let mut random = Random::new(seed);
        let mut traffic = Traffic::new(total, share, canary, base);
        let mut all = Passes { passed: [Share::default(); 2], requests: [Vec::new(), Vec::new()] };
        for _ in 0..releases {
            for (mode, (passed, spent)) in release(&mut traffic, &mut random, margin).into_iter().enumerate()
            {
                all.passed[mode] = all.passed[mode].add(Share { hits: usize::from(passed), of: 1 });
                all.requests[mode].push(spent);
            }
        }
        all
    });
    pieces.into_iter().fold(
        Passes { passed: [Share::default(); 2], requests: [Vec::new(), Vec::new()] },
        |mut sum, piece| {
            for (mode, requests) in piece.requests.into_iter().enumerate() {
                sum.passed[mode] = sum.passed[mode].add(piece.passed[mode]);
                sum.requests[mode].extend(requests);
            }
            sum
        },
    )
}

/// For each mode whether it passed, and after how many canary requests.
fn release(traffic: &mut Traffic, random: &mut Random, margin: Margin) -> [(bool, f64); 2] {
    let mut mixtures = [Mixture::default(), Mixture::default()];
    let (mut phi, mut last, mut spent) = (PhiEstimate::default(), None, 0.0);
    let mut outcome = [(false, 0.0); 2];
    for _ in 0..WINDOWS * TIMES {
        let window = traffic.window(random);
        spent += window.canary_exposure;
        let terms = Terms::pass(margin.relative, &[window]);
        for ((mixture, phi), outcome) in mixtures.iter_mut().zip([1.0, phi.phi(1.0)]).zip(&mut outcome) {
            if outcome.0 {
                continue;
            }
            mixture.observe(&terms, phi);
            *outcome = (mixture.log_e(margin.absolute) >= -BETA.ln(), spent);
        }
        if outcome.iter().all(|(passed, _)| *passed) {
            break;
        }
        phi.add(last.and_then(|last| pair_chi_square(&last, &window)));
        last = Some(window);
    }
    outcome
}
