//! How large a status may become.
//!
//! A cluster's store takes no object of more than about 1.5 MiB, and refuses the write of a larger one each time: the run
//! would measure for ever and never tell. So the measurements of all metrics together have a budget, and the oldest
//! texts go first. What they were judged to be, and the counters, stay.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crd::{AnalysisPhase, AnalysisRunStatus, Measurement, MetricResult};

use super::compare;

/// What all measurements may have together, in bytes of JSON.
const MOST: usize = 512 << 10;

/// What is left of a text that was shortened, in bytes.
const LEFT: usize = 256;

/// Stands at the end of a text that was shortened.
const MARK: &str = "… (shortened: the status has no room)";

/// Names of fields, phase and times of a measurement, in bytes.
const FRAME: usize = 192;

/// Brings the measurements within the budget, the oldest of all metrics first: their texts are shortened; where that is
/// not enough, they are left out. The newest of each metric is what one looks at, so it stays; where all of those have no
/// room, its texts are shortened too, the longest of all first, if it is finished. What is under way goes on from what it
/// has stored, and so does what compares, so that is never touched.
pub(super) fn bound(status: &mut AnalysisRunStatus) {
    let results = &mut status.metric_results;
    let mut total: usize = results.iter().map(of_result).sum();
    if total <= MOST {
        return;
    }
    let old = oldest_first(results);
    for (metric, place) in &old {
        let measurement = results.get_mut(*metric).and_then(|result| result.measurements.get_mut(*place));
        let Some(measurement) = measurement.filter(|_| total > MOST) else { continue };
        total -= size(measurement);
        shorten(measurement);
        total += size(measurement);
    }
    let mut left_out: BTreeMap<usize, usize> = BTreeMap::new();
    for (metric, place) in old {
        let measurement = results.get(metric).and_then(|result| result.measurements.get(place));
        let Some(measurement) = measurement.filter(|_| total > MOST) else { break };
        total -= size(measurement);
        // Within a metric, the older ones stand first.
        left_out.insert(metric, place + 1);
    }
    for (metric, count) in left_out {
        if let Some(result) = results.get_mut(metric) {
            result.measurements.drain(..count.min(result.measurements.len()));
        }
    }
    let mut newest: Vec<&mut String> = results.iter_mut().flat_map(newest_texts).collect();
    newest.sort_by_key(|text| Reverse(text.len()));
    for text in newest {
        if total <= MOST {
            break;
        }
        total -= written(text);
        cut(text);
        total += written(text);
    }
}

/// The message of a metric, and the texts of its newest measurement if that is finished.
fn newest_texts(result: &mut MetricResult) -> Vec<&mut String> {
    let MetricResult { message, measurements, .. } = result;
    let finished = |it: &&mut Measurement| it.phase.is_some_and(AnalysisPhase::completed);
    measurements.last_mut().filter(finished).into_iter().flat_map(texts).chain([message]).collect()
}

/// Places of all measurements but the newest of each metric.
fn oldest_first(results: &[MetricResult]) -> Vec<(usize, usize)> {
    let old = results.iter().enumerate().flat_map(|(metric, result)| {
        let newest = result.measurements.len().saturating_sub(1);
        let old = result.measurements.iter().take(newest).enumerate();
        old.map(move |(place, it)| (it.started_at.map(|time| time.timestamp()), metric, place))
    });
    let mut old: Vec<_> = old.collect();
    // In order within a metric, whatever its clock has said.
    old.sort_by_key(|(started, metric, place)| (*started, *metric, *place));
    old.into_iter().map(|(_, metric, place)| (metric, place)).collect()
}

fn of_result(result: &MetricResult) -> usize {
    let measurements: usize = result.measurements.iter().map(size).sum();
    FRAME + written(&result.name) + written(&result.message) + of_map(&result.metadata) + measurements
}

fn of_map(texts: &BTreeMap<String, String>) -> usize {
    texts.iter().map(|(key, text)| written(key) + written(text)).sum()
}

fn size(measurement: &Measurement) -> usize {
    let Measurement { message, value, metadata, .. } = measurement;
    FRAME + written(message) + written(value) + of_map(metadata)
}

/// The bytes of a text in JSON.
fn written(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    4 + text.bytes().map(byte).sum::<usize>()
}

fn shorten(measurement: &mut Measurement) {
    texts(measurement).for_each(cut);
}

/// What may be cut.
fn texts(measurement: &mut Measurement) -> impl Iterator<Item = &mut String> {
    let Measurement { message, value, metadata, .. } = measurement;
    let told = metadata.iter_mut().filter(|(key, _)| !compare::KEPT.contains(&key.as_str()));
    [message, value].into_iter().chain(told.map(|(_, text)| text))
}

fn cut(text: &mut String) {
    if text.len() > LEFT {
        text.truncate(text.floor_char_boundary(LEFT - MARK.len()));
        text.push_str(MARK);
    }
}
