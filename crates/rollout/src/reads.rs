//! What must be fetched for a pass.

use crd::{PodTemplate, Rollout, hash};

use crate::observed::Reads;
use crate::strategy::{self, Strategy};
use crate::workload;

/// What must be fetched for a pass over one Rollout. RBAC follows from it.
///
/// ```
/// let rollout: crd::Rollout = crd::yaml::from_str(
///     "
/// metadata: {name: shop, namespace: prod}
/// spec:
///   strategy:
///     canary:
///       stableService: shop
///       steps: [{setWeight: 25}, {analysis: {templates: [{templateName: errors}]}}]
/// ",
/// )?;
/// let reads = aviary_rollout::reads(&rollout);
/// assert_eq!(reads.services, ["shop"]);
/// assert_eq!(reads.templates[0].template_name, "errors");
/// # Ok::<(), crd::yaml::Error>(())
/// ```
pub fn reads(rollout: &Rollout) -> Reads {
    match (rollout.canary(), rollout.blue_green()) {
        (Some(canary), _) => of_strategy(rollout, canary),
        (None, Some(blue_green)) => of_strategy(rollout, blue_green),
        (None, None) => Reads::default(),
    }
}

fn of_strategy<S: Strategy>(rollout: &Rollout, strategy: &S) -> Reads {
    let metadata = strategy.metadata_of_new().is_some() || strategy.metadata_of_stable().is_some();
    let mut services: Vec<String> =
        strategy.services().into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect();
    services.sort();
    services.dedup();
    let mut routes = strategy.routes(rollout);
    routes.extend(workload::key(rollout));
    routes.sort();
    routes.dedup();
    Reads {
        services,
        templates: strategy::templates(strategy),
        routes,
        pods: restart_is_due(rollout) || metadata,
    }
}

/// The name that the next ReplicaSet would get; empty while the template comes from a workload that is not there
/// (see [`with_workload`](crate::with_workload)).
pub fn next_replica_set(rollout: &Rollout) -> String {
    if rollout.spec.workload_ref.is_some() && rollout.spec.template == PodTemplate::default() {
        return String::new();
    }
    let hash = hash::pod_template(&rollout.spec.template, rollout.status.collision_count);
    format!("{}-{hash}", rollout.metadata.name)
}

/// Whether a pass over either state of a Rollout decides the same, so that the change is no reason for one.
///
/// Labels are not compared: what a pass creates may carry them, but they are never why it creates something.
///
/// ```
/// let before: crd::Rollout = crd::yaml::from_str("{metadata: {name: shop, resourceVersion: '7'}, spec: {replicas: 2}}")?;
/// let mut after = before.clone();
/// after.metadata.resource_version = "8".to_owned();
/// after.metadata.labels.insert("team".to_owned(), "blue".to_owned());
/// assert!(aviary_rollout::decides_alike(&before, &after));
/// after.spec.replicas = Some(3);
/// assert!(!aviary_rollout::decides_alike(&before, &after));
/// # Ok::<(), crd::yaml::Error>(())
/// ```
pub fn decides_alike(before: &Rollout, after: &Rollout) -> bool {
    let (one, other) = (&before.metadata, &after.metadata);
    one.uid == other.uid
        && one.generation == other.generation
        && one.deletion_timestamp == other.deletion_timestamp
        && one.annotations == other.annotations
        && before.status == after.status
        // Every change of a specification is another generation.
        && (one.generation.is_some() || before.spec == after.spec)
}

fn restart_is_due(rollout: &Rollout) -> bool {
    rollout.spec.restart_at.is_some() && rollout.spec.restart_at != rollout.status.restarted_at
}
