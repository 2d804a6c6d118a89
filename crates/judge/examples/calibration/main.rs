//! How often the judge errs and how long it takes, by simulation: what `crates/judge/README.md` quotes.
//!
//! `cargo run --profile dist -p aviary-judge --example calibration` prints tables; `--quick` simulates a fiftieth of the
//! releases, `--plots` draws into `crates/judge/plots`, and the name of a part simulates that alone. Used by `cargo xtask
//! bench judge`. Seeds are fixed, so the same program prints the same figures, but for those of speed. It fails if an aim
//! is missed.
#![allow(clippy::disallowed_methods)] // a benchmark reads the clock; the judge never does
#![allow(clippy::indexing_slicing)] // a simulation's tables are its own

mod broken;
mod delay;
mod detect;
mod fails;
mod gates;
mod kinds;
mod looks;
mod losses;
mod null;
mod oracle;
mod pass;
mod plots;
mod race;
mod random;
mod rates;
mod shipped;
mod speed;
mod svg;
mod table;
mod threads;

use gates::Gates;
use std::time::Instant;

/// How many releases are simulated.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// Of each scenario in which the canary is healthy.
    pub(crate) healthy: usize,
    /// Of each in which it is worse.
    pub(crate) worse: usize,
    /// Of each in which a pass is awaited.
    pub(crate) passing: usize,
    /// With Mann-Whitney judged at every sample, which is slow.
    pub(crate) classic: usize,
}

const WHOLE: Sizes = Sizes { healthy: 100_000, worse: 100_000, passing: 100_000, classic: 2_000 };
const QUICK: Sizes = Sizes { healthy: 2_000, worse: 2_000, passing: 2_000, classic: 40 };

/// What can be simulated by itself; all of it when none is named.
const PARTS: [&str; 11] = [
    "speed", "healthy", "looks", "shipped", "kinds", "delays", "race", "passes", "plans", "broken", "losses",
];

/// What is wanted.
struct Wanted {
    sizes: Sizes,
    plots: bool,
    parts: Vec<String>,
    begun: Instant,
}

impl Wanted {
    fn understood() -> Result<Self, String> {
        let mut wanted = Self { sizes: WHOLE, plots: false, parts: Vec::new(), begun: Instant::now() };
        for word in std::env::args().skip(1) {
            match word.as_str() {
                "--quick" => wanted.sizes = QUICK,
                "--plots" => wanted.plots = true,
                part if PARTS.contains(&part) => wanted.parts.push(word),
                _ => return Err(format!("`{word}` is neither --quick, --plots nor one of {PARTS:?}")),
            }
        }
        Ok(wanted)
    }

    /// Whether this part is wanted; progress is told on standard error.
    fn begins(&self, part: &str) -> bool {
        let wanted = self.parts.is_empty() || self.parts.iter().any(|it| it == part);
        if wanted {
            eprintln!("{:>5.0} s  {part}", self.begun.elapsed().as_secs_f64());
        }
        wanted
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = Wanted::understood()?;
    let sizes = wanted.sizes;
    let mut gates = Gates::default();
    if wanted.begins("speed") {
        speed::measure(&mut gates);
    }
    let null = if wanted.begins("healthy") { null::measure(sizes, &mut gates) } else { Vec::new() };
    if wanted.begins("looks") {
        looks::measure(sizes, &mut gates);
    }
    if wanted.begins("shipped") {
        shipped::measure(sizes, &mut gates);
    }
    if wanted.begins("kinds") {
        kinds::measure(sizes, &mut gates);
    }
    let delays = if wanted.begins("delays") { delay::measure(sizes, &mut gates) } else { Vec::new() };
    let races = if wanted.begins("race") { race::measure(sizes, &mut gates) } else { Vec::new() };
    if wanted.begins("passes") {
        pass::measure(sizes, &mut gates);
    }
    let detected = if wanted.begins("plans") { detect::measure(sizes, &mut gates) } else { Vec::new() };
    if wanted.begins("broken") {
        broken::measure(sizes, &mut gates);
    }
    if wanted.begins("losses") {
        losses::measure(sizes, &races);
    }
    gates.print();
    if sizes.healthy < WHOLE.healthy {
        println!("\nToo few releases to say whether an aim is met: leave `--quick` out for that.");
    }
    println!("\nSimulated in {:.0} s on two threads.", wanted.begun.elapsed().as_secs_f64());
    if wanted.plots {
        plots::draw(&null, &delays, &races, &detected)?;
    }
    let missed = gates.missed();
    if sizes.healthy >= WHOLE.healthy && missed > 0 {
        return Err(format!("{missed} of the aims are missed: see `NO` in the table of aims").into());
    }
    Ok(())
}
