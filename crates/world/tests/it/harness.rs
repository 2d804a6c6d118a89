//! A world with short words for requests.

use std::sync::Arc;

use aviary_world::{Body, PatchType, Request, Resource, Response, Status, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) struct Cluster {
    pub(crate) world: World,
    pub(crate) now: Timestamp,
}

pub(crate) type Answer = Result<Arc<Value>, Status>;

/// `apps/v1/replicasets` in the namespace `default`; the group may be left out.
pub(crate) fn resource(path: &str, name: &str) -> Resource {
    let parts: Vec<&str> = path.split('/').collect();
    let (group, version, plural) = match parts.as_slice() {
        [version, plural] => ("", *version, *plural),
        [group, version, plural] => (*group, *version, *plural),
        _ => panic!("{path} is no resource"),
    };
    let cluster_wide = matches!(plural, "namespaces" | "customresourcedefinitions" | "clusterroles");
    Resource::new(group, version, plural, if cluster_wide { "" } else { "default" }, name)
}

impl Cluster {
    pub(crate) fn new() -> Self {
        Self { world: World::new(), now: "2026-01-31T12:00:00Z".parse().unwrap() }
    }

    pub(crate) fn send(&mut self, request: &Request) -> Result<Response, Status> {
        self.world.handle(request, self.now)
    }

    fn body(&mut self, request: &Request) -> Answer {
        self.send(request).map(|response| response.body)
    }

    pub(crate) fn create(&mut self, path: &str, object: Value) -> Answer {
        self.body(&Request::create(resource(path, ""), object))
    }

    pub(crate) fn get(&mut self, path: &str, name: &str) -> Answer {
        self.body(&Request::get(resource(path, name)))
    }

    pub(crate) fn update(&mut self, path: &str, object: Value) -> Answer {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        self.body(&Request::update(resource(path, &name), object))
    }

    pub(crate) fn merge(&mut self, path: &str, name: &str, patch: Value) -> Answer {
        self.body(&Request::patch(resource(path, name), PatchType::Merge, patch))
    }

    pub(crate) fn merge_status(&mut self, path: &str, name: &str, patch: Value) -> Answer {
        self.body(&Request::patch(resource(path, name).subresource("status"), PatchType::Merge, patch))
    }

    pub(crate) fn patch(&mut self, path: &str, name: &str, kind: PatchType, patch: Value) -> Answer {
        self.body(&Request::patch(resource(path, name), kind, patch))
    }

    pub(crate) fn apply(&mut self, path: &str, name: &str, manager: &str, config: Value) -> Answer {
        self.body(&Request::patch(resource(path, name), PatchType::Apply, config).by(manager))
    }

    pub(crate) fn delete(&mut self, path: &str, name: &str, options: Value) -> Answer {
        let request = Request { body: Some(Body::Object(options)), ..Request::delete(resource(path, name)) };
        self.body(&request)
    }

    pub(crate) fn step(&mut self) -> Option<Timestamp> {
        self.world.step(self.now)
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self.step();
    }

    /// The names of all objects of a kind in `default`.
    pub(crate) fn names(&self, group: &str, plural: &str) -> Vec<String> {
        self.world
            .objects(group, plural, "default")
            .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What the kubelet does: runs every pod that has no node yet, and ends those that are to end.
    pub(crate) fn run_pods(&mut self) {
        self.step();
        for (index, name) in self.names("", "pods").into_iter().enumerate() {
            let pod = self.get("v1/pods", &name).unwrap();
            if pod["metadata"].get("deletionTimestamp").is_some() {
                self.delete("v1/pods", &name, json!({"gracePeriodSeconds": 0})).unwrap();
            } else if pod["spec"].get("nodeName").is_none() {
                let target = json!({"target": {"kind": "Node", "name": "node-1"}});
                let binding = Request::create(resource("v1/pods", &name).subresource("binding"), target);
                self.send(&binding).unwrap();
                let ready =
                    json!({"type": "Ready", "status": "True", "lastTransitionTime": self.now.to_string()});
                let status = json!({"phase": "Running", "podIP": format!("10.0.0.{}", index + 1), "conditions": [ready]});
                self.merge_status("v1/pods", &name, json!({"status": status})).unwrap();
            }
        }
        self.step();
    }
}

/// A workload of `replicas` pods.
pub(crate) fn workload(name: &str, replicas: i64) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": format!("{name}:1"), "ports": [{"name": "http", "containerPort": 8080}]}]},
            },
        },
    })
}

/// Without what differs from one run to the next by design, or is the same everywhere.
pub(crate) fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"] {
            metadata.remove(field);
        }
    }
    object
}
