//! What Jobs of metrics leave behind, and pods of theirs that never run.

use std::time::Duration;

use aviary_cluster::Settings;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::region::{Region, Running};
use crate::waiting::settled;

const LIMIT: Duration = Duration::from_secs(120);

/// A run that measures by Jobs one after the other, of which it keeps two.
fn run(name: &str, count: usize) -> Value {
    let pods = json!({"spec": {
        "restartPolicy": "Never",
        "initContainers": [{"name": "load", "image": "load:1"}], "containers": [{"name": "check", "image": "check:1"}],
    }});
    let job = json!({"spec": {"template": pods}});
    let metric = json!({"name": "check", "count": count, "interval": "5s", "provider": {"job": job}});
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"metrics": [metric], "measurementRetention": [{"metricName": "check", "limit": 2}]},
    })
}

fn place(name: &str) -> [&str; 4] {
    ["argoproj.io", "analysisruns", "default", name]
}

/// A controller of `region` that lets Jobs run in `other`, where that is another cluster.
async fn control(region: &Region, other: Option<&Region>) -> Running {
    // The real way out: the provider asks the API server, and nothing leaves the process.
    let (jobs, outside) = (other.map(Region::client), Settings::default().outside);
    region.control(Settings { jobs, outside, ..region.settings() }).await
}

fn pods(region: &Region) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Pod"));
    Api::namespaced_with(region.client(), "default", &kind)
}

/// Writes the status of the pod of a Job; the pod's name.
async fn pod_is(region: &Region, job: &str, status: Value) -> String {
    let own = ListParams::default().labels(&format!("job-name={job}"));
    let pod = pods(region).list(&own).await.unwrap().items.remove(0).metadata.name.unwrap();
    let patch = Patch::Merge(json!({"status": status}));
    pods(region).patch_status(&pod, &PatchParams::default(), &patch).await.unwrap();
    pod
}

/// Waits until the pod of a Job runs.
async fn runs(region: &Region, job: &str) {
    let own =
        |pod: &Value| pod["metadata"]["labels"]["job-name"] == job && pod["status"]["phase"] == "Running";
    region.until_any("", "pods", LIMIT, own).await;
}

/// The measurement of a run that was begun last, and the Job that it names.
fn last(run: &Value) -> Option<(&Value, &str)> {
    let measurement = run["status"]["metricResults"][0]["measurements"].as_array()?.last()?;
    Some((measurement, measurement["metadata"]["job-name"].as_str()?))
}

/// Names of the Jobs of a run that are there, the oldest first.
fn jobs(region: &Region, uid: &str) -> Vec<String> {
    region.server.with_world(|world, _| {
        let jobs = world.objects("batch", "jobs", "");
        let own = jobs.filter(|job| job["metadata"]["labels"]["analysisrun.argoproj.io/uid"] == uid);
        own.map(|job| job["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    })
}

async fn jobs_beyond_those_that_are_kept_are_deleted(region: &Region, place_of_jobs: &Region) {
    let uid = |name: &str| {
        let [group, plural, namespace, name] = place(name);
        region.object(group, plural, namespace, name).unwrap()["metadata"]["uid"].as_str().unwrap().to_owned()
    };
    let job = |number: usize| format!("{}.check.{number}", uid("run"));
    for number in 1..=4 {
        runs(place_of_jobs, &job(number)).await;
        let expected: Vec<String> = ((number - 1).max(1)..=number).map(job).collect();
        assert_eq!(jobs(place_of_jobs, &uid("run")), expected, "while {number} is under way");
        pod_is(place_of_jobs, &job(number), json!({"phase": "Succeeded"})).await;
    }
    let over = |run: &Value| run["status"]["phase"] == "Successful";
    region.until_object(place("run"), LIMIT, over).await;
    settled().await;
    assert_eq!(jobs(place_of_jobs, &uid("run")), [job(3), job(4)]);
    assert_eq!(jobs(place_of_jobs, &uid("other")).len(), 1, "what is another run's stays, however old it is");
}

#[tokio::test(start_paused = true)]
async fn the_oldest_jobs_of_a_run_go_with_its_measurements() {
    let region = Region::with("us-east-1", &[run("other", 1), run("run", 4)]).await;
    let _controller = control(&region, None).await;
    jobs_beyond_those_that_are_kept_are_deleted(&region, &region).await;
}

#[tokio::test(start_paused = true)]
async fn the_oldest_jobs_of_a_run_go_in_another_cluster_as_well() {
    let objects = [run("other", 1), run("run", 4)];
    let (region, other) = (Region::with("us-east-1", &objects).await, Region::with("jobs", &[]).await);
    let _controller = control(&region, Some(&other)).await;
    jobs_beyond_those_that_are_kept_are_deleted(&region, &other).await;
}

/// What a container waits for.
fn waiting(container: &str, reason: &str) -> Value {
    json!([{"name": container, "state": {"waiting": {"reason": reason, "message": "no such image"}}}])
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_image_cannot_be_had_ends_its_own_measurement_and_no_other() {
    for (field, container, reason) in [
        ("containerStatuses", "check", "ErrImagePull"),
        ("containerStatuses", "check", "ImagePullBackOff"),
        ("initContainerStatuses", "load", "InvalidImageName"),
    ] {
        let region = Region::with("us-east-1", &[run("other", 1), run("run", 1)]).await;
        let _controller = control(&region, None).await;
        let begun = |run: &Value| last(run).is_some();
        let other = region.until_object(place("other"), LIMIT, begun).await;
        let found = region.until_object(place("run"), LIMIT, begun).await;
        let (_, job) = last(&found).unwrap();
        // Now there are their pods.
        settled().await;
        // It waits, too, but for something that comes.
        pod_is(&region, last(&other).unwrap().1, json!({field: waiting(container, "ContainerCreating")}))
            .await;
        let pod = pod_is(&region, job, json!({field: waiting(container, reason)})).await;
        let finished = |run: &Value| last(run).is_some_and(|(it, _)| it["finishedAt"].is_string());
        let ended = region.until_object(place("run"), LIMIT, finished).await;
        let (measurement, _) = last(&ended).unwrap();
        let told = format!("Pod {pod}, container {container} has terminal error ({reason}): no such image\n");
        assert_eq!(
            (&measurement["phase"], &measurement["message"]),
            (&json!("Inconclusive"), &json!(told)),
            "{reason}"
        );
        let uid = ended["metadata"]["uid"].as_str().unwrap();
        assert_eq!(jobs(&region, uid), [job.to_owned()], "it stays for whoever looks for the reason");
        // By now the other was looked at again.
        tokio::time::sleep(LIMIT).await;
        let other = region.until_object(place("other"), LIMIT, begun).await;
        assert_eq!(last(&other).unwrap().0["phase"], "Running", "{reason}: {other}");
    }
}
