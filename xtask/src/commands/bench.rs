//! `cargo xtask bench`: the measurements that the README quotes. Two measurements are compared only when
//! both are made in one run, because machines differ and so does the same machine from hour to hour.

mod controller;
mod core;
mod example;
mod postgres;
mod rating;
mod server;
mod sim;
mod table;

use super::Command;
use crate::Failure;
use table::Table;

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    arguments: "[core|sim|rating|controller]",
    about: "measure, in release, and print a table",
    run,
};

/// A measurement.
struct Bench {
    name: &'static str,
    about: &'static str,
    measure: fn() -> Result<Table, Failure>,
}

const BENCHES: &[Bench] = &[core::BENCH, sim::BENCH, rating::BENCH, controller::BENCH];

fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.iter().find(|word| BENCHES.iter().all(|bench| bench.name != *word)) {
        return Err(Failure::new(format!("there is no measurement `{unknown}`"), "see `cargo xtask --help`"));
    }
    for bench in
        BENCHES.iter().filter(|bench| arguments.is_empty() || arguments.iter().any(|word| word == bench.name))
    {
        let table = (bench.measure)()?;
        println!("\n{}: {}\n{table}", bench.name, bench.about);
    }
    Ok(())
}
