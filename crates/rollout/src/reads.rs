//! What must be fetched for a pass.

use crd::{AnalysisTemplateRef, Canary, ObjectKey, PodTemplate, Rollout, hash};

use crate::observed::Reads;
use crate::{gate, workload};

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
    let Some(canary) = rollout.canary() else { return Reads::default() };
    Reads {
        replica_set: next_replica_set(rollout),
        services: services(canary),
        templates: templates(canary),
        routes: routes(rollout, canary),
        pods: restart_is_due(rollout) || canary.canary_metadata.is_some() || canary.stable_metadata.is_some(),
    }
}

/// Empty while the template comes from a workload that is not read yet.
fn next_replica_set(rollout: &Rollout) -> String {
    if rollout.spec.workload_ref.is_some() && rollout.spec.template == PodTemplate::default() {
        return String::new();
    }
    let hash = hash::pod_template(&rollout.spec.template, rollout.status.collision_count);
    format!("{}-{hash}", rollout.metadata.name)
}

fn services(canary: &Canary) -> Vec<String> {
    let pair = canary.ping_pong.iter().flat_map(|pair| [&pair.ping_service, &pair.pong_service]);
    let mut names: Vec<String> = [&canary.stable_service, &canary.canary_service]
        .into_iter()
        .chain(pair)
        .filter(|name| !name.is_empty())
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

fn templates(canary: &Canary) -> Vec<AnalysisTemplateRef> {
    let background = canary.analysis.iter().map(|background| &background.analysis);
    let inline = canary.steps.iter().filter_map(|step| step.analysis.as_ref());
    let mut templates: Vec<AnalysisTemplateRef> =
        background.chain(inline).flat_map(|analysis| analysis.templates.iter().cloned()).collect();
    templates.sort();
    templates.dedup();
    templates
}

fn routes(rollout: &Rollout, canary: &Canary) -> Vec<ObjectKey> {
    let mut keys: Vec<ObjectKey> =
        traffic::selected(rollout).iter().flat_map(|router| router.reads(rollout)).collect();
    keys.extend(workload::key(rollout));
    keys.extend(gate::beacon_keys(rollout, canary));
    keys.sort();
    keys.dedup();
    keys
}

fn restart_is_due(rollout: &Rollout) -> bool {
    rollout.spec.restart_at.is_some() && rollout.spec.restart_at != rollout.status.restarted_at
}
