//! Simulated nodes: pods start, become ready, fail, and end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use world::{Body, PatchType, Request, Resource, WatchEvent, WatchEventType, World};

use crate::controller::later;
use crate::environment::Environment;

/// What is to happen to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Start,
    Ready,
    Die,
    End,
}

/// Address of a pod: namespace and name.
type Pod = (String, String);

/// All nodes together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelet {
    due: BTreeMap<(Timestamp, Pod, Deed), ()>,
    started: u32,
}

impl Kubelet {
    /// Learns of a change.
    pub(crate) fn learn(&mut self, event: &WatchEvent, environment: &Environment, now: Timestamp) {
        if &*event.plural != "pods" || !event.group.is_empty() || event.kind == WatchEventType::Deleted {
            return;
        }
        let text = |field: &str| event.object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let pod = (text("namespace"), text("name"));
        let was_ending = |object: &Value| object["metadata"].get("deletionTimestamp").is_some();
        if event.kind == WatchEventType::Added {
            self.due.insert((now, pod, Deed::Start), ());
        } else if was_ending(&event.object) && !event.previous.as_deref().is_some_and(was_ending) {
            self.due.insert((later(now, environment.ends_after), pod, Deed::End), ());
        }
    }

    /// When the next thing is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, ..), ())| *at)
    }

    /// Does the next thing that is due; tells whether there was one.
    pub(crate) fn act(&mut self, world: &mut World, environment: &Environment, now: Timestamp) -> bool {
        if self.next().is_none_or(|at| at > now) {
            return false;
        }
        let Some(((_, pod, deed), ())) = self.due.pop_first() else { return false };
        self.carry_out(world, environment, &pod, deed, now);
        true
    }

    fn carry_out(
        &mut self,
        world: &mut World,
        environment: &Environment,
        pod: &Pod,
        deed: Deed,
        now: Timestamp,
    ) {
        let Some(object) = world.object("", "pods", &pod.0, &pod.1).cloned() else { return };
        let containers = object["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let images: Vec<&str> =
            containers.iter().filter_map(|container| container["image"].as_str()).collect();
        let rule = environment.rule(images.first().copied().unwrap_or_default());
        match deed {
            Deed::Start => {
                self.started += 1;
                let bind = json!({"target": {"kind": "Node", "name": format!("node-{}", self.started % 3)}});
                send(world, Request::create(resource(pod).subresource("binding"), bind), now);
                if let Some(after) = rule.ready_after {
                    self.due.insert((later(now, after), pod.clone(), Deed::Ready), ());
                }
            }
            Deed::Ready => {
                let address = format!(
                    "10.{}.{}.{}",
                    self.started >> 16 & 255,
                    self.started >> 8 & 255,
                    self.started & 255
                );
                let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": crd::Time::from(now).to_string()});
                status(world, pod, json!({"phase": "Running", "podIP": address, "conditions": [ready]}), now);
                if let Some(after) = rule.dies_after {
                    self.due.insert((later(now, after), pod.clone(), Deed::Die), ());
                }
            }
            Deed::Die => status(world, pod, json!({"phase": "Failed", "conditions": null}), now),
            Deed::End => {
                let end = Body::Object(json!({"gracePeriodSeconds": 0}));
                send(world, Request { body: Some(end), ..Request::delete(resource(pod)) }, now);
            }
        }
    }
}

fn resource((namespace, name): &Pod) -> Resource {
    Resource::new("", "v1", "pods", namespace, name)
}

fn status(world: &mut World, pod: &Pod, status: Value, now: Timestamp) {
    let resource = resource(pod).subresource("status");
    send(world, Request::patch(resource, PatchType::Merge, json!({"status": status})), now);
}

/// A refusal means that the pod is gone, or not what it was: there is nothing to do for it any more.
fn send(world: &mut World, request: Request, now: Timestamp) {
    drop(world.handle(&request, now));
}
