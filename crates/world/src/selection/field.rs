//! Field selectors as text: `metadata.name=shop,status.phase!=Running`.

use serde_json::Value;

/// A field selector. All requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    field: String,
    value: String,
    equal: bool,
}

/// The fields that each kind can be selected by, beyond name and namespace.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "",
        "pods",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
    ),
    (
        "",
        "events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    (
        "events.k8s.io",
        "events",
        &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
    ),
    ("", "secrets", &["type"]),
    ("", "namespaces", &["status.phase"]),
    ("", "nodes", &["spec.unschedulable"]),
    ("", "services", &["spec.clusterIP", "spec.type"]),
    ("apps", "replicasets", &["status.replicas"]),
    ("batch", "jobs", &["status.successful"]),
];

impl FieldSelector {
    pub(crate) fn parse(text: &str, group: &str, plural: &str) -> Result<Self, String> {
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        let all: Vec<Requirement> = parts.map(requirement).collect::<Result<_, _>>()?;
        match all.iter().find(|requirement| !is_known(&requirement.field, group, plural)) {
            Some(unknown) => Err(format!("field label not supported: {}", unknown.field)),
            None => Ok(Self(all)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|requirement| {
            let found = requirement.field.split('.').try_fold(object, |value, step| value.get(step));
            let equal = match found {
                // `source` selects by the component in it.
                Some(Value::Object(map)) => {
                    map.get("component").and_then(Value::as_str) == Some(&requirement.value)
                }
                Some(Value::String(found)) => *found == requirement.value,
                Some(other) if !other.is_null() => requirement.value == format!("{other}"),
                _ => requirement.value.is_empty(),
            };
            equal == requirement.equal
        })
    }
}

fn is_known(field: &str, group: &str, plural: &str) -> bool {
    matches!(field, "metadata.name" | "metadata.namespace")
        || FIELDS.iter().any(|(g, p, fields)| *g == group && *p == plural && fields.contains(&field))
}

fn requirement(part: &str) -> Result<Requirement, String> {
    let (field, value, equal) = if let Some((field, value)) = part.split_once("!=") {
        (field, value, false)
    } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        (field, value, true)
    } else {
        return Err(format!("invalid selector: '{part}'; can't understand '{part}'"));
    };
    Ok(Requirement { field: field.trim().to_owned(), value: value.trim().to_owned(), equal })
}
