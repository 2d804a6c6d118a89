//! `cargo xtask bench`: the measurements that the README quotes. Two measurements are compared only when
//! both are made in one run, because machines differ and so does the same machine from hour to hour.

mod analyses;
mod controller;
mod core;
mod example;
mod judge;
mod postgres;
mod rating;
mod server;
mod shipped;
mod sim;
mod table;

use super::Command;
use crate::Failure;
use table::Table;

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    arguments: "[core|sim|judge|rating|analyses|controller] [--rollouts N] [--quick] [--plots]",
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
    /// Text of its own, as it is wanted.
    Report(fn(&Wanted<'_>) -> Result<String, Failure>),
}

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    /// The measurements; all when none is named.
    names: Vec<&'static str>,
    /// So many Rollouts.
    rollouts: &'a str,
    /// Fewer simulated releases: figures in seconds, less sure.
    quick: bool,
    /// The pictures are drawn anew.
    plots: bool,
}

/// Rollouts when nobody says how many.
const ROLLOUTS: &str = "100";

const BENCHES: &[Bench] =
    &[core::BENCH, sim::BENCH, judge::BENCH, rating::BENCH, analyses::BENCH, controller::BENCH];

fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = understood(arguments)?;
    let names = &wanted.names;
    for bench in BENCHES.iter().filter(|bench| names.is_empty() || names.contains(&bench.name)) {
        // Beside the figures, so that JSON can be piped.
        eprintln!("{}: {}", bench.name, bench.about);
        let measured = match bench.measure {
            Measure::Table(measure) => measure()?.to_string(),
            Measure::Report(measure) => measure(&wanted)?,
        };
        println!("{measured}");
    }
    Ok(())
}

fn names() -> String {
    BENCHES.iter().map(|bench| bench.name).collect::<Vec<_>>().join(", ")
}

/// What the words ask for.
fn understood(arguments: &[String]) -> Result<Wanted<'_>, Failure> {
    let wrong = |what: String| Failure::new(what, "see `cargo xtask --help`");
    let mut wanted = Wanted { names: Vec::new(), rollouts: ROLLOUTS, quick: false, plots: false };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rollouts" => {
                let count = words.next().filter(|count| count.parse::<u32>().is_ok_and(|count| count > 0));
                wanted.rollouts =
                    count.ok_or_else(|| wrong("`--rollouts` takes a number, such as 500".to_owned()))?;
            }
            "--quick" => wanted.quick = true,
            "--plots" => wanted.plots = true,
            name => {
                let bench = BENCHES.iter().find(|bench| bench.name == name);
                let bench = bench.ok_or_else(|| {
                    wrong(format!("there is no measurement `{name}`; those that there are: {}", names()))
                })?;
                wanted.names.push(bench.name);
            }
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_chosen_by_name_and_rollouts_by_number() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let controller = words("controller --rollouts 500");
        let wanted = understood(&controller).unwrap();
        assert_eq!((wanted.names, wanted.rollouts, wanted.quick), (vec!["controller"], "500", false));
        let judge = words("judge --quick --plots");
        let wanted = understood(&judge).unwrap();
        assert_eq!((wanted.names, wanted.quick, wanted.plots), (vec!["judge"], true, true));
        assert_eq!(understood(&[]).unwrap().names, Vec::<&str>::new());
        assert!(understood(&words("controler")).is_err());
        assert!(understood(&words("controller --rollouts many")).is_err());
    }
}
