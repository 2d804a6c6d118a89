//! Templates made into the specification of one run (spec analysis-01 4 and 5).

use std::collections::BTreeSet;
use std::sync::Arc;

use crd::{
    AnalysisRunSpec, AnalysisTemplate, AnalysisTemplateRef, Argument, DryRun, MeasurementRetention,
    RolloutAnalysis,
};

use crate::observed::Templates;

/// What a run with these templates and arguments measures.
///
/// Every merge takes the namespaced templates first, in the order of the references, then the cluster-wide ones.
pub(crate) fn run_spec(
    known: &Templates,
    analysis: &RolloutAnalysis,
    args: &[Argument],
) -> Result<AnalysisRunSpec, String> {
    let mut found = Found::default();
    found.collect(known, &analysis.templates)?;
    let templates: Vec<&AnalysisTemplate> =
        found.namespaced.iter().chain(&found.cluster).map(AsRef::as_ref).collect();
    let all = |part: fn(&AnalysisTemplate) -> &[DryRun]| -> Vec<DryRun> {
        templates.iter().flat_map(|template| part(template).iter().cloned()).collect()
    };
    let metrics: Vec<_> =
        templates.iter().flat_map(|template| template.spec.metrics.iter().cloned()).collect();
    unique("two metrics have", metrics.iter().map(|metric| metric.name.as_str()))?;
    let dry_run = all(|template| &template.spec.dry_run);
    unique("two Dry-Run metric rules have", dry_run.iter().map(|rule| rule.metric_name.as_str()))?;
    let retention: Vec<MeasurementRetention> =
        templates.iter().flat_map(|template| template.spec.measurement_retention.iter().cloned()).collect();
    let rules = "two Measurement Retention metric rules have";
    unique(rules, retention.iter().map(|rule| rule.metric_name.as_str()))?;
    let declared = declared_args(&templates)?;
    let args = given_args(declared, args)?;
    let dry_run = [analysis.dry_run.clone(), dry_run].concat();
    unique("two Dry-Run metric rules have", dry_run.iter().map(|rule| rule.metric_name.as_str()))?;
    let measurement_retention = [analysis.measurement_retention.clone(), retention].concat();
    unique(rules, measurement_retention.iter().map(|rule| rule.metric_name.as_str()))?;
    Ok(AnalysisRunSpec { metrics, args, dry_run, measurement_retention, ..AnalysisRunSpec::default() })
}

/// The templates of a list of references and of what those refer to, each once.
#[derive(Default)]
struct Found {
    namespaced: Vec<Arc<AnalysisTemplate>>,
    cluster: Vec<Arc<AnalysisTemplate>>,
    /// Also what ends a circle of references.
    seen: BTreeSet<AnalysisTemplateRef>,
}

impl Found {
    fn collect(&mut self, known: &Templates, references: &[AnalysisTemplateRef]) -> Result<(), String> {
        for reference in references {
            if !self.seen.insert(reference.clone()) {
                continue;
            }
            let (kind, found) = if reference.cluster_scope {
                ("ClusterAnalysisTemplate", &mut self.cluster)
            } else {
                ("AnalysisTemplate", &mut self.namespaced)
            };
            let template = known
                .get(reference)
                .ok_or_else(|| format!("{kind} '{}' not found", reference.template_name))?;
            found.push(Arc::clone(template));
            self.collect(known, &template.spec.templates)?;
        }
        Ok(())
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} the same name '{name}'"));
        }
    }
    Ok(())
}

/// The declared arguments: a later declaration only fills in what an earlier one left open.
fn declared_args(templates: &[&AnalysisTemplate]) -> Result<Vec<Argument>, String> {
    let mut declared: Vec<Argument> = Vec::new();
    for argument in templates.iter().flat_map(|template| &template.spec.args) {
        match declared.iter_mut().find(|earlier| earlier.name == argument.name) {
            None => declared.push(argument.clone()),
            Some(earlier) => match (&earlier.value, &argument.value) {
                (Some(one), Some(other)) if one != other => {
                    let name = &argument.name;
                    return Err(format!(
                        "Argument `{name}` specified multiple times with different values: '{one}', '{other}'"
                    ));
                }
                (None, _) => *earlier = argument.clone(),
                (Some(_), _) => {}
            },
        }
    }
    Ok(declared)
}

/// The declared arguments with the given values over them; every one must end up with a value.
fn given_args(declared: Vec<Argument>, given: &[Argument]) -> Result<Vec<Argument>, String> {
    let fill = |mut argument: Argument| {
        if let Some(given) = given.iter().find(|given| given.name == argument.name) {
            if given.value.is_some() {
                argument.value.clone_from(&given.value);
            } else if given.value_from.is_some() {
                argument.value_from.clone_from(&given.value_from);
            }
        }
        if argument.value.is_none() && argument.value_from.is_none() {
            return Err(format!("args.{} was not resolved", argument.name));
        }
        Ok(argument)
    };
    declared.into_iter().map(fill).collect()
}

#[cfg(test)]
mod vectors;
