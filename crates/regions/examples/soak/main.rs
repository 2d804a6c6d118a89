//! Plays schedules of releases through two to five regions: `cargo xtask soak --of regions`.
//!
//! Each is a release under lost, late and old messages, partitions, crashes, clocks that differ, regions that join late,
//! checks that fail and users who abort, all from one number. The first that breaks I12 is printed with its number.

mod fleet;
mod run;
mod schedule;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut number = |default: u64| words.next().map_or(Ok(default), |word| word.parse());
    let (Ok(count), Ok(first)) = (number(2_000), number(0)) else {
        eprintln!("usage: soak [SCHEDULES] [FIRST SEED]");
        return ExitCode::FAILURE;
    };
    match run::all(first, count) {
        Ok(promoted) => {
            println!(
                "{count} schedules from seed {first}: I12 holds; {promoted} releases were promoted in all regions"
            );
            ExitCode::SUCCESS
        }
        Err(broken) => {
            eprintln!("{broken}");
            ExitCode::FAILURE
        }
    }
}
