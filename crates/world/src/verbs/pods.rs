//! What only pods have: `eviction`, which honours disruption budgets, and `binding`, which gives them a node.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::selection::LabelSelector;
use crate::verbs::{Call, Deletion};
use crate::{Body, Response, Status, meta};

/// Deletes a pod, unless a disruption budget needs it.
pub(crate) fn evict(call: &mut Call<'_>) -> Result<Response, Status> {
    let pod = pod(call)?;
    let mut deletion = Deletion::default();
    if let Some(Body::Object(eviction)) = &call.request.body {
        deletion.read(&eviction["deleteOptions"]);
    }
    let id = call.kind.id(meta::namespace(&pod), meta::name(&pod));
    deletion.dry_run |= call.request.options.dry_run;
    deletion.check(&id, &pod)?;
    let over = matches!(meta::text(&pod, &["status", "phase"]), "Succeeded" | "Failed" | "Pending");
    if !over && !meta::is_deleting(&pod) {
        budgets_allow(call, &pod)?;
    }
    deletion.carry_out(call.store, &id, &pod, call.now);
    Ok(success(201))
}

/// Gives a pod its node.
pub(crate) fn bind(call: &mut Call<'_>) -> Result<Response, Status> {
    let pod = pod(call)?;
    let Some(Body::Object(binding)) = &call.request.body else {
        return Err(Status::bad_request("a binding needs a Binding object as its body"));
    };
    let (node, name) = (meta::text(binding, &["target", "name"]).to_owned(), meta::name(&pod).to_owned());
    let bound = meta::text(&pod, &["spec", "nodeName"]);
    if !bound.is_empty() {
        let why = format!("pod {name} is already assigned to node {bound:?}");
        return Err(Status::conflict_because("", "pods/binding", &name, &why));
    }
    let mut object = Value::clone(&pod);
    meta::set(&mut object, &["spec", "nodeName"], node.into());
    let conditions = meta::items(&pod, &["status", "conditions"]).iter();
    let mut conditions: Vec<Value> =
        conditions.filter(|one| one["type"] != "PodScheduled").cloned().collect();
    conditions.push(json!({
        "type": "PodScheduled", "status": "True", "lastProbeTime": null,
        "lastTransitionTime": meta::stamp(call.now),
    }));
    meta::set(&mut object, &["status", "conditions"], conditions.into());
    let id = call.id();
    call.write(&id, object);
    Ok(success(201))
}

fn pod(call: &Call<'_>) -> Result<Arc<Value>, Status> {
    if &*call.kind.plural != "pods" {
        return Err(Status::no_such_path());
    }
    call.live()
}

fn success(code: u16) -> Response {
    let body =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code});
    Response { code, body: body.into(), warnings: Vec::new() }
}

/// 429 when a budget that covers the pod has no disruption left.
fn budgets_allow(call: &Call<'_>, pod: &Value) -> Result<(), Status> {
    let namespace = meta::namespace(pod);
    for budget in call.store.list("policy", "poddisruptionbudgets", namespace) {
        let selector = LabelSelector::from_object(&budget["spec"]["selector"]);
        if !selector.matches(&pod["metadata"]["labels"]) {
            continue;
        }
        let pods = call.store.list("", "pods", namespace);
        let covered: Vec<_> = pods.filter(|pod| selector.matches(&pod["metadata"]["labels"])).collect();
        let healthy = covered.iter().filter(|pod| is_ready(pod) && !meta::is_deleting(pod)).count() as i64;
        let needed = needed(&budget["spec"], covered.len() as i64);
        // An unready pod protects nothing.
        if is_ready(pod) && healthy <= needed {
            let why = "Cannot evict pod as it would violate the pod's disruption budget.";
            let message = format!(
                "The disruption budget {} needs {needed} healthy pods and has {healthy} currently",
                meta::name(budget)
            );
            let mut refusal = Status::new(429, "TooManyRequests", why);
            refusal.details = json!({"causes": [{"reason": "DisruptionBudget", "message": message}]});
            return Err(refusal);
        }
    }
    Ok(())
}

fn needed(budget: &Value, covered: i64) -> i64 {
    let least = budget.get("minAvailable").map(|least| share(least, covered));
    let most = budget.get("maxUnavailable").map(|most| covered - share(most, covered));
    least.or(most).unwrap_or(0)
}

/// A number, or a percentage of `total` rounded up.
fn share(amount: &Value, total: i64) -> i64 {
    let percent = amount.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
    match percent {
        Some(percent) => (percent * total + 99).div_euclid(100),
        None => amount.as_i64().unwrap_or(0),
    }
}

/// Whether the `Ready` condition of a pod is `True`.
pub(crate) fn is_ready(pod: &Value) -> bool {
    meta::items(pod, &["status", "conditions"])
        .iter()
        .any(|one| one["type"] == "Ready" && one["status"] == "True")
}
