//! Groups C to F, as far as they are about runs: what is due, what is found, what becomes of the run.

use std::collections::BTreeMap;
use std::time::Duration;

use aviary_rollout::Timestamp;
use aviary_rollout::analysis::{Ask, How, Reading, RunDecision, assess, due};
use crd::{AnalysisRun, SecretKeyRef};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Rows, now, reading, strict};
use crate::harness::{merge, yaml};
use crate::vectors::{matches, tokens};

/// One case; `fixtures/analysis/runs.yaml` explains the words.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Case {
    /// The row of the specification.
    pub(super) id: String,
    /// Tells the cases of one row apart.
    part: String,
    /// For readers.
    about: String,
    /// What each metric has beyond the usual.
    metrics: Vec<Value>,
    /// More of `spec`.
    spec: Value,
    /// More of the metadata.
    metadata: Value,
    /// The status before the first pass.
    status: Value,
    /// Values of Secrets, by `name/key`.
    secrets: BTreeMap<String, String>,
    /// Why the Secrets could not be read.
    unread: String,
    /// What the metric systems answer, by metric.
    answers: BTreeMap<String, String>,
    /// What must be seen after one pass.
    expect: Value,
    /// The same for several passes.
    then: Vec<Pass>,
}

/// One pass, and what happens before it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Pass {
    /// A Go duration that passes.
    after: String,
    /// What the metric systems answer.
    answers: BTreeMap<String, String>,
    /// What must be seen.
    expect: Value,
}

impl Case {
    fn run(&self) -> AnalysisRun {
        let metric = |more: &Value| {
            let mut metric = json!({"provider": {"prometheus": {"query": "q"}},
                "successCondition": "result == 1", "failureCondition": "result == 0"});
            merge(&mut metric, more);
            metric
        };
        let metrics: Vec<Value> = self.metrics.iter().map(metric).collect();
        let mut run = json!({"metadata": {"name": "r"}, "spec": {"metrics": metrics}, "status": {}});
        for (part, more) in [("metadata", &self.metadata), ("spec", &self.spec), ("status", &self.status)] {
            if !more.is_null() {
                merge(&mut run[part], more);
            }
        }
        serde_json::from_value(run.clone()).unwrap_or_else(|error| panic!("{error}: {run}"))
    }

    fn passes(&self) -> Vec<Pass> {
        if !self.then.is_empty() {
            return self.then.clone();
        }
        vec![Pass { answers: self.answers.clone(), expect: self.expect.clone(), ..Pass::default() }]
    }

    /// What was read, and what the metric systems were given; or why nothing was asked.
    fn read(
        &self,
        pass: &Pass,
        asks: &[Ask],
        at: Timestamp,
    ) -> (Result<Vec<Reading>, String>, Map<String, Value>) {
        let mut given = Map::new();
        if !self.unread.is_empty() {
            return (Err(self.unread.clone()), given);
        }
        let reference = |text: &str| {
            let (name, key) = text.split_once('/').expect("name/key");
            SecretKeyRef { name: name.to_owned(), key: key.to_owned() }
        };
        let secrets: BTreeMap<SecretKeyRef, String> =
            self.secrets.iter().map(|(text, value)| (reference(text), value.clone())).collect();
        let mut readings = Vec::new();
        for ask in asks {
            let Some(answer) = pass.answers.get(&ask.name) else { continue };
            match ask.fill(&secrets) {
                Ok(asked) => {
                    let config = asked.metric.provider.values().next().cloned();
                    given.insert(ask.name.clone(), config.unwrap_or_default());
                    readings.push(reading(ask, asked, answer, at));
                }
                Err(why) => return (Err(why), given),
            }
        }
        (Ok(readings), given)
    }

    fn carry_out(&self, run: &mut AnalysisRun) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut at = now();
        for pass in self.passes() {
            at += crd::duration::parse(&pass.after).unwrap_or(Duration::ZERO);
            let asks = due(run, at);
            let (read, given) = self.read(&pass, &asks, at);
            let readings = read.as_ref().map(Vec::as_slice).map_err(String::as_str);
            let decision = assess(run, readings, &strict(), at);
            let name = if self.part.is_empty() { &self.about } else { &self.part };
            matches::compare(&pass.expect, &view(&asks, &decision, given), name, &mut wrong);
            if let Some(status) = decision.status {
                run.status = status;
            }
        }
        wrong
    }
}

/// What a case may speak of.
fn view(asks: &[Ask], decision: &RunDecision, given: Map<String, Value>) -> Value {
    let how = |how: &How| match how {
        How::New => "new",
        How::Resume(_) => "resume",
        How::Terminate(_) => "terminate",
    };
    let status = serde_json::to_value(&decision.status).expect("JSON");
    let results = status.get("metricResults").and_then(Value::as_array).into_iter().flatten();
    let metrics: Map<String, Value> = results
        .map(|result| (result["name"].as_str().unwrap_or_default().to_owned(), result.clone()))
        .collect();
    let events = decision.events.iter().map(|event| {
        let kind = serde_json::to_value(event.kind).unwrap_or_default();
        format!("{} {} {}", kind.as_str().unwrap_or_default(), event.reason, event.message)
    });
    json!({
        "due": asks.iter().map(|ask| format!("{} {}", ask.name, how(&ask.how))).collect::<Vec<_>>(),
        "filled": given,
        "metrics": metrics,
        "status": status,
        "events": events.collect::<Vec<_>>(),
        "next": decision.requeue_after.map(|after| format!("{}s", after.as_secs_f64())),
        "delete": decision.delete,
        "trimmed": decision.trimmed.iter().map(|trimmed| format!("{} to {}", trimmed.metric.name, trimmed.kept)).collect::<Vec<_>>(),
    })
}

/// The cases of a table.
pub(super) fn read(text: &str) -> Vec<Case> {
    let mut table: Value = yaml(text);
    tokens::times(&mut table, now());
    serde_json::from_value(table["cases"].take()).expect("cases")
}

fn check(table: &str) {
    let mut all = Rows::default();
    for case in read(table) {
        all.row(&case.id, &case.carry_out(&mut case.run()));
    }
    all.end();
}

#[test]
fn a_run_ends_as_its_metrics_do_and_says_why() {
    check(include_str!("../../../../../fixtures/analysis/runs.yaml"));
}

#[test]
fn a_metric_is_due_when_its_time_has_come() {
    check(include_str!("../../../../../fixtures/analysis/schedule.yaml"));
}

#[test]
fn the_newest_measurements_are_kept_and_a_run_goes_when_its_time_is_over() {
    check(include_str!("../../../../../fixtures/analysis/history.yaml"));
}
