//! The core alone: how many decisions it takes in a second.

use super::example;
use super::table::Table;
use super::{Bench, Measure};
use crate::Failure;

pub(super) const BENCH: Bench = Bench {
    name: "core",
    about: "`rollout::reconcile` for a Rollout in the middle of a canary, on one thread",
    measure: Measure::Table(measure),
};

fn measure() -> Result<Table, Failure> {
    let mut table = Table::new(&["core", "ReplicaSets", "decisions/s"]);
    for seen in example::lines("aviary-rollout", "decisions")? {
        table.row(vec!["reconcile".to_owned(), seen.whole("replica_sets"), seen.whole("per_second")]);
    }
    Ok(table)
}
