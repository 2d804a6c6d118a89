//! Plays schedules until one breaks an invariant; that one is shrunk and printed as a scenario file.
//!
//! ```console
//! $ cargo run --release -p aviary-sim --example schedules -- 100000 0
//! ```

use std::error::Error;
use std::io::{Write as _, stdout};

use aviary_sim::{broken, schedule, shrink};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let count: u64 = words.next().as_deref().unwrap_or("1000").parse()?;
    let from: u64 = words.next().as_deref().unwrap_or("0").parse()?;
    let mut out = stdout().lock();
    for seed in from..from.saturating_add(count) {
        let played = schedule(seed);
        let found = broken(&played)?;
        if !found.is_empty() {
            let small = shrink(&played, |candidate| broken(candidate).is_ok_and(|found| !found.is_empty()));
            writeln!(out, "# seed {seed}: {}", broken(&small)?.join("; "))?;
            writeln!(out, "{}", serde_yaml::to_string(&small)?)?;
            return Err(format!("seed {seed} breaks an invariant: the scenario above shows it").into());
        }
        if (seed + 1).is_multiple_of(1_000) {
            writeln!(out, "{} schedules hold", seed + 1 - from)?;
        }
    }
    writeln!(out, "I1 to I5 and I7 hold in {count} schedules from {from}")?;
    Ok(())
}
