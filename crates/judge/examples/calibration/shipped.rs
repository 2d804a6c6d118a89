//! The judge as it is shipped, step by step: a release at 10, 30 and 60 %, two metrics, what was usual left as it is.
//!
//! Elsewhere the fail process is put together from its parts, which is quick. Here [`Judge`] decides: warm-up, margins,
//! the share of each metric, steps, sticky verdicts.

use crate::fails::Traffic;
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::{Share, mean_p90};
use crate::{Sizes, table, threads};
use aviary_judge::{Config, Document, Judge, Sample, Verdict, Window};

/// Requests per second.
const RATE: usize = 100;
const STEPS: [f64; 3] = [0.1, 0.3, 0.6];
/// Windows of 10 s in each step: five minutes.
const WINDOWS: usize = 30;
/// Errors and slow requests of stable.
const BASES: [f64; 2] = [0.005, 0.01];
const EFFECTS: [f64; 4] = [1.5, 2.0, 5.0, 10.0];
/// No margin is the hardest null; the usual one is what people get.
const MARGINS: [(&str, &str); 2] = [("no margin", "failAbove: {absolute: 0}, "), ("usual margin", "")];

fn config(margin: &str, dispersion: &str) -> Option<Config> {
    let metric = |name: &str| format!("{{name: {name}, kind: proportion, {margin}dispersion: {dispersion}}}");
    let yaml = format!("judge: {{metrics: [{}, {}]}}", metric("errors"), metric("slow"));
    serde_yaml::from_str::<Document>(&yaml).ok().map(|document| document.judge)
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) {
    let mut head = table::row(&["margin", "dispersion", "healthy, aborted, %"]);
    head.extend(EFFECTS.map(|effect| format!("errors {effect}x, s")));
    let mut rows = vec![head];
    let mut worst = Share::default();
    for (name, margin) in MARGINS {
        for dispersion in crate::fails::MODES {
            let Some(config) = config(margin, dispersion) else { continue };
            let healthy = releases(&config, sizes.healthy, 1.0);
            let aborted = Share { hits: healthy.iter().flatten().count(), of: healthy.len() };
            worst = if aborted.value() >= worst.value() { aborted } else { worst };
            let mut row = vec![name.to_owned(), format!("`{dispersion}`"), aborted.with_interval()];
            row.extend(EFFECTS.map(|effect| found(&releases(&config, sizes.worse / 5, effect))));
            rows.push(row);
        }
    }
    table::print(
        "## The judge as it is shipped, through three steps\n\n100 requests per second, windows of 10 s, five minutes at each of 10, \
         30 and 60 %; errors at 0.5 % and slow requests at 1 % share one promise of 1 %. Evidence goes on from step to step, each \
         begins with its warm-up. Mean seconds (90th percentile) until errors that are so many times as frequent fail it.",
        &rows,
    );
    let wanted = "at most 1.00 %";
    let told = format!("{} %", worst.with_interval());
    gates.add(
        "false aborts of the shipped judge over three steps and two metrics",
        wanted,
        &told,
        worst.value() <= 0.01,
    );
}

/// Seconds after which each release was failed.
fn releases(config: &Config, count: usize, effect: f64) -> Vec<Option<f64>> {
    let pieces = threads::releases(count, 9_000 + (effect * 10.0) as u64, |seed, count| {
        let mut random = Random::new(seed);
        let mut traffic = STEPS.map(|share| {
            [
                Traffic::new(RATE * 10, share, BASES[0] * effect, BASES[0]),
                Traffic::new(RATE * 10, share, BASES[1], BASES[1]),
            ]
        });
        (0..count).map(|_| release(config, &mut traffic, &mut random)).collect::<Vec<_>>()
    });
    pieces.into_iter().flatten().collect()
}

fn release(config: &Config, traffic: &mut [[Traffic; 2]], random: &mut Random) -> Option<f64> {
    let mut judge = Judge::new(config);
    for (step, [errors, slow]) in traffic.iter_mut().enumerate() {
        if step > 0 {
            judge.begin_step();
        }
        for window in 1..=WINDOWS {
            let counts = [errors.window(random), slow.window(random)];
            let [errors, slow] = counts.map(Sample::Counts);
            judge.observe(&Window::of(10.0).with("errors", errors).with("slow", slow));
            if judge.verdict() == Verdict::Fail {
                return Some(((step * WINDOWS + window) * 10) as f64);
            }
        }
    }
    None
}

fn found(releases: &[Option<f64>]) -> String {
    let hits = releases.iter().flatten().count();
    let share = Share { hits, of: releases.len() };
    if share.value() < 0.9 {
        return format!("{:.0} % found", 100.0 * share.value());
    }
    let end = (STEPS.len() * WINDOWS * 10) as f64;
    let mut all: Vec<f64> = releases.iter().map(|at| at.unwrap_or(end)).collect();
    let (mean, p90) = mean_p90(&mut all);
    format!("{mean:.0} ({p90:.0})")
}
