//! An Experiment whose ReplicaSet somebody else writes, or has.

use std::sync::Arc;
use std::time::Duration;

use apiserver::Server;
use http::{Method, StatusCode};
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;
use world::{PatchType, Request, Resource, World};

use crate::region::{Region, Running};
use crate::waiting::settled;

pub(crate) const EXPERIMENT: [&str; 4] = ["argoproj.io", "experiments", "default", "compare"];
pub(crate) const SET: [&str; 4] = ["apps", "replicasets", "default", "compare-old"];
const SETS: &str = "/replicasets";
const LIMIT: Duration = Duration::from_secs(120);

fn pods() -> Value {
    json!({
        "metadata": {"labels": {"app": "old"}},
        "spec": {"containers": [{"name": "shop", "image": "shop:1"}]},
    })
}

/// An Experiment with one template, and `more` in its spec.
pub(crate) fn experiment(mut more: Value) -> Value {
    let template = json!({"name": "old", "selector": {"matchLabels": {"app": "old"}}, "template": pods()});
    more["templates"] = json!([template]);
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment",
        "metadata": {"name": EXPERIMENT[3], "namespace": "default"}, "spec": more,
    })
}

fn set(world: &World) -> Option<&Arc<Value>> {
    world.object(SET[0], SET[1], SET[2], SET[3])
}

/// How many events there are for this reason.
async fn told(region: &Region, reason: &str) -> usize {
    let events = region.list("v1", "Event").await;
    events.iter().filter(|event| event["reason"] == reason).count()
}

/// Somebody labels the ReplicaSet, who knows nothing of the controller.
fn label(server: &Server, value: &str) {
    let set = Resource::new(SET[0], "v1", SET[1], SET[2], SET[3]);
    let label = Request::patch(set, PatchType::Merge, json!({"metadata": {"labels": {"seen": value}}}));
    assert!(server.with_world(|world, now| world.handle(&label, now)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_conflict_ends_no_template_and_the_size_is_written_again() {
    let spec = json!({"duration": "20s", "scaleDownDelaySeconds": 0});
    let region = Region::with("us-east-1", &[experiment(spec)]).await;
    let answers: Arc<Mutex<Vec<(Value, StatusCode)>>> = Arc::default();
    let (server, noted) = (region.server.clone(), Arc::clone(&answers));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (server, noted) = (server.clone(), Arc::clone(&noted));
        async move {
            if *request.method() != Method::PATCH || !request.uri().path().contains(SETS) {
                return server.service().oneshot(request).await;
            }
            let (head, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let size = serde_json::from_slice::<Value>(&body).unwrap()["spec"]["replicas"].clone();
            // The first try at each size comes too late.
            if noted.lock().iter().all(|(tried, _)| *tried != size) {
                label(&server, &size.to_string());
            }
            let request = http::Request::from_parts(head, Body::from(body.to_vec()));
            let answer = server.service().oneshot(request).await?;
            noted.lock().push((size, answer.status()));
            Ok(answer)
        }
    });
    let running = Running::start(service, region.settings()).await;
    let over = region.until_object(EXPERIMENT, LIMIT, |it| it["status"]["phase"] == "Successful").await;
    region.until_object(SET, LIMIT, |set| set["spec"]["replicas"] == 0).await;
    let (up, down) = (json!(1), json!(0));
    let (late, well) = (StatusCode::CONFLICT, StatusCode::OK);
    assert_eq!(*answers.lock(), [(up.clone(), late), (up, well), (down.clone(), late), (down, well)]);
    let template = &over["status"]["templateStatuses"][0];
    assert_eq!((&template["status"], template.get("message")), (&json!("Successful"), None), "{over:#}");
    settled().await;
    assert_eq!(
        (told(&region, "ReplicaSetUpdateError").await, told(&region, "ScalingReplicaSet").await),
        (0, 2)
    );
    let set = region.object(SET[0], SET[1], SET[2], SET[3]).unwrap();
    assert_eq!(set["metadata"]["labels"]["seen"], "0", "what the other one wrote stays");
    assert!(!running.metrics().contains("experiment_reconcile_error{"), "{}", running.metrics());
}

/// A ReplicaSet has the name of the template's: how the Experiment waits for it, and the ReplicaSet then.
async fn in_the_way(owned: bool) -> (Value, Arc<Value>, Arc<Value>) {
    let region = Region::with("us-east-1", &[experiment(json!({}))]).await;
    let of =
        |[group, plural, namespace, name]: [&str; 4]| region.object(group, plural, namespace, name).unwrap();
    let owner = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment", "name": EXPERIMENT[3],
        "uid": of(EXPERIMENT)["metadata"]["uid"], "controller": true,
    });
    let owners = if owned { vec![owner] } else { vec![] };
    let foreign = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": SET[3], "namespace": "default", "labels": {"rollouts-pod-template-hash": "abc"},
            "ownerReferences": owners,
        },
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "old"}}, "template": pods()},
    });
    region.apply(&foreign).await;
    let found = || region.server.with_world(|world, _| set(world).cloned()).unwrap();
    let before = found();
    let _running = region.control(region.settings()).await;
    let waits = |it: &Value| it["status"]["templateStatuses"][0]["collisionCount"] == 1;
    let waiting = region.until_object(EXPERIMENT, LIMIT, waits).await;
    settled().await;
    (waiting["status"]["templateStatuses"][0].clone(), before, found())
}

#[tokio::test(start_paused = true)]
async fn a_replica_set_that_is_none_of_the_templates_is_not_adopted() {
    // One that the Experiment controls and that names no template of it is looked at once, and not over and over.
    for owned in [false, true] {
        let (template, before, after) = in_the_way(owned).await;
        assert_eq!(template["message"], "ReplicaSet compare-old belongs to somebody else", "{owned}");
        assert_eq!(template["status"], "Progressing", "{owned}");
        assert_eq!(before["spec"], after["spec"], "it is left alone");
    }
}
