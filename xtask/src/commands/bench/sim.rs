//! The simulator: whole releases, from the first deploy to the last promotion.

use super::example;
use super::table::Table;
use super::{Bench, Measure};
use crate::Failure;

pub(super) const BENCH: Bench = Bench {
    name: "sim",
    about: "whole releases of four steps and three pauses of five minutes in virtual time, on one thread",
    measure: Measure::Table(measure),
};

fn measure() -> Result<Table, Failure> {
    let mut table = Table::new(&["sim", "releases", "releases/s"]);
    for seen in example::lines("aviary-sim", "releases")? {
        table.row(vec!["release".to_owned(), seen.whole("releases"), seen.whole("per_second")]);
    }
    Ok(table)
}
