//! The anti-affinity term that keeps a new version off the nodes of the stable one (spec rollout-reconcile 3.9).

use serde_json::{Map, Value, json};

use crate::{AntiAffinity, PodTemplate, names};

const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

impl PodTemplate {
    /// This template with a term that keeps its pods off nodes that run pods of the hash `stable`.
    ///
    /// Other affinity is left as it is, an earlier injected term is replaced.
    #[must_use]
    pub fn with_anti_affinity(&self, wanted: &AntiAffinity, stable: &str, namespace: &str) -> Self {
        let mut template = self.without_injected_anti_affinity();
        let term = json!({
            "labelSelector": {
                "matchExpressions": [{"key": names::POD_TEMPLATE_HASH, "operator": "In", "values": [stable]}],
            },
            "namespaces": [namespace],
            "topologyKey": "kubernetes.io/hostname",
        });
        let mut spec = template.spec.value();
        if let Some(preferred) = &wanted.preferred_during_scheduling_ignored_during_execution {
            push(&mut spec, PREFERRED, json!({"weight": preferred.weight, "podAffinityTerm": term}));
        } else if wanted.required_during_scheduling_ignored_during_execution.is_some() {
            push(&mut spec, REQUIRED, term);
        }
        template.spec = spec.into();
        template
    }

    /// This template without the term of [`with_anti_affinity`](Self::with_anti_affinity), and without the objects
    /// that only existed to hold it.
    #[must_use]
    pub fn without_injected_anti_affinity(&self) -> Self {
        let mut template = self.clone();
        // Mostly there is none.
        if template.spec.text().contains(names::POD_TEMPLATE_HASH) {
            let mut spec = template.spec.value();
            spec.as_object_mut().map(prune);
            template.spec = spec.into();
        }
        template
    }
}

fn push(spec: &mut Value, list: &str, term: Value) {
    let mut place = spec;
    for key in ["affinity", "podAntiAffinity", list] {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else { return };
        place = members.entry(key).or_insert(Value::Null);
    }
    match place {
        Value::Array(terms) => terms.push(term),
        other => *other = Value::Array(vec![term]),
    }
}

fn prune(spec: &mut Map<String, Value>) -> Option<()> {
    let affinity = spec.get_mut("affinity")?.as_object_mut()?;
    let anti = affinity.get_mut("podAntiAffinity")?.as_object_mut()?;
    let removed = [PREFERRED, REQUIRED].map(|list| remove_terms(anti, list));
    // What the user wrote empty stays; only what the removal emptied goes.
    if removed.contains(&true) && anti.is_empty() {
        affinity.remove("podAntiAffinity");
        if affinity.is_empty() {
            spec.remove("affinity");
        }
    }
    Some(())
}

fn remove_terms(anti: &mut Map<String, Value>, list: &str) -> bool {
    let Some(terms) = anti.get_mut(list).and_then(Value::as_array_mut) else { return false };
    let before = terms.len();
    terms.retain(|term| !is_injected(term.get("podAffinityTerm").unwrap_or(term)));
    let removed = terms.len() < before;
    if removed && terms.is_empty() {
        anti.remove(list);
    }
    removed
}

fn is_injected(term: &Value) -> bool {
    let expressions = term.pointer("/labelSelector/matchExpressions").and_then(Value::as_array);
    expressions.is_some_and(|expressions| {
        expressions
            .iter()
            .any(|expression| expression.get("key").and_then(Value::as_str) == Some(names::POD_TEMPLATE_HASH))
    })
}
