//! False aborts of a healthy canary, looked at after every window.

use crate::fails::{Fails, MODES, Traffic};
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::{Share, percent};
use crate::{Sizes, table, threads};

pub(crate) const BASES: [f64; 7] = [0.0, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1];
const RATES: [usize; 4] = [1, 10, 100, 1000];
const SHARES: [f64; 2] = [0.1, 0.5];
const SECONDS: usize = 10;
const LOOKS: usize = 100;

/// One cell of the grid, both modes.
pub(crate) struct Cell {
    pub(crate) base: f64,
    rate: usize,
    share: f64,
    pub(crate) aborted: [Share; 2],
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) -> Vec<Cell> {
    let mut cells = Vec::new();
    for share in SHARES {
        for base in BASES {
            for rate in RATES {
                cells.push(cell(sizes.healthy, base, rate, share));
            }
        }
    }
    print(&cells, sizes);
    for ((at, mode), aim) in MODES.into_iter().enumerate().zip([0.01, 0.002]) {
        let shares = cells.iter().map(|cell| cell.aborted[at]);
        let worst = shares.max_by(|one, other| one.value().total_cmp(&other.value())).unwrap_or_default();
        let wanted = format!("at most {} %", percent(aim));
        let what = format!("false aborts, worst of {} cells, `{mode}`", cells.len());
        gates.add(&what, &wanted, &format!("{} %", worst.with_interval()), worst.value() <= aim);
    }
    cells
}

fn cell(releases: usize, base: f64, rate: usize, share: f64) -> Cell {
    let seed = 1_000 + rate as u64 + (base * 1e6) as u64 * 7 + (share * 100.0) as u64 * 131;
    let found = threads::releases(releases, seed, |seed, releases| {
        let mut random = Random::new(seed);
        let mut traffic = Traffic::new(rate * SECONDS, share, base, base);
        let mut aborted = [0; 2];
        for _ in 0..releases {
            let mut fails = Fails::new(SECONDS as f64);
            for _ in 0..LOOKS {
                fails.observe(&traffic.window(&mut random));
                if fails.both_failed() {
                    break;
                }
            }
            for (count, failed) in aborted.iter_mut().zip(fails.failed) {
                *count += usize::from(failed.is_some());
            }
        }
        aborted.map(|hits| Share { hits, of: releases })
    });
    let aborted = found
        .into_iter()
        .fold([Share::default(); 2], |sum, piece| [sum[0].add(piece[0]), sum[1].add(piece[1])]);
    Cell { base, rate, share, aborted }
}

fn print(cells: &[Cell], sizes: Sizes) {
    let mut rows = vec![table::row(&[
        "stable",
        "requests/s",
        "10 % `independent`",
        "10 % `auto`",
        "50 % `independent`",
        "50 % `auto`",
    ])];
    for base in BASES {
        for rate in RATES {
            let mut row = vec![format!("{} %", 100.0 * base), rate.to_string()];
            for share in SHARES {
                let of = |cell: &&Cell| (cell.base, cell.rate, cell.share) == (base, rate, share);
                let cell = cells.iter().find(of);
                row.extend(cell.into_iter().flat_map(|cell| cell.aborted.map(Share::with_interval)));
            }
            rows.push(row);
        }
    }
    let title = format!(
        "## Healthy releases that are aborted, in per cent (95 % interval), by the canary's share\n\n\
         {} releases in each cell, windows of {SECONDS} s, looked at {LOOKS} times, no margin; 1 % is promised.",
        crate::rates::whole(sizes.healthy as f64)
    );
    table::print(&title, &rows);
}
