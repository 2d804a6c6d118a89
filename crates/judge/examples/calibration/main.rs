//! How often the judge errs and how long it takes, by simulation: what `crates/judge/README.md` quotes.
//!
//! `cargo run --profile dist -p aviary-judge --example calibration` prints tables; `--quick` simulates a fiftieth of the
//! releases, `--plots` draws into `crates/judge/plots`. Used by `cargo xtask bench judge`. Seeds are fixed, so the same
//! program prints the same figures, but for those of speed.
#![allow(clippy::disallowed_methods)] // a benchmark reads the clock; the judge never does
#![allow(clippy::indexing_slicing)] // a simulation's tables are its own

mod broken;
mod delay;
mod detect;
mod fails;
mod gates;
mod losses;
mod null;
mod oracle;
mod pass;
mod plots;
mod race;
mod random;
mod rates;
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

const WHOLE: Sizes = Sizes { healthy: 100_000, worse: 20_000, passing: 10_000, classic: 2_000 };
const QUICK: Sizes = Sizes { healthy: 2_000, worse: 400, passing: 200, classic: 40 };

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = arguments.iter().find(|word| !["--quick", "--plots"].contains(&word.as_str())) {
        return Err(format!("`{unknown}` is neither `--quick` nor `--plots`").into());
    }
    let sizes = if arguments.iter().any(|word| word == "--quick") { QUICK } else { WHOLE };
    let begun = Instant::now();
    let mut gates = Gates::default();
    let said = |what: &str| eprintln!("{:>5.0} s  {what}", begun.elapsed().as_secs_f64());

    said("speed");
    speed::measure(&mut gates);
    said("healthy releases");
    let null = null::measure(sizes, &mut gates);
    said("delays");
    let delays = delay::measure(sizes, &mut gates);
    said("against threshold rules and Mann-Whitney");
    let race = race::measure(sizes, &mut gates);
    said("passes");
    pass::measure(sizes, &mut gates);
    said("what a plan predicts");
    let detected = detect::measure(sizes, &mut gates);
    said("when the assumptions fail");
    broken::measure(sizes, &mut gates);
    said("where it loses");
    losses::measure(sizes, &delays, &race);
    gates.print();
    println!("\nSimulated in {:.0} s on two threads.", begun.elapsed().as_secs_f64());
    if arguments.iter().any(|word| word == "--plots") {
        plots::draw(&null, &delays, &race, &detected)?;
    }
    Ok(())
}
