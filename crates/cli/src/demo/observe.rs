//! What one region shows of its Rollout, and what is news about it. Pure: objects in, a model out.

use serde::Serialize;
use serde_json::Value as Json;

use super::facts::{Change, Fact};
use super::twin::{self, Twin};
use crate::info::phase::{self, Phase};
use crate::info::replica_set::ReplicaSetInfo;
use crate::info::{Objects, rollout, weight};
use crate::json::Read as _;

/// The role of an AnalysisRun that goes on through all steps, in its label.
const BACKGROUND: &str = "Background";

/// What one region shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) phase: Phase,
    /// Index of the current step; `steps.len()` when all are done.
    pub(crate) step: usize,
    /// Each step in a few words.
    pub(crate) steps: Vec<String>,
    /// Percentage of the traffic that the canary is known to get.
    pub(crate) weight: i64,
    pub(crate) aborted: bool,
    pub(crate) stable: Option<Pods>,
    pub(crate) canary: Option<Pods>,
    /// Pods of versions that are neither of the two.
    pub(crate) others: i64,
    /// AnalysisRuns of the newest revision that decide, oldest first.
    pub(crate) runs: Vec<Run>,
    /// What the one that only looks on has found.
    pub(crate) twin: Option<Twin>,
    /// What the gates said, by step.
    pub(crate) gates: Vec<Gate>,
}

/// The pods of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pods {
    pub(crate) version: String,
    pub(crate) existing: i64,
    pub(crate) available: i64,
}

/// One AnalysisRun.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub(crate) name: String,
    /// Index of the step that it belongs to.
    pub(crate) step: usize,
    pub(crate) phase: String,
    pub(crate) message: String,
    pub(crate) metrics: Vec<Metric>,
}

/// One metric with the numbers that it was judged by.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) phase: String,
    /// Readings, oldest first.
    pub(crate) values: Vec<String>,
    /// What a reading must fulfil.
    pub(crate) success_condition: String,
    pub(crate) message: String,
}

/// What a gate said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gate {
    /// Index of its step.
    pub(crate) step: usize,
    pub(crate) phase: String,
    pub(crate) message: String,
}

impl Seen {
    /// Whether the region runs `version` alone, with all pods and all traffic.
    pub(crate) fn promoted(&self, version: &str) -> bool {
        self.phase.word == "Healthy"
            && self.step == self.steps.len()
            && self.stable.as_ref().is_some_and(|pods| pods.version == version)
            && self.canary.as_ref().is_none_or(|pods| pods.existing == 0)
    }

    /// Whether the region gave the release up and all traffic is back.
    pub(crate) fn brought_back(&self) -> bool {
        self.aborted && self.phase.word == "Degraded" && self.weight == 0
    }
}

/// Reads the model out of the objects.
pub(crate) fn seen(object: &Json, objects: &Objects) -> Seen {
    let info = rollout::of(object, objects);
    let tagged = |tag: &str| info.replica_sets.iter().find(|set| set.tags.contains(&tag)).map(pods);
    let revision = object.revision();
    let of_revision = objects.analysis_runs.iter().filter(|run| run.revision() == revision);
    let (looking_on, deciding): (Vec<&Json>, Vec<&Json>) =
        of_revision.partition(|run| run.label(crd::names::ROLLOUT_TYPE) == BACKGROUND);
    let mut runs: Vec<Run> = deciding.into_iter().map(run).collect();
    runs.sort_by(|a, b| a.step.cmp(&b.step).then_with(|| a.name.cmp(&b.name)));
    Seen {
        phase: phase::of(object),
        step: usize::try_from(object.count("/status/currentStepIndex")).unwrap_or(0),
        steps: weight::steps(object).iter().map(step).collect(),
        weight: object.count("/status/canary/weights/canary/weight"),
        aborted: object.flag("/status/abort"),
        stable: tagged("stable"),
        canary: tagged("canary"),
        others: info
            .replica_sets
            .iter()
            .filter(|set| set.tags.is_empty())
            .map(|set| set.pods.len() as i64)
            .sum(),
        runs,
        twin: looking_on.into_iter().find_map(twin::of),
        gates: object.list("/status/canary/stepPluginStatuses").iter().map(gate).collect(),
    }
}

fn pods(set: &ReplicaSetInfo) -> Pods {
    let image = set.images.first().map(String::as_str).unwrap_or_default();
    Pods { version: local::tag(image).to_owned(), existing: set.replicas, available: set.available }
}

fn step(step: &Json) -> String {
    if let Some(weight) = step.int("/setWeight") {
        format!("weight {weight} %")
    } else if step.has("/pause/duration") {
        format!("pause {}", step.text("/pause/duration"))
    } else if step.has("/pause") {
        "pause".to_owned()
    } else if step.has("/analysis") {
        "analysis".to_owned()
    } else if step.text("/plugin/name") == "aviary/region-gate" {
        "region gate".to_owned()
    } else {
        step.as_object().and_then(|fields| fields.keys().next()).cloned().unwrap_or_default()
    }
}

fn run(run: &Json) -> Run {
    let results = run.list("/status/metricResults").iter();
    Run {
        name: run.name().to_owned(),
        step: run.label(crd::names::STEP_INDEX).parse().unwrap_or(0),
        phase: run.text("/status/phase").to_owned(),
        message: run.text("/status/message").to_owned(),
        metrics: results.map(|result| metric(run, result)).collect(),
    }
}

fn metric(run: &Json, result: &Json) -> Metric {
    let name = result.text("/name");
    let spec = run.list("/spec/metrics").iter().find(|metric| metric.text("/name") == name);
    let condition = spec.map(|spec| spec.text("/successCondition")).unwrap_or_default();
    let filled = run.list("/spec/args").iter().fold(condition.to_owned(), |text, arg| {
        text.replace(&format!("{{{{args.{}}}}}", arg.text("/name")), arg.text("/value"))
    });
    Metric {
        name: name.to_owned(),
        phase: result.text("/phase").to_owned(),
        values: result.list("/measurements").iter().map(|taken| reading(taken.text("/value"))).collect(),
        success_condition: filled,
        message: result.text("/message").to_owned(),
    }
}

/// A reading as people write it: `[0.012345678]` is `0.0123`, and an empty answer is `no data`.
fn reading(value: &str) -> String {
    let inner = value.trim_start_matches('[').trim_end_matches(']');
    match inner.parse::<f64>() {
        Ok(number) if number.is_nan() => "no data".to_owned(),
        Ok(number) => {
            let text = format!("{number:.4}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            text.to_owned()
        }
        Err(_) if inner.is_empty() => "no data".to_owned(),
        Err(_) => inner.to_owned(),
    }
}

fn gate(status: &Json) -> Gate {
    Gate {
        step: usize::try_from(status.count("/index")).unwrap_or(0),
        phase: status.text("/phase").to_owned(),
        message: status.text("/message").to_owned(),
    }
}

/// What happened between two looks.
pub(crate) fn changes(before: &Seen, after: &Seen) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |step: usize, fact: Fact| changes.push(Change { step, fact });
    let version = |seen: &Seen| seen.canary.as_ref().map(|pods| pods.version.clone());
    if let Some(new) = version(after).filter(|new| version(before).as_ref() != Some(new)) {
        add(after.step, Fact::Began { version: new });
    }
    if after.weight != before.weight {
        add(after.step, Fact::Weight { percent: after.weight });
    }
    for run in ended_runs(before, after) {
        add(run.step, Fact::Analysis { run: run.clone() });
    }
    for gate in ended_gates(before, after) {
        add(gate.step, Fact::Gate { gate: gate.clone() });
    }
    let said = |seen: &Seen| seen.twin.as_ref().map(|twin| twin.verdict.clone()).unwrap_or_default();
    if let Some(twin) = after.twin.as_ref().filter(|twin| twin.decided() && twin.verdict != said(before)) {
        add(after.step, Fact::Twin { twin: twin.clone() });
    }
    if after.aborted && !before.aborted {
        add(before.step, Fact::Aborted { message: after.phase.message.clone() });
    }
    let healthy = |seen: &Seen| seen.phase.word == "Healthy" && seen.step == seen.steps.len();
    if healthy(after) && !healthy(before) {
        let version = after.stable.as_ref().map(|pods| pods.version.clone()).unwrap_or_default();
        add(after.step, Fact::Healthy { version });
    }
    changes
}

fn completed(phase: &str) -> bool {
    matches!(phase, "Successful" | "Failed" | "Error" | "Inconclusive")
}

fn ended_runs<'a>(before: &'a Seen, after: &'a Seen) -> impl Iterator<Item = &'a Run> {
    let known = |run: &Run| before.runs.iter().any(|old| old.name == run.name && completed(&old.phase));
    after.runs.iter().filter(move |run| completed(&run.phase) && !known(run))
}

fn ended_gates<'a>(before: &'a Seen, after: &'a Seen) -> impl Iterator<Item = &'a Gate> {
    let ended = |gate: &Gate| matches!(gate.phase.as_str(), "Successful" | "Failed" | "Error");
    let known = move |gate: &Gate| before.gates.iter().any(|old| old.step == gate.step && ended(old));
    after.gates.iter().filter(move |gate| ended(gate) && !known(gate))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rollout(status: Json) -> Json {
        json!({
            "metadata": {"name": "shop", "uid": "r", "generation": 1,
                         "annotations": {crd::names::REVISION: "2"}},
            "spec": {"replicas": 1, "strategy": {"canary": {"steps": [
                {"setWeight": 10}, {"pause": {"duration": "5s"}}, {"analysis": {}},
                {"plugin": {"name": "aviary/region-gate"}},
            ]}}},
            "status": status,
        })
    }

    fn set(hash: &str, tag: &str) -> Json {
        json!({
            "metadata": {"name": hash, "uid": hash, "labels": {crd::names::POD_TEMPLATE_HASH: hash},
                         "ownerReferences": [{"uid": "r"}]},
            "spec": {"template": {"spec": {"containers": [{"image": format!("shop:{tag}")}]}}},
            "status": {"replicas": 1, "availableReplicas": 1},
        })
    }

    fn failed_run() -> Json {
        json!({
            "metadata": {"name": "shop-2-2", "annotations": {crd::names::REVISION: "2"},
                         "labels": {crd::names::STEP_INDEX: "2"}},
            "spec": {"args": [{"name": "max", "value": "0.01"}],
                     "metrics": [{"name": "errors", "successCondition": "result[0] < {{args.max}}"}]},
            "status": {"phase": "Failed", "message": "too many", "metricResults": [{
                "name": "errors", "phase": "Failed", "measurements": [
                    {"value": "[0.1234567]"}, {"value": "[NaN]"}, {"value": "[]"}, {"value": "[0]"}]}]},
        })
    }

    #[test]
    fn a_region_is_read_with_its_versions_and_the_numbers_behind_its_verdicts() {
        let objects = Objects {
            replica_sets: vec![set("old", "1"), set("new", "2")],
            analysis_runs: vec![failed_run()],
            ..Objects::default()
        };
        let status = json!({"stableRS": "old", "currentPodHash": "new", "currentStepIndex": 2, "phase": "Progressing",
                            "canary": {"weights": {"canary": {"weight": 10}}}});
        let seen = seen(&rollout(status), &objects);
        assert_eq!(seen.steps, ["weight 10 %", "pause 5s", "analysis", "region gate"]);
        assert_eq!((seen.step, seen.weight), (2, 10));
        let versions = [&seen.stable, &seen.canary].map(|pods| pods.as_ref().unwrap().version.as_str());
        assert_eq!(versions, ["1", "2"]);
        let metric = &seen.runs[0].metrics[0];
        assert_eq!(metric.values, ["0.1235", "no data", "no data", "0"]);
        assert_eq!(metric.success_condition, "result[0] < 0.01");
    }

    #[test]
    fn news_are_told_once_in_the_order_in_which_they_happened() {
        let objects =
            |runs| Objects { replica_sets: vec![set("new", "2")], analysis_runs: runs, ..Objects::default() };
        let at = |status, runs| seen(&rollout(status), &objects(runs));
        let status = json!({"stableRS": "old", "currentPodHash": "new", "currentStepIndex": 2});
        let before = at(status, vec![]);
        let status = json!({"stableRS": "old", "currentPodHash": "new", "abort": true, "phase": "Degraded",
                            "message": "RolloutAborted: Rollout aborted update to revision 2: given up"});
        let after = at(status, vec![failed_run()]);
        let told: Vec<String> = changes(&before, &after).iter().map(|change| change.to_string()).collect();
        assert_eq!(
            told,
            [
                "analysis Failed: errors 0.1235 no data no data 0 (Failed: result[0] < 0.01)",
                "aborted: given up",
            ]
        );
        assert_eq!(changes(&after, &after), []);
        assert!(after.brought_back());
    }
}
