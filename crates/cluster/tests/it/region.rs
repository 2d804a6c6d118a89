//! One region: an API server in process, nodes, a gateway, and controllers that can be started and killed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use apiserver::{Options, Server};
use aviary_cluster::{Clock, Controller, Ended, Exposition, LeaseSettings, Settings};
use jiff::Timestamp;
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};
use world::{PatchType, Request, Resource, World};

use crate::outside::Played;
use crate::rights::Rights;

/// When every test begins.
const START: &str = "2026-01-31T12:00:00Z";
/// How long a pod takes to become ready.
const READY_AFTER: Duration = Duration::from_secs(12);
/// How often nodes and gateway look.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// The custom resources of the Gateway API.
const GATEWAY_API: &str = include_str!("../../../local/src/region/gateway-api.yaml");

/// A region in virtual time.
pub(crate) struct Region {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    pub(crate) outside: Played,
    /// Weights of the canary in the order in which the route showed them.
    pub(crate) weights: Arc<watch::Sender<Vec<i64>>>,
}

impl Region {
    /// A region with the definitions installed and `objects` applied.
    pub(crate) async fn with(name: &'static str, objects: &[Value]) -> Self {
        let clock = apiserver::Clock::starting_at(START.parse().unwrap());
        // Regions must not share uids.
        let world = World::with_seed(name.bytes().map(u64::from).sum());
        let server = Server::new(Options { clock, world, ..Options::default() }).unwrap();
        let weights = Arc::new(watch::Sender::new(Vec::new()));
        let region = Self { name, server, outside: Played::default(), weights };
        let gateway_api: Vec<Value> = crd::yaml::from_documents(GATEWAY_API).unwrap();
        for object in crd::manifests().iter().chain(&gateway_api).chain(objects) {
            region.apply(object).await;
        }
        tokio::spawn(nodes_and_gateway(region.server.clone(), Arc::clone(&region.weights)));
        region
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.server.service(), "default")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.server.now()
    }

    fn api(&self, object: &Value) -> Api<DynamicObject> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (group, version) = text("/apiVersion").split_once('/').unwrap_or(("", text("/apiVersion")));
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("/kind")));
        match text("/metadata/namespace") {
            "" => Api::all_with(self.client(), &kind),
            namespace => Api::namespaced_with(self.client(), namespace, &kind),
        }
    }

    /// Applies an object as its user does.
    pub(crate) async fn apply(&self, object: &Value) {
        let name = object["metadata"]["name"].as_str().unwrap();
        let params = PatchParams::apply("user").force();
        let applied = self.api(object).patch(name, &params, &Patch::Apply(object)).await;
        applied.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Deletes an object as its user does.
    pub(crate) async fn delete(&self, object: &Value) {
        let name = object["metadata"]["name"].as_str().unwrap();
        self.api(object).delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// Changes a Rollout as its user does.
    pub(crate) async fn change(&self, namespace: &str, name: &str, patch: Value) {
        let rollout = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"namespace": namespace}});
        self.api(&rollout).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    /// Gives all containers of a Rollout another image.
    pub(crate) async fn set_image(&self, namespace: &str, name: &str, image: &str) {
        let mut containers = self.rollout(namespace, name)["spec"]["template"]["spec"]["containers"].clone();
        for container in containers.as_array_mut().unwrap() {
            container["image"] = json!(image);
        }
        let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
        self.change(namespace, name, patch).await;
    }

    pub(crate) fn object(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.server
            .with_world(|world, _| world.object(group, plural, namespace, name).cloned())
            .map(|object| object.as_ref().clone())
    }

    pub(crate) fn rollout(&self, namespace: &str, name: &str) -> Value {
        self.object("argoproj.io", "rollouts", namespace, name).unwrap_or_default()
    }

    /// All objects of a kind.
    pub(crate) async fn list(&self, api_version: &str, kind: &str) -> Vec<Value> {
        let api = self.api(&json!({"apiVersion": api_version, "kind": kind}));
        let list = api.list(&ListParams::default()).await.unwrap();
        list.items.iter().map(|item| serde_json::to_value(item).unwrap()).collect()
    }

    /// Writes another holder into the lease, whoever holds it.
    pub(crate) async fn take_lease(&self, thief: &str) {
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"namespace": "default"}});
        let name = lease_name();
        let now = crd::Time::from(self.now()).to_string().replace('Z', ".000000Z");
        let patch =
            json!({"spec": {"holderIdentity": thief, "renewTime": now, "leaseDurationSeconds": 3600}});
        self.api(&lease).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    /// Settings of a controller of this region.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            region: self.name.to_owned(),
            clock: Clock::starting_at(self.now()),
            outside: Arc::new(self.outside.clone()),
            ..Settings::default()
        }
    }

    /// Settings of a controller that hears `peer`.
    pub(crate) fn settings_beside(&self, peer: &Region) -> Settings {
        Settings { peers: BTreeMap::from([(peer.name.to_owned(), peer.client())]), ..self.settings() }
    }

    pub(crate) async fn control(&self, settings: Settings) -> Running {
        Running::start(self.server.service(), settings).await
    }
}

/// Whether the newest version is the stable one, observed and healthy.
pub(crate) fn is_promoted(rollout: &Value) -> bool {
    let status = &rollout["status"];
    status["phase"] == "Healthy"
        && status["stableRS"] == status["currentPodHash"]
        && status["observedGeneration"].as_str() == Some(&rollout["metadata"]["generation"].to_string())
}

/// A controller that runs.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Ended>,
    /// How many writes still reach the API server.
    writes: Arc<watch::Sender<usize>>,
    /// What it may do, and what it asked beyond that.
    rights: Rights,
    exposition: Exposition,
}

impl Running {
    /// Starts one over `service`.
    pub(crate) async fn start<S>(service: S, settings: Settings) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<apiserver::Body>> + Clone + Send + 'static,
        S::Error: Into<tower::BoxError> + Send,
        S::Future: Send + 'static,
    {
        let writes = Arc::new(watch::Sender::new(usize::MAX));
        let left = Arc::clone(&writes);
        let rights = Rights::of(&settings);
        let guard = rights.clone();
        let cabled = tower::service_fn(move |request: http::Request<Body>| {
            let (left, guard, mut service) = (Arc::clone(&left), guard.clone(), service.clone());
            async move {
                guard.check(&request)?;
                let taken = usize::from(request.method() != http::Method::GET);
                let mut dead = false;
                left.send_if_modified(|left| {
                    dead = *left == 0;
                    *left = left.saturating_sub(taken);
                    taken > 0
                });
                if dead {
                    std::future::pending::<()>().await;
                }
                let ready = service.ready().await.map_err(Into::into)?;
                ready.call(request).await.map_err(Into::<tower::BoxError>::into)
            }
        });
        let controller = Controller::new(Client::new(cabled, "default"), settings).await.unwrap();
        let exposition = controller.exposition();
        let stop = CancellationToken::new();
        let task = tokio::spawn(controller.run(stop.clone()));
        Self { stop, task, writes, rights, exposition }
    }

    /// From now on it writes so many more times, and then nothing of it reaches the API server any more, not even the
    /// next read: it died between two writes.
    pub(crate) fn die_after(&self, writes: usize) {
        self.writes.send_replace(writes);
    }

    /// Whether it died.
    pub(crate) fn is_dead(&self) -> bool {
        *self.writes.borrow() == 0
    }

    /// Waits until it is dead.
    pub(crate) async fn dead(&self) {
        self.writes.subscribe().wait_for(|left| *left == 0).await.unwrap();
    }

    /// Its metrics.
    pub(crate) fn metrics(&self) -> String {
        self.exposition.text().unwrap()
    }

    /// How often it looked at Rollouts.
    pub(crate) fn passes(&self) -> usize {
        let metrics = self.metrics();
        let counts = metrics.lines().filter(|line| line.starts_with("rollout_reconcile_count{"));
        counts.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
    }

    /// What it asked the API server: verb, group and resource.
    pub(crate) fn asked(&self) -> std::collections::BTreeSet<String> {
        self.rights.asked()
    }

    /// Ends it in good order.
    pub(crate) async fn stop(mut self) -> Ended {
        self.stop.cancel();
        (&mut self.task).await.unwrap()
    }

    /// Ends it as `kill -9` does: nothing of it reaches the API server any more, whatever it was about to do.
    pub(crate) fn kill(self) {
        self.die_after(0);
        self.task.abort();
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> Ended {
        (&mut self.task).await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.rights.refused(), Vec::<String>::new(), "not in permissions.rs");
        }
    }
}

fn lease_name() -> &'static str {
    LeaseSettings::NAME
}

/// Leader election with the peer's times.
pub(crate) fn lease(identity: &str) -> LeaseSettings {
    LeaseSettings::new("default", identity)
}

/// Makes pods ready after a while, ends those that are to go, and says of every route that it is followed.
async fn nodes_and_gateway(server: Server, weights: Arc<watch::Sender<Vec<i64>>>) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        server.with_world(|world, now| {
            look_after_pods(world, now);
            follow_routes(world, now, &weights);
        });
    }
}

fn look_after_pods(world: &mut World, now: Timestamp) {
    for pod in all(world, "", "pods") {
        let resource = || resource_of("", "pods", &pod);
        let time = |pointer: &str| pod.pointer(pointer)?.as_str()?.parse::<Timestamp>().ok();
        if pod["metadata"].get("deletionTimestamp").is_some() {
            let end = world::Body::Object(json!({"gracePeriodSeconds": 0}));
            drop(world.handle(&Request { body: Some(end), ..Request::delete(resource()) }, now));
        } else if pod["status"]["phase"] != "Running"
            && time("/metadata/creationTimestamp")
                .is_some_and(|made| now.duration_since(made) >= READY_AFTER.try_into().unwrap())
        {
            let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": crd::Time::from(now).to_string()});
            let status = json!({"status": {"phase": "Running", "conditions": [ready]}});
            drop(
                world
                    .handle(&Request::patch(resource().subresource("status"), PatchType::Merge, status), now),
            );
        }
    }
}

fn follow_routes(world: &mut World, now: Timestamp, weights: &watch::Sender<Vec<i64>>) {
    for route in all(world, "gateway.networking.k8s.io", "httproutes") {
        let generation = &route["metadata"]["generation"];
        let weight = route["spec"]["rules"][0]["backendRefs"][1]["weight"].as_i64().unwrap();
        weights.send_if_modified(|shown| {
            let new = shown.last() != Some(&weight);
            shown.extend(new.then_some(weight));
            new
        });
        if route["status"]["parents"][0]["conditions"][0]["observedGeneration"] == *generation {
            continue;
        }
        let accepted = json!({
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "observedGeneration": generation,
            "lastTransitionTime": crd::Time::from(now).to_string(),
        });
        let status = json!({"status": {"parents": [{
            "parentRef": route["spec"]["parentRefs"][0], "controllerName": "example.com/gateway", "conditions": [accepted],
        }]}});
        let resource = resource_of("gateway.networking.k8s.io", "httproutes", &route).subresource("status");
        drop(world.handle(&Request::patch(resource, PatchType::Merge, status), now));
    }
}

fn all(world: &World, group: &str, plural: &str) -> Vec<Arc<Value>> {
    world.objects(group, plural, "").cloned().collect()
}

fn resource_of(group: &str, plural: &str, object: &Value) -> Resource {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    Resource::new(group, "v1", plural, text("namespace"), text("name"))
}
