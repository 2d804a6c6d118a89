//! The core alone: how long one decision takes.

use super::Bench;
use super::table::Table;
use crate::{Failure, shell};
use serde_json::Value;

pub(super) const BENCH: Bench = Bench {
    name: "core",
    about: "one decision of `rollout::reconcile` for a canary with a history of ReplicaSets, on one thread",
    measure,
};

const REPAIR: &str = "run `cargo run --release -p aviary-rollout --example speed` and read its message";

fn measure() -> Result<Table, Failure> {
    let args = [
        "run",
        "--profile",
        "dist",
        "--locked",
        "--quiet",
        "--package",
        "aviary-rollout",
        "--example",
        "speed",
    ];
    let text = shell::output(&mut shell::cargo(&args), REPAIR)?;
    let seen: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("the example printed no JSON: {error}"), REPAIR))?;
    let figure = |field: &str| seen.get(field).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let mut table = Table::new(&["core", "ReplicaSets", "passes", "µs per pass"]);
    table.row(vec![
        "reconcile".to_owned(),
        figure("replica_sets").to_string(),
        figure("passes").to_string(),
        format!("{:.1}", figure("micros_per_pass")),
    ]);
    Ok(table)
}
