//! Side by side with the rules that teams use, on the same traffic: 100 requests per second, 10 % of them to the
//! canary, stable at 0.5 %, half an hour.

use crate::fails::{Fails, Traffic};
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::{Share, mean_p90};
use crate::{Sizes, table, threads};
use aviary_judge::Counts;
use aviary_judge::classic::{Classification, Options, classify};

const RATE: usize = 100;
const SHARE: f64 = 0.1;
pub(crate) const BASE: f64 = 0.005;
/// Windows of 5 s, in half an hour.
const WINDOWS: usize = 360;
/// The threshold of the rules: an error rate of 1 % in a sample of 30 s.
const LIMIT: f64 = 0.01;
pub(crate) const EFFECTS: [f64; 5] = [1.5, 2.0, 4.0, 5.0, 10.0];

pub(crate) const RULES: [&str; 11] = [
    "first breach",
    "two consecutive breaches",
    "three breaches",
    "Mann-Whitney, every sample",
    "judge `independent`, 5 s",
    "judge `auto`, 5 s",
    "judge `independent`, 10 s",
    "judge `auto`, 10 s",
    "judge `auto`, 30 s",
    "Mann-Whitney, once after 5 min",
    "Mann-Whitney, once after 30 min",
];
const CLASSIC: usize = 3;
/// Rules that judge all samples once, after so many of 30 s: what its authors have it for.
const ONCE: [(usize, usize); 2] = [(9, 10), (10, 60)];
const TWO: usize = 1;

/// What each rule did with releases of one effect: seconds until it failed them.
pub(crate) struct Race {
    pub(crate) effect: f64,
    pub(crate) failed: Vec<Vec<Option<f64>>>,
}

impl Race {
    pub(crate) fn failed_by(&self, rule: usize, seconds: f64) -> Share {
        let all = &self.failed[rule];
        let by = |at: &&Option<f64>| at.is_some_and(|at| at <= seconds);
        Share { hits: all.iter().filter(by).count(), of: all.len() }
    }

    /// Mean seconds and 90th percentile, when at least 90 % were found.
    pub(crate) fn delay(&self, rule: usize) -> Option<(f64, f64)> {
        let end = WINDOWS as f64 * 5.0;
        (self.failed_by(rule, end).value() >= 0.9).then(|| {
            let mut all: Vec<f64> = self.failed[rule].iter().map(|at| at.unwrap_or(end)).collect();
            mean_p90(&mut all)
        })
    }
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) -> Vec<Race> {
    let mut races = vec![race(sizes.healthy, sizes.classic, 1.0)];
    races.extend(EFFECTS.map(|effect| race(sizes.worse, sizes.classic, effect)));
    print(&races);
    gate(&races, gates);
    races
}

fn race(releases: usize, classic: usize, effect: f64) -> Race {
    let pieces = threads::releases(releases, 3_000 + (effect * 10.0) as u64, |seed, count| {
        let mut random = Random::new(seed);
        let mut traffic = Traffic::new(RATE * 5, SHARE, BASE * effect, BASE);
        // Each piece plays its part of the slow rule's releases.
        let slow = (classic * count).div_ceil(releases);
        let mut failed = vec![Vec::new(); RULES.len()];
        for at in 0..count {
            let outcome = release(&mut traffic, &mut random, at < slow);
            for (rule, (failed, outcome)) in failed.iter_mut().zip(outcome).enumerate() {
                if !is_classic(rule) || at < slow {
                    failed.push(outcome);
                }
            }
        }
        failed
    });
    let mut failed = vec![Vec::new(); RULES.len()];
    for piece in pieces {
        failed.iter_mut().zip(piece).for_each(|(all, piece)| all.extend(piece));
    }
    Race { effect, failed }
}

/// Whether a rule is played in some of the releases only, since it is slow.
fn is_classic(rule: usize) -> bool {
    rule == CLASSIC || ONCE.iter().any(|(once, _)| *once == rule)
}

/// Seconds until each rule failed one release.
fn release(traffic: &mut Traffic, random: &mut Random, slow: bool) -> [Option<f64>; 11] {
    let mut outcome = [None; 11];
    let mut judges = [(1, Fails::new(5.0)), (2, Fails::new(10.0)), (6, Fails::new(30.0))];
    let mut sums = [Counts::default(); 3];
    let mut rules = Breaches::default();
    for window in 1..=WINDOWS {
        let seconds = window as f64 * 5.0;
        let counts = traffic.window(random);
        for (((every, fails), sum), into) in judges.iter_mut().zip(&mut sums).zip([4, 6, 8]) {
            add(sum, &counts);
            if window % *every != 0 {
                continue;
            }
            if *every == 6 {
                rules.observe(sum, seconds, &mut outcome, slow);
            }
            fails.observe(sum);
            *sum = Counts::default();
            let modes = if into == 8 { [None, fails.failed[1]] } else { fails.failed };
            for (rule, failed) in [into, if into == 8 { 8 } else { into + 1 }].into_iter().zip(modes) {
                if outcome[rule].is_none() && failed.is_some() {
                    outcome[rule] = Some(seconds);
                }
            }
        }
        let done = outcome.iter().enumerate().all(|(rule, at)| at.is_some() || (is_classic(rule) && !slow));
        if done {
            break;
        }
    }
    outcome
}

fn add(sum: &mut Counts, counts: &Counts) {
    sum.canary_exposure += counts.canary_exposure;
    sum.stable_exposure += counts.stable_exposure;
    sum.canary_bad += counts.canary_bad;
    sum.stable_bad += counts.stable_bad;
}

/// The rules over samples of 30 s.
#[derive(Default)]
struct Breaches {
    all: u32,
    in_a_row: u32,
    samples: [Vec<f64>; 2],
}

impl Breaches {
    fn observe(&mut self, sample: &Counts, seconds: f64, outcome: &mut [Option<f64>; 11], slow: bool) {
        let rates = [sample.canary_bad / sample.canary_exposure, sample.stable_bad / sample.stable_exposure];
        let breach = rates[0] >= LIMIT;
        self.all += u32::from(breach);
        self.in_a_row = if breach { self.in_a_row + 1 } else { 0 };
        let mut fail = |rule: usize, fails: bool| {
            if fails && outcome[rule].is_none() {
                outcome[rule] = Some(seconds);
            }
        };
        fail(0, self.all >= 1);
        fail(TWO, self.in_a_row >= 2);
        fail(2, self.all >= 3);
        if slow {
            // In per cent, as its users would write the query.
            self.samples.iter_mut().zip(rates).for_each(|(all, rate)| all.push(100.0 * rate));
            let [canary, stable] = &self.samples;
            let high = || classify(canary, stable, &Options::default()) == Classification::High;
            if outcome[CLASSIC].is_none() && canary.len() >= 5 {
                outcome[CLASSIC] = high().then_some(seconds);
            }
            for (rule, samples) in ONCE {
                if canary.len() == samples {
                    outcome[rule] = high().then_some(seconds);
                }
            }
        }
    }
}

fn print(races: &[Race]) {
    let mut head = table::row(&["rule", "aborted in 5 min, %", "in 30 min, %"]);
    head.extend(EFFECTS.map(|effect| format!("{effect}x, s")));
    let mut rows = vec![head];
    for (rule, name) in RULES.iter().enumerate() {
        let mut row = vec![(*name).to_owned()];
        row.extend([300.0, 1800.0].map(|by| races[0].failed_by(rule, by).percent()));
        for race in &races[1..] {
            row.push(match race.delay(rule) {
                Some((mean, p90)) => format!("{mean:.0} ({p90:.0})"),
                None => format!("{:.0} % found", 100.0 * race.failed_by(rule, 1800.0).value()),
            });
        }
        rows.push(row);
    }
    table::print(
        "## Against the rules that teams use: healthy releases aborted, and mean seconds (90th percentile) to find a regression\n\n\
         100 requests per second, 10 % to the canary, stable at 0.5 %. The rules breach at 1 % errors in a sample of 30 s; 10 canary \
         requests are a second.",
        &rows,
    );
}

/// At the same delay at 4x, how many fewer false aborts than two consecutive breaches?
fn gate(races: &[Race], gates: &mut Gates) {
    let Some(four) = races.iter().find(|race| race.effect > 3.9 && race.effect < 4.1) else { return };
    let Some((their_delay, _)) = four.delay(TWO) else { return };
    let theirs = races[0].failed_by(TWO, 300.0).value();
    // The judge that is as fast and errs least.
    let judges = (CLASSIC + 1..RULES.len()).filter(|rule| !is_classic(*rule)).filter_map(|rule| {
        let (delay, _) = four.delay(rule)?;
        (delay <= 1.15 * their_delay).then(|| (rule, delay, races[0].failed_by(rule, 300.0)))
    });
    let best = judges.min_by(|one, other| one.2.value().total_cmp(&other.2.value()));
    let found = best.map_or("no judge is as fast".to_owned(), |(rule, delay, ours)| {
        format!(
            "1/{:.0} ({}: {} % against {:.1} %, {delay:.0} s against {their_delay:.0} s)",
            theirs / ours.value().max(0.5 / ours.of as f64),
            RULES[rule],
            ours.percent(),
            100.0 * theirs
        )
    });
    let met = best.is_some_and(|(_, _, ours)| ours.value() <= theirs / 50.0);
    gates.add(
        "false aborts in 5 min, against two consecutive breaches, at their delay at 4x or up to 15 % more",
        "at most 1/50",
        &found,
        met,
    );
}
