//! The notation of `fixtures/promql/series.txt`.

use std::fmt::Write as _;
use std::time::Duration;

use aviary_local::promql::exposition;
use aviary_local::promql::{Labels, Storage};

/// Time of the first sample; a multiple of nothing in particular.
pub(crate) const FIRST_MS: i64 = 1_700_000_100_000;
const STEP_MS: i64 = 15_000;

/// One series: its selector as written, its labels, its samples.
pub(crate) struct Series {
    selector: String,
    labels: Labels,
    samples: Vec<(i64, f64)>,
}

/// Reads all series.
pub(crate) fn read(text: &str) -> Vec<Series> {
    super::lines(text).map(one).collect()
}

fn one(line: &str) -> Series {
    let (selector, values) = line.split_once("} ").unwrap();
    let selector = format!("{selector}}}");
    let labels = exposition::parse(&format!("{selector} 0")).unwrap().remove(0).labels;
    let values = values.split_whitespace().flat_map(expanded);
    let timed = values.enumerate().map(|(at, value)| (FIRST_MS + at as i64 * STEP_MS, value));
    let samples = timed.filter_map(|(at, value)| value.map(|value| (at, value))).collect();
    Series { selector, labels, samples }
}

/// `a+bxn`, `a-bxn`, `axn`, `_xn`, `a`.
fn expanded(term: &str) -> Vec<Option<f64>> {
    let (values, times) = match term.split_once('x') {
        Some((values, times)) => (values, times.parse::<usize>().unwrap()),
        None => (term, 0),
    };
    if values == "_" {
        return vec![None; times.max(1)];
    }
    // The sign that parts value from step is neither the first character nor that of an exponent.
    let sign =
        values.char_indices().skip(1).find(|(at, c)| "+-".contains(*c) && !values[..*at].ends_with('e'));
    let (first, step) = sign.map_or((values, "0"), |(at, _)| values.split_at(at));
    let (first, step): (f64, f64) = (first.parse().unwrap(), step.parse().unwrap());
    (0..=times).map(|at| Some(if at == 0 { first } else { first + step * at as f64 })).collect()
}

/// The series in our store.
pub(crate) fn stored(series: &[Series]) -> Storage {
    let storage = Storage::new(Duration::from_secs(24 * 3600));
    for one in series {
        for (at, value) in &one.samples {
            assert!(storage.append(one.labels.clone(), *at, *value));
        }
    }
    storage
}

/// The series in OpenMetrics text, as `promtool` reads it.
pub(crate) fn open_metrics(series: &[Series]) -> String {
    let mut text = String::new();
    for one in series {
        for (at, value) in &one.samples {
            writeln!(text, "{} {value} {}", one.selector, at / 1000).unwrap();
        }
    }
    text + "# EOF\n"
}
