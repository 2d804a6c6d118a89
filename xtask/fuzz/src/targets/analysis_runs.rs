//! AnalysisRuns: whoever may create one writes it, and its status may be anybody's.

use std::collections::BTreeMap;

use crd::AnalysisRun;
use rollout::analysis::{Outcome, Reading, assess, due};
use serde_json::{Value, json};

use super::{Target, now};
use crate::seeds;

pub(super) const TARGET: Target = Target {
    name: "analysis-runs",
    about: "AnalysisRuns with any status: what is due, and what a reading makes of them",
    run,
    seeds: || {
        let templates = seeds::objects("openclaw", "AnalysisTemplate");
        templates.iter().map(|template| run_of(template.get("spec")).to_string().into_bytes()).collect()
    },
};

/// A run of a template, after its first measurement.
fn run_of(spec: Option<&Value>) -> Value {
    let measurement = json!({"phase": "Successful", "value": "[0.5]", "startedAt": "2025-12-31T23:00:00Z",
                             "finishedAt": "2025-12-31T23:00:01Z"});
    let result = json!({"name": "error-rate", "phase": "Running", "count": 1, "successful": 1, "measurements": [measurement]});
    json!({"metadata": {"name": "run"}, "spec": spec, "status": {"phase": "Running", "metricResults": [result]}})
}

fn run(data: &[u8]) {
    let Ok(run) = serde_json::from_slice::<AnalysisRun>(data) else { return };
    let asks = due(&run, now());
    let readings: Result<Vec<Reading>, String> = asks
        .iter()
        .map(|ask| {
            let asked = ask.fill(&BTreeMap::new())?;
            Ok(Reading {
                name: ask.name.clone(),
                asked,
                outcome: Outcome::Value(expr::Value::floats([0.5])),
                value: "[0.5]".to_owned(),
                metadata: BTreeMap::new(),
                about: BTreeMap::new(),
                resume_at: None,
                started_at: now(),
                finished_at: now(),
            })
        })
        .collect();
    let readings = readings.as_deref().map_err(String::as_str);
    let _decision = assess(&run, readings, &rollout::Settings::default(), now());
}
