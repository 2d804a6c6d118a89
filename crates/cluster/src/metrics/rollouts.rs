//! What is told of Rollouts (spec controller-binary 4.1).

use crd::{Condition, Rollout};

use super::info::{Row, Series, Table};
use crate::cache::Objects;

pub(super) const TABLE: Table = &[
    Row {
        name: "rollout_info",
        help: "Every Rollout",
        labels: &["namespace", "name", "strategy", "traffic_router", "phase"],
        series: info,
    },
    count("rollout_info_replicas_available", "Pods that are available", |objects, series| {
        counts(objects, series, |rollout| rollout.status.available_replicas);
    }),
    count("rollout_info_replicas_unavailable", "Pods that are not available", |objects, series| {
        counts(objects, series, |rollout| {
            rollout.status.replicas.saturating_sub(rollout.status.available_replicas)
        });
    }),
    count("rollout_info_replicas_desired", "Pods that are wanted", |objects, series| {
        counts(objects, series, Rollout::replicas);
    }),
    count("rollout_info_replicas_updated", "Pods of the newest version", |objects, series| {
        counts(objects, series, |rollout| rollout.status.updated_replicas);
    }),
    Row {
        name: "rollout_phase",
        help: "Deprecated, see rollout_info: 1 for the phase of each Rollout, 0 for the others",
        labels: &["namespace", "name", "strategy", "phase"],
        series: phases,
    },
];

const fn count(name: &'static str, help: &'static str, series: fn(&Objects, &mut Series<'_>)) -> Row {
    Row { name, help, labels: &["namespace", "name"], series }
}

fn counts(objects: &Objects, series: &mut Series<'_>, value: fn(&Rollout) -> i32) {
    for rollout in objects.rollouts.iter() {
        series(&[&rollout.metadata.namespace, &rollout.metadata.name], value(rollout));
    }
}

fn info(objects: &Objects, series: &mut Series<'_>) {
    for rollout in objects.rollouts.iter() {
        let meta = &rollout.metadata;
        series(&[&meta.namespace, &meta.name, strategy(rollout), router(rollout), phase(rollout)], 1);
    }
}

fn phases(objects: &Objects, series: &mut Series<'_>) {
    const PHASES: [&str; 6] = ["Completed", "Progressing", "Paused", "Timeout", "Error", "Abort"];
    for rollout in objects.rollouts.iter() {
        let (meta, current) = (&rollout.metadata, phase(rollout));
        for phase in PHASES {
            let labels = [&meta.namespace, &meta.name, strategy(rollout), phase];
            series(&labels, i32::from(phase == current));
        }
    }
}

fn strategy(rollout: &Rollout) -> &'static str {
    match (rollout.canary(), rollout.blue_green()) {
        (Some(_), _) => "canary",
        (None, Some(_)) => "blueGreen",
        (None, None) => "none",
    }
}

/// The last configured of the routers that the peer names, in its order.
fn router(rollout: &Rollout) -> &'static str {
    const ORDER: [(&str, &str); 6] = [
        ("alb", "ALB"),
        ("ambassador", "Ambassador"),
        ("istio", "Istio"),
        ("nginx", "Nginx"),
        ("smi", "SMI"),
        ("appMesh", "AppMesh"),
    ];
    let routing = rollout.canary().and_then(|canary| canary.traffic_routing.as_ref());
    let Some(routing) = routing else { return "" };
    ORDER.iter().rev().find(|(field, _)| routing.routers.contains_key(*field)).map_or("", |(_, name)| name)
}

/// The phase as these metrics understand it, which is not `status.phase`.
fn phase(rollout: &Rollout) -> &'static str {
    if rollout.status.condition("InvalidSpec").is_some() {
        return "InvalidSpec";
    }
    match rollout.status.condition("Progressing").map(|condition: &Condition| condition.reason.as_str()) {
        Some("NewReplicaSetAvailable") => "Completed",
        Some("RolloutPaused") => "Paused",
        Some("ReplicaSetCreateError") => "Error",
        Some("ProgressDeadlineExceeded") => "Timeout",
        Some("RolloutAborted") => "Abort",
        _ => "Progressing",
    }
}
