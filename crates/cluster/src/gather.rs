//! From the cache to [`Observed`]: everything that one pass may look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{AnalysisTemplate, AnalysisTemplateRef, Kind, ObjectKey, ReplicaSet, Rollout};
use rollout::{Observed, Reads, Settings, Templates, experiment};

use serde_json::Value;

use crate::cache::{Name, Objects, oldest_first};

/// Gathers what the pass over `rollout` may look at. Pods, answers, and names that others have are not in the cache and come from the caller.
pub(crate) fn gather(
    objects: &Objects,
    rollout: &Arc<Rollout>,
    reads: &Reads,
    settings: &Arc<Settings>,
) -> Observed {
    let meta = &rollout.metadata;
    let namespace = meta.namespace.as_str();
    let services = reads.services.iter().filter_map(|name| {
        objects.services.get(namespace, name).map(|service| (name.clone(), Arc::clone(service)))
    });
    let routes = reads.routes.iter().filter_map(|key| Some((key.clone(), as_it_is(objects, key)?)));
    let routes = routes.collect();
    let resolved = rollout::with_workload(rollout, &routes);
    let next = rollout::next_replica_set(&resolved);
    Observed {
        rollout: Arc::clone(rollout),
        replica_sets: replica_sets(objects, &resolved),
        same_name: objects.replica_sets.get(namespace, &next).cloned(),
        services: services.collect(),
        analysis_runs: objects.analysis_runs.controlled_by(&meta.uid),
        experiments: objects.experiments.controlled_by(&meta.uid),
        taken: BTreeSet::new(),
        templates: templates(objects, namespace, &reads.templates),
        routes,
        pods: vec![],
        answers: vec![],
        settings: Arc::clone(settings),
    }
}

/// Gathers what the pass over an Experiment may look at; `None` when there is no such Experiment.
pub(crate) fn experiment(
    objects: &Objects,
    (namespace, name): &Name,
    settings: &Arc<Settings>,
) -> Option<experiment::Observed> {
    let experiment = objects.experiments.get(namespace, name)?;
    let uid = &experiment.metadata.uid;
    let mut services = objects.services.controlled_by(uid);
    for wanted in experiment::services(experiment) {
        let known = services.iter().any(|service| service.metadata.name == wanted);
        services.extend(objects.services.get(namespace, &wanted).filter(|_| !known).cloned());
    }
    Some(experiment::Observed {
        experiment: Arc::clone(experiment),
        replica_sets: objects.replica_sets.controlled_by(uid),
        services,
        analysis_runs: objects.analysis_runs.controlled_by(uid),
        templates: templates(objects, namespace, &experiment::templates(experiment)),
        refused: BTreeMap::new(),
        settings: Arc::clone(settings),
    })
}

/// An object without a type of its own, or a ReplicaSet whose template is another's.
fn as_it_is(objects: &Objects, key: &ObjectKey) -> Option<Arc<Value>> {
    let known = objects.others.get(key).cloned();
    if known.is_some() || key.kind != Kind::REPLICA_SET {
        return known;
    }
    let set = objects.replica_sets.get(&key.namespace, &key.name)?;
    serde_json::to_value(&**set).ok().map(Arc::new)
}

/// The ReplicaSets that the Rollout controls, and the orphans that its selector matches.
fn replica_sets(objects: &Objects, rollout: &Rollout) -> Vec<Arc<ReplicaSet>> {
    let mut found = objects.replica_sets.controlled_by(&rollout.metadata.uid);
    let selector = rollout.spec.selector.as_ref().filter(|selector| !selector.is_empty());
    if let Some(selector) = selector {
        let before = found.len();
        let orphans = objects.replica_sets.orphans(&rollout.metadata.namespace);
        found.extend(orphans.filter(|orphan| selector.matches(&orphan.metadata.labels)).cloned());
        if found.len() > before {
            oldest_first(&mut found);
        }
    }
    found
}

/// The templates that exist of `references` and of everything that those refer to in turn. A cycle ends by itself.
fn templates(objects: &Objects, namespace: &str, references: &[AnalysisTemplateRef]) -> Templates {
    let mut found = Templates { namespaced: BTreeMap::new(), cluster: BTreeMap::new() };
    let mut wanted: Vec<AnalysisTemplateRef> = references.to_vec();
    let mut seen = BTreeSet::new();
    while let Some(reference) = wanted.pop() {
        if !seen.insert(reference.clone()) {
            continue;
        }
        let Some(template) = template(objects, namespace, &reference) else { continue };
        wanted.extend(template.spec.templates.iter().cloned());
        let scope = if reference.cluster_scope { &mut found.cluster } else { &mut found.namespaced };
        scope.insert(reference.template_name, Arc::clone(template));
    }
    found
}

/// The template that a reference names.
pub(crate) fn template<'a>(
    objects: &'a Objects,
    namespace: &str,
    reference: &AnalysisTemplateRef,
) -> Option<&'a Arc<AnalysisTemplate>> {
    if reference.cluster_scope {
        objects.cluster_analysis_templates.get("", &reference.template_name)
    } else {
        objects.analysis_templates.get(namespace, &reference.template_name)
    }
}

/// The kinds of the objects that a Rollout reads beyond the table of watches.
pub(crate) fn other_kinds(reads: &Reads) -> BTreeSet<Kind> {
    reads.routes.iter().map(|key| key.kind.clone()).collect()
}
