//! How large each ReplicaSet of a Deployment is to be.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Sets, set_id};
use crate::controllers::write;
use crate::meta::{self, number};
use crate::store::Store;

/// Scales the sets one step on.
pub(super) fn scale(store: &mut Store, sets: &Sets) {
    let Some(new) = &sets.new else { return };
    let wanted = number(&sets.deployment, &["spec", "replicas"]).unwrap_or(1);
    if sets.deployment["spec"]["strategy"]["type"] == "Recreate" {
        let old_left = sets.old.iter().any(|set| wanted_of(set) > 0 || present(set) > 0);
        sets.old.iter().for_each(|set| set_size(store, set, 0));
        if !old_left {
            set_size(store, new, wanted);
        }
        return;
    }
    let (surge, unavailable) = limits(&sets.deployment, wanted);
    let total: i64 = sets.all().map(|set| wanted_of(set)).sum();
    let size = match wanted_of(new) {
        size if size > wanted => wanted,
        size => size + (wanted + surge - total).clamp(0, wanted - size),
    };
    set_size(store, new, size);
    shrink_old(store, sets, new, wanted - unavailable, total);
}

/// Takes pods of old sets away: broken ones at once, others as far as enough stay available.
fn shrink_old(store: &mut Store, sets: &Sets, new: &Value, least: i64, total: i64) {
    let not_yet = (wanted_of(new) - available(new)).max(0);
    let mut broken_to_go = (total - least - not_yet).max(0);
    let mut spare = (sets.all().map(|set| available(set)).sum::<i64>() - least).max(0);
    for set in &sets.old {
        let size = wanted_of(set);
        let broken = (size - available(set)).clamp(0, broken_to_go);
        broken_to_go -= broken;
        let healthy = (size - broken).min(spare).min((total - least - not_yet).max(0));
        spare -= healthy;
        set_size(store, set, size - broken - healthy);
    }
}

/// Surge and unavailability in pods; both zero would stand still, so one pod may be missing.
fn limits(deployment: &Value, wanted: i64) -> (i64, i64) {
    let of = |field: &str, round_up: i64| {
        let limit = &deployment["spec"]["strategy"]["rollingUpdate"][field];
        match limit.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok()) {
            Some(percent) => (percent * wanted + round_up).div_euclid(100),
            None => limit.as_i64().unwrap_or(0),
        }
    };
    let (surge, unavailable) = (of("maxSurge", 99), of("maxUnavailable", 0));
    (surge, if surge == 0 && unavailable == 0 { 1 } else { unavailable.min(wanted) })
}

pub(super) fn wanted_of(set: &Value) -> i64 {
    number(set, &["spec", "replicas"]).unwrap_or(0)
}

pub(super) fn available(set: &Value) -> i64 {
    number(set, &["status", "availableReplicas"]).unwrap_or(0)
}

fn present(set: &Value) -> i64 {
    number(set, &["status", "replicas"]).unwrap_or(0)
}

fn set_size(store: &mut Store, set: &Arc<Value>, size: i64) {
    if wanted_of(set) != size {
        write::change(store, &set_id(set), |set| meta::set(set, &["spec", "replicas"], json!(size)));
    }
}
