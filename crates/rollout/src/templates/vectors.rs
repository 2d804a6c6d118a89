//! Group F of spec analysis-05, as far as it is about templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{AnalysisTemplate, AnalysisTemplateRef, AnalysisTemplateSpec, Argument, RolloutAnalysis};
use serde::Deserialize;
use serde_json::{Value, json};

use super::run_spec;
use crate::observed::Templates;
use crate::testing::{self, Rows};

/// `fixtures/analysis/templates.yaml` explains the words.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Case {
    id: String,
    part: String,
    templates: BTreeMap<String, AnalysisTemplateSpec>,
    cluster: BTreeMap<String, AnalysisTemplateSpec>,
    refer_to: Vec<String>,
    args: Vec<Argument>,
    dry_run: Vec<crd::DryRun>,
    measurement_retention: Vec<crd::MeasurementRetention>,
    /// Arguments as they are, metrics by name.
    expect: Value,
    error: String,
}

#[derive(Deserialize)]
struct Table {
    cases: Vec<Case>,
}

fn known(case: &Case) -> Templates {
    let of = |specs: &BTreeMap<String, AnalysisTemplateSpec>| {
        let template = |spec: &AnalysisTemplateSpec| {
            Arc::new(AnalysisTemplate { spec: spec.clone(), ..AnalysisTemplate::default() })
        };
        specs.iter().map(|(name, spec)| (name.clone(), template(spec))).collect()
    };
    Templates { namespaced: of(&case.templates), cluster: of(&case.cluster) }
}

fn reference(text: &str) -> AnalysisTemplateRef {
    match text.strip_prefix("cluster/") {
        Some(name) => AnalysisTemplateRef { template_name: name.to_owned(), cluster_scope: true },
        None => AnalysisTemplateRef { template_name: text.to_owned(), cluster_scope: false },
    }
}

#[test]
fn templates_are_put_together_by_the_rules_of_their_parts() {
    let table: Table = testing::read(include_str!("../../../../fixtures/analysis/templates.yaml"));
    let mut rows = Rows::default();
    for case in &table.cases {
        let analysis = RolloutAnalysis {
            templates: case.refer_to.iter().map(|text| reference(text)).collect(),
            dry_run: case.dry_run.clone(),
            measurement_retention: case.measurement_retention.clone(),
            ..RolloutAnalysis::default()
        };
        let found = run_spec(&known(case), &analysis, &case.args);
        let found = found.map(|spec| {
            let metrics: Vec<String> = spec.metrics.into_iter().map(|metric| metric.name).collect();
            if case.expect.get("metrics").is_some() {
                json!({ "metrics": metrics })
            } else {
                json!({"args": spec.args})
            }
        });
        let wanted = if case.error.is_empty() { Ok(case.expect.clone()) } else { Err(case.error.clone()) };
        rows.row(&case.id, (&case.part, found), (&case.part, wanted));
    }
    rows.end();
}
