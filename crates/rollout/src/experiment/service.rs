//! The Service in front of a template's pods (spec experiment-01, Service).

use crd::{
    ExperimentService, ExperimentTemplate, IntOrString, Kind, ReplicaSet, Service, ServicePort, ServiceSpec,
    TemplateCode, TemplateStatus,
};
use serde_json::Value;

use super::plan::Plan;
use super::{Refusal, claim, replica_set};
use crate::decision::Action;
use crate::phases::with_type;

/// How it is called.
pub(super) fn name(service: &ExperimentService, replica_set: &str) -> String {
    if service.name.is_empty() { replica_set.to_owned() } else { service.name.clone() }
}

/// Creates the Service while the template has pods, and deletes it after them, or when it is not wanted.
pub(super) fn reconcile(
    plan: &mut Plan<'_>,
    template: &ExperimentTemplate,
    set: &ReplicaSet,
    desired: i32,
    status: &mut TemplateStatus,
) {
    let wanted = template.service.as_ref().map(|service| name(service, &set.metadata.name));
    let observed = plan.observed;
    let ours = observed
        .services
        .iter()
        .filter(|service| claim::belongs(plan.experiment, &template.name, &service.metadata));
    let over = desired == 0 && set.status.available_replicas == 0;
    let ours: Vec<&Service> = ours.map(AsRef::as_ref).collect();
    for service in &ours {
        if over || wanted.as_ref() != Some(&service.metadata.name) {
            delete(plan, template, service, status);
        }
    }
    let Some(wanted) = wanted.filter(|_| !over) else { return };
    if ours.iter().any(|service| service.metadata.name == wanted) {
        told(status, &wanted, set);
    } else if desired != 0 {
        create(plan, template, set, &wanted, status);
    }
}

fn told(status: &mut TemplateStatus, service: &str, set: &ReplicaSet) {
    service.clone_into(&mut status.service_name);
    set.hash().clone_into(&mut status.pod_template_hash);
}

fn create(
    plan: &mut Plan<'_>,
    template: &ExperimentTemplate,
    set: &ReplicaSet,
    name: &str,
    status: &mut TemplateStatus,
) {
    let ports = ports(set);
    if ports.is_empty() {
        return;
    }
    let key = plan.key(Kind::SERVICE, name);
    let taken = plan.observed.services.iter().any(|service| service.metadata.name == name);
    let why = match plan.refused(&key) {
        _ if taken => foreign(name, &template.name),
        Some(Refusal::Exists) => foreign(name, &template.name),
        Some(Refusal::Because(why)) => format!("cannot create service: {why}"),
        None => {
            let service = Service {
                metadata: replica_set::metadata(plan, template, name.to_owned()),
                spec: ServiceSpec { selector: set.metadata.labels.clone(), ports },
            };
            plan.act(Action::Create { key, object: with_type(&Kind::SERVICE, &service) });
            told(status, name, set);
            return;
        }
    };
    status.code = Some(TemplateCode::Error);
    status.message = format!("Failed to create Service {name} for template '{}': {why}", template.name);
}

fn foreign(name: &str, template: &str) -> String {
    format!("service {name} already exists and is not owned by experiment template {template}")
}

fn delete(
    plan: &mut Plan<'_>,
    template: &ExperimentTemplate,
    service: &Service,
    status: &mut TemplateStatus,
) {
    let key = plan.key(Kind::SERVICE, &service.metadata.name);
    if let Some(Refusal::Because(why)) = plan.refused(&key) {
        status.code = Some(TemplateCode::Error);
        status.message = format!("Failed to delete Service for template '{}': {why}", template.name);
        return;
    }
    plan.act(Action::Delete { key, uid: service.metadata.uid.clone() });
    status.service_name = String::new();
    status.pod_template_hash = String::new();
}

/// Every port of every container.
fn ports(set: &ReplicaSet) -> Vec<ServicePort> {
    let pods = set.spec.template.spec.value();
    let list =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let containers = list(&pods, "containers");
    let ports = containers.iter().flat_map(|container| list(container, "ports"));
    let port = |written: Value| {
        let number = written.get("containerPort").and_then(Value::as_i64);
        let number = i32::try_from(number?).ok()?;
        let text = |field: &str| written.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(ServicePort {
            name: text("name"),
            protocol: text("protocol"),
            port: number,
            target_port: Some(IntOrString::Int(number)),
        })
    };
    ports.filter_map(port).collect()
}
