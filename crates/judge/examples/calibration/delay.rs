//! How many canary requests it takes to find a regression, beside the test that knows it beforehand.

use crate::fails::{Fails, MODES, Traffic};
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::{mean_p90, whole};
use crate::{Sizes, oracle, table, threads};

pub(crate) const BASES: [f64; 4] = [0.0001, 0.001, 0.005, 0.01];
pub(crate) const EFFECTS: [f64; 4] = [1.5, 2.0, 5.0, 10.0];
const SHARES: [f64; 2] = [0.1, 0.5];
/// Windows in one size of the oracle's test, and how many of its sizes a release lasts.
const WINDOWS: usize = 20;
const SIZES: usize = 8;
const SECONDS: f64 = 10.0;

pub(crate) struct Delay {
    pub(crate) base: f64,
    pub(crate) worse: f64,
    pub(crate) share: f64,
    pub(crate) oracle: f64,
    /// Mean and 90th percentile over the oracle's requests.
    pub(crate) modes: [(f64, f64); 2],
}

impl Delay {
    pub(crate) fn effect(&self) -> f64 {
        self.worse / self.base
    }
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) -> Vec<Delay> {
    let mut cells = Vec::new();
    for share in SHARES {
        for base in BASES {
            cells.extend(EFFECTS.map(|effect| (base, base * effect, share)));
        }
    }
    let delays: Vec<Delay> =
        cells.into_iter().map(|(base, worse, share)| delay(sizes.worse, base, worse, share)).collect();
    print(&delays);
    for ((at, mode), aim) in MODES.into_iter().enumerate().zip([1.25, 1.55]) {
        let gated = delays.iter().filter(|delay| delay.effect() > 1.9);
        let worst = gated.map(|delay| delay.modes[at].0).fold(0.0, f64::max);
        let what = format!("mean delay over the oracle's, 2x to 10x, stable up to 1 %, `{mode}`");
        gates.add(&what, &format!("at most {aim}"), &format!("{worst:.2}"), worst <= aim);
    }
    delays
}

/// A regression from the start on.
pub(crate) fn delay(releases: usize, base: f64, worse: f64, share: f64) -> Delay {
    let oracle = oracle::requests(base, worse, share);
    let total = (oracle / WINDOWS as f64 / share).round().max(1.0) as usize;
    let seed = 2_000 + (base * 1e6) as u64 * 3 + (worse * 1e6) as u64 * 5 + (share * 100.0) as u64;
    let found = threads::releases(releases, seed, |seed, releases| {
        let mut random = Random::new(seed);
        let mut traffic = Traffic::new(total, share, worse, base);
        let mut found = [Vec::new(), Vec::new()];
        for _ in 0..releases {
            let mut fails = Fails::new(SECONDS);
            let mut spent = 0.0;
            let mut at = [None; 2];
            for _ in 0..WINDOWS * SIZES {
                let window = traffic.window(&mut random);
                spent += window.canary_exposure;
                fails.observe(&window);
                for (at, failed) in at.iter_mut().zip(fails.failed) {
                    *at = at.or(failed.map(|_| spent));
                }
                if fails.both_failed() {
                    break;
                }
            }
            for (found, at) in found.iter_mut().zip(at) {
                found.push(at.unwrap_or(spent) / oracle);
            }
        }
        found
    });
    let modes = [0, 1].map(|mode| {
        let mut all: Vec<f64> = found.iter().flat_map(|piece| piece[mode].iter().copied()).collect();
        mean_p90(&mut all)
    });
    Delay { base, worse, share, oracle, modes }
}

fn print(delays: &[Delay]) {
    let head = [
        "stable",
        "canary",
        "share",
        "oracle n",
        "`independent` mean (p90)",
        "over oracle",
        "`auto` mean (p90)",
        "over oracle",
    ];
    let mut rows = vec![table::row(&head)];
    for it in delays {
        let mut row = vec![
            format!("{} %", 100.0 * it.base),
            format!("{:.1}x", it.effect()),
            format!("{} %", 100.0 * it.share),
            whole(it.oracle),
        ];
        for (mean, p90) in it.modes {
            row.push(format!("{} ({})", whole(mean * it.oracle), whole(p90 * it.oracle)));
            row.push(format!("{mean:.2} ({p90:.2})"));
        }
        rows.push(row);
    }
    table::print(
        "## Canary requests until a regression is found\n\n\"Oracle n\": the smallest Fisher test at the same 1 % with 90 % power that \
         knows both rates beforehand, looks once, and finds nothing before.",
        &rows,
    );
}
