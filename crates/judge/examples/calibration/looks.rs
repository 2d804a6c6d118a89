//! False aborts by how often one looks: the promise is one for any number.

use crate::fails::{Fails, MODES, Traffic};
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::Share;
use crate::{Sizes, table, threads};

const LOOKS: [u32; 5] = [1, 10, 100, 300, 1000];
const SHARES: [f64; 2] = [0.1, 0.5];
const BASE: f64 = 0.005;
/// Requests in a window of 10 s.
const REQUESTS: usize = 1000;

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) {
    let mut head = table::row(&["share", "dispersion"]);
    head.extend(LOOKS.map(|looks| if looks == 1 { "1 look".to_owned() } else { format!("{looks} looks") }));
    let mut rows = vec![head];
    let mut worst = Share::default();
    for share in SHARES {
        let failed = failed(sizes.healthy, share);
        for (at, mode) in MODES.into_iter().enumerate() {
            let mut row = vec![format!("{} %", 100.0 * share), format!("`{mode}`")];
            for looks in LOOKS {
                let hits = failed[at].iter().filter(|window| **window <= looks).count();
                let aborted = Share { hits, of: sizes.healthy };
                worst = if aborted.value() >= worst.value() { aborted } else { worst };
                row.push(aborted.with_interval());
            }
            rows.push(row);
        }
    }
    table::print(
        "## Healthy releases that are aborted, in per cent (95 % interval), by how often one looks\n\n100 requests per second, stable \
         at 0.5 %, windows of 10 s, no margin: 1,000 looks are nearly three hours.",
        &rows,
    );
    let told = format!("{} %", worst.with_interval());
    gates.add(
        "false aborts, worst of 1 to 1,000 looks, either mode",
        "at most 1.00 %",
        &told,
        worst.value() <= 0.01,
    );
}

/// The windows in which healthy releases were failed, for both modes.
fn failed(releases: usize, share: f64) -> [Vec<u32>; 2] {
    let pieces = threads::releases(releases, 8_000 + (share * 100.0) as u64, |seed, count| {
        let mut random = Random::new(seed);
        let mut traffic = Traffic::new(REQUESTS, share, BASE, BASE);
        let mut failed = [Vec::new(), Vec::new()];
        for _ in 0..count {
            let mut fails = Fails::new(10.0);
            for _ in 0..*LOOKS.last().unwrap_or(&1) {
                fails.observe(&traffic.window(&mut random));
                if fails.both_failed() {
                    break;
                }
            }
            failed.iter_mut().zip(fails.failed).for_each(|(all, window)| all.extend(window));
        }
        failed
    });
    pieces.into_iter().fold([Vec::new(), Vec::new()], |mut all, piece| {
        all.iter_mut().zip(piece).for_each(|(all, piece)| all.extend(piece));
        all
    })
}
