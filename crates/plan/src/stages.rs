//! The stages of a blue-green release, as rows beside the steps of a canary.

use crd::BlueGreen;
use jiff::Timestamp;
use sim::{Course, Sample, Stage};

use crate::planned::{Assumptions, Step};

/// A row for each stage that the release went through, and the switch.
pub(crate) fn stages(strategy: &BlueGreen, course: &Course, assumptions: &Assumptions) -> Vec<Step> {
    let seconds = |at: Timestamp| at.duration_since(course.began).as_secs().unsigned_abs();
    let done = course.took.as_secs();
    let mut rows: Vec<Step> = Vec::new();
    for stage in Stage::ALL {
        let begins = |sample: &&Sample| sample.stage == Some(stage);
        let Some(first) = course.samples.iter().find(begins) else { continue };
        let last = course.samples.iter().rfind(begins).unwrap_or(first);
        // The first stage begins with the update, the others where the one before ends.
        let starts_at = if rows.is_empty() { 0 } else { seconds(first.at) };
        if let Some(before) = rows.last_mut() {
            before.seconds = starts_at - before.starts_at;
        }
        rows.push(row(stage, strategy, starts_at, done - starts_at, last));
    }
    // Without an analysis after it the update ends with the switch.
    let end = course.samples.last().filter(|_| rows.iter().all(|row| row.index != Stage::After.index()));
    rows.extend(end.map(|end| Step { weight: 100, share: 1.0, ..row(Stage::After, strategy, done, 0, end) }));
    for row in &mut rows {
        row.requests = row.share * assumptions.rate * row.seconds as f64;
    }
    rows
}

fn row(stage: Stage, strategy: &BlueGreen, starts_at: u64, seconds: u64, last: &Sample) -> Step {
    Step {
        index: stage.index(),
        what: stage.describe(strategy),
        starts_at,
        seconds,
        weight: last.weight.unwrap_or(0),
        share: last.share(100),
        canary_pods: last.canary_available,
        stable_pods: last.stable_available,
        requests: 0.0,
    }
}
