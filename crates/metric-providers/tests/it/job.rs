//! Measurements by Job, on a cluster in memory (spec analysis-04, Job).

use std::collections::BTreeMap;

use async_trait::async_trait;
use aviary_metric_providers::{
    Ctx, JobState, Jobs, JobsError, PodState, Reading, Waiting, garbage_collect, read, resume,
};
use crd::{AnalysisRun, Measurement, Metric};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use crate::{ctx, fault, metric, texts, variables};

/// Jobs in memory.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) jobs: Mutex<BTreeMap<(String, String), JobState>>,
    pub(crate) created: Mutex<Vec<Json>>,
    pub(crate) pods: Vec<PodState>,
    pub(crate) failing: Option<String>,
    pub(crate) elsewhere: bool,
}

impl Played {
    /// With a Job `there` in `ns` that has these conditions.
    pub(crate) fn with(conditions: &[&str]) -> Self {
        let played = Self::default();
        let conditions = conditions.iter().map(|it| (*it).to_owned()).collect();
        played.add(JobState {
            name: "there".into(),
            namespace: "ns".into(),
            conditions,
            ..JobState::default()
        });
        played
    }

    pub(crate) fn add(&self, job: JobState) {
        self.jobs.lock().insert((job.namespace.clone(), job.name.clone()), job);
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.jobs.lock().keys().map(|(_, name)| name.clone()).collect()
    }

    fn fails(&self) -> Result<(), JobsError> {
        self.failing.clone().map_or(Ok(()), |text| Err(JobsError::Other(text)))
    }
}

#[async_trait]
impl Jobs for Played {
    fn elsewhere(&self) -> bool {
        self.elsewhere
    }

    async fn create(&self, job: &Json) -> Result<(), JobsError> {
        self.fails()?;
        let text = |key: &str| job["metadata"][key].as_str().unwrap().to_owned();
        let (name, namespace) = (text("name"), text("namespace"));
        if self.jobs.lock().contains_key(&(namespace.clone(), name.clone())) {
            return Err(JobsError::Exists(format!("jobs.batch {name:?} already exists")));
        }
        self.created.lock().push(job.clone());
        let controller_uid = job["metadata"]["ownerReferences"][0]["uid"].as_str().map(str::to_owned);
        let marked = &job["metadata"]["annotations"]["analysisrun.argoproj.io/metric-name"];
        let metric = marked.as_str().map(str::to_owned);
        self.add(JobState { name, namespace, controller_uid, metric, ..JobState::default() });
        Ok(())
    }

    async fn get(&self, namespace: &str, name: &str) -> Result<JobState, JobsError> {
        let key = (namespace.to_owned(), name.to_owned());
        self.jobs.lock().get(&key).cloned().ok_or(JobsError::NotFound)
    }

    async fn pods(&self, _job: &JobState) -> Result<Vec<PodState>, JobsError> {
        Ok(self.pods.clone())
    }

    async fn delete(&self, namespace: &str, name: &str) -> Result<(), JobsError> {
        self.fails()?;
        let key = (namespace.to_owned(), name.to_owned());
        self.jobs.lock().remove(&key).map(|_| ()).ok_or(JobsError::NotFound)
    }

    async fn of_run(&self, _uid: &str) -> Result<Vec<JobState>, JobsError> {
        Ok(self.jobs.lock().values().cloned().collect())
    }
}

/// A run with this uid, whose metric has this many measurements and errors.
pub(crate) fn run(uid: &str, metric: &str, count: i32, error: i32) -> AnalysisRun {
    let result = json!({"name": metric, "phase": "Running", "count": count, "error": error});
    serde_json::from_value(json!({
        "metadata": {"name": "run", "namespace": "ns", "uid": uid},
        "status": {"metricResults": [result]},
    }))
    .unwrap()
}

/// A metric by Job.
pub(crate) fn by_job(name: &str) -> Metric {
    let containers = json!([{"name": "c", "image": "i"}]);
    let config = json!({
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "name": "not used"},
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": {"e": "f"}}, "spec": {"containers": containers}}},
    });
    Metric { name: name.to_owned(), ..metric("job", config) }
}

/// What a measurement remembers of a Job.
pub(crate) fn of(name: &str) -> BTreeMap<String, String> {
    texts(&[("job-name", name), ("job-namespace", "ns")])
}

/// Looks after a Job.
pub(crate) async fn looked(jobs: &Played, remembered: &BTreeMap<String, String>) -> Reading {
    let run = run("uid", "m", 0, 0);
    let started = Measurement {
        started_at: Some("2023-11-14T22:12:30.5Z".parse::<jiff::Timestamp>().unwrap().into()),
        ..Measurement::default()
    };
    let ctx = Ctx { jobs: Some(jobs), run: Some(&run), measurement: Some(&started), ..ctx() };
    resume(&ctx, &by_job("m"), remembered).await
}

#[tokio::test]
async fn a_job_is_named_marked_and_owned_by_its_run() {
    let (jobs, run) = (Played::default(), run("dummyuid", "dummymetric", 1, 2));
    let ctx = Ctx { jobs: Some(&jobs), run: Some(&run), ..ctx() };
    let reading = read(&ctx, &by_job("dummymetric")).await;
    assert_eq!(reading.outcome, Ok(None));
    assert_eq!(reading.metadata, of("dummyuid.dummymetric.4"));
    assert_eq!(reading.resume_at, Some((ctx.clock)()));
    let uid = "analysisrun.argoproj.io/uid";
    let owner = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "name": "run", "uid": "dummyuid",
        "controller": true, "blockOwnerDeletion": true});
    let expected = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": "dummyuid.dummymetric.4", "namespace": "ns", "labels": {"a": "b", uid: "dummyuid"},
            "annotations": {"c": "d", "analysisrun.argoproj.io/name": "run",
                "analysisrun.argoproj.io/namespace": "ns", "analysisrun.argoproj.io/metric-name": "dummymetric"},
            "ownerReferences": [owner],
        },
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": {"e": "f", uid: "dummyuid"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]}}},
    });
    assert_eq!(*jobs.created.lock(), [expected]);
}

#[tokio::test]
async fn a_job_elsewhere_has_no_owner_and_is_taken_for_ours_by_its_name() {
    for (environment, elsewhere, namespace) in
        [(&[("ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE", "jobs")][..], false, "jobs"), (&[], true, "ns")]
    {
        let (jobs, run) = (Played { elsewhere, ..Played::default() }, run("uid", "m", 0, 0));
        let environment = variables(environment);
        let ctx = Ctx { jobs: Some(&jobs), run: Some(&run), environment: &environment, ..ctx() };
        for _ in 0..2 {
            let reading = read(&ctx, &by_job("m")).await;
            assert_eq!(reading.metadata["job-namespace"], namespace);
            assert_eq!(jobs.created.lock()[0]["metadata"]["ownerReferences"], json!([]));
        }
        assert_eq!(jobs.created.lock().len(), 1);
    }
}

#[tokio::test]
async fn a_job_of_that_name_is_adopted_only_from_the_same_metric_of_the_same_run() {
    let run = run("uid", "m", 0, 0);
    for (owner, measures, elsewhere, adopted) in [
        (Some("uid"), Some("m"), false, true),
        (Some("uid"), Some("other"), false, false),
        (Some("uid"), None, false, false),
        (Some("another"), Some("m"), false, false),
        (None, Some("m"), false, false),
        (None, Some("m"), true, true),
        (None, Some("other"), true, false),
    ] {
        let jobs = Played { elsewhere, ..Played::default() };
        let [controller_uid, metric] = [owner, measures].map(|text| text.map(str::to_owned));
        let (name, namespace) = ("uid.m.1".to_owned(), "ns".to_owned());
        jobs.add(JobState { name, namespace, controller_uid, metric, ..JobState::default() });
        let reading = read(&Ctx { jobs: Some(&jobs), run: Some(&run), ..ctx() }, &by_job("m")).await;
        if adopted {
            assert_eq!(reading.outcome, Ok(None), "{owner:?} {measures:?}");
        } else {
            assert_eq!(fault(&reading), "jobs.batch \"uid.m.1\" already exists", "{owner:?} {measures:?}");
        }
    }
}

#[tokio::test]
async fn metrics_whose_names_begin_alike_have_a_job_each() {
    let (jobs, run) = (Played::default(), run("0b2c1d3e-4f50-4a61-8b72-9c83ad94be05", "m", 0, 0));
    let ctx = Ctx { jobs: Some(&jobs), run: Some(&run), ..ctx() };
    let names =
        ["integration-test-checkout-eu", "integration-test-checkout-us", "integration-te.-.-st-checkout"];
    for metric in names {
        assert_eq!(read(&ctx, &by_job(metric)).await.outcome, Ok(None));
    }
    assert_eq!(jobs.created.lock().len(), names.len());
    for name in jobs.names() {
        // What Kubernetes takes for a name, and for the value of the label that it makes of it.
        let ends =
            |part: &str, at: fn(&str) -> Option<char>| at(part).is_some_and(|c| c.is_ascii_alphanumeric());
        let sound = |part: &str| ends(part, |it| it.chars().next()) && ends(part, |it| it.chars().last());
        assert!(name.len() <= 63 && name.split('.').all(sound), "{name}");
        assert!(name.starts_with("0b2c1d3e-4f50-4a61-8b72-9c83ad94be05.integration-te"), "{name}");
    }
}

#[tokio::test]
async fn the_longer_a_job_runs_the_longer_it_is_left_alone() {
    // 50 seconds have passed: the root of 100.
    let reading = looked(&Played::with(&[]), &of("there")).await;
    assert_eq!(reading.outcome, Ok(None));
    // The measurement's start has whole seconds.
    let expected: jiff::Timestamp = "2023-11-14T22:13:30.5Z".parse().unwrap();
    assert!((reading.resume_at.unwrap() - expected).total(jiff::Unit::Second).unwrap().abs() < 0.1);
    assert_eq!(reading.metadata, of("there"));
}

#[tokio::test]
async fn a_pod_that_waits_for_something_that_may_come_is_no_verdict() {
    let waiting =
        Waiting { container: "c".into(), reason: "ContainerCreating".into(), message: String::new() };
    let pods = vec![PodState { name: "p".into(), waiting: vec![waiting] }];
    let jobs = Played { pods, ..Played::with(&[]) };
    assert_eq!(looked(&jobs, &of("there")).await.outcome, Ok(None));
}

#[tokio::test]
async fn without_a_cluster_or_a_run_the_reason_is_told() {
    let reading = read(&ctx(), &by_job("m")).await;
    assert_eq!(fault(&reading), "Jobs cannot be run from here: there is no cluster to run them on");
    let jobs = Played::default();
    let collected = garbage_collect(&Ctx { jobs: Some(&jobs), ..ctx() }, &by_job("m"), 1).await;
    assert!(collected.unwrap_err().starts_with("Jobs cannot be run from here: there is no run"));
}
