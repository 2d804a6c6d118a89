//! The CustomResourceDefinitions of the five kinds, as data.
//!
//! They accept what those of the public controller accept, field by field, in a tenth of the size: a pod template's
//! specification is open, because the API server validates it again when a ReplicaSet is created. So they fit into
//! the annotation of a client-side `kubectl apply` (262,144 bytes).

pub(crate) mod schema;

use serde_json::{Value, json};

use crate::Kind;

/// One column of `kubectl get`.
type Column = (&'static str, &'static str, &'static str, &'static str);

/// What a kind's definition holds beyond its schema.
struct Definition {
    kind: Kind,
    short_name: &'static str,
    scope: &'static str,
    /// Type of the schema in `types.schema`.
    schema: &'static str,
    description: &'static str,
    /// Name, type, path, description.
    columns: &'static [Column],
    /// Has `/status` and `/scale`. The others' status is written with the object.
    scalable: bool,
}

const AGE: Column = ("Age", "date", ".metadata.creationTimestamp", "Time since the object was created");

const DEFINITIONS: [Definition; 5] = [
    Definition {
        kind: Kind::ROLLOUT,
        short_name: "ro",
        scope: "Namespaced",
        schema: "Rollout",
        description: "A workload whose new versions arrive step by step, measured, and go back by themselves.",
        columns: &[
            ("Desired", "integer", ".spec.replicas", "Wanted number of pods"),
            ("Current", "integer", ".status.replicas", "Existing pods of all versions"),
            ("Up-to-date", "integer", ".status.updatedReplicas", "Existing pods of the newest version"),
            (
                "Available",
                "integer",
                ".status.availableReplicas",
                "Pods that have been ready for long enough",
            ),
            AGE,
        ],
        scalable: true,
    },
    Definition {
        kind: Kind::ANALYSIS_RUN,
        short_name: "ar",
        scope: "Namespaced",
        schema: "AnalysisRun",
        description: "Metrics being measured and judged.",
        columns: &[("Status", "string", ".status.phase", "Where the run stands"), AGE],
        scalable: false,
    },
    Definition {
        kind: Kind::ANALYSIS_TEMPLATE,
        short_name: "at",
        scope: "Namespaced",
        schema: "AnalysisTemplate",
        description: "What an AnalysisRun measures, for use in one namespace.",
        columns: &[AGE],
        scalable: false,
    },
    Definition {
        kind: Kind::CLUSTER_ANALYSIS_TEMPLATE,
        short_name: "cat",
        scope: "Cluster",
        schema: "AnalysisTemplate",
        description: "What an AnalysisRun measures, for use in every namespace.",
        columns: &[AGE],
        scalable: false,
    },
    Definition {
        kind: Kind::EXPERIMENT,
        short_name: "exp",
        scope: "Namespaced",
        schema: "Experiment",
        description: "Versions that run beside each other for a while, to be compared.",
        columns: &[("Status", "string", ".status.phase", "Where the experiment stands"), AGE],
        scalable: false,
    },
];

/// The CustomResourceDefinitions, ready to be applied.
///
/// ```
/// let rollouts = &aviary_crd::manifests()[0];
/// assert_eq!(rollouts["metadata"]["name"], "rollouts.argoproj.io");
/// ```
pub fn manifests() -> Vec<Value> {
    DEFINITIONS.iter().map(manifest).collect()
}

fn manifest(definition: &Definition) -> Value {
    let Kind { group, version, kind, plural } = &definition.kind;
    let columns = definition.columns.iter().map(|(name, kind, path, description)| {
        json!({"name": name, "type": kind, "jsonPath": path, "description": description})
    });
    let subresources = if definition.scalable {
        json!({
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.HPAReplicas",
                "labelSelectorPath": ".status.selector",
            },
        })
    } else {
        json!({})
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "names": {
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": kind.to_lowercase(),
                "shortNames": [definition.short_name],
            },
            "scope": definition.scope,
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "additionalPrinterColumns": columns.collect::<Vec<_>>(),
                "subresources": subresources,
                "schema": {"openAPIV3Schema": schema::root(definition.schema, definition.description)},
            }],
        },
    })
}
