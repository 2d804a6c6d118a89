//! Judges what the controller writes by the invariants of the design, write by write.

use std::collections::BTreeMap;

use aviary_rollout::{Action, Decision, PatchBody};
use crd::Kind;
use serde_json::Value;

use crate::harness::Cluster;

/// I5: at most one write of a Service's selector in a pass.
pub(crate) fn pass(decision: &Decision) -> Result<(), String> {
    let mut written = Vec::new();
    for action in &decision.actions {
        if let Action::Patch { key, patch: PatchBody::Merge(patch) } = action
            && key.kind == Kind::SERVICE
            && patch.pointer("/spec/selector").is_some()
        {
            if written.contains(&&key.name) {
                return Err(format!("I5: {key} is written twice in one pass"));
            }
            written.push(&key.name);
        }
    }
    Ok(())
}

/// I2 to I5, for one write.
pub(crate) fn write(before: &Cluster, after: &Cluster) -> Result<(), String> {
    weights(before, after)?;
    selectors(before, after)?;
    sizes(before, after)
}

/// Pods of a version that serve.
fn serving(cluster: &Cluster, hash: &str) -> i64 {
    let set = cluster.sets.iter().find(|set| set.hash() == hash);
    set.map_or(0, |set| set.status.available_replicas.min(set.replicas()).into())
}

fn replicas(cluster: &Cluster) -> i64 {
    cluster.rollout.replicas().into()
}

/// Pods that a share of the traffic needs. Weights are whole: one hundredth more or less is rounding.
fn needed(cluster: &Cluster, weight: i64) -> i64 {
    (((weight - 1) * replicas(cluster) + 99) / 100).max(1)
}

/// Weight by Service; empty without a router.
fn sent(cluster: &Cluster) -> BTreeMap<&str, i64> {
    let backends =
        cluster.routes.values().filter_map(|route| route["spec"]["rules"][0]["backendRefs"].as_array());
    let weight = |one: &Value| one["weight"].as_i64().unwrap_or(0);
    backends.flatten().filter_map(|one| Some((one["name"].as_str()?, weight(one)))).collect()
}

fn selected<'a>(cluster: &'a Cluster, service: &str) -> &'a str {
    cluster.services.get(service).map_or("", |service| service.selected_hash())
}

fn weights(before: &Cluster, after: &Cluster) -> Result<(), String> {
    let (old, new) = (sent(before), sent(after));
    if old == new {
        return Ok(());
    }
    if new.values().sum::<i64>() != 100 || new.values().any(|weight| !(0..=100).contains(weight)) {
        return Err(format!("I4: weights are {new:?}"));
    }
    for (service, weight) in &new {
        let was = old.get(service).copied().unwrap_or(0);
        let hash = selected(after, service);
        if *weight > was && !hash.is_empty() && serving(after, hash) < needed(after, *weight) {
            let pods = serving(after, hash);
            return Err(format!("I2: {service} goes from {was}% to {weight}% with {pods} pods of {hash}"));
        }
        if *weight > was && after.rollout.status.abort && *service == "canary" {
            return Err(format!("I5: the canary goes from {was}% to {weight}% after the abort"));
        }
    }
    Ok(())
}

fn selectors(before: &Cluster, after: &Cluster) -> Result<(), String> {
    let sent = sent(after);
    for name in after.services.keys() {
        let (old, new) = (selected(before, name), selected(after, name));
        if old == new {
            continue;
        }
        let pods = serving(after, new);
        let weight = sent.get(name.as_str()).copied().unwrap_or(0);
        // Where there were fewer, more of them lose nothing.
        if weight > 0 && pods < needed(after, weight).min(serving(after, old)) {
            return Err(format!("I2: {name} gets {weight}% and is pointed at {new} with {pods} pods"));
        }
        let carried = serving(after, old).min(replicas(after));
        if name == "active" && !old.is_empty() && pods < carried {
            return Err(format!("I2: all users go from {carried} pods of {old} to {pods} of {new}"));
        }
    }
    Ok(())
}

fn sizes(before: &Cluster, after: &Cluster) -> Result<(), String> {
    let sent = sent(after);
    for (old, new) in before.sets.iter().zip(&after.sets) {
        if new.replicas() >= old.replicas() {
            continue;
        }
        let (hash, size) = (new.hash(), i64::from(new.replicas()));
        let weight: i64 = sent
            .iter()
            .filter(|(service, _)| selected(after, service) == hash)
            .map(|(_, weight)| weight)
            .sum();
        if weight > 0 && size < needed(after, weight) {
            return Err(format!("I3: {hash} shrinks to {size} pods while it gets {weight}%"));
        }
        if selected(after, "active") == hash && size < replicas(after) {
            return Err(format!("I3: {hash} shrinks to {size} pods while all users are there"));
        }
    }
    // Without a router and without a switch, users are wherever pods are.
    let by_pods = sent.is_empty() && !after.services.contains_key("active");
    let all = |cluster: &Cluster| cluster.sets.iter().map(|set| serving(cluster, set.hash())).sum::<i64>();
    let least = replicas(after);
    if by_pods && all(after) < all(before) && all(after) < least {
        return Err(format!("I4: {} of {least} pods are left where {} were", all(after), all(before)));
    }
    Ok(())
}
