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
    arguments: "[core|sim|rating|controller] [--rollouts N]",
    about: "measure, in release, and print a table or JSON",
    run,
};

/// A measurement.
struct Bench {
    name: &'static str,
    about: &'static str,
    measure: Measure,
}

/// How something is measured.
enum Measure {
    /// A table of figures.
    Table(fn() -> Result<Table, Failure>),
    /// Text of its own, for so many Rollouts.
    Report(fn(&str) -> Result<String, Failure>),
}

/// Rollouts when nobody says how many.
const ROLLOUTS: &str = "100";

const BENCHES: &[Bench] = &[core::BENCH, sim::BENCH, rating::BENCH, controller::BENCH];

fn run(arguments: &[String]) -> Result<(), Failure> {
    let (names, rollouts) = understood(arguments)?;
    for bench in BENCHES.iter().filter(|bench| names.is_empty() || names.contains(&bench.name)) {
        let measured = match bench.measure {
            Measure::Table(measure) => measure()?.to_string(),
            Measure::Report(measure) => measure(rollouts)?,
        };
        println!("\n{}: {}\n{measured}", bench.name, bench.about);
    }
    Ok(())
}

/// The measurements that are wanted, and how many Rollouts.
fn understood(arguments: &[String]) -> Result<(Vec<&'static str>, &str), Failure> {
    let wrong = |what: String| Failure::new(what, "see `cargo xtask --help`");
    let (mut names, mut rollouts) = (Vec::new(), ROLLOUTS);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--rollouts" {
            let count = words.next().filter(|count| count.parse::<u32>().is_ok_and(|count| count > 0));
            rollouts = count.ok_or_else(|| wrong("`--rollouts` takes a number, such as 500".to_owned()))?;
            continue;
        }
        let bench = BENCHES.iter().find(|bench| bench.name == *word);
        names.push(bench.ok_or_else(|| wrong(format!("there is no measurement `{word}`")))?.name);
    }
    Ok((names, rollouts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_chosen_by_name_and_rollouts_by_number() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(understood(&words("controller --rollouts 500")).unwrap(), (vec!["controller"], "500"));
        assert_eq!(understood(&[]).unwrap(), (vec![], ROLLOUTS));
        assert!(understood(&words("controler")).is_err());
        assert!(understood(&words("controller --rollouts many")).is_err());
    }
}
