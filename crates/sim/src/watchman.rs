//! Reads the watch log, change by change, and notes every one that breaks an invariant of the design (I1 to I5).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use world::{WatchEvent, WatchEventType, World};

use crate::timeline::{Entry, Timeline};

const HASH: &str = "rollouts-pod-template-hash";

/// What the changes so far add up to.
#[derive(Debug, Default)]
pub struct Watchman {
    read: u64,
    rollout: Option<Arc<Value>>,
    /// Ready pods by hash, then by name.
    ready: BTreeMap<String, BTreeMap<String, ()>>,
    /// Hash that each Service selects.
    selected: BTreeMap<String, String>,
    /// Weight that each Service gets.
    weights: BTreeMap<String, i64>,
    /// What broke, with the time of it.
    pub broken: Vec<String>,
}

/// A probe for [`Simulation::with_probe`](crate::Simulation::with_probe), and where it leaves what it finds.
pub fn watchman() -> (impl FnMut(&World, Timestamp) + 'static, Arc<Mutex<Watchman>>) {
    // Version 1 is that of the empty world.
    let watchman = Arc::new(Mutex::new(Watchman { read: 1, ..Watchman::default() }));
    let eyes = watchman.clone();
    let probe = move |world: &World, now: Timestamp| {
        let mut watchman = eyes.lock().unwrap_or_else(PoisonError::into_inner);
        let read = watchman.read;
        for event in world.events_after(read).into_iter().flatten() {
            watchman.see(event, now);
        }
        watchman.read = world.version();
    };
    (probe, watchman)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

impl Watchman {
    fn see(&mut self, event: &WatchEvent, now: Timestamp) {
        let object = &event.object;
        let before = event.previous.as_deref();
        let name = text(object, "/metadata/name").to_owned();
        match &*event.plural {
            "rollouts" => self.rollout = Some(object.clone()),
            "pods" => {
                let hash = object["metadata"]["labels"][HASH].as_str().unwrap_or_default().to_owned();
                let pods = self.ready.entry(hash).or_default();
                let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
                let is_ready =
                    conditions.clone().any(|one| one["type"] == "Ready" && one["status"] == "True");
                let ending = event.kind == WatchEventType::Deleted
                    || object["metadata"].get("deletionTimestamp").is_some();
                if is_ready && !ending {
                    pods.insert(name, ());
                } else {
                    pods.remove(&name);
                }
            }
            "services" => {
                let hash = object["spec"]["selector"][HASH].as_str().unwrap_or_default().to_owned();
                let old = self.selected.insert(name.clone(), hash.clone());
                let changed = old.as_ref().is_some_and(|old| *old != hash);
                if changed {
                    self.check_capacity(&name, "I2: selected without capacity", now);
                }
                if let (true, Some(old)) = (self.active() == Some(name.as_str()), old) {
                    self.check_switch(&old, &hash, now);
                }
            }
            "httproutes" => self.see_route(object, now),
            "replicasets" if event.kind == WatchEventType::Modified => {
                let (was, is) =
                    (before.map_or(0, |set| number(set, "/spec/replicas")), number(object, "/spec/replicas"));
                let hash = object["metadata"]["labels"][HASH].as_str().unwrap_or_default();
                if is < was {
                    self.check_size(hash, is, now);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, now: Timestamp, what: String) {
        self.broken.push(format!("{now}: {what}"));
    }

    fn replicas(&self) -> i64 {
        self.rollout.as_ref().map_or(0, |rollout| number(rollout, "/spec/replicas"))
    }

    /// Pods that a share of the traffic needs.
    fn needed(&self, weight: i64) -> i64 {
        (weight * self.replicas() + 99) / 100
    }

    fn check_capacity(&mut self, service: &str, what: &str, now: Timestamp) {
        let weight = self.weights.get(service).copied().unwrap_or(0);
        let hash = self.selected.get(service).cloned().unwrap_or_default();
        let ready = self.ready.get(&hash).map_or(0, |pods| pods.len() as i64);
        if weight > 0 && !hash.is_empty() && ready < self.needed(weight) {
            self.note(
                now,
                format!(
                    "{what}: {service} gets {weight}% with {ready} of {} pods ready",
                    self.needed(weight)
                ),
            );
        }
    }

    fn see_route(&mut self, route: &Value, now: Timestamp) {
        let backends = route["spec"]["rules"][0]["backendRefs"].as_array();
        let new: BTreeMap<String, i64> = backends
            .into_iter()
            .flatten()
            .map(|one| (text(one, "/name").to_owned(), number(one, "/weight")))
            .collect();
        if new.values().sum::<i64>() != 100 || new.values().any(|weight| !(0..=100).contains(weight)) {
            self.note(now, format!("I4: weights are {new:?}"));
        }
        let old = std::mem::replace(&mut self.weights, new.clone());
        for (service, weight) in &new {
            let was = old.get(service).copied().unwrap_or(*weight);
            let aborted = self.rollout.as_ref().is_some_and(|rollout| rollout["status"]["abort"] == true);
            if *weight > was {
                self.check_capacity(service, "I2: weighted without capacity", now);
                if aborted && service.ends_with("canary") {
                    self.note(now, format!("I5: {service} rises from {was} to {weight} after the abort"));
                }
            }
        }
    }

    /// The Service that carries all users of a blue-green Rollout.
    fn active(&self) -> Option<&str> {
        self.rollout.as_ref()?.pointer("/spec/strategy/blueGreen/activeService")?.as_str()
    }

    /// I2: a switch of all users loses no capacity.
    fn check_switch(&mut self, old: &str, new: &str, now: Timestamp) {
        let ready = |hash: &str| self.ready.get(hash).map_or(0, |pods| pods.len() as i64);
        let (before, after) = (ready(old), ready(new));
        if !old.is_empty() && old != new && after < before.min(self.replicas()) {
            self.note(now, format!("I2: switched from {old} with {before} pods to {new} with {after}"));
        }
    }

    /// I3 and I4: what is left of a version carries what is sent to it.
    fn check_size(&mut self, hash: &str, size: i64, now: Timestamp) {
        let sent = |service: &String| self.selected.get(service).is_some_and(|selected| selected == hash);
        let weight: i64 =
            self.weights.iter().filter(|(service, _)| sent(service)).map(|(_, weight)| *weight).sum();
        let users_are_there =
            self.active().is_some_and(|active| self.selected.get(active).is_some_and(|found| found == hash));
        if users_are_there && size < self.replicas() {
            self.note(now, format!("I3: {hash} shrinks to {size} pods while all users are there"));
        }
        if weight > 0 && size < self.needed(weight) {
            self.note(now, format!("I3: {hash} shrinks to {size} pods while it gets {weight}%"));
        }
    }
}

/// I1: the weight steps that the controller called complete although the route said otherwise.
pub fn completed_unseen(timeline: &Timeline) -> Vec<&Entry> {
    let mut seen = 0;
    let mut unseen = Vec::new();
    for entry in timeline.entries() {
        if entry.subject.starts_with("HTTPRoute") {
            seen = entry.what.rsplit_once(' ').map_or(0, |(_, weight)| weight.parse().unwrap_or(-1));
        }
        let completed =
            entry.what.strip_prefix("RolloutStepCompleted").and_then(|rest| rest.split_once("(setWeight: "));
        if let Some((_, weight)) = completed
            && weight.trim_end_matches(')').parse() != Ok(seen)
        {
            unseen.push(entry);
        }
    }
    unseen
}
