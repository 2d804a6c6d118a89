//! Experiments by themselves: what is told on them, and that a failed one runs again where its user asks for it.

use std::time::Duration;

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use serde_json::{Value, json};

use crate::manifests::template;
use crate::region::Region;
use crate::told::{Told, told};

const PLACE: [&str; 4] = ["argoproj.io", "experiments", "default", "trial"];
/// Longer than pods take to come and an analysis to be measured.
const LIMIT: Duration = Duration::from_secs(300);

/// Two pods for as long as an analysis of one measurement takes.
fn objects() -> [Value; 2] {
    let mut errors = template("errors", json!([]));
    errors["spec"]["metrics"][0]["count"] = json!(1);
    let pods = json!({
        "metadata": {"labels": {"app": "trial"}},
        "spec": {"containers": [{"name": "main", "image": "trial:1"}]},
    });
    let only = json!({"name": "only", "replicas": 2, "selector": {"matchLabels": {"app": "trial"}}, "template": pods});
    let analysis = json!({"name": "errors", "templateName": "errors", "requiredForCompletion": true});
    let trial = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment",
        "metadata": {"name": "trial", "namespace": "default"},
        "spec": {"templates": [only], "analyses": [analysis], "scaleDownDelaySeconds": 0},
    });
    [errors, trial]
}

async fn until_phase(region: &Region, phase: &str) -> Value {
    region.until_object(PLACE, LIMIT, |trial| trial["status"]["phase"] == phase).await
}

/// The Experiment, once it has failed.
async fn failed(region: &Region) -> Value {
    region.outside.metric("errors", Ok(1.0));
    until_phase(region, "Failed").await
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_an_experiment_is_told_on_it() {
    let region = Region::with("us-east-1", &objects()).await;
    let _controller = region.control(region.settings()).await;
    let trial = failed(&region).await;
    let told_on = region.told_on("Experiment", &trial).await;
    let why = "Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0)";
    // How each message ends.
    for [severity, reason, message] in [
        told("Normal", "ExperimentPending", "Experiment transitioned from  -> Pending"),
        told("Normal", "ScalingReplicaSet", "Scaled up ReplicaSet trial-only from 0 to 2"),
        told("Normal", "TemplateRunning", "Template 'only' transitioned from Progressing -> Running"),
        told("Normal", "ExperimentRunning", "Experiment transitioned from Pending -> Running"),
        told("Warning", "AnalysisRunFailed", format!(" -> Failed: {why}")),
        told("Warning", "ExperimentFailed", "Experiment transitioned from Running -> Failed"),
    ] {
        let is_it = |it: &Told| it[0] == severity && it[1] == reason && it[2].ends_with(&message);
        assert_eq!(told_on.iter().filter(|it| is_it(it)).count(), 1, "{reason}: {message}: {told_on:#?}");
    }
}

/// As `retry experiment` of the command line asks for it.
async fn retry(region: &Region) {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("argoproj.io", "v1alpha1", "Experiment"));
    let experiments: Api<DynamicObject> = Api::namespaced_with(region.client(), "default", &kind);
    let patch = Patch::Merge(json!({"status": null}));
    experiments.patch("trial", &PatchParams::default(), &patch).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_experiment_that_failed_runs_again_when_it_is_retried() {
    let region = Region::with("us-east-1", &objects()).await;
    let _controller = region.control(region.settings()).await;
    failed(&region).await;
    let size = |set: &Value| (set["spec"]["replicas"].clone(), set["status"]["replicas"].clone());
    let set = ["apps", "replicasets", "default", "trial-only"];
    region.until_object(set, LIMIT, |set| size(set) == (json!(0), json!(0))).await;
    region.outside.metric("errors", Ok(0.0));
    retry(&region).await;
    // Its pods come back before anything is measured.
    region.until_object(set, LIMIT, |set| set["status"]["availableReplicas"] == 2).await;
    let trial = until_phase(&region, "Successful").await;
    let runs: Vec<(String, String)> = region
        .list("argoproj.io/v1alpha1", "AnalysisRun")
        .await
        .iter()
        .map(|run| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&run["metadata"]["name"]), text(&run["status"]["phase"]))
        })
        .collect();
    let expected = [("trial-errors", "Failed"), ("trial-errors.1", "Successful")];
    assert_eq!(runs, expected.map(|(name, phase)| (name.to_owned(), phase.to_owned())));
    assert_eq!(trial["status"]["analysisRuns"][0]["analysisRun"], "trial-errors.1");
    region.until_object(set, LIMIT, |set| size(set) == (json!(0), json!(0))).await;
}
