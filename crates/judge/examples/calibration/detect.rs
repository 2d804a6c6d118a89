//! What a plan says can be found, beside what simulated releases find.

use crate::fails::{ALPHA, Fails, MODES, Traffic};
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::whole;
use crate::{Sizes, table, threads};
use aviary_judge::power::{Exposure, Tempering, Test, detectable};
use aviary_judge::{Dispersion, Margin};

const BASES: [f64; 4] = [0.0001, 0.001, 0.005, 0.01];
const REQUESTS: [f64; 3] = [1_000.0, 10_000.0, 100_000.0];
const SHARES: [f64; 2] = [0.1, 0.5];
const WINDOWS: usize = 40;
const SECONDS: f64 = 10.0;

/// The smallest rate that is found with 90 % power.
pub(crate) struct Detected {
    pub(crate) share: f64,
    pub(crate) base: f64,
    pub(crate) requests: f64,
    /// For each mode, by formula and by simulation.
    pub(crate) modes: [(f64, f64); 2],
}

pub(crate) fn predicted(share: f64, base: f64, requests: f64, mode: usize) -> f64 {
    let steps = [Exposure { canary: requests, stable_per_canary: (1.0 - share) / share }];
    let mode = [Dispersion::Independent, Dispersion::Auto][mode];
    let test = Test { alpha: ALPHA, margin: Margin::NONE, tempering: Tempering::of(mode, 1.0) };
    detectable(base, &steps, 0.9, &test).unwrap_or(1.0)
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) -> Vec<Detected> {
    let cells = SHARES.iter().flat_map(|share| BASES.map(|base| (*share, base)));
    let cells = cells.flat_map(|(share, base)| REQUESTS.map(|requests| (share, base, requests)));
    let all: Vec<Detected> = cells
        .map(|(share, base, requests)| {
            let modes = [0, 1].map(|mode| {
                let formula = predicted(share, base, requests, mode);
                (formula, simulated(sizes.worse / 5, [share, base, requests], mode, formula))
            });
            Detected { share, base, requests, modes }
        })
        .collect();
    let mut rows = vec![table::row(&[
        "share",
        "stable",
        "canary requests",
        "`independent`: plan, %",
        "simulated, %",
        "`auto`: plan, %",
        "simulated, %",
    ])];
    for it in &all {
        let [share, base] = [it.share, it.base].map(|part| format!("{} %", 100.0 * part));
        let mut row = vec![share, base, whole(it.requests)];
        row.extend(
            it.modes
                .iter()
                .flat_map(|(formula, found)| [formula, found].map(|rate| format!("{:.3}", 100.0 * rate))),
        );
        rows.push(row);
    }
    table::print(
        "## The smallest rate that is found with 90 % probability, as planned and as simulated",
        &rows,
    );
    for (mode, name) in MODES.into_iter().enumerate() {
        let off = |it: &Detected| (it.modes[mode].0 / it.modes[mode].1 - 1.0).abs();
        let worst = all.iter().map(off).fold(0.0, f64::max);
        gates.add(
            &format!("plan's detectable rate against the simulated one, worst cell, `{name}`"),
            "within 10 %",
            &format!("{:.1} %", 100.0 * worst),
            worst <= 0.1,
        );
    }
    all
}

/// Bisected on the canary's rate; every try uses the same seed, which makes the share found smooth in it.
fn simulated(releases: usize, cell: [f64; 3], mode: usize, formula: f64) -> f64 {
    let [_, base, _] = cell;
    let (mut low, mut high) = (base.max(formula * 0.7), (formula * 1.4).min(1.0));
    for _ in 0..8 {
        let middle = (low * high).sqrt();
        if found(releases, cell, middle, mode) >= 0.9 { high = middle } else { low = middle }
    }
    (low * high).sqrt()
}

fn found(releases: usize, [share, base, requests]: [f64; 3], worse: f64, mode: usize) -> f64 {
    let total = (requests / WINDOWS as f64 / share).round() as usize;
    let counts = threads::releases(releases, 5_000 + (base * 1e6) as u64, |seed, releases| {
        let mut random = Random::new(seed);
        let mut traffic = Traffic::new(total, share, worse, base);
        let mut found = 0;
        for _ in 0..releases {
            let mut fails = Fails::new(SECONDS);
            for _ in 0..WINDOWS {
                fails.observe(&traffic.window(&mut random));
                if fails.failed[mode].is_some() {
                    found += 1;
                    break;
                }
            }
        }
        found
    });
    counts.iter().sum::<usize>() as f64 / releases as f64
}
