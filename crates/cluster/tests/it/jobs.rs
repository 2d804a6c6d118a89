//! Jobs of metrics: where they run, and when they are looked at.

use std::time::Duration;

use aviary_cluster::Settings;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::region::{Region, Running};

const RUN: [&str; 4] = ["argoproj.io", "analysisruns", "default", "run"];

/// A run that waits for a Job.
fn run() -> Value {
    let pods =
        json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "check", "image": "check:1"}]}});
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"},
        "spec": {"metrics": [{"name": "check", "provider": {"job": {"spec": {"template": pods}}}}]},
    })
}

#[tokio::test(start_paused = true)]
async fn the_jobs_of_metrics_may_run_in_another_cluster() {
    let (region, other) = (Region::with("us-east-1", &[run()]).await, Region::with("jobs", &[]).await);
    // The real way out: the provider makes the Job, and nothing of it leaves the process.
    let outside = Settings::default().outside;
    let settings = Settings { jobs: Some(other.client()), outside, ..region.settings() };
    let _controller = region.control(settings).await;
    let job = other.until_any("batch", "jobs", Duration::from_secs(60), |_| true).await;
    assert_eq!(job["metadata"]["ownerReferences"], json!(null), "its run is in another cluster");
    assert!(region.list("batch/v1", "Job").await.is_empty());
}

/// A region in which a Job has run for so long that its run looks at it every half a minute.
struct LongJob {
    region: Region,
    /// The cluster in which it runs, where that is another one.
    other: Option<Region>,
    name: String,
}

impl LongJob {
    async fn new(other: Option<Region>) -> (Self, Running) {
        let region = Region::with("us-east-1", &[run()]).await;
        let settings = Settings { jobs: other.as_ref().map(Region::client), ..Self::settings(&region) };
        let running = region.control(settings).await;
        let limit = Duration::from_secs(1_200);
        // After 450 s it is looked at half a minute later.
        let rarely = |run: &Value| {
            let ran = time(run, "startedAt").zip(time(run, "resumeAt"));
            ran.is_some_and(|(started, resume)| resume.duration_since(started).as_secs() >= 480)
        };
        let found = region.until_object(RUN, limit, rarely).await;
        let name = measurement(&found)["metadata"]["job-name"].as_str().unwrap().to_owned();
        (Self { region, other, name }, running)
    }

    fn settings(region: &Region) -> Settings {
        Settings { outside: Settings::default().outside, ..region.settings() }
    }

    fn place(&self) -> &Region {
        self.other.as_ref().unwrap_or(&self.region)
    }

    fn job(&self) -> Value {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": self.name, "namespace": "default"}})
    }

    /// Its pod has done its work.
    async fn ends(&self) {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Pod"));
        let pods: Api<DynamicObject> = Api::namespaced_with(self.place().client(), "default", &kind);
        let own = ListParams::default().labels(&format!("job-name={}", self.name));
        let pod = pods.list(&own).await.unwrap().items.remove(0).metadata.name.unwrap();
        let status = json!({"status": {"phase": "Succeeded"}});
        pods.patch_status(&pod, &PatchParams::default(), &Patch::Merge(status)).await.unwrap();
    }

    /// How the measurement ends, which must be now and not half a minute later.
    async fn soon(&self) -> Value {
        let seconds = Duration::from_secs(3);
        let finished = |run: &Value| measurement(run)["finishedAt"].is_string();
        let ended = self.region.until_object(RUN, seconds, finished).await;
        measurement(&ended).clone()
    }
}

fn measurement(run: &Value) -> &Value {
    &run["status"]["metricResults"][0]["measurements"][0]
}

fn time(run: &Value, field: &str) -> Option<jiff::Timestamp> {
    measurement(run)[field].as_str()?.parse().ok()
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ends_is_looked_at_when_it_ends_and_not_when_it_was_to_be() {
    let (job, _running) = LongJob::new(None).await;
    job.ends().await;
    assert_eq!(job.soon().await["phase"], "Successful");
}

#[tokio::test(start_paused = true)]
async fn a_job_of_another_cluster_is_watched_as_well() {
    let (job, _running) = LongJob::new(Some(Region::with("jobs", &[]).await)).await;
    job.ends().await;
    assert_eq!(job.soon().await["phase"], "Successful");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_somebody_deletes_is_missed_at_once() {
    let (job, _running) = LongJob::new(None).await;
    job.region.delete(&job.job()).await;
    let found = job.soon().await;
    assert_eq!(found["phase"], "Error");
    assert!(found["message"].as_str().unwrap().contains("not found"), "{found}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ends_while_no_controller_runs_is_seen_by_the_next_one() {
    let (job, running) = LongJob::new(None).await;
    running.kill();
    job.ends().await;
    let _next = job.region.control(LongJob::settings(&job.region)).await;
    assert_eq!(job.soon().await["phase"], "Successful");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_an_earlier_pass_created_is_gone_on_with_and_one_of_another_metric_is_not() {
    for (measures, message) in [("check", ""), ("another", "already exists")] {
        let region = Region::with("us-east-1", &[run()]).await;
        let [group, plural, namespace, name] = RUN;
        let created = region.object(group, plural, namespace, name).unwrap();
        let uid = created["metadata"]["uid"].as_str().unwrap();
        let owner = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "name": name, "uid": uid,
            "controller": true});
        let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {
            "name": format!("{uid}.check.1"), "namespace": namespace, "ownerReferences": [owner],
            "annotations": {"analysisrun.argoproj.io/metric-name": measures},
        }});
        job["spec"] = run()["spec"]["metrics"][0]["provider"]["job"]["spec"].clone();
        region.apply(&job).await;
        let _controller = region.control(LongJob::settings(&region)).await;
        let said = |run: &Value| measurement(run)["phase"].is_string();
        let found = region.until_object(RUN, Duration::from_secs(60), said).await;
        let told = measurement(&found)["message"].as_str().unwrap_or_default();
        assert!(told.contains(message) && told.is_empty() == message.is_empty(), "{measures}: {found}");
    }
}
