//! The AnalysisRun machine: which metrics are to be measured now, and what follows from what was read.
//!
//! An adapter asks [`due`], lets providers read, and hands the readings to [`assess`]. Conditions are judged here and
//! nowhere else; a provider never judges (spec analysis-02).

mod arguments;
mod assess;
mod due;
mod limits;
mod measure;
mod rules;
mod summary;
mod validate;

pub use assess::{RunDecision, assess};
pub use due::{Ask, Due, due};
pub use measure::{Operation, Outcome, Reading};

use crd::AnalysisRunStatus;
use serde_json::{Value, json};

/// Wait between two measurements when no interval says otherwise, and after an error (spec analysis-02 3).
const DEFAULT_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// The merge patch that turns a run with status `old` into one with status `new`; `None` when they are the same.
///
/// AnalysisRuns have no status subresource: the patch is for the object itself (spec analysis-01 1).
pub fn status_patch(old: &AnalysisRunStatus, new: &AnalysisRunStatus) -> Option<Value> {
    let value = |status| serde_json::to_value(status).unwrap_or_default();
    crate::status::difference(&value(old), &value(new)).map(|status| json!({"status": status}))
}
