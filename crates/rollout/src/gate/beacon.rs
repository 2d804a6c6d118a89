//! What this region tells its peers.

use crd::{Beacon, BeaconPhase, Kind, ObjectKey, PluginOperation, PluginPhase, names};
use serde_json::{Value, json};

use super::{gates, release};
use crate::decision::Action;
use crate::observed::Answer;
use crate::phases::claim;
use crate::plan::Plan;
use crate::weights;

pub(super) fn key(namespace: &str, group: &str) -> ObjectKey {
    ObjectKey::new(Kind::CONFIG_MAP, namespace, Beacon::config_map(group))
}

/// Publishes the beacon of every gate whose content changed, or whose life is half over while the update goes on.
pub(crate) fn publish(plan: &mut Plan<'_>) {
    let canary = plan.strategy;
    let mut published: Vec<String> = Vec::new();
    for (_, config) in gates(canary) {
        if published.contains(&config.group) {
            continue;
        }
        let before = stored(plan, &config.group);
        let mut beacon = content(plan, &config.group, before.as_ref());
        let now = plan.time();
        let lifetime = i64::try_from(config.lifetime.as_secs()).unwrap_or(i64::MAX).max(1);
        beacon.time = now;
        beacon.expires = now.plus_seconds(lifetime);
        let unfinished = beacon.phase == BeaconPhase::Progressing;
        let half = config.lifetime / 2;
        match &before {
            Some(before) if same_content(before, &beacon) => {
                let age = plan.now.duration_since(before.time.timestamp());
                let due = age >= half.try_into().unwrap_or_default();
                if unfinished && !due {
                    let renewal = before.time.plus_seconds(lifetime.div_euclid(2));
                    plan.requeue_at(renewal.timestamp());
                }
                if !unfinished || !due {
                    continue;
                }
                beacon.sequence = before.sequence;
            }
            Some(before) => beacon.sequence = before.sequence.saturating_add(1),
            None => {}
        }
        if unfinished {
            plan.requeue(half);
        }
        write(plan, &beacon, before.is_some());
        published.push(config.group);
    }
}

/// The beacon that is published already; anything unreadable counts as none.
fn stored(plan: &Plan<'_>, group: &str) -> Option<Beacon> {
    let object = plan.observed.routes.get(&key(&plan.rollout.metadata.namespace, group))?;
    let text = object.get("data")?.get(Beacon::KEY)?.as_str()?;
    serde_json::from_str(text).ok()
}

fn content(plan: &Plan<'_>, group: &str, before: Option<&Beacon>) -> Beacon {
    let release = release::identity(&plan.rollout);
    let status = &plan.status;
    let sticky = before.filter(|before| before.release == release && before.phase == BeaconPhase::Aborted);
    let promoted = !status.stable_rs.is_empty() && status.stable_rs == status.current_pod_hash;
    let (phase, message) = match sticky {
        Some(before) => (BeaconPhase::Aborted, before.message.clone()),
        None if status.abort => {
            let why = plan.pauses.abort.clone();
            (
                BeaconPhase::Aborted,
                why.unwrap_or_else(|| "aborted by a user or an earlier failure".to_owned()),
            )
        }
        None if promoted => (BeaconPhase::Promoted, String::new()),
        None => (BeaconPhase::Progressing, String::new()),
    };
    let now = plan.time();
    Beacon {
        group: group.to_owned(),
        release,
        region: plan.observed.settings.region.clone(),
        step: status.current_step_index.unwrap_or(0),
        phase,
        verified: is_verified(plan),
        weight: weight(plan),
        message,
        sequence: 1,
        time: now,
        expires: now,
    }
}

fn same_content(one: &Beacon, other: &Beacon) -> bool {
    let timeless =
        |beacon: &Beacon| Beacon { sequence: 0, time: other.time, expires: other.expires, ..beacon.clone() };
    timeless(one) == timeless(other)
}

/// Whether the checks of this region hold: at the gate that is the current step, else at the last gate passed.
fn is_verified(plan: &Plan<'_>) -> bool {
    let index = plan.status.current_step_index.unwrap_or(0);
    let passed = |gate: i32| {
        plan.status.canary.step_plugin_statuses.iter().any(|status| {
            status.index == gate
                && status.operation == PluginOperation::Run
                && status.phase == Some(PluginPhase::Successful)
        })
    };
    let last = gates(plan.strategy).map(|(gate, _)| gate).take_while(|gate| *gate <= index).last();
    let Some(gate) = last else { return false };
    let holds = |answer: &Answer| match answer {
        Answer::Regions { question, local: Some(Ok(())), .. } => plan.decision.questions.contains(question),
        _ => false,
    };
    passed(gate) || (gate == index && plan.observed.answers.iter().any(holds))
}

/// The weight that was seen, or that the pods stand for.
fn weight(plan: &Plan<'_>) -> i32 {
    let status = &plan.status;
    let promoted = !status.stable_rs.is_empty() && status.stable_rs == status.current_pod_hash;
    match &status.canary.weights {
        _ if promoted => weights::max(plan.strategy),
        Some(weights) if weights.verified != Some(false) => weights.canary.weight,
        Some(_) => plan.stored().canary.weights.as_ref().map_or(0, |weights| weights.canary.weight),
        None => weights::current(plan),
    }
}

fn write(plan: &mut Plan<'_>, beacon: &Beacon, exists: bool) {
    let key = key(&plan.rollout.metadata.namespace, &beacon.group);
    let text = serde_json::to_string(beacon).unwrap_or_default();
    let data = json!({ Beacon::KEY: text });
    if exists || plan.observed.routes.contains_key(&key) {
        plan.merge(key, json!({ "data": data }));
        return;
    }
    let object: Value = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": { names::BEACON: beacon.group },
            "ownerReferences": [claim::controlled_by(&plan.rollout)],
        },
        "data": data,
    });
    plan.act(Action::Create { key, object });
}
