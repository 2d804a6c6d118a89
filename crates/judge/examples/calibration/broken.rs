//! Healthy canaries whose errors are not independent: what becomes of the promise.

use crate::fails::{ALPHA, Fails};
use crate::gates::Gates;
use crate::random::{Binomials, Random};
use crate::rates::Share;
use crate::{Sizes, table, threads};
use aviary_judge::{Counts, Document, Judge, Sample, Sign, Verdict, Window, learn_dispersion};

const SECONDS: f64 = 30.0;
const LOOKS: usize = 100;
const BASE: f64 = 0.005;
const TOTAL: usize = 3000;
const SHARE: f64 = 0.1;
/// Windows of stable against itself before the release.
const BEFORE: usize = 30;

#[derive(Clone, Copy)]
enum Trouble {
    /// Each arm's rate jumps by itself from window to window, so that the canary's counts vary so many times as much
    /// as independent ones would, and stable's, of which there are more, still more.
    Variance(f64),
    /// Bad events come so many at a time, within an arm.
    Bursts(usize),
    /// A minute with 20 % errors in both arms, which the canary's counters show half a window late.
    Late,
    /// About one bad event of the canary in a window, and a stable that is known well: where signs lean.
    Lean,
}

const TROUBLES: [(&str, Trouble); 7] = [
    ("none", Trouble::Variance(1.0)),
    ("variance x1.5 within an arm", Trouble::Variance(1.5)),
    ("variance x2", Trouble::Variance(2.0)),
    ("variance x5", Trouble::Variance(5.0)),
    ("bursts of 3", Trouble::Bursts(3)),
    ("60 s at 20 % in both arms, canary 15 s late", Trouble::Late),
    ("0.95 canary errors per window, share 0.1 %, 1,000 looks", Trouble::Lean),
];
const COLUMNS: [&str; 6] =
    ["trouble", "`independent`", "`auto`", "`auto`, learnt before", "`robust`", "plain signs"];

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) {
    let mut rows = vec![table::row(&COLUMNS)];
    for (name, trouble) in TROUBLES {
        let long = matches!(trouble, Trouble::Lean);
        let aborted = aborted(if long { sizes.healthy / 10 } else { sizes.healthy }, trouble);
        let mut row = vec![name.to_owned()];
        row.extend(aborted.map(Share::percent));
        rows.push(row);
        let auto = aborted[1];
        let found = format!("{} %", auto.with_interval());
        match trouble {
            Trouble::Variance(2.0) => {
                gates.add("variance x2, `auto`", "at most 3 %", &found, auto.value() <= 0.03);
            }
            Trouble::Late => {
                gates.add("misaligned incident, `auto`", "at most 0.5 %", &found, auto.value() <= 0.005);
            }
            _ => {}
        }
    }
    table::print(
        "## Healthy releases that are aborted when errors are not independent, in per cent\n\n\
         100 requests per second, 10 % to the canary, 0.5 % errors, windows of 30 s, 100 looks.",
        &rows,
    );
}

fn aborted(releases: usize, trouble: Trouble) -> [Share; 5] {
    let yaml = "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion, dispersion: robust, failAbove: {absolute: 0}}]}";
    let Ok(document) = serde_yaml::from_str::<Document>(yaml) else { return [Share::default(); 5] };
    let pieces = threads::releases(releases, 6_000, |seed, releases| {
        let mut random = Random::new(seed);
        let share = if matches!(trouble, Trouble::Lean) { 0.001 } else { SHARE };
        let mut draws = [Binomials::new(share), Binomials::new(BASE)];
        let mut hits = [0; 5];
        for _ in 0..releases {
            let before: Vec<Counts> =
                (0..BEFORE).map(|_| window(&mut random, &mut draws, trouble, None)).collect();
            let incident = (random.uniform() * (LOOKS - 4) as f64) * SECONDS;
            let mut plain = Fails::new(SECONDS);
            let mut learnt = Fails::expecting(SECONDS, learn_dispersion(&before));
            let mut robust = Judge::new(&document.judge);
            let (mut signs, mut signs_failed) = (Sign::default(), false);
            let looks = if matches!(trouble, Trouble::Lean) { 10 * LOOKS } else { LOOKS };
            for look in 0..looks {
                let counts =
                    window(&mut random, &mut draws, trouble, Some((look as f64 * SECONDS, incident)));
                plain.observe(&counts);
                learnt.observe(&counts);
                let [n1, n0, x1, x0] =
                    [counts.canary_exposure, counts.stable_exposure, counts.canary_bad, counts.stable_bad];
                signs.observe((x1 / n1).total_cmp(&(x0 / n0)));
                signs_failed |= signs.log_e() >= -ALPHA.ln();
                robust.observe(&Window::of(SECONDS).with("errors", Sample::Counts(counts)));
            }
            let failed = [
                plain.failed[0].is_some(),
                plain.failed[1].is_some(),
                learnt.failed[1].is_some(),
                robust.verdict() == Verdict::Fail,
                signs_failed,
            ];
            hits.iter_mut().zip(failed).for_each(|(hits, failed)| *hits += usize::from(failed));
        }
        hits.map(|hits| Share { hits, of: releases })
    });
    pieces
        .into_iter()
        .fold([Share::default(); 5], |sum, piece| std::array::from_fn(|at| sum[at].add(piece[at])))
}

/// A window that begins so many seconds into the release, with an incident that begins then.
fn window(
    random: &mut Random,
    [routed, stable]: &mut [Binomials; 2],
    trouble: Trouble,
    time: Option<(f64, f64)>,
) -> Counts {
    let total = if matches!(trouble, Trouble::Lean) { 190_000 } else { TOTAL };
    let n1 = routed.draw(total, random);
    let n0 = total - n1;
    let (x1, x0) = match trouble {
        Trouble::Variance(factor) => (varied(random, n1, factor), varied(random, n0, factor)),
        Trouble::Bursts(size) => {
            let p = BASE / size as f64;
            ((size * random.binomial(n1, p)).min(n1), (size * random.binomial(n0, p)).min(n0))
        }
        Trouble::Late => {
            let (now, incident) = time.unwrap_or((0.0, f64::INFINITY));
            let rate = |from: f64| {
                let during = (incident + 60.0).min(from + SECONDS) - incident.max(from);
                BASE + (0.2 - BASE) * (during.max(0.0) / SECONDS)
            };
            (random.binomial(n1, rate(now - 15.0)), random.binomial(n0, rate(now)))
        }
        Trouble::Lean => (random.binomial(n1, BASE), stable.draw(n0, random)),
    };
    Counts::new(n1 as f64, n0 as f64, x1 as f64, x0 as f64)
}

/// Beta-binomial: the rate itself is drawn for each arm and window.
fn varied(random: &mut Random, n: usize, factor: f64) -> usize {
    if factor <= 1.0 {
        return random.binomial(n, BASE);
    }
    let rho = (factor - 1.0) / (TOTAL as f64 * SHARE - 1.0);
    let size = (1.0 - rho) / rho;
    let p = random.beta(BASE * size, (1.0 - BASE) * size);
    random.binomial(n, p)
}
