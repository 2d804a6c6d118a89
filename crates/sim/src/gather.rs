//! From the world to `Observed`: everything that one pass may look at.

use std::collections::BTreeSet;
use std::sync::Arc;

use crd::{AnalysisTemplateRef, ObjectMeta, ReplicaSet, Rollout};
use rollout::experiment;
use rollout::{Answer, Observed, Settings, Templates, next_replica_set, reads, with_workload};
use serde_json::Value;
use world::World;

use crate::view::{Typed, View};

const GROUP: &str = "argoproj.io";

/// Gathers what the pass over the Rollout `name` may look at; `None` when there is no such Rollout.
pub fn gather(
    world: &World,
    view: &mut View,
    (namespace, name): (&str, &str),
    answers: Vec<Answer>,
    settings: &Arc<Settings>,
) -> Option<Observed> {
    let rollout = view.rollouts.read(world.object(GROUP, "rollouts", namespace, name)?)?;
    let reads = reads(&rollout);
    let services = reads.services.iter().filter_map(|name| {
        Some((name.clone(), view.services.read(world.object("", "services", namespace, name)?)?))
    });
    let services = services.collect();
    let routes = reads.routes.iter().filter_map(|key| {
        let object = world.object(&key.kind.group, &key.kind.plural, &key.namespace, &key.name)?;
        Some((key.clone(), object.clone()))
    });
    let routes = routes.collect();
    let resolved = with_workload(&rollout, &routes);
    let owned: Vec<&Arc<Value>> = world.dependents(&rollout.metadata.uid).collect();
    let same_name = world.object("apps", "replicasets", namespace, &next_replica_set(&resolved));
    Some(Observed {
        replica_sets: replica_sets(world, view, &resolved, &owned),
        same_name: same_name.and_then(|set| view.replica_sets.read(set)),
        services,
        analysis_runs: of_kind(&mut view.analysis_runs, &owned, "AnalysisRun", |run| &run.metadata),
        experiments: of_kind(&mut view.experiments, &owned, "Experiment", |experiment| &experiment.metadata),
        taken: BTreeSet::new(),
        templates: templates(world, view, namespace, &reads.templates),
        routes,
        pods: if reads.pods { pods(world, view, &resolved) } else { Vec::new() },
        answers,
        settings: settings.clone(),
        rollout,
    })
}

/// Gathers what the pass over the Experiment `name` may look at; `None` when there is no such Experiment.
pub(crate) fn gather_experiment(
    world: &World,
    view: &mut View,
    (namespace, name): (&str, &str),
    settings: &Arc<Settings>,
) -> Option<experiment::Observed> {
    let experiment = view.experiments.read(world.object(GROUP, "experiments", namespace, name)?)?;
    let owned: Vec<&Arc<Value>> = world.dependents(&experiment.metadata.uid).collect();
    let mut services = of_kind(&mut view.services, &owned, "Service", |service| &service.metadata);
    for name in experiment::services(&experiment) {
        if let Some(service) = world.object("", "services", namespace, &name)
            && let Some(service) = view.services.read(service)
            && services.iter().all(|known| known.metadata.name != name)
        {
            services.push(service);
        }
    }
    Some(experiment::Observed {
        replica_sets: of_kind(&mut view.replica_sets, &owned, "ReplicaSet", |set| &set.metadata),
        services,
        analysis_runs: of_kind(&mut view.analysis_runs, &owned, "AnalysisRun", |run| &run.metadata),
        templates: templates(world, view, namespace, &experiment::templates(&experiment)),
        settings: settings.clone(),
        experiment,
        ..experiment::Observed::default()
    })
}

fn of_kind<T: serde::de::DeserializeOwned>(
    typed: &mut Typed<T>,
    owned: &[&Arc<Value>],
    kind: &str,
    meta: fn(&T) -> &ObjectMeta,
) -> Vec<Arc<T>> {
    let mut found: Vec<Arc<T>> = owned
        .iter()
        .filter(|object| object["kind"] == kind)
        .filter_map(|object| typed.read(object))
        .collect();
    found.sort_by(|one, other| age(meta(one)).cmp(&age(meta(other))));
    found
}

/// Sorts oldest first.
fn age(meta: &ObjectMeta) -> (Option<crd::Time>, &str) {
    (meta.creation_timestamp, &meta.name)
}

/// What the Rollout controls, and the orphans that its selector matches.
fn replica_sets(
    world: &World,
    view: &mut View,
    rollout: &Rollout,
    owned: &[&Arc<Value>],
) -> Vec<Arc<ReplicaSet>> {
    let mut found = of_kind(&mut view.replica_sets, owned, "ReplicaSet", |set| &set.metadata);
    let Some(selector) = rollout.spec.selector.as_ref().filter(|selector| !selector.is_empty()) else {
        return found;
    };
    for set in world.objects("apps", "replicasets", &rollout.metadata.namespace) {
        if set["metadata"].get("ownerReferences").is_none()
            && let Some(set) = view.replica_sets.read(set)
            && selector.matches(&set.metadata.labels)
        {
            found.push(set);
        }
    }
    found.sort_by(|one, other| age(&one.metadata).cmp(&age(&other.metadata)));
    found
}

/// The templates that exist of `references` and of everything that those refer to in turn.
fn templates(
    world: &World,
    view: &mut View,
    namespace: &str,
    references: &[AnalysisTemplateRef],
) -> Templates {
    let mut found = Templates::default();
    let mut wanted = references.to_vec();
    let mut seen = BTreeSet::new();
    while let Some(reference) = wanted.pop() {
        if !seen.insert(reference.clone()) {
            continue;
        }
        let (plural, namespace, scope) = if reference.cluster_scope {
            ("clusteranalysistemplates", "", &mut found.cluster)
        } else {
            ("analysistemplates", namespace, &mut found.namespaced)
        };
        let object = world.object(GROUP, plural, namespace, &reference.template_name);
        if let Some(template) = object.and_then(|object| view.templates.read(object)) {
            wanted.extend(template.spec.templates.iter().cloned());
            scope.insert(reference.template_name, template);
        }
    }
    found
}

fn pods(world: &World, view: &mut View, rollout: &Rollout) -> Vec<Arc<crd::Pod>> {
    let Some(selector) = &rollout.spec.selector else { return Vec::new() };
    let all = world.objects("", "pods", &rollout.metadata.namespace);
    let typed: Vec<Arc<crd::Pod>> = all.filter_map(|pod| view.pods.read(pod)).collect();
    typed.into_iter().filter(|pod| selector.matches(&pod.metadata.labels)).collect()
}
