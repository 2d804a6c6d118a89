//! Examples that measure and print lines of JSON.

use crate::{Failure, shell};
use serde_json::Value;

/// What an example printed in one line.
#[derive(Debug)]
pub(super) struct Line(Value);

impl Line {
    /// A figure without decimals; `?` when it is missing.
    pub(super) fn whole(&self, field: &str) -> String {
        self.0
            .get(field)
            .and_then(Value::as_f64)
            .map_or_else(|| "?".to_owned(), |figure| format!("{figure:.0}"))
    }
}

/// Runs an example as it would be shipped.
pub(super) fn lines(package: &str, example: &str) -> Result<Vec<Line>, Failure> {
    let args =
        ["run", "--profile", "dist", "--locked", "--quiet", "--package", package, "--example", example];
    let repair = format!("run `cargo {}` and read its message", args.join(" "));
    let text = shell::output(&mut shell::cargo(&args), &repair)?;
    let read = |line: &str| {
        let value = serde_json::from_str(line);
        value
            .map(Line)
            .map_err(|error| Failure::new(format!("the example printed no JSON: {error}"), &repair))
    };
    text.lines().map(read).collect()
}
