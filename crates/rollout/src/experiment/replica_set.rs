//! The ReplicaSet of a template.

use crd::{
    Experiment, ExperimentTemplate, Kind, ObjectMeta, ReplicaSet, ReplicaSetSpec, TemplateCode,
    TemplateStatus, hash, names,
};

use super::Refusal;
use super::plan::Plan;
use crate::decision::Action;
use crate::events;
use crate::phases::with_type;

/// How it is called; there is no hash in it.
pub(super) fn name(experiment: &Experiment, template: &ExperimentTemplate) -> String {
    format!("{}-{}", experiment.metadata.name, template.name)
}

/// Creates it without pods; the next pass gives it some. Where somebody else has the name, the template waits for it
/// until its deadline.
pub(super) fn create(plan: &mut Plan<'_>, template: &ExperimentTemplate, status: &mut TemplateStatus) {
    let name = name(plan.experiment, template);
    let key = plan.key(Kind::REPLICA_SET, &name);
    match plan.refused(&key) {
        None => {
            let set = new(plan, template, status.collision_count);
            plan.act(Action::Create { key, object: with_type(&Kind::REPLICA_SET, &set) });
            status.last_transition_time = Some(plan.time());
        }
        Some(Refusal::Exists) => {
            status.collision_count.get_or_insert(1);
            status.last_transition_time.get_or_insert(plan.time());
            status.message = format!("ReplicaSet {name} belongs to somebody else");
            plan.because("experiment.collision", status.message.clone());
        }
        Some(Refusal::Because(why)) => {
            let text = format!("Failed to create new replica set \"{name}\": {why}");
            plan.tell(events::normal(events::REPLICA_SET_CREATE_ERROR, text));
            status.code = Some(TemplateCode::Error);
            status.message = format!("Failed to create ReplicaSet for template '{}': {why}", template.name);
        }
    }
}

fn new(plan: &Plan<'_>, template: &ExperimentTemplate, collisions: Option<i32>) -> ReplicaSet {
    let mut pods = template.template.clone();
    pods.metadata.labels.remove(names::POD_TEMPLATE_HASH);
    let hash = hash::pod_template(&pods, collisions);
    let labelled = (names::POD_TEMPLATE_HASH.to_owned(), hash);
    pods.metadata.labels.extend([labelled.clone()]);
    let mut selector = template.selector.clone().unwrap_or_default();
    selector.match_labels.extend([labelled]);
    let mut metadata = metadata(plan, template, name(plan.experiment, template));
    metadata.labels = pods.metadata.labels.clone();
    ReplicaSet {
        metadata,
        spec: ReplicaSetSpec {
            replicas: Some(0),
            min_ready_seconds: template.min_ready_seconds,
            selector,
            template: pods,
        },
        ..ReplicaSet::default()
    }
}

/// The metadata of everything that a template needs.
pub(super) fn metadata(plan: &Plan<'_>, template: &ExperimentTemplate, name: String) -> ObjectMeta {
    let mut metadata = ObjectMeta {
        name,
        namespace: plan.experiment.metadata.namespace.clone(),
        owner_references: vec![plan.controlled()],
        ..ObjectMeta::default()
    };
    metadata.annotations.insert(names::EXPERIMENT.to_owned(), plan.experiment.metadata.name.clone());
    metadata.annotations.insert(names::EXPERIMENT_TEMPLATE.to_owned(), template.name.clone());
    metadata
}
