//! What is made of the numbers that a query gave.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::config::System;
use super::{BUCKETS, MOST_STRATA};
use crate::http::shortened;
use crate::{Fault, Labelled, go_json};

/// Longest text of a bucket's upper end.
const LONGEST_END: usize = 32;
/// Buckets of one histogram.
const MOST_BUCKETS: usize = 250;

/// Longest text of all figures, in bytes. They are kept in a status until the next window, as part of an object that may
/// have about a megabyte, and are of one metric among others.
const MOST_BYTES: usize = 64 << 10;

/// Refuses more figures than a status keeps: they are of no use unless they are whole.
pub(super) fn bounded(figures: &Map<String, Json>) -> Result<(), Fault> {
    // A name stands between quotes before a colon, and a comma follows.
    let size = |(name, arms): (&String, &Json)| name.len() + go_json::text(arms).len() + 4;
    let sizes: Vec<(&String, usize)> = figures.iter().map(|it| (it.0, size(it))).collect();
    let all: usize = sizes.iter().map(|(_, size)| size).sum();
    match sizes.iter().max_by_key(|(_, size)| *size) {
        Some((largest, size)) if all > MOST_BYTES => Err(Fault::Config(format!(
            "the figures of {} metrics are {all} bytes, and {MOST_BYTES} are the most that is kept; {largest} alone has \
             {size}: compare fewer metrics, buckets or strata in one analysis",
            sizes.len()
        ))),
        _ => Ok(()),
    }
}

/// The field of a gauge, which may have any sign; without a number there is none.
const GAUGE: &str = "value";

/// The sum of all; none if there is nothing to add up.
pub(super) fn number(answer: &[Labelled], field: &str) -> Result<Option<f64>, String> {
    let sum: f64 = answer.iter().map(|it| it.number).sum();
    if field == GAUGE {
        return Ok(Some(sum).filter(|sum| !answer.is_empty() && sum.is_finite()));
    }
    answer.iter().map(|it| it.number).chain([sum]).try_for_each(count)?;
    Ok((!answer.is_empty()).then_some(sum))
}

/// Whether a number can have been counted. What is left out is later taken for a counter that is not there yet, so a
/// number that is none must not be: it would be no errors at all.
fn count(number: f64) -> Result<(), String> {
    let counted = number.is_finite() && number >= 0.0;
    if counted { Ok(()) } else { Err(format!("{number} is no count")) }
}

/// What each stratum has, by a digest of the label's value. Those without the label are a stratum as well.
pub(super) fn strata(answer: &[Labelled], label: &str) -> Result<BTreeMap<String, f64>, String> {
    let mut found: BTreeMap<String, f64> = BTreeMap::new();
    for series in answer {
        let name = series.labels.get(label).map_or("", String::as_str);
        let sum = found.entry(digest(name)).or_insert(0.0);
        *sum += series.number;
        count(series.number).and_then(|()| count(*sum))?;
    }
    // A query that is grouped by something else would be taken for one without strata.
    if !answer.is_empty() && !answer.iter().any(|series| series.labels.contains_key(label)) {
        return Err(format!("no series has the label {label:?} of `strata`: group the query by it"));
    }
    if found.len() > MOST_STRATA {
        return Err(format!(
            "{} strata, and {MOST_STRATA} are the most: group by a label with fewer values",
            found.len()
        ));
    }
    Ok(found)
}

/// What is kept in a status is ours, not whatever a metric system writes; four bytes tell fifty strata apart.
fn digest(name: &str) -> String {
    let [one, two, three, four, ..]: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    format!("{:08x}", u32::from_be_bytes([one, two, three, four]))
}

/// What a histogram counts up to each end; series of one bucket are added up.
pub(super) fn buckets(answer: &[Labelled], system: System) -> Result<BTreeMap<String, f64>, String> {
    let (label, query) = match system {
        System::Prometheus => ("le", "sum by (le) (NAME_bucket{...})"),
        System::Datadog => ("upper_bound", "sum:NAME.bucket{...} by {upper_bound}.as_count()"),
    };
    let mut found = BTreeMap::new();
    for Labelled { labels, number } in answer {
        let end = labels.get(label).ok_or_else(|| format!("a series has no {label}: query `{query}`"))?;
        // What is read is kept in a status: neither any text that a server writes, nor without end.
        let number_of = |end: &str| end.parse::<f64>().ok().filter(|end| !end.is_nan());
        let Some(upper) = number_of(end).filter(|_| end.len() <= LONGEST_END) else {
            return Err(shortened(&format!("one of the {BUCKETS}, with {label} {end:?}, is none")));
        };
        // `1` and `1.0` are one end.
        let name = if upper == f64::INFINITY { "+Inf".to_owned() } else { upper.to_string() };
        let sum = found.entry(name).or_insert(0.0);
        *sum += number;
        count(*number).and_then(|()| count(*sum))?;
        if found.len() > MOST_BUCKETS {
            return Err(format!("a histogram of more than {MOST_BUCKETS} {BUCKETS}"));
        }
    }
    // Buckets with a lower end of their own count no more than what lies between.
    if answer.iter().any(|series| series.labels.contains_key("lower_bound")) {
        accumulate(&mut found);
    }
    Ok(found)
}

fn accumulate(buckets: &mut BTreeMap<String, f64>) {
    let mut ascending: Vec<(f64, &mut f64)> =
        buckets.iter_mut().filter_map(|(end, count)| Some((end.parse().ok()?, count))).collect();
    ascending.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut below = 0.0;
    for (_, count) in ascending {
        below += *count;
        *count = below;
    }
}
