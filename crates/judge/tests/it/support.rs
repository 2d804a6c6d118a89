//! Judges and windows for the tests.

use aviary_judge::{Config, Counts, Document, Judge, Sample, Window};

/// The configuration in this YAML, below `judge:`.
pub(crate) fn config(yaml: &str) -> Config {
    refused(yaml).unwrap()
}

/// The same, or why it is refused.
pub(crate) fn refused(yaml: &str) -> Result<Config, String> {
    serde_yaml::from_str::<Document>(&format!("judge:\n{}", indented(yaml)))
        .map(|document| document.judge)
        .map_err(|error| error.to_string())
}

/// One proportion without a warm-up, with these further lines.
pub(crate) fn errors(lines: &str) -> Config {
    config(&format!("warmup: 0s\nmetrics:\n- name: errors\n  kind: proportion\n{}", indented(lines)))
}

fn indented(lines: &str) -> String {
    lines.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

pub(crate) fn window(n1: f64, n0: f64, x1: f64, x0: f64) -> Window {
    Window::of(10.0).with("errors", Sample::Counts(Counts::new(n1, n0, x1, x0)))
}

/// Tells the same window several times.
pub(crate) fn repeat(judge: &mut Judge, window: &Window, times: usize) {
    (0..times).for_each(|_| judge.observe(window));
}
